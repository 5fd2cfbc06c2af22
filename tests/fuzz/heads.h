/// What the message targets share: heads parsed at once and in pieces, which must come out alike.
/// Thread: any.
#pragma once

#include "fuzz/fuzz_target.h"
#include "http/h1_parser.h"
#include "http/h1_writer.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace steelyard::fuzz {

struct ParsedHead
{
    http::ParseStatus status = http::ParseStatus::NeedMore;
    std::size_t consumed = 0;
    std::string error;
    http::MessageHead head;
};

/// Parses with `step` more bytes a call.
inline ParsedHead parseHead(http::HeadParser::Kind kind, std::string_view raw, std::size_t step,
                            std::string_view method = {})
{
    http::HeadParser parser(kind);
    ParsedHead out;
    for (std::size_t there = std::min(step, raw.size());;
         there = std::min(there + step, raw.size())) {
        // A copy of just these bytes: what reads beyond them is found by ASan.
        const std::string bytes(raw.substr(0, there));
        out.status = parser.parse(bytes, out.head, method);
        if (out.status != http::ParseStatus::NeedMore || there == raw.size())
            break;
    }
    out.consumed = out.status == http::ParseStatus::Done ? parser.consumed() : 0;
    out.error = out.status == http::ParseStatus::Bad
                    ? std::to_string(parser.error().status) + ' ' + parser.error().reason
                    : "";
    return out;
}

/// Everything a head says, as text.
inline std::string describe(const http::MessageHead& head)
{
    std::string out;
    const auto add = [&out](std::string_view text) { out.append(text).append("|"); };
    if (head.status == 0) {
        add(head.method());
        add(head.target());
    }
    add(head.reason());
    for (const long number :
         {static_cast<long>(head.status), static_cast<long>(head.version),
          static_cast<long>(head.body.kind), static_cast<long>(head.body.length),
          static_cast<long>(head.keepAlive), static_cast<long>(head.expectContinue),
          static_cast<long>(head.upgradeWebSocket), static_cast<long>(head.maxForwards)})
        add(std::to_string(number));
    for (const http::Field& field : head.headers.fields()) {
        add(head.headers.name(field));
        add(head.headers.value(field));
        add(field.removed ? "removed" : "");
    }
    return out;
}

/// At once and in pieces: the same verdict, the same words, the same head.
inline ParsedHead parseBothWays(http::HeadParser::Kind kind, std::string_view raw, std::size_t step,
                                std::string_view method = {})
{
    ParsedHead whole = parseHead(kind, raw, std::max<std::size_t>(raw.size(), 1), method);
    const ParsedHead pieces = parseHead(kind, raw, std::max<std::size_t>(step, 1), method);
    require(whole.status == pieces.status && whole.error == pieces.error &&
                whole.consumed == pieces.consumed,
            "pieces change the verdict", whole.error + " / " + pieces.error);
    if (whole.status == http::ParseStatus::Done)
        require(describe(whole.head) == describe(pieces.head), "pieces change the head",
                describe(whole.head) + "\n" + describe(pieces.head));
    return whole;
}

} // namespace steelyard::fuzz
