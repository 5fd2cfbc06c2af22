/// The probe's steps: connect, send, read to a verdict, deliver at the turn's end.
/// Thread: see probe.h.
#include "health/probe.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <system_error>

#include <netinet/in.h>

namespace steelyard::health {

namespace {

constexpr std::size_t kTranscript = 2048; ///< of the request, and of the response

std::string wordsOf(int error)
{
    std::string words = std::generic_category().message(error);
    if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z')
        words[0] = static_cast<char>(words[0] + ('a' - 'A'));
    return words;
}

void setPort(net::SocketAddress& address, std::uint16_t port)
{
    if (address.storage.ss_family == AF_INET6) {
        reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port = htons(port);
    } else {
        reinterpret_cast<sockaddr_in&>(address.storage).sin_port = htons(port);
    }
}

bool isGiven(const config::HealthCheck& check, std::string_view name)
{
    return std::any_of(check.headers.begin(), check.headers.end(), [name](const auto& field) {
        return http::equalsIgnoreCase(field.first, name);
    });
}

std::string requestFor(const config::HealthCheck& check, const std::string& authority)
{
    std::string text = check.method + " " + check.path + " HTTP/1.1\r\n";
    const auto add = [&text](std::string_view name, std::string_view value) {
        text.append(name).append(": ").append(value).append("\r\n");
    };
    if (!isGiven(check, "Host"))
        add("Host", check.host.empty() ? authority : check.host);
    if (!isGiven(check, "User-Agent"))
        add("User-Agent", "steelyard-probe");
    for (const auto& [name, value] : check.headers)
        add(name, value);
    // A method that usually has a body says that there is none.
    if (check.method == "POST" || check.method == "PUT")
        add("Content-Length", "0");
    add("Connection", "close");
    return text + "\r\n";
}

/// Appends `text` line by line, each after `mark`, up to kTranscript; what cannot be shown becomes
/// a dot.
void appendLines(std::string_view text, std::string_view mark, std::string& out)
{
    const std::size_t full = out.size() + kTranscript;
    bool lineStart = true;
    for (const char c : text) {
        if (out.size() >= full - 8) {
            out += lineStart ? "...\n" : "\n...\n";
            return;
        }
        if (c == '\r')
            continue;
        if (lineStart)
            out += mark;
        lineStart = c == '\n';
        const auto byte = static_cast<unsigned char>(c);
        out += (byte < 0x20 && c != '\n' && c != '\t') || byte >= 0x7f ? '.' : c;
    }
    if (!lineStart)
        out += '\n';
}

} // namespace

std::string millisecondsText(double ms)
{
    if (ms >= 0.95)
        return std::to_string(std::lround(ms)) + " ms";
    return "0." + std::to_string(std::lround(ms * 10)) + " ms";
}

Probe::Probe(net::SocketAddress address, const std::string& authority,
             const config::HealthCheck& check, Done done)
    : m_check(check)
    , m_address(address)
    , m_done(std::move(done))
    , m_response(m_check)
    , m_started(Clock::now())
    , m_deadline([](void* self) { static_cast<Probe*>(self)->timedOut(); }, this)
    , m_delivery([](void* self) { static_cast<Probe*>(self)->deliver(); }, this)
{
    if (m_check.port)
        setPort(m_address, *m_check.port);
    if (m_check.type == config::HealthCheck::Type::Http)
        m_request = requestFor(m_check, authority);
    net::EventDispatcher::current()->wheel().arm(m_deadline, m_started + m_check.timeout);
    int error = 0;
    m_transport = net::connectTcp(m_address, error);
    if (m_transport != nullptr)
        m_transport->setHandler(this);
    else
        finish(false, "connect", wordsOf(error));
    m_result.inconclusive =
        error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

Probe::~Probe() = default;

void Probe::transportWritable()
{
    if (m_finished)
        return;
    if (!m_connected)
        connected();
    else
        sendRequest();
}

void Probe::connected()
{
    m_connected = true;
    if (m_check.type == config::HealthCheck::Type::Tcp) {
        return finish(true, "connect", "connected in " + millisecondsText(elapsedMs()));
    }
    sendRequest();
}

void Probe::sendRequest()
{
    while (m_sent < m_request.size()) {
        const iovec rest{m_request.data() + m_sent, m_request.size() - m_sent};
        const net::IoResult result = m_transport->write(&rest, 1);
        // An error shows in read() too, after whatever response came before it.
        if (result.kind != net::IoResult::Kind::Bytes)
            return;
        m_sent += result.bytes;
    }
}

void Probe::transportReadable()
{
    char buffer[16384];
    while (!m_finished) {
        const net::IoResult result = m_transport->read(buffer, sizeof buffer);
        switch (result.kind) {
        case net::IoResult::Kind::WouldBlock:
            return;
        case net::IoResult::Kind::Failed:
            return finish(false, layer(), wordsOf(result.error));
        case net::IoResult::Kind::End:
            // Closed before we were told that it was open: it was.
            if (!m_connected)
                connected();
            if (!m_finished)
                take(m_response.end());
            return;
        case net::IoResult::Kind::Bytes:
            if (!m_connected)
                connected();
            if (!m_finished)
                take(m_response.feed({buffer, result.bytes}));
        }
    }
}

void Probe::take(ResponseCheck::Verdict verdict)
{
    if (verdict == ResponseCheck::Verdict::NeedMore)
        return;
    const bool good = verdict == ResponseCheck::Verdict::Good;
    finish(good, m_response.cut() ? layer() : "check",
           good ? std::to_string(m_response.status()) + " in " + millisecondsText(elapsedMs())
                : m_response.why());
}

void Probe::timedOut()
{
    finish(false, layer(), "timeout after " + std::to_string(m_check.timeout.count()) + " ms");
}

void Probe::finish(bool good, const char* layer, std::string text)
{
    if (m_finished)
        return;
    m_finished = true;
    m_deadline.disarm();
    m_result = {good, std::move(text), elapsedMs(), layer, m_response.status(), transcript()};
    // Not from here: the transport is still on the stack.
    net::EventDispatcher::current()->defer(m_delivery);
}

void Probe::deliver()
{
    m_transport.reset();
    const Done done = std::move(m_done);
    done(std::move(m_result)); // may destroy this
}

const char* Probe::layer() const
{
    if (!m_connected)
        return "connect";
    return m_sent < m_request.size() ? "send" : "receive";
}

double Probe::elapsedMs() const
{
    return std::chrono::duration<double, std::milli>(Clock::now() - m_started).count();
}

std::string Probe::transcript() const
{
    std::string text;
    appendLines(std::string_view(m_request).substr(0, m_sent), "> ", text);
    appendLines(m_response.received(), "< ", text);
    return text;
}

} // namespace steelyard::health
