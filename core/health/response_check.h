/// Judges a response, fed in any pieces, by what a health check expects.
/// Thread: one owner; pure.
#pragma once

#include "config/model.h"
#include "http/chunked.h"
#include "http/h1_parser.h"
#include "http/message.h"

#include <string>
#include <string_view>

namespace steelyard::health {

class ResponseCheck
{
public:
    /// Looked at of a body, and kept of a response's head.
    static constexpr std::size_t kMaxBody = 64 * std::size_t{1024};

    /// `check` must outlive this.
    explicit ResponseCheck(const config::HealthCheck& check);

    enum class Verdict
    {
        NeedMore,
        Good,
        Bad
    };
    [[nodiscard]] Verdict feed(std::string_view bytes);
    /// The connection ended.
    [[nodiscard]] Verdict end();

    [[nodiscard]] int status() const noexcept
    {
        return m_status;
    } ///< 0 before the head is complete

    [[nodiscard]] bool cut() const noexcept
    {
        return m_cut;
    } ///< the connection ended before the response did

    [[nodiscard]] const std::string& why() const noexcept
    {
        return m_why;
    } ///< after Bad: cause in words

    [[nodiscard]] const std::string& received() const noexcept
    {
        return m_received;
    } ///< the bytes as they came, bounded

private:
    [[nodiscard]] Verdict takeHead();
    [[nodiscard]] Verdict judgeHead();
    [[nodiscard]] Verdict takeBody(std::string_view bytes);
    [[nodiscard]] Verdict judgeBody(bool complete);
    [[nodiscard]] Verdict bad(std::string why);

    const config::HealthCheck& m_check;
    http::HeadParser m_parser{http::HeadParser::Kind::Response};
    http::MessageHead m_head;
    http::ChunkedDecoder m_chunks;
    std::string m_received;      ///< of the present head, then all kept
    std::size_t m_headStart = 0; ///< of the head being parsed: interim ones are passed over
    int m_status = 0;
    bool m_inBody = false;
    bool m_cut = false;
    std::string m_body;
    std::uint64_t m_left = 0; ///< of a body with a length
    std::string m_why;
};

/// "200-399" or "200-204, 301".
[[nodiscard]] std::string rangesText(const config::StatusRanges& ranges);

} // namespace steelyard::health
