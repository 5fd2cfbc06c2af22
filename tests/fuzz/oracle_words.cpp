#include "fuzz/oracle_words.h"

#include <algorithm>
#include <cctype>

#include <arpa/inet.h>

namespace steelyard::fuzz {

namespace {

const std::string kTokenMarks = "!#$%&'*+-.^_`|~";
const std::string kHostMarks = "-._~!$&'()*+,;=";

bool isAlnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

} // namespace

bool isTokenChar(char c)
{
    return isAlnum(c) || (c != '\0' && kTokenMarks.find(c) != std::string::npos);
}

bool isToken(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), isTokenChar);
}

bool isText(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return c == '\t' || (byte >= 32 && byte != 127);
    });
}

bool isDigits(std::string_view text)
{
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return out;
}

std::string strip(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::vector<std::string> elements(std::string_view list)
{
    std::vector<std::string> out;
    while (true) {
        const std::size_t comma = list.find(',');
        out.push_back(lower(strip(list.substr(0, comma))));
        if (comma == std::string_view::npos)
            return out;
        list.remove_prefix(comma + 1);
    }
}

bool isHost(std::string_view host)
{
    if (host.empty())
        return false;
    std::string_view port;
    if (host.front() == '[') {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos)
            return false;
        const std::string inside(host.substr(1, end - 1));
        const bool future = !inside.empty() && (inside[0] == 'v' || inside[0] == 'V');
        if (future) {
            const std::size_t dot = inside.find('.');
            if (dot == std::string::npos || dot < 2 || dot + 1 == inside.size())
                return false;
            for (std::size_t i = 1; i < inside.size(); ++i) {
                const bool good =
                    i < dot ? std::isxdigit(static_cast<unsigned char>(inside[i])) != 0
                    : i > dot
                        ? isAlnum(inside[i]) || inside[i] == ':' ||
                              (inside[i] != '\0' && kHostMarks.find(inside[i]) != std::string::npos)
                        : true;
                if (!good)
                    return false;
            }
        } else {
            in6_addr unused{};
            if (inside.find('\0') != std::string::npos ||
                inet_pton(AF_INET6, inside.c_str(), &unused) != 1)
                return false;
        }
        host.remove_prefix(end + 1);
        if (host.empty())
            return true;
        if (host.front() != ':')
            return false;
        port = host.substr(1);
    } else {
        const std::size_t colon = host.find(':');
        if (colon != std::string_view::npos)
            port = host.substr(colon + 1);
        const std::string_view name = host.substr(0, colon);
        for (std::size_t i = 0; i < name.size(); ++i) {
            if (name[i] == '%') {
                if (i + 2 >= name.size() ||
                    std::isxdigit(static_cast<unsigned char>(name[i + 1])) == 0 ||
                    std::isxdigit(static_cast<unsigned char>(name[i + 2])) == 0)
                    return false;
                i += 2;
            } else if (!isAlnum(name[i]) &&
                       (name[i] == '\0' || kHostMarks.find(name[i]) == std::string::npos)) {
                return false;
            }
        }
    }
    if (port.empty())
        return true;
    if (!isDigits(port))
        return false;
    const std::size_t first = std::min(port.find_first_not_of('0'), port.size());
    const std::string number(port.substr(first));
    return number.size() < 6 && (number.empty() || std::stoi(number) <= 65535);
}

} // namespace steelyard::fuzz
