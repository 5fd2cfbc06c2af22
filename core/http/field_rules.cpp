#include "http/field_rules.h"

#include "http/char_class.h"

#include <array>
#include <charconv>

namespace steelyard::http {
namespace {

constexpr std::string_view kForwardedPrefix = "x-forwarded-";

constexpr FieldSet kHopByHop =
    setOf(FieldId::Connection, FieldId::KeepAlive, FieldId::ProxyConnection, FieldId::TE,
          FieldId::TransferEncoding, FieldId::Upgrade);
/// What a client claims that only a trusted proxy may.
constexpr FieldSet kClaims =
    setOf(FieldId::XForwardedFor, FieldId::XForwardedProto, FieldId::XForwardedHost,
          FieldId::Forwarded, FieldId::XRequestId);

/// What no Connection field may name: removing it would change framing, routing, identity or trust.
bool mustSurvive(std::string_view option) noexcept
{
    switch (fieldId(option)) {
    case FieldId::Host:
    case FieldId::ContentLength:
    case FieldId::TransferEncoding:
    case FieldId::Forwarded:
    case FieldId::Via:
    case FieldId::Cookie:
        return true;
    default:
        return equalsIgnoreCase(option, "authorization") ||
               equalsIgnoreCase(option, "cache-control") ||
               equalsIgnoreCase(option.substr(0, kForwardedPrefix.size()), kForwardedPrefix);
    }
}

/// X-Forwarded-Anything, also spelled with '_': backends behind CGI or WSGI cannot tell the two
/// apart.
bool isForwardedName(std::string_view name) noexcept
{
    if (name.size() <= kForwardedPrefix.size() || (name.front() | 0x20) != 'x')
        return false;
    for (std::size_t i = 1; i < kForwardedPrefix.size(); ++i) {
        const char c = name[i] == '_' ? '-' : static_cast<char>(name[i] | 0x20);
        if (c != kForwardedPrefix[i])
            return false;
    }
    return true;
}

void removeClaims(HeaderList& headers) noexcept
{
    for (Field& field : headers.fields())
        if ((setOf(field.id) & kClaims) != 0 ||
            (field.id == FieldId::Other && isForwardedName(headers.name(field))))
            field.removed = true;
}

/// Appends an element to a list field: to its last line, or as a new one.
void extendList(HeaderList& headers, FieldId id, std::string_view name, std::string_view element)
{
    Field* last = nullptr;
    if (headers.mayHave(setOf(id)))
        for (Field& field : headers.fields())
            if (field.id == id && !field.removed)
                last = &field;
    if (last == nullptr)
        headers.add(id, name, element);
    else
        headers.setValue(*last, {headers.value(*last), last->valueSize == 0 ? "" : ", ", element});
}

/// for=192.0.2.1;proto=http;host=shop.lab
std::string forwardedElement(const MessageHead& head, const Forwarding& forwarding)
{
    // What is no token must be quoted: IPv6 addresses, hosts with a port (RFC 7239 4, 6).
    const bool ipv6 = forwarding.clientAddress.find(':') != std::string_view::npos;
    std::string element(ipv6 ? "for=\"[" : "for=");
    element.append(forwarding.clientAddress)
        .append(ipv6 ? "]\"" : "")
        .append(";proto=")
        .append(forwarding.proto);
    const std::string_view host = head.host();
    if (host.empty())
        return element;
    const std::string_view quote = allOf(kToken, host) ? "" : "\"";
    return element.append(";host=").append(quote).append(host).append(quote);
}

void lowerMaxForwards(MessageHead& head)
{
    if (head.maxForwards <= 0)
        return;
    --head.maxForwards;
    std::array<char, 12> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), head.maxForwards).ptr;
    for (Field& field : head.headers.fields())
        if (field.id == FieldId::MaxForwards && !field.removed)
            head.headers.setValue(
                field,
                {std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()))});
}

