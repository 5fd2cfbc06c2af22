/// The session with the real engine, the real demo and the real socket.
/// Thread: main; the engine has its own threads.
#pragma once

#include "app/session.h"
#include "engine/engine.h"

#include <functional>
#include <memory>
#include <optional>

namespace steelyard::engine {
class RemoteEngineClient;
}

namespace steelyard::lab {
class Demo;
}

namespace steelyard::gui {

class EngineSession : public Session
{
    Q_OBJECT

public:
    /// `serveSocket`: may steelyardctl reach the engine? Off for pictures.
    explicit EngineSession(bool serveSocket, QObject* parent = nullptr);
    ~EngineSession() override;

    [[nodiscard]] engine::EngineClient* client() const override { return m_client.get(); }

    [[nodiscard]] bool ownsEngine() const override { return m_engine != nullptr; }

    [[nodiscard]] QString title() const override { return m_title; }

    [[nodiscard]] QString path() const override { return m_path; }

    [[nodiscard]] QString socketPath() const override;

    [[nodiscard]] bool canRestart() const override { return static_cast<bool>(m_again); }

    [[nodiscard]] lab::Demo* demo() const override { return m_demo.get(); }

    void openFile(const QString& path) override;
    void openText(const QString& text) override;
    void startDemo() override;
    void attach(const QString& socketPath) override;
    void restart() override;
    void stop() override;

private:
    struct Failure
    {
        QString text, detail;
    };

    /// Starts something and adopts it; the failure when it cannot.
    using Starter = std::function<std::optional<Failure>()>;

    void start(const QString& path, const QString& text, const QString& title);
    void replaceBy(const Starter& starter);
    [[nodiscard]] std::optional<Failure> startEngine(const QString& path, const QString& text,
                                                     const QString& title);
    [[nodiscard]] std::optional<Failure> beginDemo();
    [[nodiscard]] bool tryDemo(int port, bool socket, QString* why);
    void adopt(std::unique_ptr<engine::Engine> engine, const QString& title, const QString& path);
    void adopt(std::unique_ptr<engine::RemoteEngineClient> remote);
    void letGo();
    [[nodiscard]] Failure failureOf(const Error& error, const config::Diagnostics& diagnostics,
                                    const QString& path, const QString& title) const;
    [[nodiscard]] QString problems(const config::Diagnostics& diagnostics,
                                   const QString& path) const;

    const bool m_serveSocket;
    // In this order: the load stops before the engine, the client goes before the engine.
    std::unique_ptr<engine::Engine> m_engine;
    std::unique_ptr<engine::EngineClient> m_client;
    std::unique_ptr<lab::Demo> m_demo;
    std::unique_ptr<engine::RemoteEngineClient> m_candidate; ///< until it is connected
    QString m_title, m_path, m_remoteSocket;
    Starter m_again;         ///< what runs, or ran last
    bool m_stopping = false; ///< the engine was told to stop
};

} // namespace steelyard::gui
