/// The read-only HTTP side of an engine: /metrics, /healthz and /readyz for monitoring. No state
/// changes, no bodies, one request a connection; it is off the data path, so a QTcpServer is good
/// enough here. A Host that is a name of somebody else is refused (421), so that no web page can
/// reach it by DNS rebinding; so is whatever bears an Origin (403), for no page of any site has
/// business here. Thread: control. Owner: the control plane.
#pragma once

#include "base/result.h"
#include "config/model.h"
#include "engine/control_service.h"
#include "supervise/service_manager.h"

#include <QObject>
#include <QTcpServer>

#include <chrono>
#include <string_view>

namespace steelyard::engine {

class AdminHttp final : public QObject
{
    Q_OBJECT

public:
    static constexpr int kMaxConnections = 64;

    /// `deadline`: for a whole request, and again for the reply to be taken.
    explicit AdminHttp(ControlService& service,
                       std::chrono::milliseconds deadline = std::chrono::seconds(5),
                       QObject* parent = nullptr);

    ~AdminHttp() override { close(); }

    /// Errors: InvalidInput (the host is neither an IP literal nor localhost); Io "cannot bind
    /// ADDRESS: reason". A socket that `manager` was handed is used instead of binding. Not
    /// `accepting`: clients wait until beginAccepting().
    [[nodiscard]] Result<> listen(const config::Address& address,
                                  supervise::ServiceManager* manager = nullptr,
                                  bool accepting = true);

    void beginAccepting() { m_server.resumeAccepting(); }

    void close();

    /// Leaves the socket to the engine that takes over; who is connected gets an answer.
    void handOver() { m_server.close(); }

    /// As bound: a port 0 is the real one. Port 0: not listening.
    [[nodiscard]] config::Address address() const;

    [[nodiscard]] int connections() const { return m_connections; }

    /// The reply, head and body, to one request.
    [[nodiscard]] QByteArray reply(std::string_view method, std::string_view target,
                                   std::string_view host, bool hasOrigin = false) const;

private:
    void accept();
    [[nodiscard]] bool adopt(const QHostAddress& host, std::uint16_t port,
                             supervise::ServiceManager& manager);
    [[nodiscard]] bool hostAllowed(std::string_view host) const;

    ControlService& m_service;
    const std::chrono::milliseconds m_deadline;
    QTcpServer m_server;
    std::string m_bindHost; ///< as configured
    int m_connections = 0;
};

} // namespace steelyard::engine
