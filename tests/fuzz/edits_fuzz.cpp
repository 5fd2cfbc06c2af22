// Header edits, rewrites and forwarding fields of a route, on any request and response that the
// parser takes: whatever a valid configuration asks for, the message stays one canonical message
// with its framing. Input: choices for the edits, then the raw request.
#include "config/http_words.h"
#include "fuzz/heads.h"
#include "fuzz/oracle.h"
#include "http/field_rules.h"
#include "routing/edits.h"

using namespace steelyard;
using namespace steelyard::fuzz;

namespace {

/// Lower case; as config/read_routes.cpp has it.
bool mayBeEdited(const std::string& name)
{
    for (const char* forbidden : {"host", "content-length", "transfer-encoding", "connection",
                                  "keep-alive", "te", "trailer", "upgrade", "proxy-connection"})
        if (name == forbidden)
            return false;
    return true;
}

std::string nameFrom(Choices& choices)
{
    static constexpr std::string_view kNames[] = {
        "X-A",  "x-forwarded-for", "Via",    "Cookie",       "Set-Cookie",   "x-b",
        "Date", "Server",          "Expect", "Content-Type", "Max-Forwards", "Authorization"};
    const std::size_t own = choices.below(16);
    std::string name(own < 12 ? kNames[own] : choices.take(1 + choices.below(8)));
    if (!config::isToken(name) || !mayBeEdited(config::lowered(name)))
        return "X-A";
    return name;
}

std::string valueFrom(Choices& choices)
{
    std::string value(choices.take(choices.below(12)));
    return config::isFieldValue(value) ? value : "v";
}

config::HeaderEdits editsFrom(Choices& choices)
{
    config::HeaderEdits edits;
    for (std::size_t i = choices.below(3); i > 0; --i)
        edits.remove.push_back(nameFrom(choices));
    for (std::size_t i = choices.below(3); i > 0; --i)
        edits.set.emplace_back(nameFrom(choices), valueFrom(choices));
    for (std::size_t i = choices.below(3); i > 0; --i)
        edits.add.emplace_back(nameFrom(choices), valueFrom(choices));
    return edits;
}

void checkEdits(const config::HeaderEdits& edits, const Fields& fields, std::string_view out)
{
    for (const auto& [name, value] : edits.set) {
        int added = 0;
        for (const auto& [other, unused] : edits.add)
            added += http::equalsIgnoreCase(name, other) ? 1 : 0;
        require(countOf(fields, name) == 1 + added, "a field that was set is not there once", out);
    }
    for (const auto& [name, value] : edits.add)
        require(joined(fields, name).find(value) != std::string::npos, "an added field is missing",
                out);
}

void editRequest(const config::HeaderEdits& edits, const config::Route& route, bool trusted,
                 http::MessageHead& head)
{
    const http::Body body = head.body;
    const std::string method(head.method());
    if (!http::removeHopByHop(head))
        return;
    http::Forwarding forwarding;
    forwarding.clientAddress = "192.0.2.7";
    forwarding.proto = "http";
    forwarding.trusted = trusted;
    http::applyForwarding(head, forwarding);
    std::string buffer;
    routing::applyRewrite(route, head, buffer);
    routing::applyEdits(edits, head.headers);
    std::string out;
    http::writeRequestHead(head, "", out);
    OracleRequest read = readRequest(out, 0, Sender::Balancer);
    // Edits may set any Expect or Max-Forwards: that is the operator's will, and no framing.
    if (!read.headWhole && read.why.starts_with("Host, Expect"))
        read.headWhole = true;
    require(read.headWhole, "what is sent on is not canonical", out);
    require(read.method == method, "the method has changed", out);
    require(read.target == head.target() && (read.target == "*" || read.target.starts_with('/')),
            "the target has changed", out);
    const bool chunked = joined(read.fields, "transfer-encoding") == "chunked";
    require(chunked == (body.kind == http::BodyKind::Chunked) &&
                countOf(read.fields, "content-length") ==
                    (body.kind == http::BodyKind::Length ? 1 : 0) &&
                countOf(read.fields, "host") == 1 && countOf(read.fields, "connection") == 0,
            "the framing has changed", out);
    checkEdits(edits, read.fields, out);
}

void editResponse(const config::HeaderEdits& edits)
{
    http::HeadParser parser(http::HeadParser::Kind::Response);
    http::MessageHead head;
    constexpr std::string_view kRaw =
        "HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nServer: s\r\nSet-Cookie: a=b\r\n"
        "Content-Length: 3\r\nDate: x\r\nVia: 1.1 b\r\n\r\n";
    require(parser.parse(kRaw, head, "GET") == http::ParseStatus::Done, "a valid response");
    routing::applyEdits(edits, head.headers);
    std::string out;
    http::writeResponseHead(head, "", out);
    const OracleResponse read = readResponse(out, 0, "GET", false, Sender::Balancer);
    require(read.headWhole && joined(read.fields, "content-length") == "3",
            "an edited response is not canonical", out);
    checkEdits(edits, read.fields, out);
}

} // namespace

FUZZ_TARGET(edits)
{
    using Kind = config::PathMatch::Kind;
    Choices choices(input);
    const config::HeaderEdits edits = editsFrom(choices);
    editResponse(edits);
    config::Route route;
    static constexpr Kind kKinds[] = {Kind::Any, Kind::Exact, Kind::Prefix};
    route.match.path.kind = kKinds[choices.below(3)];
    if (route.match.path.kind != Kind::Any) {
        route.match.path.text = '/' + std::string(choices.take(choices.below(6)));
        if (!config::isRequestPath(route.match.path.text))
            route.match.path.text = "/";
    }
    if (choices.below(2) == 1) {
        route.rewrite.path = '/' + std::string(choices.take(choices.below(6)));
        if (!config::isRequestPath(*route.rewrite.path))
            route.rewrite.path = "/";
    }
    if (choices.below(2) == 1)
        route.rewrite.host = "other.example:8080";
    const bool trusted = choices.below(2) == 1;
    const std::string_view raw = choices.rest();
    ParsedHead parsed = parseBothWays(http::HeadParser::Kind::Request, raw, raw.size());
    if (parsed.status == http::ParseStatus::Done && raw.size() < 8192)
        editRequest(edits, route, trusted, parsed.head);
}
