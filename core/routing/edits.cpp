#include "routing/edits.h"

#include "routing/normal_form.h"

#include <algorithm>

namespace steelyard::routing {

namespace {

using Kind = config::PathMatch::Kind;

/// The normal form of the target's path; what is no path stays. A view of the target or of a buffer
/// that the next call on this thread uses again.
std::string_view normalPathOf(std::string_view target)
{
    const std::string_view path = pathOf(target);
    if (!path.starts_with('/') || !needsNormalising(path))
        return path;
    thread_local std::string buffer; // keeps its size: no allocation per request
    normalPath(path, buffer);
    return buffer;
}

std::string_view queryOf(std::string_view target)
{
    return target.substr(std::min(target.find('?'), target.size())); // with its "?"
}

/// What follows the matched part of `path`: empty, or it begins with "/".
std::string_view restOf(std::string_view path, const config::PathMatch& match)
{
    if (match.kind == Kind::Any)
        return path;
    if (match.kind != Kind::Prefix)
        return {};
    std::string_view prefix = match.text;
    while (prefix.ends_with('/'))
        prefix.remove_suffix(1);
    const std::size_t size = needsNormalising(prefix) ? normalPrefix(prefix).size() : prefix.size();
    return path.substr(std::min(size, path.size()));
}

/// Leaves one "/" at the front, however many there are.
void singleSlash(std::string& text)
{
    const std::size_t first = std::min(text.find_first_not_of('/'), text.size());
    if (first > 1)
        text.erase(0, first - 1);
}

/// Appends a part of a path as a URI has it (RFC 3986 3.3): "\" above all, which browsers take for
/// "/".
void appendPath(std::string_view path, std::string& out)
{
    constexpr std::string_view kUnsafe = "\"<>\\^`{|}#[] ";
    constexpr char kDigits[] = "0123456789ABCDEF";
    for (const char c : path) {
        if (kUnsafe.find(c) == std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 15U];
    }
}

void appendHost(std::string_view host, std::string& out)
{
    HostBuffer buffer;
    const std::string_view normal = normalHost(host, buffer);
    if (normal.find(':') == std::string_view::npos)
        out += normal;
    else
        out.append("[").append(normal).append("]");
}

} // namespace

void rewriteTarget(std::string_view target, const config::PathMatch& match,
                   std::string_view replacement, std::string& out)
{
    if (!target.starts_with('/') || match.kind == Kind::Regex) {
        out = target;
        return;
    }
    const std::string_view path = normalPathOf(target);
    const std::string_view rest = restOf(path, match);
    out = replacement;
    while (rest.starts_with('/') && out.ends_with('/'))
        out.pop_back();
    out += rest;
    if (!out.starts_with('/'))
        out.insert(out.begin(), '/');
    // The received path, not its normal form: "/.//host" becomes "//host".
    if (!target.starts_with("//") && !replacement.starts_with("//"))
        singleSlash(out);
    out += queryOf(target);
}

void applyRewrite(const config::Route& route, http::MessageHead& head, std::string& buffer)
{
    if (route.rewrite.path) {
        rewriteTarget(head.target(), route.match.path, *route.rewrite.path, buffer);
        head.targetAt = head.headers.append(buffer);
        head.targetSize = static_cast<std::uint32_t>(buffer.size());
    }
    if (!route.rewrite.host)
        return;
    for (http::Field& field : head.headers.fields()) {
        if (field.id == http::FieldId::Host && !field.removed) {
            head.headers.setValue(field, {*route.rewrite.host});
            return;
        }
    }
    head.headers.add(http::FieldId::Host, "Host", *route.rewrite.host);
}

void applyEdits(const config::HeaderEdits& edits, http::HeaderList& headers)
{
    for (const std::string& name : edits.remove)
        (void)headers.remove(name);
    for (const auto& [name, value] : edits.set) {
        bool isSet = false;
        for (http::Field& field : headers.fields()) {
            if (field.removed || !http::equalsIgnoreCase(headers.name(field), name))
                continue;
            if (isSet)
                field.removed = true;
            else
                headers.setValue(field, {value});
            isSet = true;
        }
        if (!isSet)
            headers.add(name, value);
    }
    for (const auto& [name, value] : edits.add)
        headers.add(name, value);
}

std::string redirectLocation(const config::Redirect& redirect, const config::PathMatch& match,
                             const Request& request)
{
    const std::string_view path = normalPathOf(request.target);
    const bool isPath = path.starts_with('/');
    std::string_view text = redirect.location;
    const std::string_view fragment = text.substr(std::min(text.find('#'), text.size()));
    text.remove_suffix(fragment.size());
    const bool ownQuery = text.find('?') != std::string_view::npos;
    if (text.ends_with('?'))
        text.remove_suffix(1);
    std::string out;
    while (!text.empty()) {
        const std::size_t brace = text.find('{');
        out += text.substr(0, brace);
        text.remove_prefix(std::min(brace, text.size()));
        if (text.starts_with("{host}")) {
            appendHost(request.host, out);
            text.remove_prefix(6);
        } else if (text.starts_with("{path}") || text.starts_with("{rest}")) {
            if (isPath)
                appendPath(text[1] == 'p' ? path : restOf(path, match), out);
            text.remove_prefix(6);
        } else if (!text.empty()) {
            out += text.front();
            text.remove_prefix(1);
        }
    }
    if (!redirect.location.starts_with("//"))
        singleSlash(out);
    if (out.empty())
        out = "/";
    if (!ownQuery)
        out += queryOf(request.target);
    return out.append(fragment);
}

} // namespace steelyard::routing
