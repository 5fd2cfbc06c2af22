/// A session whose engine is the simulation.
/// Thread: main.
#pragma once

#include "app/session.h"
#include "fake_engine_client.h"

namespace steelyard::test {

class FakeSession : public gui::Session
{
    Q_OBJECT

public:
    [[nodiscard]] engine::EngineClient* client() const override { return m_client.get(); }

    [[nodiscard]] bool ownsEngine() const override { return owns; }

    [[nodiscard]] QString title() const override { return QStringLiteral("shop.yaml"); }

    [[nodiscard]] QString path() const override { return m_path; }

    [[nodiscard]] QString socketPath() const override { return socket; }

    [[nodiscard]] bool canRestart() const override { return !m_path.isEmpty(); }

    [[nodiscard]] lab::Demo* demo() const override { return theDemo; }

    void openFile(const QString& path) override
    {
        m_path = path;
        restart();
    }

    void openText(const QString&) override { restart(); }

    void startDemo() override { openFile(QStringLiteral("demo.yaml")); }

    void attach(const QString&) override { restart(); }

    void restart() override
    {
        m_client = std::make_unique<FakeEngineClient>();
        Q_EMIT clientChanged();
    }

    void stop() override
    {
        m_client.reset();
        Q_EMIT clientChanged();
    }

    [[nodiscard]] FakeEngineClient& engine() { return *m_client; }

    bool owns = true;
    lab::Demo* theDemo = nullptr;
    QString socket;

private:
    std::unique_ptr<FakeEngineClient> m_client;
    QString m_path;
};

} // namespace steelyard::test