/// The received-by of a Via element "[name/]version received-by [comment]", without its port.
std::string_view receivedBy(std::string_view element) noexcept
{
    const std::size_t blank = element.find_first_of(" \t");
    if (blank == std::string_view::npos)
        return {};
    const std::string_view rest = trimmed(element.substr(blank));
    return rest.substr(0, rest.find_first_of(" \t(:"));
}

/// Cuts the next element off a Via list; commas inside comments do not count.
std::string_view nextViaElement(std::string_view& list) noexcept
{
    int depth = 0;
    std::size_t i = 0;
    for (; i < list.size() && (depth > 0 || list[i] != ','); ++i) {
        if (list[i] == '\\' && depth > 0)
            ++i;
        else if (list[i] == '(')
            ++depth;
        else if (list[i] == ')' && depth > 0)
            --depth;
    }
    const std::string_view element = trimmed(list.substr(0, i));
    list.remove_prefix(i < list.size() ? i + 1 : list.size());
    return element;
}

} // namespace

bool removeHopByHop(MessageHead& head)
{
    HeaderList& headers = head.headers;
    if (!headers.mayHave(kHopByHop | setOf(FieldId::Trailer)))
        return true;
    for (const Field& field : headers.fields()) {
        if (field.id != FieldId::Connection)
            continue; // removed or not: a Connection line may name Connection
        for (std::string_view rest = headers.value(field); !rest.empty();) {
            const std::string_view option = nextElement(rest);
            if (mustSurvive(option))
                return false;
            if (!option.empty())
                headers.remove(option);
        }
    }
    const bool trailersForwarded = head.body.kind == BodyKind::Chunked;
    const FieldSet goes = kHopByHop | (trailersForwarded ? FieldSet{0} : setOf(FieldId::Trailer));
    for (Field& field : headers.fields())
        if ((setOf(field.id) & goes) != 0)
            field.removed = true;
    return true;
}

void applyForwarding(MessageHead& head, const Forwarding& forwarding)
{
    HeaderList& headers = head.headers;
    if (!forwarding.trusted)
        removeClaims(headers);
    const auto addOnce = [&headers](FieldId id, std::string_view name, std::string_view value) {
        if (headers.find(id).data() == nullptr && !value.empty())
            headers.add(id, name, value);
    };
    if (forwarding.xForwardedFor)
        extendList(headers, FieldId::XForwardedFor, "X-Forwarded-For", forwarding.clientAddress);
    if (forwarding.xForwardedProto)
        addOnce(FieldId::XForwardedProto, "X-Forwarded-Proto", forwarding.proto);
    if (forwarding.xForwardedHost)
        addOnce(FieldId::XForwardedHost, "X-Forwarded-Host", head.host());
    if (forwarding.forwarded)
        extendList(headers, FieldId::Forwarded, "Forwarded", forwardedElement(head, forwarding));
    if (forwarding.xRequestId)
        addOnce(FieldId::XRequestId, "X-Request-Id", forwarding.requestId);
    if (forwarding.via) {
        std::array<char, 4 + kMaxPseudonym> element{'1', '.', '1', ' '};
        if (head.version == Version::Http10)
            element[2] = '0';
        const std::string_view name = forwarding.pseudonym.substr(0, kMaxPseudonym);
        name.copy(element.data() + 4, name.size());
        extendList(headers, FieldId::Via, "Via", {element.data(), 4 + name.size()});
    }
    lowerMaxForwards(head);
}

bool viaShowsLoop(const MessageHead& head, std::string_view pseudonym) noexcept
{
    if (!head.headers.mayHave(setOf(FieldId::Via)))
        return false;
    for (const Field& field : head.headers.fields()) {
        if (field.id != FieldId::Via || field.removed)
            continue;
        for (std::string_view rest = head.headers.value(field); !rest.empty();)
            if (equalsIgnoreCase(receivedBy(nextViaElement(rest)), pseudonym))
                return true;
    }
    return false;
}

} // namespace steelyard::http
