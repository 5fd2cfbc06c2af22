#include "config/http_words.h"

#include "config/suggestion.h"
#include "config/values.h"

#include <algorithm>
#include <array>

namespace steelyard::config {

namespace {

bool isAlnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isControl(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

bool isIpv6(std::string_view text)
{
    return isIpLiteral(text) && text.find(':') != std::string_view::npos;
}

Error invalid(std::string detail, std::string hint)
{
    return {ErrorCode::InvalidInput, std::move(detail), std::move(hint)};
}

} // namespace

Result<AffinityKey> parseAffinityKey(std::string_view text)
{
    using Source = AffinityKey::Source;
    constexpr std::array<std::string_view, 5> kSources{"client-ip", "header", "cookie", "path",
                                                       "query"};
    Error error = invalid("client-ip, header:NAME, cookie:NAME, path or query:NAME",
                          "write for example cookie:uid");
    const std::size_t colon = text.find(':');
    const std::string_view word = text.substr(0, colon);
    const std::string_view name =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    if (colon == std::string_view::npos) {
        if (word == "client-ip")
            return AffinityKey{Source::ClientIp, {}};
        if (word == "path")
            return AffinityKey{Source::Path, {}};
        if (word == "header" || word == "cookie" || word == "query") {
            return invalid(std::string(word) + ": and a name",
                           "write for example " + std::string(word) + ":uid");
        }
    } else if (word == "header") {
        if (!isToken(name))
            return invalid("header: and the name of a header field",
                           "write for example header:x-user");
        return AffinityKey{Source::Header, lowered(name)};
    } else if (word == "cookie") {
        if (!isToken(name))
            return invalid("cookie: and the name of a cookie", "write for example cookie:uid");
        return AffinityKey{Source::Cookie, std::string(name)};
    } else if (word == "query") {
        if (!isQueryName(name))
            return invalid("query: and the name of a parameter", "write for example query:user");
        return AffinityKey{Source::Query, std::string(name)};
    }
    const std::string meant(nearest(word, kSources));
    const bool named = meant != "client-ip" && meant != "path";
    if (meant == word)
        error.hint = "write " + meant + " alone"; // "path:x"
    else if (!meant.empty())
        error.hint = "did you mean '" + meant + (named ? ":NAME'?" : "'?");
    return error;
}

std::string affinityKeyText(const AffinityKey& key)
{
    switch (key.source) {
    case AffinityKey::Source::ClientIp:
        break;
    case AffinityKey::Source::Header:
        return "header:" + key.name;
    case AffinityKey::Source::Cookie:
        return "cookie:" + key.name;
    case AffinityKey::Source::Path:
        return "path";
    case AffinityKey::Source::Query:
        return "query:" + key.name;
    }
    return "client-ip";
}

bool isToken(std::string_view text)
{
    const auto allowed = [](char c) {
        return isAlnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), allowed);
}

bool isFieldValue(std::string_view text)
{
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    if (!text.empty() && (blank(text.front()) || blank(text.back())))
        return false;
    return std::none_of(text.begin(), text.end(), [](char c) { return isControl(c) && c != '\t'; });
}

bool isRequestPath(std::string_view text)
{
    const auto allowed = [](char c) { return c > 0x20 && c < 0x7F && c != '?' && c != '#'; };
    return text.starts_with('/') && std::all_of(text.begin(), text.end(), allowed);
}

bool isHostField(std::string_view text)
{
    if (text.starts_with('[') && text.ends_with(']'))
        return isIpv6(text.substr(1, text.size() - 2));
    return isDnsName(text) || (isIpLiteral(text) && !isIpv6(text)) || parseAddress(text).ok();
}

bool isQueryName(std::string_view text)
{
    const auto refused = [](char c) { return isControl(c) || c == '&' || c == '=' || c == '#'; };
    return !text.empty() && text.size() <= 256 && std::none_of(text.begin(), text.end(), refused);
}

std::string lowered(std::string_view text)
{
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

} // namespace steelyard::config
