/// The parts of a configuration that speak of HTTP messages, read alike wherever they stand.
/// Thread: one.
#pragma once

#include "config/findings.h"
#include "config/mapping_reader.h"
#include "config/model.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace steelyard::config {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// At most so many header fields or conditions in one block.
inline constexpr std::size_t kMostFields = 64;

/// Why a header field may not stand here, as the end of "header 'X' ...". Empty: it may.
struct Refusal
{
    std::string_view why;
    std::string_view hint;
};

/// Judges a field by its name in lower case.
using FieldRule = Refusal (*)(std::string_view name);

/// Header fields, name to value.
[[nodiscard]] Fields readFields(const Node& node, const Section& section, FieldRule rule,
                                Findings& findings);

/// Is this a name that may stand here, and not one of `seen` (lower case)? Reports where not; a
/// good one joins `seen`.
[[nodiscard]] bool checkFieldName(const Node& name, FieldRule rule, std::vector<std::string>& seen,
                                  Findings& findings);

/// Reports an expression that does not compile.
[[nodiscard]] bool checkRegex(const Node& node, Findings& findings);

[[nodiscard]] std::optional<AffinityKey> readAffinityKey(const MappingReader& in);

/// An address range; bits beyond its prefix are a warning.
void readRange(const Node& node, std::string_view key, std::vector<Cidr>& out, Findings& findings);

} // namespace steelyard::config
