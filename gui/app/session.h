/// What the window is connected to: nothing, an engine of our own (a file, the demo, a text), or
/// one in another process. The window knows only this; EngineSession brings the real engine, the
/// tests bring a simulation. Thread: main.
#pragma once

#include "engine/engine_client.h"

#include <QObject>
#include <QString>

namespace steelyard::lab {
class Demo;
}

namespace steelyard::gui {

class Session : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    /// Null while nothing is running.
    [[nodiscard]] virtual engine::EngineClient* client() const = 0;
    /// The engine lives in this process and ends with it.
    [[nodiscard]] virtual bool ownsEngine() const = 0;
    /// "demo", a file's path, "engine at SOCKET"; empty: never started.
    [[nodiscard]] virtual QString title() const = 0;
    /// The file; empty when the configuration has none.
    [[nodiscard]] virtual QString path() const = 0;
    /// The engine's control socket; empty: it has none.
    [[nodiscard]] virtual QString socketPath() const = 0;
    /// restart() would start what ran last.
    [[nodiscard]] virtual bool canRestart() const = 0;

    /// The demo's servers and load, to be played with; null unless the demo runs in this process.
    [[nodiscard]] virtual lab::Demo* demo() const { return nullptr; }

    // Each ends what is running, but only when the new one can start. Outcome: clientChanged() or
    // failed().
    virtual void openFile(const QString& path) = 0;
    virtual void openText(const QString& text) = 0;
    virtual void startDemo() = 0;
    virtual void attach(const QString& socketPath) = 0;
    virtual void restart() = 0;
    /// Lets go: an engine of our own drains and stops (twice: at once), another one is left alone.
    virtual void stop() = 0;

Q_SIGNALS:
    void clientChanged();
    void failed(const QString& text, const QString& detail);
};

} // namespace steelyard::gui
