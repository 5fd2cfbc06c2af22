/// A control plane that answers from memory: records commands, answers at once or when told to, has
/// a ring of events. Thread: the test's.
#pragma once

#include "engine/control_service.h"
#include "engine/wire.h"

#include <QJsonArray>

#include <utility>
#include <vector>

namespace steelyard::test {

class FakeControlService final : public engine::ControlService
{
public:
    void execute(const engine::Command& command, engine::EngineClient::Done done) override
    {
        commands.push_back(command);
        if (hold) {
            held.push_back(std::move(done));
            return;
        }
        done(answerTo(command));
    }

    [[nodiscard]] std::shared_ptr<const stats::Snapshot> latest() const override
    {
        return snapshot;
    }

    [[nodiscard]] QList<stats::Event> eventsSince(quint64 since) const override
    {
        QList<stats::Event> found;
        for (const stats::Event& event : events) {
            if (event.sequence > since)
                found.append(event);
        }
        return found;
    }

    [[nodiscard]] bool isReady() const override { return ready; }

    void publish(const stats::Snapshot& value)
    {
        snapshot = std::make_shared<const stats::Snapshot>(value);
        Q_EMIT snapshotPublished();
    }

    void publishEvent(const std::string& text, stats::Level level = stats::Level::Info)
    {
        stats::Event event{++m_sequence, 1'700'000'000'000, level, "shop/a", text};
        events.append(event);
        if (events.size() > 1000)
            events.removeFirst();
        Q_EMIT eventPublished(event);
    }

    void answerHeld()
    {
        for (auto& done : std::exchange(held, {}))
            done(answer);
    }

    std::vector<engine::Command> commands;
    std::vector<engine::EngineClient::Done> held;
    engine::CommandResult answer{engine::Outcome::Done, QStringLiteral("done"), {}, {}};
    std::shared_ptr<const stats::Snapshot> snapshot;
    QList<stats::Event> events;
    bool ready = true;
    bool hold = false;

private:
    [[nodiscard]] engine::CommandResult answerTo(const engine::Command& command) const
    {
        engine::CommandResult result = answer;
        if (command.name == QLatin1String("events")) {
            result.data.insert(QStringLiteral("events"), engine::toJson(eventsSince(0)));
        } else if (snapshot && (command.name == QLatin1String("status") ||
                                command.name == QLatin1String("servers"))) {
            result.data.insert(QStringLiteral("snapshot"), engine::toJson(*snapshot));
        }
        return result;
    }

    quint64 m_sequence = 0;
};

} // namespace steelyard::test
