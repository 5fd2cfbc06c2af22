// Cookies and query parameters as clients send them, found as a plain reading finds them; and
// session tokens, of which only what was signed is taken. Input: the name's size, the name, then
// the Cookie line or the target.
#include "fuzz/fuzz_target.h"
#include "http/cookies.h"
#include "http/query.h"
#include "runtime/session_token.h"

#include <optional>
#include <vector>

using namespace steelyard;
using namespace steelyard::fuzz;

namespace {

std::vector<std::string> pieces(std::string_view text, char separator)
{
    std::vector<std::string> out(1);
    for (const char c : text) {
        if (c == separator)
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

std::string stripped(std::string text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.erase(0, 1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.pop_back();
    return text;
}

std::optional<std::string> plainCookie(std::string_view line, std::string_view name)
{
    for (const std::string& pair : pieces(line, ';')) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos || stripped(pair.substr(0, equals)) != name)
            continue;
        std::string value = stripped(pair.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        return value;
    }
    return std::nullopt;
}

std::string plainDecoded(std::string_view text)
{
    const auto digit = [](char c) {
        return std::string_view("0123456789abcdef")
            .find(static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool coded = text[i] == '%' && i + 2 < text.size() &&
                           digit(text[i + 1]) != std::string_view::npos &&
                           digit(text[i + 2]) != std::string_view::npos;
        if (coded) {
            out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::optional<std::string> plainParameter(std::string_view target, std::string_view name)
{
    const std::size_t question = target.find('?');
    if (question == std::string_view::npos)
        return std::nullopt;
    for (const std::string& part : pieces(target.substr(question + 1), '&')) {
        const std::size_t equals = std::min(part.find('='), part.size());
        if (!part.empty() && plainDecoded(part.substr(0, equals)) == name)
            return part.substr(std::min(equals + 1, part.size()));
    }
    return std::nullopt;
}

void checkToken(std::string_view text)
{
    static runtime::TokenCodec codec{runtime::StickinessKey({7, 7, 7})};
    const auto token = codec.decode(text);
    if (token) {
        const auto again = codec.encode(*token);
        require(std::string_view(again.data(), again.size()) == text,
                "a token was taken that this key does not write", text);
    }
    // A good one, changed in one place, must not be taken.
    static const runtime::TokenCodec::Text kGood =
        codec.encode({42, runtime::SessionId{{1, 2, 3}}, 1'700'000'000, 1'700'000'100});
    if (text.size() < 2)
        return;
    std::string changed(kGood.data(), kGood.size());
    changed[static_cast<unsigned char>(text[0]) % changed.size()] = text[1];
    const bool same = changed == std::string_view(kGood.data(), kGood.size());
    require(codec.decode(changed).has_value() == same, "a changed token was taken", changed);
}

} // namespace

FUZZ_TARGET(cookie)
{
    Choices choices(input);
    const std::string name(choices.take(choices.below(8)));
    const std::string line(choices.rest());
    http::HeaderList headers;
    const std::size_t half = line.size() / 2;
    headers.add("Cookie", std::string_view(line).substr(0, half));
    headers.add("X-Other", line);
    headers.add("cookie", std::string_view(line).substr(half));
    auto wanted = plainCookie(std::string_view(line).substr(0, half), name);
    if (!wanted)
        wanted = plainCookie(std::string_view(line).substr(half), name);
    const auto found = http::findCookie(headers, name);
    require(found.has_value() == wanted.has_value() && (!found || *found == *wanted),
            "another cookie was found", line);
    checkToken(line);

    const auto parameter = http::findParameter(line, name);
    const auto plain = plainParameter(line, name);
    require(parameter.has_value() == plain.has_value() && (!parameter || *parameter == *plain),
            "another parameter was found", line);
    std::string buffer;
    require(http::decodeParameter(line, buffer) == plainDecoded(line),
            "a parameter is decoded otherwise", line);
}
