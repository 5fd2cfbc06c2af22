#include "lab/load_connection.h"

#include <algorithm>
#include <array>
#include <utility>

namespace steelyard::lab {

LoadConnection::LoadConnection(std::unique_ptr<net::Transport> transport, LoadGenerator& generator)
    : m_transport(std::move(transport))
    , m_generator(generator)
{
    m_transport->setHandler(this);
}

LoadConnection::~LoadConnection() = default;

void LoadConnection::send(const LoadTarget& target, TimePoint due)
{
    m_state = State::Head;
    m_due = due;
    m_method = target.method;
    m_input.clear();
    m_parser.reset();
    m_chunks.reset();
    m_head.clear();
    m_output = target.method + ' ' + target.path + " HTTP/1.1\r\nHost: " + target.host +
               "\r\nUser-Agent: steelyard-lab\r\n";
    if (target.bodySize > 0)
        m_output += "Content-Length: " + std::to_string(target.bodySize) + "\r\n";
    m_output += "\r\n";
    m_output.append(target.bodySize, 'x');
    m_written = 0;
    m_deadline.start(static_cast<int>(m_generator.m_plan.timeout.count()), Qt::CoarseTimer, this);
    flush();
}

void LoadConnection::transportReadable()
{
    if (m_state == State::Ended)
        return;
    std::array<char, 16 * std::size_t{1024}>
        buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    const auto result = m_transport->read(buffer.data(), buffer.size());
    if (result.kind == net::IoResult::Kind::WouldBlock)
        return;
    if (result.kind == net::IoResult::Kind::Failed) {
        end();
        return;
    }
    m_input.append(buffer.data(), result.bytes);
    take(result.kind == net::IoResult::Kind::End);
    if (m_state != State::Ended && m_transport->readable())
        m_transport->resumeReading();
}

void LoadConnection::transportWritable()
{
    if (m_state == State::Head)
        flush();
}

void LoadConnection::timerEvent(QTimerEvent* /*event*/)
{
    end();
}

void LoadConnection::flush()
{
    while (m_written < m_output.size()) {
        const iovec part{m_output.data() + m_written, m_output.size() - m_written};
        const auto result = m_transport->write(&part, 1);
        if (result.kind == net::IoResult::Kind::WouldBlock)
            return;
        // An answer may be there although our request could not go out whole; reading tells.
        if (result.kind != net::IoResult::Kind::Bytes)
            return;
        m_written += result.bytes;
    }
}

void LoadConnection::take(bool peerEnded)
{
    bool moved = true;
    while (moved) {
        moved = m_state == State::Head ? readHead() : m_state == State::Body && readBody(peerEnded);
    }
    if (peerEnded || (m_state == State::Idle && !m_input.empty()))
        end();
}

/// True when the state moved on.
bool LoadConnection::readHead()
{
    const auto status = m_parser.parse(m_input, m_head, m_method);
    if (status == http::ParseStatus::NeedMore)
        return false;
    if (status == http::ParseStatus::Bad) {
        end();
        return false;
    }
    m_input.erase(0, m_parser.consumed());
    m_parser.reset();
    if (m_head.status < 200) {
        m_head.clear();
        return true; // the final answer follows
    }
    m_bodyLeft = m_head.body.kind == http::BodyKind::Length ? m_head.body.length : 0;
    m_state = State::Body;
    return true;
}

/// True when the answer is whole.
bool LoadConnection::readBody(bool peerEnded)
{
    if (m_head.body.kind == http::BodyKind::UntilClose) {
        m_input.clear();
        if (!peerEnded)
            return false;
    } else if (m_head.body.kind == http::BodyKind::Chunked) {
        std::string_view rest = m_input;
        std::string_view data;
        auto step = m_chunks.step(rest, data);
        while (step == http::ChunkedDecoder::Step::Data)
            step = m_chunks.step(rest, data);
        m_input.erase(0, m_input.size() - rest.size());
        if (step == http::ChunkedDecoder::Step::Bad)
            end();
        if (step != http::ChunkedDecoder::Step::End)
            return false;
    } else {
        const auto now = static_cast<std::size_t>(
            std::min<std::uint64_t>(m_bodyLeft, static_cast<std::uint64_t>(m_input.size())));
        m_input.erase(0, now);
        m_bodyLeft -= now;
        if (m_bodyLeft > 0)
            return false;
    }
    complete();
    return true;
}

void LoadConnection::complete()
{
    m_deadline.stop();
    m_state = State::Idle;
    m_generator.completed(m_head.status < 500, m_due);
    if (!m_head.keepAlive || m_written < m_output.size() || !m_input.empty())
        end();
    else
        m_generator.idle(*this);
}

/// Destroyed from the loop and not from here, where the transport may be in the middle of a call to
/// us.
void LoadConnection::end()
{
    if (m_state == State::Ended)
        return;
    const bool busy = std::exchange(m_state, State::Ended) != State::Idle;
    m_deadline.stop();
    if (busy)
        m_generator.completed(false, m_due);
    m_generator.gone(*this);
    deleteLater();
}

} // namespace steelyard::lab
