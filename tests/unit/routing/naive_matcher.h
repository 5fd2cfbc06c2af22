/// A second opinion on routing: every route against every request, with other means than the
/// router's (std::regex, maps, copied texts). Slow, and only for the small alphabet of
/// random_routes_test.cpp: no dot segments and no encodings in paths.
#pragma once

#include "config/model.h"
#include "unit/routing/requests.h"

#include <algorithm>
#include <map>
#include <regex>
#include <sstream>
#include <tuple>
#include <vector>

namespace steelyard::routing::test {

inline std::string lowered(std::string text)
{
    for (char& c : text)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

inline std::vector<std::string> pieces(const std::string& text, char separator)
{
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string piece; std::getline(in, piece, separator);)
        out.push_back(piece);
    return out;
}

inline bool isWhole(const std::string& text, const std::string& expression)
{
    static std::map<std::string, std::regex> known;
    const auto found = known.try_emplace(expression, expression).first;
    return std::regex_match(text, found->second);
}

inline bool fieldMet(const config::FieldMatch& wanted, const std::string& value)
{
    if (wanted.kind == config::FieldMatch::Kind::Present)
        return true;
    return wanted.kind == config::FieldMatch::Kind::Exact ? value == wanted.text
                                                          : isWhole(value, wanted.text);
}

/// First value by name.
using Values = std::map<std::string, std::string>;

inline Values parametersOf(const std::string& target)
{
    Values out;
    const std::size_t question = target.find('?');
    if (question == std::string::npos)
        return out;
    for (const std::string& part : pieces(target.substr(question + 1), '&')) {
        std::string decoded;
        for (std::size_t i = 0; i < part.size(); ++i) {
            if (part[i] == '%') {
                decoded += static_cast<char>(std::stoi(part.substr(i + 1, 2), nullptr, 16));
                i += 2;
            } else {
                decoded += part[i] == '+' ? ' ' : part[i];
            }
        }
        const std::size_t equals = std::min(decoded.find('='), decoded.size());
        out.emplace(decoded.substr(0, equals),
                    decoded.substr(std::min(equals + 1, decoded.size())));
    }
    return out;
}

inline Values cookiesOf(const OwnedRequest& request)
{
    Values out;
    for (const auto& [name, value] : request.lines) {
        if (lowered(name) != "cookie")
            continue;
        for (std::string pair : pieces(value, ';')) {
            std::erase(pair, ' ');
            const std::size_t equals = pair.find('=');
            std::string text = pair.substr(equals + 1);
            if (text.size() > 1 && text.front() == '"')
                text = text.substr(1, text.size() - 2);
            out.emplace(pair.substr(0, equals), text);
        }
    }
    return out;
}

inline bool allIn(const std::vector<config::FieldMatch>& wanted, const Values& values)
{
    return std::all_of(wanted.begin(), wanted.end(), [&values](const auto& field) {
        return values.count(field.name) > 0 && fieldMet(field, values.at(field.name));
    });
}

inline std::string bits(const std::vector<std::uint8_t>& bytes)
{
    std::string out;
    for (const std::uint8_t byte : bytes) {
        for (int bit = 7; bit >= 0; --bit)
            out += (byte >> bit) % 2 == 0 ? '0' : '1';
    }
    return out;
}

inline std::string trimmedPrefix(std::string text)
{
    while (!text.empty() && text.back() == '/')
        text.pop_back();
    return text;
}

inline bool naiveMatches(const config::RouteMatch& match, const OwnedRequest& request)
{
    if (match.host.starts_with("*.")) {
        if (request.host.size() < match.host.size() ||
            !request.host.ends_with(match.host.substr(1)))
            return false;
    } else if (!match.host.empty() && match.host != request.host) {
        return false;
    }
    const std::string path = request.target.substr(0, request.target.find('?'));
    using Kind = config::PathMatch::Kind;
    const std::string& text = match.path.text;
    if (match.path.kind == Kind::Exact && path != text)
        return false;
    if (match.path.kind == Kind::Regex && (path == "*" || !isWhole(path, text)))
        return false;
    if (match.path.kind == Kind::Prefix &&
        (path == "*" || !(path + '/').starts_with(trimmedPrefix(text) + '/')))
        return false;
    if (!match.methods.empty() &&
        std::count(match.methods.begin(), match.methods.end(), request.method) == 0)
        return false;
    for (const config::FieldMatch& wanted : match.headers) {
        if (std::none_of(request.lines.begin(), request.lines.end(), [&wanted](const auto& line) {
                return lowered(line.first) == wanted.name && fieldMet(wanted, line.second);
            }))
            return false;
    }
    if (!allIn(match.query, parametersOf(request.target)) ||
        !allIn(match.cookies, cookiesOf(request)))
        return false;
    if (match.clients.empty())
        return true;
    const IpAddress client = IpAddress::from(request.client);
    const std::string own = bits({client.bytes.begin(), client.bytes.begin() + client.size});
    return std::any_of(match.clients.begin(), match.clients.end(), [&own](const auto& range) {
        const std::string wanted = bits(range.bytes);
        return wanted.size() == own.size() &&
               own.starts_with(wanted.substr(0, static_cast<std::size_t>(range.prefix)));
    });
}

/// Index of the winner, or -1.
inline int naiveMatch(const std::vector<config::Route>& routes, const OwnedRequest& request)
{
    using Kind = config::PathMatch::Kind;
    const auto rank = [&routes](int index) {
        const config::RouteMatch& m = routes[static_cast<std::size_t>(index)].match;
        const std::size_t host =
            m.host.empty() ? 0U : m.host.size() + (m.host.front() == '*' ? 0U : 1000U);
        std::size_t path = 0;
        if (m.path.kind == Kind::Exact)
            path = 1000;
        else if (m.path.kind == Kind::Regex)
            path = 1;
        else if (m.path.kind == Kind::Prefix && !trimmedPrefix(m.path.text).empty())
            path = trimmedPrefix(m.path.text).size();
        return std::tuple(host, path, !m.methods.empty(), m.headers.size(), m.query.size(),
                          m.cookies.size(), !m.clients.empty(), -index);
    };
    int best = -1;
    for (int i = 0; i < static_cast<int>(routes.size()); ++i) {
        if (naiveMatches(routes[static_cast<std::size_t>(i)].match, request) &&
            (best < 0 || rank(i) > rank(best)))
            best = i;
    }
    return best;
}

} // namespace steelyard::routing::test
