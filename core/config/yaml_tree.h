/// A YAML text as a small tree that knows where every part stands, in lines, columns and bytes
/// (libyaml's marks count characters). What a configuration does not need is refused: anchors,
/// aliases, tags, several documents, keys given twice, deep nesting. Thread: any; pure.
#pragma once

#include "config/diagnostics.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::config {

inline constexpr std::size_t kMaxTextBytes = 8U << 20U;
inline constexpr int kMaxNesting = 32;

/// A place in the text.
struct Mark
{
    int line = 0;         ///< 1-based
    int column = 0;       ///< 1-based, in characters
    std::size_t byte = 0; ///< 0-based, in the text as given (a byte order mark counts)
};

struct Node
{
    /// Broken: reported already (an alias, for example); readers pass over it in silence.
    enum class Kind
    {
        Scalar,
        Sequence,
        Mapping,
        Broken
    };

    Kind kind = Kind::Broken;
    Mark start;
    Mark end;               ///< just behind the node; for block style see contentEnd()
    std::string text;       ///< a scalar's value
    bool plain = false;     ///< a scalar without quotes
    bool flow = false;      ///< written with brackets or braces
    std::vector<Node> keys; ///< of a mapping: keys[i] (a scalar) belongs to items[i]
    std::vector<Node> items;

    /// A value left out, "~" or "null".
    [[nodiscard]] bool isNull() const;
    /// The value of a key of a mapping, or null.
    [[nodiscard]] const Node* find(std::string_view key) const;
    /// The byte behind the last character of the node's content. libyaml ends a block at the next
    /// token only, behind blank lines and comments.
    [[nodiscard]] std::size_t contentEnd() const;
};

struct Tree
{
    std::optional<Node> root; ///< absent: the text is empty or not YAML, and a diagnostic says so
    Diagnostics diagnostics;  ///< in the order of the text; only errors
};

[[nodiscard]] Tree parseYaml(std::string_view text);

} // namespace steelyard::config
