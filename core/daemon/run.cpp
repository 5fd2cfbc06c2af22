#include "daemon/run.h"

#include "daemon/signals.h"
#include "engine/engine.h"
#include "lab/demo.h"
#include "supervise/service_manager.h"

#include <QCoreApplication>
#include <QFile>
#include <QSocketNotifier>

#include <cstdio>
#include <functional>

#include <sys/prctl.h>
#include <sys/stat.h>

namespace steelyard::daemon {

using namespace steelyard::engine;

namespace {

void say(const QString& text)
{
    std::fputs((text + u'\n').toUtf8().constData(), stdout);
    std::fflush(stdout);
}

void explain(const Error& error)
{
    complain(QStringLiteral("steelyardd: ") + QString::fromStdString(error.detail));
    if (!error.hint.empty())
        complain(QStringLiteral("  ") + QString::fromStdString(error.hint));
}

/// What an operator at the terminal, or the journal, should know: everything above information.
void tell(const QList<stats::Event>& events)
{
    for (const stats::Event& event : events) {
        if (event.level == stats::Level::Info)
            continue;
        // Diagnostics keep their form: FILE:LINE:COLUMN first.
        if (event.source == "config") {
            complain(QString::fromStdString(event.text));
            continue;
        }
        complain(QStringLiteral("%1: %2: %3")
                     .arg(QLatin1String(stats::toString(event.level)),
                          QString::fromStdString(event.source),
                          QString::fromStdString(event.text)));
    }
}

/// The configuration that ran well, as an engine before this one has left it; empty: none.
QByteArray lastGood(const supervise::Descriptor& kept)
{
    QFile file;
    if (!kept.valid() || !file.open(kept.get(), QIODevice::ReadOnly) || !file.seek(0))
        return {};
    return file.readAll();
}

/// A file that others may write decides over all traffic, and over what this process opens.
void warnAboutPermissions(const QString& file)
{
    struct stat info
    {
    };

    const QByteArray name = QFile::encodeName(file);
    if (::stat(name.constData(), &info) == 0 && (info.st_mode & 002U) != 0)
        complain(
            QStringLiteral("%1: warning: anybody may write to this file; chmod o-w").arg(file));
}

/// One engine from start to stop. `whenReady` runs once it serves.
int serve(const QString& file, const QString& text, EngineOptions options,
          const std::function<void(const QString& readyLine)>& whenReady)
{
    supervise::ServiceManager none;
    supervise::ServiceManager& manager = options.manager != nullptr ? *options.manager : none;
    SignalWatcher signalWatcher;
    Engine engine;
    QObject::connect(&engine, &Engine::ready, [&] {
        // Before the line: who reads that may kill this process at once, and it counts as served.
        manager.tell("READY=1");
        // One line on stdout however often the engine starts again.
        if (manager.startsAgain() || manager.takesOver())
            complain(QStringLiteral("steelyardd: serving ") + engine.readyLine());
        else
            say(QStringLiteral("ready ") + engine.readyLine());
        whenReady(engine.readyLine());
    });
    QObject::connect(&engine, &Engine::stopped, [] { QCoreApplication::exit(0); });

    const auto started = engine.start(file, text, options);
    const std::string name = file.isEmpty() ? "demo" : file.toStdString();
    for (const config::Diagnostic& diagnostic : engine.diagnostics()) {
        complain(QString::fromStdString(diagnostic.text(name)));
    }
    if (!started) {
        if (!config::hasErrors(engine.diagnostics()))
            explain(started.error());
        return 1;
    }

    const std::unique_ptr<EngineClient> client = engine.makeClient();
    QObject::connect(client.get(), &EngineClient::eventsArrived, &tell);
    QObject::connect(&signalWatcher, &SignalWatcher::reloadRequested, [&] {
        const auto now = std::chrono::duration_cast<microseconds>(Clock::now().time_since_epoch());
        manager.tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
        client->send({QStringLiteral("reload"), {}}, [&manager](const CommandResult& result) {
            manager.tell("READY=1");
            // A refusal and its diagnostics came as events already, whoever asked for the reload.
            if (result.outcome != Outcome::Refused)
                complain(QStringLiteral("reload: ") + result.text);
        });
    });
    bool stopping = false;
    QObject::connect(&signalWatcher, &SignalWatcher::stopRequested, [&] {
        if (!std::exchange(stopping, true)) {
            complain(QStringLiteral(
                "steelyardd: finishing what is in flight; a second signal stops at once"));
            manager.tell("STOPPING=1");
            engine.stop();
        } else {
            releaseSignals();
            QCoreApplication::exit(0); // the engine's end stops the rest
        }
    });
    QObject::connect(&signalWatcher, &SignalWatcher::handOverRequested,
                     [&engine] { engine.handOver(); });
    std::unique_ptr<QSocketNotifier> supervisorGone;
    if (manager.supervisor() >= 0) {
        supervisorGone =
            std::make_unique<QSocketNotifier>(manager.supervisor(), QSocketNotifier::Read);
        QObject::connect(supervisorGone.get(), &QSocketNotifier::activated, [&] {
            supervisorGone->setEnabled(false);
            complain(QStringLiteral("steelyardd: the supervisor is gone; finishing"));
            engine.stop();
        });
    }
    return QCoreApplication::exec();
}

} // namespace

void complain(const QString& text)
{
    std::fputs((text + u'\n').toUtf8().constData(), stderr);
    std::fflush(stderr);
}

int runFile(const QString& file, const QString& socket)
{
    supervise::ServiceManager manager = supervise::ServiceManager::fromEnvironment();
    if (manager.supervisor() >= 0)
        ::prctl(PR_SET_NAME, "steelyardd"); // started by descriptor, it would bear a number
    warnAboutPermissions(file);
    const supervise::Descriptor kept = manager.take(supervise::kLastGoodName);
    EngineOptions options;
    options.socketPath = socket;
    options.keepState = true;
    options.manager = &manager;
    options.hasLastGood = kept.valid();
    const QByteArray text = manager.safeMode() ? lastGood(kept) : QByteArray();
    QFile now(file);
    options.runsLastGood =
        !text.isEmpty() && (!now.open(QIODevice::ReadOnly) || now.readAll() != text);
    return serve(file, options.runsLastGood ? QString::fromUtf8(text) : QString(), options,
                 [](const QString&) {});
}

int runDemo(int port, const QString& socket)
{
    lab::Demo demo;
    if (const auto started = demo.start(port); !started) {
        explain(started.error());
        return 1;
    }
    EngineOptions options;
    options.socketPath = socket;
    return serve({}, demo.configText(), options, [&demo](const QString& readyLine) {
        const QString hostPort = readyLine.section(u' ', 0, 0).section(u'=', 1).section(u',', 0, 0);
        say(demo.summary(hostPort));
        demo.startLoad(hostPort);
    });
}

} // namespace steelyard::daemon
