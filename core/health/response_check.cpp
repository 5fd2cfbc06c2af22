/// Head, then status and fields, then as much of the body as the expectation needs.
/// Thread: see response_check.h.
#include "health/response_check.h"

#include <algorithm>

namespace steelyard::health {

std::string rangesText(const config::StatusRanges& ranges)
{
    std::string text;
    for (const auto& [first, last] : ranges) {
        if (!text.empty())
            text += ", ";
        text += std::to_string(first);
        if (last != first)
            text += "-" + std::to_string(last);
    }
    return text;
}

ResponseCheck::ResponseCheck(const config::HealthCheck& check)
    : m_check(check)
{
}

ResponseCheck::Verdict ResponseCheck::feed(std::string_view bytes)
{
    if (m_inBody)
        return takeBody(bytes);
    m_received += bytes;
    return takeHead();
}

ResponseCheck::Verdict ResponseCheck::takeHead()
{
    // Interim responses (1xx) may come before the one that counts.
    while (true) {
        const std::string_view input = std::string_view(m_received).substr(m_headStart);
        const http::ParseStatus parsed = m_parser.parse(input, m_head, m_check.method);
        if (parsed == http::ParseStatus::NeedMore) {
            return m_received.size() > 2 * kMaxBody ? bad("too many interim responses")
                                                    : Verdict::NeedMore;
        }
        if (parsed == http::ParseStatus::Bad) {
            return bad(std::string("invalid response: ") + m_parser.error().reason);
        }
        m_headStart += m_parser.consumed();
        if (m_head.status >= 200 || m_head.status == 101)
            return judgeHead();
        m_parser.reset();
        m_head.clear();
    }
}

ResponseCheck::Verdict ResponseCheck::judgeHead()
{
    const int status = m_status = m_head.status;
    const bool expected = std::any_of(
        m_check.expectStatus.begin(), m_check.expectStatus.end(),
        [status](const auto& range) { return status >= range.first && status <= range.second; });
    if (!expected) {
        return bad("status " + std::to_string(status) + ", expected " +
                   rangesText(m_check.expectStatus));
    }
    for (const auto& [name, value] : m_check.expectHeaders) {
        const std::string_view found = m_head.headers.find(std::string_view(name));
        if (found.data() == nullptr)
            return bad("header " + name + " is missing, expected \"" + value + "\"");
        if (found != value) {
            return bad("header " + name + " is \"" + std::string(found.substr(0, 64)) +
                       "\", expected \"" + value + "\"");
        }
    }
    if (m_check.expectBody.empty())
        return Verdict::Good;
    m_inBody = true;
    m_left = m_head.body.length;
    // takeBody() appends to m_received, so the rest is taken out first.
    const std::string rest = m_received.substr(m_headStart);
    m_received.resize(m_headStart);
    return takeBody(rest);
}

ResponseCheck::Verdict ResponseCheck::takeBody(std::string_view bytes)
{
    m_received += bytes.substr(0, m_headStart + kMaxBody -
                                      std::min(m_headStart + kMaxBody, m_received.size()));
    const auto add = [this](std::string_view data) {
        m_body += data.substr(0, kMaxBody - m_body.size());
    };
    bool complete = false;
    switch (m_head.body.kind) {
    case http::BodyKind::None:
        complete = true;
        break;
    case http::BodyKind::Length:
        bytes = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), m_left));
        m_left -= bytes.size();
        add(bytes);
        complete = m_left == 0;
        break;
    case http::BodyKind::Chunked: {
        std::string_view data;
        auto step = m_chunks.step(bytes, data);
        for (; step == http::ChunkedDecoder::Step::Data; step = m_chunks.step(bytes, data))
            add(data);
        if (step == http::ChunkedDecoder::Step::Bad) {
            return bad(std::string("invalid response: ") + m_chunks.error().reason);
        }
        complete = step == http::ChunkedDecoder::Step::End;
        break;
    }
    case http::BodyKind::UntilClose:
    case http::BodyKind::Tunnel:
        add(bytes);
        break;
    }
    return judgeBody(complete || m_body.size() >= kMaxBody);
}

ResponseCheck::Verdict ResponseCheck::judgeBody(bool complete)
{
    if (m_body.find(m_check.expectBody) != std::string::npos)
        return Verdict::Good;
    if (!complete)
        return Verdict::NeedMore;
    return bad("body does not contain \"" + m_check.expectBody + "\"");
}

ResponseCheck::Verdict ResponseCheck::end()
{
    if (!m_inBody) {
        m_cut = true;
        return bad(m_received.empty() ? "connection closed without a response"
                                      : "connection closed within the response's head");
    }
    const bool wasTold =
        m_head.body.kind == http::BodyKind::Length || m_head.body.kind == http::BodyKind::Chunked;
    m_cut = wasTold;
    return wasTold ? bad("connection closed within the response's body") : judgeBody(true);
}

ResponseCheck::Verdict ResponseCheck::bad(std::string why)
{
    m_why = std::move(why);
    return Verdict::Bad;
}

} // namespace steelyard::health
