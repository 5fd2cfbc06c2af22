/// One active check of one backend: connect, and for type http a request and its response, under
/// one deadline. Thread: a loop with an EventDispatcher (control).
#pragma once

#include "config/model.h"
#include "health/probe_result.h"
#include "health/response_check.h"
#include "net/event_dispatcher.h"
#include "net/transport.h"

#include <functional>
#include <memory>
#include <string>

namespace steelyard::health {

class Probe final : private net::TransportHandler
{
public:
    using Done = std::function<void(ProbeResult)>;

    /// Starts the check. `done` is called once, from the loop and never from here; it may destroy
    /// the probe. Destroying it earlier cancels it. `address` carries the backend's port: the
    /// check's own port replaces it. `authority` is the Host when the check names none.
    Probe(net::SocketAddress address, const std::string& authority,
          const config::HealthCheck& check, Done done);
    ~Probe();
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;

private:
    void transportReadable() override;
    void transportWritable() override;
    void connected();
    void sendRequest();
    void take(ResponseCheck::Verdict verdict);
    void finish(bool good, const char* layer, std::string text);
    void deliver();
    void timedOut();
    [[nodiscard]] const char* layer() const; ///< how far it has come
    [[nodiscard]] double elapsedMs() const;
    [[nodiscard]] std::string transcript() const;

    const config::HealthCheck m_check;
    net::SocketAddress m_address;
    Done m_done;
    ResponseCheck m_response;
    std::string m_request;  ///< empty for type tcp
    std::size_t m_sent = 0; ///< bytes of m_request
    TimePoint m_started;
    bool m_connected = false;
    bool m_finished = false;
    ProbeResult m_result;
    std::unique_ptr<net::Transport> m_transport;
    net::Timer m_deadline;
    net::Deferred m_delivery;
};

/// "4 ms", below 1 ms "0.4 ms".
[[nodiscard]] std::string millisecondsText(double ms);

} // namespace steelyard::health
