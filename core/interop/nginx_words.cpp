#include "interop/nginx_words.h"

#include "config/values.h"

#include <algorithm>
#include <cctype>

namespace steelyard::interop::nginx {

namespace {

bool isAlnum(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string hex(unsigned char byte)
{
    constexpr char kDigits[] = "0123456789ABCDEF";
    return {kDigits[byte >> 4U], kDigits[byte & 15U]};
}

} // namespace

std::string quoted(std::string_view text)
{
    constexpr std::string_view kSafe = "-_./:@,=%+^|*?()[]~<>!&$";
    const auto safe = [&](char c) { return isAlnum(c) || kSafe.find(c) != std::string_view::npos; };
    if (!text.empty() && std::all_of(text.begin(), text.end(), safe))
        return std::string(text);
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\t')
            out += "\\t";
        else
            out += c;
    }
    return out + '"';
}

bool isTooLong(std::string_view text)
{
    return quoted(text).size() > kMostWord;
}

std::string plain(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '$')
            out += kDollar;
        else
            out += c;
    }
    return out;
}

std::string braced(std::string_view variable)
{
    return "${" + std::string(variable.substr(1)) + '}';
}

std::string literal(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            out += "\\x" + hex(byte);
        else if (isAlnum(c) || c == '_' || c == '-' || c == '/' || byte >= 0x80)
            out += c;
        else
            out.append("\\").append(1, c);
    }
    return out;
}

std::string encodedLiteral(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const std::string code = "%(?i:" + hex(byte) + ')';
        if (isAlnum(c))
            out += c;
        else if (c == ' ')
            out += "(?:\\+|" + code + ')';
        else
            out += "(?:" + literal({&c, 1}) + '|' + code + ')';
    }
    return out;
}

std::string unnamed(std::string_view pattern)
{
    std::string out;
    bool inClass = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const std::string_view rest = pattern.substr(i);
        std::size_t taken = 1; // of what is copied as it is
        if (rest.starts_with("\\Q")) {
            taken = rest.find("\\E");
        } else if (rest.front() == '\\') {
            taken = 2;
        } else if (rest.front() == '[' && !inClass) {
            inClass = true; // a "]" at once is a member
            taken = rest.starts_with("[^]") ? 3 : rest.starts_with("[]") ? 2 : 1;
        } else if (rest.front() == ']') {
            inClass = false;
        } else if (!inClass && (rest.starts_with("(?P<") || rest.starts_with("(?<"))) {
            out += '(';
            i += std::min(rest.find('>'), rest.size() - 1);
            continue;
        }
        const std::string_view piece = rest.substr(0, taken);
        out += piece;
        i += piece.size() - 1;
    }
    return out;
}

std::string expression(std::string_view pattern)
{
    return quoted('~' + std::string(pattern));
}

std::string timeText(milliseconds time)
{
    return config::durationText(time);
}

std::string secondsText(milliseconds time)
{
    return std::to_string(std::max<long long>(1, (time.count() + 999) / 1000)) + 's';
}

} // namespace steelyard::interop::nginx
