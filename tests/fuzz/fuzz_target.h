/// One fuzz target, usable two ways: under libFuzzer (clang, preset "fuzz") each is a program of
/// its own; in every other build all of them are in one program that replays the corpora and plays
/// a fixed number of mutations of them (replay.cpp). Thread: main.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace steelyard::fuzz {

using Target = void (*)(std::string_view input);

/// A target by its name, in a list of all that are linked in.
struct Registration
{
    Registration(const char* targetName, Target targetFunction)
        : name(targetName)
        , function(targetFunction)
        , next(first())
    {
        first() = this;
    }

    static Registration*& first()
    {
        static Registration* head = nullptr;
        return head;
    }

    const char* name;
    Target function;
    Registration* next;
};

/// What a target found: tells it and ends the process, as a crash would.
[[noreturn]] inline void finding(const char* what, std::string_view detail = {})
{
    std::fprintf(stderr, "FINDING: %s\n", what);
    if (!detail.empty())
        std::fprintf(stderr, "%.*s\n", static_cast<int>(detail.size()), detail.data());
    std::abort();
}

inline void require(bool good, const char* what, std::string_view detail = {})
{
    if (!good)
        finding(what, detail);
}

/// Takes decisions off the front of an input. When it is used up all answers are 0.
class Choices
{
public:
    explicit Choices(std::string_view input)
        : m_rest(input)
    {
    }

    std::uint8_t byte()
    {
        if (m_rest.empty())
            return 0;
        const auto value = static_cast<std::uint8_t>(m_rest.front());
        m_rest.remove_prefix(1);
        return value;
    }

    /// 0 to count - 1; count is 1 to 256.
    std::size_t below(std::size_t count) { return byte() % count; }

    template <std::size_t N>
    std::string_view of(const std::string_view (&list)[N])
    {
        return list[below(N)];
    }

    std::string_view take(std::size_t count)
    {
        const std::string_view taken = m_rest.substr(0, count);
        m_rest.remove_prefix(taken.size());
        return taken;
    }

    [[nodiscard]] std::string_view rest() const { return m_rest; }

    [[nodiscard]] bool empty() const { return m_rest.empty(); }

private:
    std::string_view m_rest;
};

} // namespace steelyard::fuzz

#ifdef STEELYARD_LIBFUZZER
#define FUZZ_ENTRY(function)                                                                       \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)              \
    {                                                                                              \
        function(std::string_view(reinterpret_cast<const char*>(data), size));                     \
        return 0;                                                                                  \
    }
#else
#define FUZZ_ENTRY(function)
#endif

/// FUZZ_TARGET(name) { ... input ... } outside of any namespace.
#define FUZZ_TARGET(name)                                                                          \
    static void fuzz_##name(std::string_view input);                                               \
    static const steelyard::fuzz::Registration kRegistration_##name{#name, fuzz_##name};           \
    FUZZ_ENTRY(fuzz_##name)                                                                        \
    static void fuzz_##name(std::string_view input)
