#include "lab/demo_connection.h"

#include "http/h1_writer.h"
#include "lab/demo_backend.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace steelyard::lab {

namespace {

constexpr std::size_t kReadSize = 16 * std::size_t{1024};

void appendEscaped(std::string_view text, std::string& out)
{
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (code < 0x20 || code > 0x7E || letter == '"' || letter == '\\') {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", code);
            out += escape.data();
        } else {
            out += letter;
        }
    }
}

bool isHealth(std::string_view target)
{
    return target == "/health" || target.substr(0, 8) == "/health?";
}

} // namespace

DemoConnection::DemoConnection(std::unique_ptr<net::Transport> transport, DemoBackend& backend)
    : m_transport(std::move(transport))
    , m_backend(backend)
{
    m_transport->setHandler(this);
}

DemoConnection::~DemoConnection() = default;

void DemoConnection::reset()
{
    m_transport->resetOnClose();
    m_state = State::Ended;
    delete this;
}

void DemoConnection::transportReadable()
{
    if (m_state == State::Ended)
        return;
    if (m_state == State::Waiting || m_state == State::Writing) {
        // A client that is gone need not be waited for; one that only closed its side may still
        // want its answer.
        if (m_hanging && m_transport->peerClosed())
            end();
        return;
    }
    std::array<char, kReadSize>
        buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    const auto result = m_transport->read(buffer.data(), buffer.size());
    switch (result.kind) {
    case net::IoResult::Kind::Bytes:
        m_input.append(buffer.data(), result.bytes);
        break;
    case net::IoResult::Kind::WouldBlock:
        return;
    case net::IoResult::Kind::End:
        m_peerEnded = true;
        break;
    case net::IoResult::Kind::Failed:
        end();
        return;
    }
    advance();
}

void DemoConnection::transportWritable()
{
    if (m_state != State::Writing)
        return;
    flush();
    advance();
}

void DemoConnection::timerEvent(QTimerEvent* /*event*/)
{
    m_delay.stop();
    answer();
    advance();
}

void DemoConnection::advance()
{
    bool moved = true;
    while (moved) {
        moved = m_state == State::Head ? readHead() : m_state == State::Body && skipBody();
    }
    if (m_state != State::Head && m_state != State::Body)
        return;
    if (m_peerEnded)
        end();
    else if (m_transport->readable())
        m_transport->resumeReading();
}

/// True when the state moved on.
bool DemoConnection::readHead()
{
    const auto status = m_parser.parse(m_input, m_head);
    if (status == http::ParseStatus::NeedMore)
        return false;
    if (status == http::ParseStatus::Bad) {
        m_closing = true;
        m_head.clear();
        answer(m_parser.error().status, "text/plain", std::string(m_parser.error().reason) + "\n");
        return true;
    }
    m_input.erase(0, m_parser.consumed());
    m_bodyLeft = m_head.body.kind == http::BodyKind::Length ? m_head.body.length : 0;
    if (m_head.expectContinue && m_head.body.kind != http::BodyKind::None)
        m_output += "HTTP/1.1 100 Continue\r\n\r\n";
    m_state = State::Body;
    if (!m_output.empty()) {
        const iovec part{m_output.data(), m_output.size()};
        const auto result = m_transport->write(&part, 1);
        // What does not fit goes out with the answer.
        if (result.kind == net::IoResult::Kind::Bytes)
            m_output.erase(0, result.bytes);
    }
    return true;
}

/// True when the state moved on.
bool DemoConnection::skipBody()
{
    if (m_head.body.kind == http::BodyKind::Chunked) {
        std::string_view rest = m_input;
        std::string_view data;
        auto step = m_chunks.step(rest, data);
        while (step == http::ChunkedDecoder::Step::Data)
            step = m_chunks.step(rest, data);
        m_input.erase(0, m_input.size() - rest.size());
        if (step == http::ChunkedDecoder::Step::NeedMore)
            return false;
        if (step == http::ChunkedDecoder::Step::Bad) {
            m_closing = true;
            answer(m_chunks.error().status, "text/plain", "bad chunked body\n");
            return true;
        }
    } else {
        const auto now = static_cast<std::size_t>(
            std::min<std::uint64_t>(m_bodyLeft, static_cast<std::uint64_t>(m_input.size())));
        m_input.erase(0, now);
        m_bodyLeft -= now;
        if (m_bodyLeft > 0)
            return false;
    }
    takeRequest();
    return true;
}

void DemoConnection::takeRequest()
{
    const auto verdict = m_backend.judge(isHealth(m_head.target()));
    m_failing = verdict.fail;
    m_hanging = verdict.hang;
    m_closing = !m_head.keepAlive;
    m_state = State::Waiting;
    if (m_hanging)
        return;
    if (verdict.delay.count() > 0)
        m_delay.start(static_cast<int>(verdict.delay.count()), Qt::PreciseTimer, this);
    else
        answer();
}

void DemoConnection::answer()
{
    if (m_failing)
        answer(500, "application/json", "{\"error\":\"a failure made on purpose\"}\n");
    else if (isHealth(m_head.target()))
        answer(200, "text/plain", "ok\n");
    else
        answer(200, "application/json", describe(m_backend.conduct().bodySize));
}

std::string DemoConnection::describe(std::size_t size) const
{
    std::string body = "{\"server\":\"";
    appendEscaped(m_backend.name(), body);
    body += "\",\"method\":\"";
    appendEscaped(m_head.method(), body);
    body += "\",\"path\":\"";
    appendEscaped(m_head.target(), body);
    body += '"';
    constexpr std::string_view kPadding = ",\"padding\":\"";
    constexpr std::string_view kEnd = "}\n";
    if (size > body.size() + kPadding.size() + 1 + kEnd.size()) {
        body += kPadding;
        body.append(size - body.size() - 1 - kEnd.size(), '.');
        body += '"';
    }
    body += kEnd;
    return body;
}

void DemoConnection::answer(int status, std::string_view type, std::string_view body)
{
    m_output += "HTTP/1.1 " + std::to_string(status) + ' ';
    m_output += http::reasonPhrase(status);
    m_output += "\r\nX-Server: " + m_backend.name() + "\r\nContent-Type: ";
    m_output += type;
    m_output += "\r\nContent-Length: " + std::to_string(body.size());
    m_output += m_closing ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n";
    if (m_head.method() != "HEAD")
        m_output += body;
    m_state = State::Writing;
    flush();
}

void DemoConnection::flush()
{
    while (m_written < m_output.size()) {
        const iovec part{m_output.data() + m_written, m_output.size() - m_written};
        const auto result = m_transport->write(&part, 1);
        if (result.kind == net::IoResult::Kind::WouldBlock)
            return;
        if (result.kind != net::IoResult::Kind::Bytes) {
            end();
            return;
        }
        m_written += result.bytes;
    }
    m_output.clear();
    m_written = 0;
    if (m_closing) {
        end();
        return;
    }
    m_parser.reset();
    m_chunks.reset();
    m_head.clear();
    m_state = State::Head;
}

/// Destroyed from the loop and not from here, where the transport may be in the middle of a call to
/// us.
void DemoConnection::end()
{
    if (m_state == State::Ended)
        return;
    m_state = State::Ended;
    m_delay.stop();
    m_backend.finished(this);
    deleteLater();
}

} // namespace steelyard::lab
