#include "engine/local_engine_client.h"

namespace steelyard::engine {

LocalEngineClient::LocalEngineClient(Engine& engine)
    : m_engine(&engine)
{
    connect(&engine, &Engine::snapshotArrived, this, &EngineClient::snapshotArrived);
    connect(&engine, &Engine::eventsArrived, this, &EngineClient::eventsArrived);
    connect(&engine, &Engine::runningChanged, this, &EngineClient::connectedChanged);
}

std::shared_ptr<const stats::Snapshot> LocalEngineClient::latest() const
{
    return m_engine ? m_engine->latest() : nullptr;
}

bool LocalEngineClient::connected() const
{
    return m_engine && m_engine->running();
}

void LocalEngineClient::send(const Command& command, Done done)
{
    if (connected()) {
        m_engine->execute(command, this, std::move(done));
        return;
    }
    // Later, as promised: the caller is never called back from inside its own call.
    QMetaObject::invokeMethod(
        this,
        [done = std::move(done)] {
            done({Outcome::Unreachable,
                  tr("The engine is not running."),
                  tr("Start it first."),
                  {}});
        },
        Qt::QueuedConnection);
}

} // namespace steelyard::engine
