/// What the control thread offers to those who serve clients: the local socket's server, the admin
/// HTTP server and the in-process client. Implemented by the control plane. Thread: control, except
/// where it says otherwise.
#pragma once

#include "engine/engine_client.h"
#include "stats/snapshot.h"

#include <QList>
#include <QObject>

#include <memory>

namespace steelyard::engine {

class ControlService : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;
    ~ControlService() override = default;

    /// Runs one command; `done` is called once, on the control thread, perhaps after workers have
    /// acknowledged.
    virtual void execute(const Command& command, EngineClient::Done done) = 0;
    /// Any thread.
    [[nodiscard]] virtual std::shared_ptr<const stats::Snapshot> latest() const = 0;
    /// Events with a sequence above `since`, oldest first; at most the ring's size.
    [[nodiscard]] virtual QList<stats::Event> eventsSince(quint64 since) const = 0;
    /// /readyz: all listeners accept, the first probes are done, not draining.
    [[nodiscard]] virtual bool isReady() const = 0;

Q_SIGNALS:
    void snapshotPublished();
    void eventPublished(const steelyard::stats::Event& event);
};

} // namespace steelyard::engine
