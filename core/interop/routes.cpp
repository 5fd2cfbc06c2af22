#include "interop/routes.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <tuple>

namespace steelyard::interop {

namespace {

using PathKind = config::PathMatch::Kind;

auto precedence(const config::RouteMatch& match)
{
    constexpr std::size_t kExact = std::numeric_limits<std::size_t>::max();
    std::size_t host = 0;
    if (match.host.starts_with("*."))
        host = match.host.size() - 2;
    else if (!match.host.empty())
        host = kExact;
    int kind = 0;
    std::size_t prefix = 0;
    if (match.path.kind == PathKind::Exact) {
        kind = 3;
    } else if (match.path.kind == PathKind::Regex) {
        kind = 1;
    } else if (match.path.kind == PathKind::Prefix) {
        prefix = bare(decoded(match.path.text, true)).size();
        kind = prefix > 0 ? 2 : 0;
    }
    return std::make_tuple(host, kind, prefix, !match.methods.empty(), match.headers.size(),
                           match.query.size(), match.cookies.size(), !match.clients.empty());
}

int hexValue(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char low = static_cast<char>(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool isUnreserved(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

} // namespace

std::vector<const config::Route*> inPrecedence(const config::Listener& listener)
{
    std::vector<const config::Route*> out;
    for (const config::Route& route : listener.routes)
        out.push_back(&route);
    std::stable_sort(out.begin(), out.end(), [](const auto* a, const auto* b) {
        return precedence(a->match) > precedence(b->match);
    });
    return out;
}

bool matchesAll(const config::RouteMatch& match)
{
    return match == config::RouteMatch{};
}

std::string_view bare(std::string_view prefix)
{
    while (prefix.ends_with('/'))
        prefix.remove_suffix(1);
    return prefix;
}

std::string decoded(std::string_view path, bool onlyUnreserved)
{
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const int high = path[i] == '%' && i + 2 < path.size() ? hexValue(path[i + 1]) : -1;
        const int low = high >= 0 ? hexValue(path[i + 2]) : -1;
        if (low < 0) {
            out += path[i];
            continue;
        }
        const char byte = static_cast<char>(high * 16 + low);
        if (!onlyUnreserved || isUnreserved(byte)) {
            out += byte;
        } else {
            out += '%';
            for (const char c : path.substr(i + 1, 2))
                out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
        i += 2;
    }
    return out;
}

std::vector<LocationPart> locationParts(const config::Redirect& redirect)
{
    using Kind = LocationPart::Kind;
    constexpr std::pair<std::string_view, Kind> kPlaceholders[] = {
        {"{host}", Kind::Host}, {"{path}", Kind::Path}, {"{rest}", Kind::Rest}};
    std::string_view text = redirect.location;
    const std::string_view fragment = text.substr(std::min(text.find('#'), text.size()));
    text.remove_suffix(fragment.size());
    const bool ownQuery = text.find('?') != std::string_view::npos;
    if (text.ends_with('?'))
        text.remove_suffix(1);
    std::vector<LocationPart> out;
    const auto addText = [&out](std::string_view piece) {
        if (piece.empty())
            return;
        if (out.empty() || out.back().kind != Kind::Text)
            out.push_back({Kind::Text, {}});
        out.back().text += piece;
    };
    while (!text.empty()) {
        const auto found =
            std::find_if(std::begin(kPlaceholders), std::end(kPlaceholders),
                         [text](const auto& each) { return text.starts_with(each.first); });
        if (found != std::end(kPlaceholders)) {
            out.push_back({found->second, {}});
            text.remove_prefix(found->first.size());
            continue;
        }
        const std::size_t next = std::min(text.find('{', 1), text.size());
        addText(text.substr(0, next));
        text.remove_prefix(next);
    }
    if (!ownQuery)
        out.push_back({Kind::Query, {}});
    addText(fragment);
    return out;
}

std::string Names::make(std::string_view wanted)
{
    std::string base;
    for (const char c : wanted) {
        const auto byte = static_cast<unsigned char>(c);
        base += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '_';
    }
    std::string name = base;
    for (int i = 2; !m_taken.insert(name).second; ++i)
        name = base + '_' + std::to_string(i);
    return name;
}

Ports::Ports(const config::Config& config)
{
    if (config.admin.http)
        m_taken.insert(config.admin.http->port);
    for (const config::Listener& listener : config.listeners) {
        for (const config::Address& bind : listener.binds)
            m_taken.insert(bind.port);
    }
}

std::uint16_t Ports::next()
{
    std::uint16_t port = 8080;
    while (!m_taken.insert(port).second)
        ++port;
    return port;
}

} // namespace steelyard::interop
