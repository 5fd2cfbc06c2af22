#include "http/query.h"

namespace steelyard::http {

namespace {

constexpr int hexValue(char c) noexcept
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Takes one decoded byte off the front of `encoded`, which is not empty.
char takeByte(std::string_view& encoded) noexcept
{
    char byte = encoded.front();
    std::size_t read = 1;
    if (byte == '+') {
        byte = ' ';
    } else if (byte == '%' && encoded.size() > 2 && hexValue(encoded[1]) >= 0 &&
               hexValue(encoded[2]) >= 0) {
        byte = static_cast<char>(hexValue(encoded[1]) * 16 + hexValue(encoded[2]));
        read = 3;
    }
    encoded.remove_prefix(read);
    return byte;
}

bool decodesTo(std::string_view encoded, std::string_view plain) noexcept
{
    for (const char expected : plain) {
        if (encoded.empty() || takeByte(encoded) != expected)
            return false;
    }
    return encoded.empty();
}

} // namespace

std::optional<std::string_view> findParameter(std::string_view target,
                                              std::string_view name) noexcept
{
    const std::size_t question = target.find('?');
    std::string_view rest =
        question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    while (!rest.empty()) {
        const std::size_t end = rest.find('&');
        const std::string_view part = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        const std::size_t equals = part.find('=');
        if (!part.empty() && decodesTo(part.substr(0, equals), name))
            return equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1);
    }
    return std::nullopt;
}

std::string_view decodeParameter(std::string_view encoded, std::string& buffer)
{
    if (encoded.find_first_of("+%") == std::string_view::npos)
        return encoded;
    buffer.clear();
    while (!encoded.empty())
        buffer += takeByte(encoded);
    return buffer;
}

} // namespace steelyard::http
