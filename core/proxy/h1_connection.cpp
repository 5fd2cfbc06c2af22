#include "proxy/h1_connection.h"

#include "http/h1_writer.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace steelyard::proxy {

namespace {

/// Pieces up to this size are copied behind what waits already: one write for head and small body.
constexpr std::size_t kCopyBelow = 16 * std::size_t{1024};
/// Reads of one connection before others get their turn.
constexpr int kReadsPerTurn = 2;

} // namespace

H1Connection::H1Connection(WorkerContext& worker, std::unique_ptr<net::Transport> transport)
    : m_worker(worker)
    , m_transport(std::move(transport))
{
    m_transport->setHandler(this);
}

H1Connection::~H1Connection() = default;

void H1Connection::close()
{
    if (m_closed)
        return;
    m_closed = true;
    m_input = Input::Ended;
    m_handler = nullptr;
    if (m_output)
        m_worker.outputs.give(std::move(m_output));
    m_transport->setHandler(nullptr);
    m_transport.reset();
    m_worker.bury(std::unique_ptr<Stream>(this));
}

// ---- incoming

void H1Connection::transportReadable()
{
    pump();
}

void H1Connection::pump()
{
    if (m_pumping || m_closed)
        return;
    m_pumping = true;
    bool more = true;
    if (hasReader() && !input().empty() && m_reading && m_input != Input::Complete) {
        // Left over from a pause or a pipelined request: consumed before anything newer.
        std::string& kept = input();
        std::string_view bytes = kept;
        consume(bytes);
        if (!m_closed && hasReader() && !input().empty())
            kept.erase(0, kept.size() - bytes.size());
    }
    for (int turn = 0; more && !m_closed && m_reading && m_input != Input::Ended; ++turn) {
        if (m_input == Input::Complete && hasReader() && !input().empty())
            break; // one message ahead is enough
        if (m_input == Input::Head && !wantsMessage())
            break; // what is not parsed must not pile up
        if (turn == kReadsPerTurn) {
            m_transport->resumeReading();
            break;
        }
        net::IoResult got =
            m_transport->read(m_worker.readBuffer.data(), m_worker.readBuffer.size());
        if (got.kind == net::IoResult::Kind::WouldBlock)
            break;
        if (got.kind != net::IoResult::Kind::Bytes) {
            inputEnded(got.kind == net::IoResult::Kind::Failed ? got.error : 0);
            break;
        }
        std::string_view bytes(m_worker.readBuffer.data(), got.bytes);
        if (hasReader() && !input().empty()) {
            std::string& kept = input();
            kept.append(bytes);
            bytes = kept;
            consume(bytes);
            if (!m_closed && hasReader() && !input().empty())
                kept.erase(0, kept.size() - bytes.size());
        } else {
            consume(bytes);
            if (!bytes.empty() && !m_closed && m_input != Input::Ended)
                input().assign(bytes);
        }
        more = !m_closed && m_transport->readable();
    }
    // A write failed: whatever the peer had sent before was read above, now its end is told, where
    // no exchange is in the middle of sending.
    if (m_outputError != 0 && !m_closed && m_input != Input::Ended) {
        m_input = Input::Ended;
        inputEnded(m_outputError);
    }
    m_pumping = false;
    if (m_closed)
        return;
    pumped();
    if (m_closed)
        return;
    if (m_handler != nullptr)
        m_handler->streamPause();
    if (!m_closed)
        flush();
}

void H1Connection::consume(std::string_view& bytes)
{
    while (!m_closed && (m_reading || m_input == Input::Head)) {
        switch (m_input) {
        case Input::Head:
            if (bytes.empty() || !wantsMessage() || !consumeHead(bytes))
                return;
            break;
        case Input::Body:
            if (bytes.empty() || !consumeBody(bytes))
                return;
            break;
        case Input::Tunnel:
            if (bytes.empty())
                return;
            m_received += bytes.size();
            if (m_handler != nullptr)
                m_handler->streamData(bytes);
            bytes = {};
            return;
        case Input::Complete:
            if (!bytes.empty())
                surplusArrived();
            return;
        case Input::Ended:
            bytes = {};
            return;
        }
    }
}

bool H1Connection::consumeHead(std::string_view& bytes)
{
    std::size_t used = 0;
    http::ParseError error;
    const http::ParseStatus status = parseHead(bytes, used, error);
    if (status == http::ParseStatus::NeedMore)
        return false;
    if (status == http::ParseStatus::Bad) {
        bytes = {};
        m_input = Input::Ended;
        m_refusal = {error.status, error.reason};
        messageRefused(error);
        return false;
    }
    bytes.remove_prefix(used);
    headArrived();
    return true;
}

bool H1Connection::consumeBody(std::string_view& bytes)
{
    static const http::HeaderList kNoTrailers;
    if (m_inputBody == http::BodyKind::Chunked) {
        std::string_view data;
        switch (chunked().step(bytes, data)) {
        case http::ChunkedDecoder::Step::NeedMore:
            return false;
        case http::ChunkedDecoder::Step::Data:
            m_received += data.size();
            if (m_handler != nullptr)
                m_handler->streamData(data);
            return true;
        case http::ChunkedDecoder::Step::End:
            m_input = Input::Complete;
            messageEnded(chunked().trailers());
            return true;
        case http::ChunkedDecoder::Step::Bad:
            bytes = {};
            m_input = Input::Ended;
            m_refusal = {chunked().error().status, chunked().error().reason};
            messageRefused(chunked().error());
            return false;
        }
        return false;
    }
    std::string_view data = bytes;
    if (m_inputBody == http::BodyKind::Length && data.size() > m_inputLeft)
        data = data.substr(0, m_inputLeft);
    bytes.remove_prefix(data.size());
    m_received += data.size();
    if (m_inputBody == http::BodyKind::Length)
        m_inputLeft -= data.size();
    if (m_handler != nullptr)
        m_handler->streamData(data);
    if (m_input == Input::Body && m_inputBody == http::BodyKind::Length && m_inputLeft == 0) {
        m_input = Input::Complete;
        messageEnded(kNoTrailers);
    }
    return true;
}

