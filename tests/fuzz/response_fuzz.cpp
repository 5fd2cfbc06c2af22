// A response's head: in pieces as at once, as the oracle reads it, and what is sent on for it is
// canonical and says the same. Input: bytes a piece, the request's method, then the raw response.
#include "fuzz/heads.h"
#include "fuzz/oracle.h"
#include "http/field_rules.h"

using namespace steelyard;
using namespace steelyard::fuzz;

namespace {

http::BodyKind kindOf(const OracleResponse& read, std::string_view method)
{
    if (read.status == 101)
        return http::BodyKind::Tunnel;
    if (read.status / 100 == 1 || read.status == 204 || read.status == 304 || method == "HEAD")
        return http::BodyKind::None;
    if (countOf(read.fields, "transfer-encoding") > 0)
        return http::BodyKind::Chunked;
    return read.untilClose ? http::BodyKind::UntilClose : http::BodyKind::Length;
}

void checkForwarded(http::MessageHead& head, std::string_view method)
{
    const int status = head.status;
    http::Body body = head.body;
    if (!http::removeHopByHop(head))
        return;
    if (body.kind == http::BodyKind::UntilClose) // re-framed for the client
        body.kind = head.body.kind = http::BodyKind::Chunked;
    std::string out;
    http::writeResponseHead(head, status == 101 ? "upgrade" : "close", out);
    const OracleResponse read = readResponse(out, 0, method, false, Sender::Balancer);
    require(read.headWhole, "what is sent on is not canonical", out);
    require(read.status == status, "what is sent on says something else", out);
    require(kindOf(read, method) == body.kind, "what is sent on is framed otherwise", out);
    require(
        countOf(read.fields, "connection") == 1 && countOf(read.fields, "keep-alive") == 0 &&
            countOf(read.fields, "content-length") + countOf(read.fields, "transfer-encoding") <= 1,
        "a hop-by-hop field is sent on", out);
    if (body.kind == http::BodyKind::Length)
        require(joined(read.fields, "content-length") == std::to_string(body.length),
                "another length is sent on", out);
}

} // namespace

FUZZ_TARGET(response)
{
    static constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "OPTIONS"};
    Choices choices(input);
    const std::size_t step = 1 + choices.below(64);
    const std::string_view method = choices.of(kMethods);
    const std::string_view raw = choices.rest();
    ParsedHead parsed = parseBothWays(http::HeadParser::Kind::Response, raw, step, method);
    if (raw.size() >= 16U * 1024U)
        return; // the oracle knows no limits on sizes
    const OracleResponse read = readResponse(raw, 0, method, false);
    switch (parsed.status) {
    case http::ParseStatus::NeedMore:
        require(!read.headWhole && read.verdict == Verdict::Incomplete,
                "the oracle does not wait for more");
        break;
    case http::ParseStatus::Bad:
        require(!read.headWhole, "the oracle takes what is refused", parsed.error);
        break;
    case http::ParseStatus::Done:
        require(read.headWhole, "the oracle refuses what is taken", describe(parsed.head));
        require(parsed.head.status == read.status, "the oracle reads another status");
        require(parsed.head.body.kind == kindOf(read, method), "the oracle frames it otherwise",
                describe(parsed.head));
        checkForwarded(parsed.head, method);
        break;
    }
}
