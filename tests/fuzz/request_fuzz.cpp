// A request's head: in pieces as at once, as the oracle reads it, and what is sent on for it is
// canonical and says the same. Input: bytes a piece, then the raw request.
#include "fuzz/heads.h"
#include "fuzz/oracle.h"
#include "http/field_rules.h"

using namespace steelyard;
using namespace steelyard::fuzz;

namespace {

bool sameFraming(const http::Body& body, const OracleRequest& read)
{
    if (body.kind == http::BodyKind::Chunked || read.chunked)
        return body.kind == http::BodyKind::Chunked && read.chunked;
    const std::string length = joined(read.fields, "content-length");
    return length.empty()
               ? body.kind == http::BodyKind::None
               : body.kind == http::BodyKind::Length && body.length == std::stoull(length);
}

void checkForwarded(http::MessageHead& head, const OracleRequest& asked)
{
    http::Forwarding forwarding;
    forwarding.forwarded = forwarding.xForwardedHost = forwarding.xRequestId = true;
    forwarding.clientAddress = "2001:db8::7";
    forwarding.proto = "http";
    forwarding.requestId = "f00";
    const bool upgrade = head.upgradeWebSocket;
    const std::string method(head.method());
    const std::string target(head.target());
    const std::string host(head.host());
    const http::Body body = head.body;
    const bool removed = http::removeHopByHop(head);
    require(removed == !asked.namesProtected, "Connection names something else", host);
    if (!removed)
        return;
    http::applyForwarding(head, forwarding);
    std::string out;
    http::writeRequestHead(head, upgrade ? "upgrade" : "", out);
    const OracleRequest read = readRequest(out, 0, Sender::Balancer);
    require(read.headWhole, "what is sent on is not canonical", out);
    require(read.method == method && read.target == target && read.host == host,
            "what is sent on says something else", out);
    require(sameFraming(body, read), "what is sent on is framed otherwise", out);
    require(countOf(read.fields, "connection") == (upgrade ? 1 : 0) &&
                countOf(read.fields, "upgrade") == (upgrade ? 1 : 0) &&
                countOf(read.fields, "keep-alive") == 0 &&
                countOf(read.fields, "proxy-connection") == 0 && countOf(read.fields, "te") == 0,
            "a hop-by-hop field is sent on", out);
}

} // namespace

FUZZ_TARGET(request)
{
    Choices choices(input);
    const std::size_t step = 1 + choices.below(64);
    const std::string_view raw = choices.rest();
    ParsedHead parsed = parseBothWays(http::HeadParser::Kind::Request, raw, step);
    if (raw.size() >= 16U * 1024U)
        return; // the oracle knows no limits on sizes
    const OracleRequest read = readRequest(raw, 0);
    switch (parsed.status) {
    case http::ParseStatus::NeedMore:
        require(!read.headWhole && read.verdict == Verdict::Incomplete,
                "the oracle does not wait for more", read.why);
        break;
    case http::ParseStatus::Bad:
        require(!read.headWhole, "the oracle takes what is refused", parsed.error);
        break;
    case http::ParseStatus::Done:
        require(read.headWhole, "the oracle refuses what is taken", read.why);
        require(parsed.head.method() == read.method && parsed.head.target() == read.target &&
                    parsed.head.host() == read.host,
                "the oracle reads another request", describe(parsed.head));
        require(sameFraming(parsed.head.body, read), "the oracle frames it otherwise",
                describe(parsed.head));
        require(parsed.head.keepAlive == !read.last, "the oracle sees another end of connection",
                describe(parsed.head));
        checkForwarded(parsed.head, read);
        break;
    }
}