void H1Connection::beginBody(const http::Body& body)
{
    m_inputBody = body.kind;
    m_inputLeft = body.length;
    m_received = 0;
    const bool none = body.kind == http::BodyKind::None ||
                      (body.kind == http::BodyKind::Length && body.length == 0);
    m_input = none ? Input::Complete : Input::Body;
}

void H1Connection::setReading(bool reading)
{
    if (m_reading == reading)
        return;
    m_reading = reading;
    if (reading && m_transport)
        m_transport->resumeReading();
}

void H1Connection::startTunnel()
{
    m_input = Input::Tunnel;
    m_outputBody = http::BodyKind::Tunnel;
    if (m_transport && (m_transport->readable() || (hasReader() && !input().empty())))
        m_transport->resumeReading();
}

// ---- outgoing

std::string& H1Connection::out()
{
    if (!m_output)
        m_output = m_worker.outputs.take();
    return m_output->tail();
}

void H1Connection::sendData(std::string_view bytes)
{
    if (m_closed || bytes.empty() || m_outputError != 0)
        return;
    std::string_view after;
    switch (m_outputBody) {
    case http::BodyKind::None:
        return; // HEAD, 204, 304: a body has no place here
    case http::BodyKind::Length:
        // The sender's framing was checked where it came in; more than announced must never reach
        // the peer.
        bytes = bytes.substr(0, m_outputLeft);
        m_outputLeft -= bytes.size();
        break;
    case http::BodyKind::Chunked:
        http::writeChunkHeader(bytes.size(), out());
        after = "\r\n";
        break;
    case http::BodyKind::UntilClose:
    case http::BodyKind::Tunnel:
        break;
    }
    if (bytes.size() < kCopyBelow || !m_transport->writable()) {
        out().append(bytes).append(after);
    } else {
        writeThrough(bytes, after);
    }
    if (congested())
        m_wasCongested = true;
}

void H1Connection::writeThrough(std::string_view bytes, std::string_view after)
{
    const std::string_view waiting = m_output ? m_output->pending() : std::string_view();
    std::array<std::string_view, 3> parts{waiting, bytes, after};
    std::array<iovec, 3> vectors;
    std::size_t count = 0;
    for (const std::string_view part : parts)
        if (!part.empty())
            vectors[count++] = {const_cast<char*>(part.data()), part.size()};
    const net::IoResult sent = m_transport->write(vectors.data(), static_cast<int>(count));
    if (sent.kind == net::IoResult::Kind::Failed) {
        (void)out(); // there may be none to give back
        outputFailed(sent.error);
        return;
    }
    std::size_t left = sent.kind == net::IoResult::Kind::Bytes ? sent.bytes : 0;
    const std::size_t fromWaiting = std::min(left, waiting.size());
    if (fromWaiting > 0)
        m_output->consume(fromWaiting);
    left -= fromWaiting;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const std::size_t gone = std::min(left, parts[i].size());
        left -= gone;
        if (gone < parts[i].size())
            out().append(parts[i].substr(gone));
    }
    afterWrite();
}

void H1Connection::sendTail(const http::HeaderList* trailers)
{
    static const http::HeaderList kNoTrailers;
    if (m_outputBody == http::BodyKind::Chunked)
        http::writeLastChunk(trailers != nullptr ? *trailers : kNoTrailers, out());
    if (m_outputBody == http::BodyKind::Tunnel)
        m_endAfterFlush = true;
    m_outputBody = http::BodyKind::None;
}

void H1Connection::flush()
{
    writeOut();
    // Told from here, because what one write takes at once brings no transportWritable().
    if (m_closed || !m_wasCongested || (m_output && m_output->size() > kHighMark / 4))
        return;
    m_wasCongested = false;
    if (m_handler != nullptr)
        m_handler->streamDrained();
}

void H1Connection::writeOut()
{
    if (m_closed)
        return;
    if (!outputPending()) {
        if (m_output)
            afterWrite();
        if (m_endAfterFlush && !m_closed) {
            m_endAfterFlush = false;
            m_transport->shutdownWrite();
        }
        return;
    }
    if (!m_transport->writable() || m_outputError != 0)
        return;
    const std::string_view waiting = m_output->pending();
    const iovec part{const_cast<char*>(waiting.data()), waiting.size()};
    const net::IoResult sent = m_transport->write(&part, 1);
    if (sent.kind == net::IoResult::Kind::Failed) {
        outputFailed(sent.error);
        return;
    }
    if (sent.kind == net::IoResult::Kind::Bytes)
        m_output->consume(sent.bytes);
    afterWrite();
}

void H1Connection::afterWrite()
{
    if (outputPending())
        return;
    if (m_output)
        m_worker.outputs.give(std::move(m_output));
    if (m_endAfterFlush) {
        m_endAfterFlush = false;
        m_transport->shutdownWrite();
    }
    outputEmptied();
}

void H1Connection::outputFailed(int error)
{
    m_outputError = error;
    m_worker.outputs.give(std::move(m_output));
    m_transport->resumeReading();
}

void H1Connection::transportWritable()
{
    flush();
}

} // namespace steelyard::proxy
