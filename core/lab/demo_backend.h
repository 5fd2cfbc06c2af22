/// A small HTTP/1.1 server of the lab, with faults to be switched on: slow, failing, hanging,
/// refusing. It says who it is (X-Server, and in its JSON body), so that a client sees which server
/// a balancer chose. Thread: the loop it was created on (an EventDispatcher); counters from any.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "net/event_dispatcher.h"
#include "net/listener.h"

#include <QBasicTimer>
#include <QObject>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

namespace steelyard::lab {

class DemoConnection;

/// How a demo backend behaves; may change at any time and holds for the next request.
struct Conduct
{
    milliseconds latency{0};  ///< from the whole request to the answer, health checks too
    milliseconds jitter{0};   ///< mean of an exponential share on top, cut at ten times the mean
    double errorShare = 0;    ///< 0-1 of the requests get 500; /health never does
    std::size_t bodySize = 0; ///< the JSON body is filled up to this many bytes
    bool hanging = false;     ///< accepts and reads, never answers
    bool refusing = false;    ///< as if it did not run: open connections reset, new ones refused
    bool operator==(const Conduct&) const = default;
};

class DemoBackend final : public QObject, private net::SocketWatcher
{
public:
    DemoBackend(std::string name, const Conduct& conduct, std::uint64_t seed);
    ~DemoBackend() override; ///< resets what is open

    /// Binds 127.0.0.1; port 0 takes a free one and keeps it until destroyed, while refusing too.
    [[nodiscard]] Result<> listen(std::uint16_t port = 0);

    [[nodiscard]] std::uint16_t port() const noexcept { return m_port; }

    [[nodiscard]] const std::string& name() const noexcept { return m_name; }

    [[nodiscard]] const Conduct& conduct() const noexcept { return m_conduct; }

    void setConduct(const Conduct& conduct);

    [[nodiscard]] std::uint64_t requests() const noexcept
    {
        return m_requests.load();
    } ///< whole ones, /health too

    [[nodiscard]] std::uint64_t errors() const noexcept
    {
        return m_errors.load();
    } ///< answered with 500

    [[nodiscard]] std::size_t connections() const noexcept
    {
        return m_connections.size();
    } ///< lab thread only

private:
    friend class DemoConnection;

    /// What to do with one request.
    struct Verdict
    {
        bool hang = false;
        bool fail = false;
        milliseconds delay{0};
    };

    [[nodiscard]] Verdict judge(bool health);
    void finished(DemoConnection* connection);

    void socketReady(std::uint32_t events) override;
    void timerEvent(QTimerEvent* event) override;
    void openDoor();
    void closeDoor();
    void unwatchListener();
    void takeWaiting();

    std::string m_name;
    Conduct m_conduct;
    RandomSource m_random;
    std::uint16_t m_port = 0;
    std::optional<net::ListeningSocket> m_listening;
    int m_listenFd = -1;      ///< a dup of it, watched
    int m_placeholderFd = -1; ///< bound, not listening: keeps the port while refusing
    net::WatchId m_watch;
    QBasicTimer m_again; ///< accepting or binding is to be tried again
    std::unordered_set<DemoConnection*> m_connections;
    std::atomic<std::uint64_t> m_requests{0};
    std::atomic<std::uint64_t> m_errors{0};
};

} // namespace steelyard::lab
