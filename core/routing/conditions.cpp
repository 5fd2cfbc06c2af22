#include "routing/conditions.h"

#include "config/values.h"
#include "http/cookies.h"
#include "http/query.h"
#include "routing/client_range.h"

#include <algorithm>

namespace steelyard::routing {

namespace {

using Kind = config::FieldMatch::Kind;

/// The first line of that name, or nothing.
std::optional<std::string_view> firstLine(const Request& request, std::string_view name)
{
    if (request.headers == nullptr)
        return std::nullopt;
    const std::string_view value = request.headers->find(name);
    return value.data() == nullptr ? std::nullopt : std::optional(value);
}

std::optional<std::string_view> cookie(const Request& request, std::string_view name)
{
    return request.headers == nullptr ? std::nullopt : http::findCookie(*request.headers, name);
}

/// Decoded; the view is valid until the next call on this thread.
std::optional<std::string_view> parameter(const Request& request, std::string_view name)
{
    thread_local std::string buffer; // keeps its size: no allocation per request
    const auto encoded = http::findParameter(request.target, name);
    return encoded ? std::optional(http::decodeParameter(*encoded, buffer)) : std::nullopt;
}

std::string joined(const std::vector<std::string>& words)
{
    std::string out;
    for (const std::string& word : words)
        out += (out.empty() ? "" : ", ") + word;
    return out;
}

std::string fieldWords(const char* what, const config::FieldMatch& match,
                       std::optional<std::string_view> value)
{
    std::string out = std::string(what) + ' ' + match.name;
    if (!value)
        return out + " is absent";
    out += " is '" + std::string(*value) + "', ";
    return out + (match.kind == Kind::Regex ? "which does not match '" : "not '") + match.text +
           '\'';
}

} // namespace

Conditions::Conditions(const config::RouteMatch& match)
    : m_methods(match.methods)
    , m_headers(compiled(match.headers))
    , m_query(compiled(match.query))
    , m_cookies(compiled(match.cookies))
    , m_clients(match.clients)
{
}

Conditions::Fields Conditions::compiled(const std::vector<config::FieldMatch>& matches)
{
    Fields fields;
    fields.reserve(matches.size());
    for (const config::FieldMatch& match : matches) {
        Field field{match, std::nullopt};
        if (match.kind == Kind::Regex) {
            if (auto expression = Expression::compile(match.text))
                field.expression = std::move(expression.value());
        }
        fields.push_back(std::move(field));
    }
    return fields;
}

bool Conditions::empty() const noexcept
{
    return m_methods.empty() && m_headers.empty() && m_query.empty() && m_cookies.empty() &&
           m_clients.empty();
}

bool Conditions::Field::accepts(std::string_view value) const
{
    switch (match.kind) {
    case Kind::Exact:
        return value == match.text;
    case Kind::Regex:
        return expression && expression->matches(value);
    case Kind::Present:
        break;
    }
    return true;
}

Conditions::Unmet Conditions::firstUnmet(const Request& request) const
{
    if (!m_methods.empty() &&
        std::find(m_methods.begin(), m_methods.end(), request.method) == m_methods.end())
        return {Source::Method, nullptr};
    for (const Field& wanted : m_headers) {
        const auto meets = [&](const http::Field& line) {
            return !line.removed && line.nameSize == wanted.match.name.size() &&
                   http::equalsIgnoreCase(request.headers->name(line), wanted.match.name) &&
                   wanted.accepts(request.headers->value(line));
        };
        if (request.headers == nullptr ||
            std::none_of(request.headers->fields().begin(), request.headers->fields().end(), meets))
            return {Source::Header, &wanted};
    }
    for (const Field& wanted : m_query) {
        const auto value = parameter(request, wanted.match.name);
        if (!value || !wanted.accepts(*value))
            return {Source::Query, &wanted};
    }
    for (const Field& wanted : m_cookies) {
        const auto value = cookie(request, wanted.match.name);
        if (!value || !wanted.accepts(*value))
            return {Source::Cookie, &wanted};
    }
    if (!m_clients.empty() && !contains(m_clients, request.client))
        return {Source::Client, nullptr};
    return {};
}

bool Conditions::metBy(const Request& request) const
{
    return firstUnmet(request).source == Source::None;
}

std::string Conditions::unmetBy(const Request& request) const
{
    const Unmet unmet = firstUnmet(request);
    const auto words = [&unmet](const char* what, std::optional<std::string_view> value) {
        return fieldWords(what, unmet.field->match, value);
    };
    switch (unmet.source) {
    case Source::None:
        break;
    case Source::Method:
        return "method " + std::string(request.method) +
               (m_methods.size() > 1 ? " is none of " : " is not ") + joined(m_methods);
    case Source::Header:
        return words("header", firstLine(request, unmet.field->match.name));
    case Source::Query:
        return words("query parameter", parameter(request, unmet.field->match.name));
    case Source::Cookie:
        return words("cookie", cookie(request, unmet.field->match.name));
    case Source::Client: {
        std::vector<std::string> ranges;
        for (const config::Cidr& range : m_clients)
            ranges.push_back(config::cidrText(range));
        const std::string client =
            request.client.size == 0 ? "of unknown address" : request.client.text();
        return "client " + client + " is not in " + joined(ranges);
    }
    }
    return {};
}

bool Conditions::Field::widerThan(const Field& other) const
{
    if (match.name != other.match.name)
        return false;
    if (match.kind == Kind::Present)
        return true;
    if (match.kind == other.match.kind)
        return match.text == other.match.text;
    return match.kind == Kind::Regex && other.match.kind == Kind::Exact &&
           accepts(other.match.text);
}

bool Conditions::widerThan(const Fields& fields, const Fields& others)
{
    return std::all_of(fields.begin(), fields.end(), [&others](const Field& field) {
        return std::any_of(others.begin(), others.end(),
                           [&field](const Field& other) { return field.widerThan(other); });
    });
}

bool Conditions::widerThan(const Conditions& other) const
{
    const auto& theirs = other.m_methods;
    const bool methods =
        m_methods.empty() ||
        (!theirs.empty() && std::all_of(theirs.begin(), theirs.end(), [this](const auto& method) {
            return std::find(m_methods.begin(), m_methods.end(), method) != m_methods.end();
        }));
    const auto inOneOfMine = [this](const config::Cidr& range) {
        return std::any_of(m_clients.begin(), m_clients.end(),
                           [&range](const config::Cidr& mine) { return contains(mine, range); });
    };
    const bool clients = m_clients.empty() ||
                         (!other.m_clients.empty() &&
                          std::all_of(other.m_clients.begin(), other.m_clients.end(), inOneOfMine));
    return methods && clients && widerThan(m_headers, other.m_headers) &&
           widerThan(m_query, other.m_query) && widerThan(m_cookies, other.m_cookies);
}

} // namespace steelyard::routing
