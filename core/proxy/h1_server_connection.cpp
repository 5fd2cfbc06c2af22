#include "proxy/h1_server_connection.h"

#include "http/h1_writer.h"
#include "proxy/exchange.h"

#include <algorithm>

namespace steelyard::proxy {

namespace {

/// An answered request's unread rest is dropped up to here before the connection is given up.
constexpr std::uint64_t kDiscardBytes = 64 * std::uint64_t{1024};
constexpr milliseconds kDiscardTime{1000};
/// A client that takes nothing of an answer for so long is given up.
constexpr milliseconds kStalledOutput{30000};
constexpr milliseconds kLastRequest{5000}; ///< for a client of an engine that hands over

} // namespace

H1ServerConnection::H1ServerConnection(WorkerContext& worker,
                                       std::unique_ptr<net::Transport> transport,
                                       std::uint32_t listenerSlot,
                                       std::shared_ptr<ListenerState> listenerState,
                                       const net::SocketAddress& peer)
    : H1Connection(worker, std::move(transport))
    , m_listenerState(std::move(listenerState))
    , m_timer([](void* self) { static_cast<H1ServerConnection*>(self)->expired(); }, this)
    , m_listenerSlot(listenerSlot)
    , m_peer(IpAddress::from(peer.storage))
{
    const std::string text = peer.host();
    m_peerTextSize = static_cast<std::uint8_t>(text.copy(m_peerText.data(), m_peerText.size()));
    worker.clients.pushFront(*this);
}

H1ServerConnection::~H1ServerConnection()
{
    m_listenerState->share->release(m_worker.index);
    if (m_reader)
        m_worker.requestReaders.give(std::move(m_reader));
}

const config::Listener& H1ServerConnection::settings() const noexcept
{
    static const config::Listener kRemoved;
    const auto& listeners = m_worker.snapshot->listeners;
    const bool present = m_listenerSlot < listeners.size() && listeners[m_listenerSlot];
    return present ? listeners[m_listenerSlot]->settings : kRemoved;
}

milliseconds H1ServerConnection::idleLimit() const noexcept
{
    const config::ListenerTimeouts& timeouts = settings().timeouts;
    const milliseconds limit =
        timeouts.keepAlive.count() > 0 ? timeouts.keepAlive : timeouts.clientHeader;
    return mayAskOnceMore() ? std::min(limit, kLastRequest) : limit;
}

bool H1ServerConnection::mayAskOnceMore() const noexcept
{
    return m_worker.handingOver && !m_listenerState->removed.load(std::memory_order_relaxed);
}

bool H1ServerConnection::ending() const noexcept
{
    return m_worker.draining || m_listenerState->removed.load(std::memory_order_relaxed);
}

bool H1ServerConnection::admitted()
{
    const auto& limits = settings().limits;
    if (!limits)
        return true;
    m_ticket = m_listenerState->limits.accept(m_peer, *limits, m_worker.loop.now());
    if (m_ticket)
        return true;
    // At once, not at its first request: it must not hold a descriptor meanwhile.
    m_keepAlive = false;
    m_input = Input::Ended;
    const http::ParseError refused{429, "too many connections from this address"};
    beginExchange(&refused);
    return false;
}

void H1ServerConnection::start()
{
    if (!admitted())
        return;
    arm(idleLimit());
}

void H1ServerConnection::drain()
{
    if (!ending())
        return;
    const bool idle = m_handler == nullptr && m_after == After::Exchange &&
                      (!m_reader || m_reader->input.empty());
    if (mayAskOnceMore()) {
        if (idle && !outputPending())
            arm(idleLimit());
        else if (m_handler != nullptr && !m_headSent)
            m_keepAlive = false; // it is told with this answer
        return;
    }
    m_keepAlive = false;
    if (idle)
        closeAfterOutput();
}

void H1ServerConnection::arm(milliseconds delay)
{
    m_worker.wheel.arm(m_timer, m_worker.loop.now() + delay);
}

// ---- requests

std::string& H1ServerConnection::input()
{
    if (!m_reader)
        m_reader = m_worker.requestReaders.take();
    return m_reader->input;
}

http::ParseStatus H1ServerConnection::parseHead(std::string_view bytes, std::size_t& used,
                                                http::ParseError& error)
{
    if (!m_reader)
        m_reader = m_worker.requestReaders.take();
    const http::ParseStatus status = m_reader->parser.parse(bytes, m_reader->head);
    if (status == http::ParseStatus::Done)
        used = m_reader->parser.consumed();
    if (status == http::ParseStatus::Bad)
        error = m_reader->parser.error();
    return status;
}

void H1ServerConnection::headArrived()
{
    http::MessageHead& head = m_reader->head;
    m_reader->parser.reset();
    m_version = head.version;
    m_headRequest = head.method() == "HEAD";
    m_expectContinue = head.expectContinue;
    m_keepAlive = head.keepAlive && !ending() && settings().timeouts.keepAlive.count() > 0;
    beginBody(head.body);
    if (m_input == Input::Body) {
        arm(settings().timeouts.clientBody);
    } else {
        m_timer.disarm();
    }
    beginExchange(nullptr);
    if (!m_closed && m_input == Input::Complete && m_after == After::Exchange &&
        m_handler != nullptr) {
        m_handler->streamEnd(m_reader->chunked.trailers());
    }
}

void H1ServerConnection::beginExchange(const http::ParseError* refused)
{
    m_headSent = false;
    m_headerTimer = false;
    m_after = After::Exchange;
    const ClientInfo client{
        {m_peerText.data(), m_peerTextSize}, m_peer, m_listenerSlot, m_version, &m_ticket};
    Exchange* exchange = Exchange::begin(m_worker);
    m_handler = exchange->clientSide();
    if (refused != nullptr) {
        exchange->refuse(*this, client, *refused);
    } else {
        exchange->start(*this, m_reader->head, client);
    }
}

void H1ServerConnection::messageEnded(const http::HeaderList& trailers)
{
    if (m_handler != nullptr) {
        m_timer.disarm();
        m_handler->streamEnd(trailers);
    } else if (m_after == After::Discard) {
        nextRequest();
    }
}

void H1ServerConnection::messageRefused(const http::ParseError& error)
{
    m_keepAlive = false;
    if (m_handler != nullptr) {
        m_handler->streamFailed(StreamFailure::Malformed);
    } else if (m_after == After::Exchange) {
        m_reader->head.clear();
        beginExchange(&error);
    } else {
        closeAfterOutput();
    }
}

void H1ServerConnection::inputEnded(int error)
{
    m_peerEnded = true;
    const Input before = m_input;
    if (before == Input::Complete && error == 0)
        return; // half-closed: the answer is still wanted
    m_input = Input::Ended;
    m_keepAlive = false;
    if (m_handler == nullptr) {
        // Between requests, inside a head, or lingering. Answers not yet flushed are still wanted.
        if (error == 0 && outputPending() && m_after != After::Linger) {
            m_after = After::Flush;
        } else {
            close();
        }
    } else if (before == Input::Tunnel && error == 0) {
        m_handler->streamEnd(m_reader->chunked.trailers());
    } else {
        m_handler->streamFailed(error == 0 ? StreamFailure::Closed : StreamFailure::Reset);
    }
}

void H1ServerConnection::pumped()
{
    if (m_after == After::Discard && m_received > kDiscardBytes) {
        closeAfterOutput();
        return;
    }
    if (m_handler != nullptr) {
        if (m_input == Input::Body)
            arm(settings().timeouts.clientBody);
        return;
    }
    if (m_after == After::Flush && !outputPending()) {
        outputEmptied();
        return;
    }
    if (m_after != After::Exchange || m_input != Input::Head)
        return;
    const bool partial = m_reader && !m_reader->input.empty();
    if (partial && m_reader->parser.started() && !m_headerTimer) {
        m_headerTimer =
            true; // one deadline for the whole block: a byte now and then does not extend it
        arm(settings().timeouts.clientHeader);
    } else if (!partial && m_reader) {
        m_worker.requestReaders.give(std::move(m_reader));
    }
}

// ---- responses

void H1ServerConnection::sendHead(http::MessageHead& head)
{
    if (m_closed)
        return;
    if (head.status < 200) {
        if (head.status == 100)
            m_expectContinue = false;
        http::writeResponseHead(head, head.status == 101 ? "upgrade" : "", out());
        return;
    }
    m_headSent = true;
    // A request that is not complete yet keeps the connection only when its rest is small and sure
    // to come.
    if (m_input == Input::Body && (m_expectContinue || m_inputBody != http::BodyKind::Length ||
                                   m_inputLeft > kDiscardBytes)) {
        m_keepAlive = false;
    }
    if (m_peerEnded || ending())
        m_keepAlive = false;
    if (m_headRequest || head.status == 204 || head.status == 304) {
        m_outputBody = http::BodyKind::None;
    } else {
        if (head.body.kind == http::BodyKind::Chunked ||
            head.body.kind == http::BodyKind::UntilClose) {
            // Re-framed for this client: HTTP/1.1 gets chunks, HTTP/1.0 the end of the connection.
            head.body.kind = m_version == http::Version::Http11 ? http::BodyKind::Chunked
                                                                : http::BodyKind::UntilClose;
            if (m_version == http::Version::Http10)
                m_keepAlive = false;
        }
        m_outputBody = head.body.kind;
        m_outputLeft = head.body.length;
    }
    http::writeResponseHead(head, m_keepAlive ? "" : "close", out());
}

void H1ServerConnection::sendEnd(const http::HeaderList* trailers)
{
    if (m_closed)
        return;
    sendTail(trailers);
}

void H1ServerConnection::finished()
{
    if (m_closed)
        return;
    m_handler = nullptr;
    if (m_input == Input::Complete && m_keepAlive) {
        nextRequest();
    } else if (m_input == Input::Body && m_keepAlive) {
        m_after = After::Discard;
        m_received = 0;
        setReading(true);
        arm(kDiscardTime);
    } else {
        closeAfterOutput();
    }
}

void H1ServerConnection::nextRequest()
{
    m_after = After::Exchange;
    m_reader->head.clear();
    m_reader->chunked.reset();
    m_input = m_peerEnded && m_reader->input.empty() ? Input::Ended : Input::Head;
    m_reading = true;
    m_headerTimer = false;
    if (m_input == Input::Ended || (ending() && !mayAskOnceMore())) {
        closeAfterOutput();
        return;
    }
    arm(outputPending() ? kStalledOutput : idleLimit());
    if (m_pumping)
        return; // consume() goes on with what it has
    if (!m_reader->input.empty() || m_transport->readable()) {
        m_transport->resumeReading();
    } else {
        m_worker.requestReaders.give(std::move(m_reader));
    }
}

void H1ServerConnection::closeAfterOutput()
{
    m_after = After::Flush;
    m_keepAlive = false;
    arm(kStalledOutput);
    flush();
    if (!m_closed && m_after == After::Flush && !outputPending() && !m_pumping)
        outputEmptied();
}

void H1ServerConnection::transportWritable()
{
    H1Connection::transportWritable();
    const bool slow = !m_closed && m_handler == nullptr && outputPending() &&
                      (m_after == After::Exchange || m_after == After::Flush);
    if (slow)
        arm(kStalledOutput); // it took some
}

void H1ServerConnection::outputEmptied()
{
    if (m_after != After::Flush) {
        if (m_handler != nullptr || m_after != After::Exchange)
            return;
        if (!m_headerTimer)
            arm(idleLimit());
        // A pipelined request may have waited for room.
        if ((m_reader && !m_reader->input.empty()) || m_transport->readable())
            m_transport->resumeReading();
        return;
    }
    if (m_outputBody == http::BodyKind::Tunnel || m_peerEnded || m_outputError != 0) {
        close();
        return;
    }
    linger();
}

void H1ServerConnection::linger()
{
    // Everything read and the request complete: closing sends FIN, never RST. Otherwise unread
    // bytes would turn the close into a reset that may destroy the response on its way (RFC
    // 9112 9.6).
    const bool allRead = m_input == Input::Complete && (!m_reader || m_reader->input.empty()) &&
                         !m_transport->readable();
    if (allRead) {
        close();
        return;
    }
    m_after = After::Linger;
    m_transport->shutdownWrite();
    m_input = Input::Body;
    m_inputBody = http::BodyKind::UntilClose;
    if (m_reader)
        m_reader->input.clear();
    m_reading = true;
    arm(kDiscardTime);
    m_transport->resumeReading();
}

void H1ServerConnection::reset()
{
    if (m_closed)
        return;
    // The framing shows a cut body except where its end is the connection's.
    if (m_headSent && m_outputBody == http::BodyKind::UntilClose)
        m_transport->resetOnClose();
    flush();
    close();
}

void H1ServerConnection::expired()
{
    if (m_closed)
        return;
    if (m_after != After::Exchange) {
        close();
    } else if (m_handler != nullptr) {
        if (m_input != Input::Body)
            return;
        if (m_reading) {
            m_input = Input::Ended;
            m_keepAlive = false;
            m_handler->streamFailed(StreamFailure::Timeout);
            if (!m_closed)
                flush();
        } else {
            arm(settings().timeouts.clientBody); // it is we who do not read
        }
    } else if (m_headerTimer) {
        m_keepAlive = false;
        m_input = Input::Ended;
        m_reader->head.clear();
        const http::ParseError late{408, "the header block did not arrive in time"};
        beginExchange(&late);
        if (!m_closed)
            flush();
    } else {
        close();
    }
}

} // namespace steelyard::proxy
