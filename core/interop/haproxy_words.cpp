#include "interop/haproxy_words.h"

#include "config/values.h"

#include <algorithm>
#include <cctype>

namespace steelyard::interop::haproxy {

namespace {

bool isBare(char c, std::string_view others)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           others.find(c) != std::string_view::npos;
}

bool allBare(std::string_view text, std::string_view others)
{
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [&](char c) { return isBare(c, others); });
}

} // namespace

std::string quoted(std::string_view text)
{
    constexpr std::string_view kSafe = "-_./:@,=%[]()+~^|*?";
    constexpr char kDigits[] = "0123456789abcdef";
    if (allBare(text, kSafe))
        return std::string(text);
    std::string out = "'";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\'') {
            out += "'\\''";
        } else if (byte < 0x20 || byte == 0x7F) {
            out += "'\\x";
            out += kDigits[byte >> 4U];
            out += kDigits[byte & 15U];
            out += '\'';
        } else {
            out += c;
        }
    }
    return out + '\'';
}

std::string plainFormat(std::string_view text)
{
    if (text.empty())
        return "%o"; // only sets flags, and writes nothing
    std::string out;
    for (const char c : text) {
        out += c;
        if (c == '%')
            out += '%';
    }
    return out;
}

std::string argument(std::string_view text)
{
    if (allBare(text, "-_./:"))
        return std::string(text);
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    return out + '\'';
}

std::string timeText(milliseconds time)
{
    return config::durationText(std::min(time, milliseconds{24LL * 24 * 3600 * 1000}));
}

std::string sampleOf(const config::AffinityKey& key)
{
    using Source = config::AffinityKey::Source;
    switch (key.source) {
    case Source::ClientIp:
        break;
    case Source::Header:
        return "req.fhdr(" + argument(key.name) + ')';
    case Source::Cookie:
        return "req.cook(" + argument(key.name) + ')';
    case Source::Path:
        return "path";
    case Source::Query:
        return "url_param(" + argument(key.name) + "),url_dec(1)";
    }
    return "src";
}

} // namespace steelyard::interop::haproxy
