/// Changes of a YAML text that touch nothing but the value in question: a list of replaced byte
/// ranges, worked out from the tree's marks and from how the neighbours are written (flow or block,
/// one line or several, line ends). The results are not checked here; writer.h's functions read
/// them back. Thread: any; pure.
#pragma once

#include "config/yaml_tree.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace steelyard::config {

/// Bytes [begin, end) become `text`.
struct Splice
{
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text;
};

using Splices = std::vector<Splice>;
/// Keys and their values, both as YAML text.
using Entries = std::vector<std::pair<std::string, std::string>>;

/// The splices must not overlap; of two at the same place the earlier one's text comes first.
[[nodiscard]] std::string spliced(std::string_view text, Splices splices);

/// Gives `key` of a mapping a value (YAML text, plain). A quoted value stays quoted. A new key goes
/// behind the last of `after` that is there, or to the end.
[[nodiscard]] Splices setKey(std::string_view text, const Node& mapping, std::string_view key,
                             std::string_view value, const std::vector<std::string_view>& after);

/// Adds a mapping at the end of the list `key` of `parent`, which may be empty or absent.
[[nodiscard]] Splices addItem(std::string_view text, const Node& parent, std::string_view key,
                              const Entries& item);

/// Removes item `index` of the list `key` of `parent`, with the comment lines that belong to it:
/// those directly above it at the indentation of its dash, and those directly below it that are
/// indented deeper.
[[nodiscard]] Splices removeItem(std::string_view text, const Node& parent, std::string_view key,
                                 std::size_t index);

} // namespace steelyard::config
