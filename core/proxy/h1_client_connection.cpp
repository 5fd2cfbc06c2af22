#include "proxy/h1_client_connection.h"

#include "http/h1_writer.h"

#include <sys/socket.h>

namespace steelyard::proxy {

namespace {

/// For a server to take a tunnel's last bytes.
constexpr milliseconds kTunnelRest{30000};
/// For one that nobody waits for to be made.
constexpr milliseconds kSpareConnect{2000};

} // namespace

H1ClientConnection::H1ClientConnection(WorkerContext& worker,
                                       std::unique_ptr<net::Transport> transport,
                                       ConnectionCache::Endpoint* endpoint,
                                       config::KeepAlive keepAlive, bool connecting)
    : H1Connection(worker, std::move(transport))
    , m_endpoint(endpoint)
    , m_keepAlive(keepAlive)
    , m_idleTimer(&H1ClientConnection::idleExpired, this)
    , m_connecting(connecting)
{
    worker.cache.active.pushFront(*this);
}

H1ClientConnection::~H1ClientConnection()
{
    if (m_reader)
        m_worker.responseReaders.give(std::move(m_reader));
}

void H1ClientConnection::leaveCache()
{
    ConnectionCache::release(*this);
    m_worker.cache.active.pushFront(*this);
    m_idle = false;
    m_idleTimer.disarm();
}

bool H1ClientConnection::isKnownStale() const noexcept
{
    return m_transport->peerClosed() || m_transport->readable();
}

bool H1ClientConnection::isStale()
{
    // Whatever can be read is no answer to anything: that it takes a byte away does no harm.
    char byte = 0;
    return m_transport->peerClosed() ||
           m_transport->read(&byte, 1).kind != net::IoResult::Kind::WouldBlock;
}

void H1ClientConnection::closeIdle()
{
    ConnectionCache::release(*this);
    unlink();
    m_idle = m_spare = false;
    close();
}

void H1ClientConnection::idleExpired(void* self)
{
    auto& connection = *static_cast<H1ClientConnection*>(self);
    if (connection.m_idle || connection.m_spare) {
        connection.closeIdle();
    } else {
        connection.close();
    }
}

// ---- the request

void H1ClientConnection::sendHead(http::MessageHead& head)
{
    if (!m_reader)
        m_reader = m_worker.responseReaders.take();
    m_headRequest = head.method() == "HEAD";
    m_requestSent = m_responseRead = m_finished = m_reusable = false;
    m_input = Input::Head;
    m_reading = true;
    m_outputBody = head.body.kind;
    m_outputLeft = head.body.length;
    http::writeRequestHead(head, head.upgradeWebSocket ? "upgrade" : "", out());
}

void H1ClientConnection::sendEnd(const http::HeaderList* trailers)
{
    sendTail(trailers);
    m_requestSent = true;
}

// ---- the response

http::ParseStatus H1ClientConnection::parseHead(std::string_view bytes, std::size_t& used,
                                                http::ParseError& error)
{
    const http::ParseStatus status =
        m_reader->parser.parse(bytes, m_reader->head, m_headRequest ? "HEAD" : "GET");
    if (status == http::ParseStatus::Done)
        used = m_reader->parser.consumed();
    if (status == http::ParseStatus::Bad)
        error = m_reader->parser.error();
    return status;
}

std::string& H1ClientConnection::input()
{
    if (!m_reader)
        m_reader = m_worker.responseReaders.take();
    return m_reader->input;
}

void H1ClientConnection::headArrived()
{
    http::MessageHead& head = m_reader->head;
    m_reader->parser.reset();
    if (head.status < 200) {
        if (m_handler != nullptr)
            m_handler->streamHead(head);
        if (!m_closed && m_input == Input::Head)
            head.clear();
        return;
    }
    m_reusable = head.keepAlive && head.body.kind != http::BodyKind::UntilClose;
    beginBody(head.body);
    if (m_handler != nullptr)
        m_handler->streamHead(head);
    if (!m_closed && m_input == Input::Complete)
        messageEnded(m_reader->chunked.trailers());
}

void H1ClientConnection::messageEnded(const http::HeaderList& trailers)
{
    m_responseRead = true;
    if (m_handler != nullptr)
        m_handler->streamEnd(trailers);
}

void H1ClientConnection::messageRefused(const http::ParseError&)
{
    if (m_handler != nullptr)
        m_handler->streamFailed(StreamFailure::Malformed);
}

void H1ClientConnection::inputEnded(int error)
{
    const Input before = m_input;
    m_input = Input::Ended;
    m_reusable = false;
    if (m_handler == nullptr)
        return;
    if (m_connecting) {
        m_handler->streamFailed(StreamFailure::ConnectFailed);
    } else if (before == Input::Body && m_inputBody == http::BodyKind::UntilClose && error == 0) {
        messageEnded(m_reader->chunked.trailers());
    } else if (before == Input::Tunnel && error == 0) {
        m_handler->streamEnd(m_reader->chunked.trailers());
    } else {
        m_handler->streamFailed(error == 0 ? StreamFailure::Closed : StreamFailure::Reset);
    }
}

// ---- between exchanges

void H1ClientConnection::finished()
{
    m_handler = nullptr;
    m_finished = true;
    if (!m_pumping)
        settle();
}

void H1ClientConnection::reset()
{
    if (m_closed)
        return;
    if (m_spare)
        return closeIdle();
    // A request cut short must not look complete, whatever its framing.
    if (!m_requestSent)
        m_transport->resetOnClose();
    close();
}

void H1ClientConnection::outputEmptied()
{
    if (m_finished && !m_pumping)
        settle();
}

void H1ClientConnection::pumped()
{
    if (m_finished)
        settle();
}

void H1ClientConnection::settle()
{
    if (m_closed || m_idle || m_spare)
        return;
    if (m_connecting)
        return becomeSpare();
    const bool clean = m_reusable && m_requestSent && m_responseRead && !outputPending() &&
                       m_outputError == 0 && m_reader->input.empty() &&
                       !m_transport->peerClosed() && !m_worker.draining;
    // A tunnel's last bytes are still on their way.
    const bool tunnelRest =
        m_requestSent && !m_responseRead && outputPending() && m_outputError == 0;
    if (tunnelRest) {
        m_worker.wheel.arm(m_idleTimer, m_worker.loop.now() + kTunnelRest);
        return;
    }
    if (!clean || !ConnectionCache::reserve(*this)) {
        close();
        return;
    }
    m_worker.responseReaders.give(std::move(m_reader));
    becomeIdle();
}

/// What was to be sent is forgotten; who comes when it is made finds it ready.
void H1ClientConnection::becomeSpare()
{
    if (m_input == Input::Ended || m_worker.draining || !ConnectionCache::reserve(*this)) {
        close();
        return;
    }
    m_spare = true;
    if (m_output)
        m_worker.outputs.give(std::move(m_output));
    if (m_reader)
        m_worker.responseReaders.give(std::move(m_reader));
    m_worker.wheel.arm(m_idleTimer, m_worker.loop.now() + kSpareConnect);
}

void H1ClientConnection::becomeIdle()
{
    ConnectionCache::keep(*this);
    m_finished = m_spare = false;
    m_idle = true;
    m_input = Input::Head;
    m_worker.wheel.arm(m_idleTimer, m_worker.loop.now() + m_keepAlive.idle);
    // What comes now is an end or a surplus response: either way it is over.
    if (m_transport->readable())
        m_transport->resumeReading();
}

void H1ClientConnection::transportReadable()
{
    if (m_idle || m_spare) {
        if (isStale())
            closeIdle();
        return;
    }
    H1Connection::transportReadable();
}

void H1ClientConnection::transportWritable()
{
    if (m_connecting) {
        m_connecting = false;
        if (m_spare) {
            if (m_endpoint == nullptr || m_worker.draining)
                return closeIdle();
            return becomeIdle();
        }
        if (m_handler != nullptr)
            m_handler->streamOpened();
        if (m_closed)
            return;
    }
    H1Connection::transportWritable();
}

} // namespace steelyard::proxy
