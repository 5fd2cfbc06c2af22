/// EngineClient in the engine's own process.
/// Thread: main. Owner: whoever asked Engine::makeClient().
#pragma once

#include "engine/engine.h"
#include "engine/engine_client.h"

#include <QPointer>

namespace steelyard::engine {

class LocalEngineClient final : public EngineClient
{
    Q_OBJECT

public:
    explicit LocalEngineClient(Engine& engine);

    [[nodiscard]] std::shared_ptr<const stats::Snapshot> latest() const override;
    void send(const Command& command, Done done) override;
    [[nodiscard]] bool connected() const override;

private:
    QPointer<Engine> m_engine;
};

} // namespace steelyard::engine
