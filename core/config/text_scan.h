/// Is it text at all? Finds the first byte that no YAML file may hold, and maps character positions
/// to bytes. Thread: any; pure.
#pragma once

#include "config/yaml_tree.h"

#include <optional>
#include <string_view>
#include <vector>

namespace steelyard::config {

/// Byte offsets of characters: every 64th is stored, the rest are counted from there.
class CharacterIndex
{
public:
    /// Scans the text (without a byte order mark); stops at the first fault.
    explicit CharacterIndex(std::string_view text);

    [[nodiscard]] const std::optional<Diagnostic>& fault() const { return m_fault; }

    /// The byte of character number `character`; behind the end: the text's size.
    [[nodiscard]] std::size_t byteOf(std::size_t character) const;

    /// The place behind the last character (its byte without the byte order mark).
    [[nodiscard]] const Mark& end() const { return m_end; }

private:
    std::string_view m_text;
    std::vector<std::size_t> m_every64;
    Mark m_end;
    std::optional<Diagnostic> m_fault;
};

} // namespace steelyard::config
