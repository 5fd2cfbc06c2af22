/// Reads one mapping by its key table: refuses keys it does not know and hands out typed, checked
/// values. A value that is absent leaves its target as it is (the default); a bad one is reported
/// and leaves it too, so that reading goes on and finds the rest.
///
/// Types are strict. Numbers and true/false must be plain (a quoted "5" is text). Text may be plain
/// or quoted and look like anything except nothing (an empty plain value, ~ and null are "no
/// value"). Thread: one.
#pragma once

#include "config/findings.h"
#include "config/keys.h"
#include "config/model.h"

#include <span>
#include <string>
#include <string_view>

namespace steelyard::config {

class MappingReader
{
public:
    MappingReader(const Node& node, const Section& section, Findings& findings);

    /// False: the node is no mapping (reported); nothing can be read.
    [[nodiscard]] bool valid() const { return m_valid; }

    [[nodiscard]] const Node& node() const { return m_node; }

    [[nodiscard]] Findings& findings() const { return m_findings; }

    /// The value of a key that this version reads, or null. The table must have it.
    [[nodiscard]] const Node* find(std::string_view key) const;
    /// As find(), and reports where it is absent. `example` completes "add ...".
    [[nodiscard]] const Node* require(std::string_view key, std::string_view example) const;

    /// Is the key there at all, supported or not?
    [[nodiscard]] bool has(std::string_view key) const
    {
        return m_valid && m_node.find(key) != nullptr;
    }

    // Each returns the node when a good value was read, else null.
    const Node* text(std::string_view key, std::string& out) const;
    const Node* integer(std::string_view key, int& out, int least, int most) const;
    const Node* boolean(std::string_view key, bool& out) const;
    const Node* duration(std::string_view key, milliseconds& out, milliseconds least,
                         milliseconds most) const;
    const Node* share(std::string_view key, double& out, double least, double most) const;
    /// Above `above`, at most `most`; at most two decimals.
    const Node* number(std::string_view key, double& out, int above, int most) const;
    /// One of `words`; `out` is its index.
    const Node* choice(std::string_view key, std::span<const std::string_view> words,
                       std::size_t& out) const;
    /// The name of this mapping's object. Returns its place, or the mapping's where it has none
    /// (reported).
    Mark name(std::string& out) const;

private:
    void checkKeys(const Section& section) const;

    const Node& m_node;
    Findings& m_findings;
    bool m_valid = false;
};

/// Reports that `node` is not what was expected, unless it is Broken. `expected` completes "'key'
/// must be ...".
void reportType(Findings& findings, const Node& node, std::string_view key,
                std::string_view expected, std::string_view hint = {});

/// A scalar with a value, else null and reported.
[[nodiscard]] const Node* scalarWithText(const Node& node, std::string_view key,
                                         Findings& findings);

/// The items of a sequence; a node of another kind is reported and gives none.
[[nodiscard]] std::span<const Node> itemsOf(const Node& node, std::string_view key,
                                            Findings& findings);

/// The items of a sequence, or the node itself where it is a single value: what may be written as
/// `x: a` and as `x: [ a, b ]`. Reports an empty list; `example` completes its hint.
[[nodiscard]] std::span<const Node> oneOrMore(const Node& node, std::string_view key,
                                              std::string_view example, Findings& findings);

/// A word of the file for a message: cut where it is long, control characters shown as "?".
[[nodiscard]] std::string inQuotes(std::string_view text);

} // namespace steelyard::config
