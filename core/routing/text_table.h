/// Hash tables that are looked up by every prefix of a text: each text comes with its hash
/// (FNV-1a), so that all prefixes of a path are hashed in one pass over it. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace steelyard::routing {

struct HashedText
{
    std::string_view text;
    std::uint64_t hash = 0;
};

inline constexpr std::uint64_t kHashStart = 0xcbf29ce484222325ULL;

[[nodiscard]] constexpr std::uint64_t hashStep(std::uint64_t hash, char byte) noexcept
{
    return (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
}

[[nodiscard]] constexpr HashedText hashed(std::string_view text) noexcept
{
    std::uint64_t hash = kHashStart;
    for (const char byte : text)
        hash = hashStep(hash, byte);
    return {text, hash};
}

struct TextHash
{
    using is_transparent = void;

    std::size_t operator()(const std::string& text) const noexcept { return hashed(text).hash; }

    std::size_t operator()(const HashedText& text) const noexcept { return text.hash; }
};

struct TextEqual
{
    using is_transparent = void;

    bool operator()(const std::string& a, const std::string& b) const noexcept { return a == b; }

    bool operator()(const HashedText& a, const std::string& b) const noexcept
    {
        return a.text == b;
    }

    bool operator()(const std::string& a, const HashedText& b) const noexcept
    {
        return a == b.text;
    }
};

template <typename Value>
using TextTable = std::unordered_map<std::string, Value, TextHash, TextEqual>;

} // namespace steelyard::routing
