/// steelyardctl: sends one command to a running engine and prints its answer.
/// Thread: main only.
#include "ctl/arguments.h"
#include "ctl/insight_text.h"
#include "ctl/tables.h"
#include "engine/control_socket.h"
#include "engine/remote_engine_client.h"
#include "engine/wire.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>

#include <cstdio>

#include <signal.h>

using namespace steelyard;
using namespace steelyard::engine;
using steelyard::ctl::Invocation;

namespace {

enum ExitCode
{
    kDone = 0,
    kRefused = 1,
    kUsage = 2,
    kUnreachable = 3
};

void print(std::FILE* stream, const QString& text)
{
    const QByteArray bytes = text.toUtf8();
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), stream);
    // Nobody reads any more: `steelyardctl events --follow | head` ends here.
    if (std::fflush(stream) != 0)
        QCoreApplication::exit(kDone);
}

void printJson(const QJsonObject& object, QJsonDocument::JsonFormat format)
{
    print(stdout, QString::fromUtf8(QJsonDocument(object).toJson(format)).trimmed() + u'\n');
}

void printEvents(const QList<stats::Event>& events, bool json)
{
    for (const stats::Event& event : events) {
        if (json)
            printJson(toJson(event), QJsonDocument::Compact);
        else
            print(stdout, ctl::eventText(event) + u'\n');
    }
}

/// `format`: of the JSON, where it is asked for; one line for those who read line by line.
int printFailure(const CommandResult& result, bool json,
                 QJsonDocument::JsonFormat format = QJsonDocument::Indented)
{
    const int code = result.outcome == Outcome::Unreachable ? kUnreachable : kRefused;
    if (json)
        printJson(toJson(result), format);
    QString text = QStringLiteral("steelyardctl: %1\n").arg(result.text);
    if (!result.hint.isEmpty())
        text += QStringLiteral("  %1\n").arg(result.hint);
    print(stderr, text);
    return code;
}

int printServers(const stats::Snapshot& snapshot, const Invocation& invocation)
{
    QJsonArray rows;
    for (const stats::PoolRow& pool : snapshot.pools) {
        if (!invocation.pool.isEmpty() && QString::fromStdString(pool.name) != invocation.pool)
            continue;
        for (const stats::BackendRow& row : pool.backends) {
            if (invocation.server.isEmpty() ||
                QString::fromStdString(row.name) == invocation.server) {
                rows.append(toJson(row));
            }
        }
    }
    if (rows.isEmpty() && !invocation.pool.isEmpty()) {
        const QString name = invocation.server.isEmpty()
                                 ? invocation.pool
                                 : invocation.pool + u'/' + invocation.server;
        return printFailure({Outcome::Refused,
                             QStringLiteral("there is no pool or server \"%1\"").arg(name),
                             QStringLiteral("steelyardctl servers shows all"),
                             {}},
                            invocation.json);
    }
    if (invocation.json)
        printJson({{QStringLiteral("servers"), rows}}, QJsonDocument::Indented);
    else if (rows.isEmpty())
        print(stdout, QStringLiteral("no servers are configured\n"));
    else
        print(stdout, ctl::serversText(snapshot, invocation.pool, invocation.server));
    return kDone;
}

/// What the answer's data says beyond its sentence, for people.
QString insight(const CommandResult& result, const Invocation& invocation)
{
    const QString& name = invocation.command.name;
    if (name == QLatin1String("route"))
        return ctl::routeText(result.data);
    if (name == QLatin1String("sessions"))
        return ctl::sessionsText(result.data, invocation.pool, invocation.server);
    if (name == QLatin1String("probe"))
        return ctl::probeText(result.data);
    if (name == QLatin1String("latency"))
        return ctl::histogramText(result.data);
    const QJsonObject decision = result.data.value(QLatin1String("decision")).toObject();
    if (!decision.isEmpty())
        return ctl::decisionText(decision);
    return result.data.contains(QLatin1String("decisions")) &&
                   result.data.value(QLatin1String("decisions")).isArray()
               ? ctl::decisionsText(result.data)
               : QString();
}

/// Prints the answer; returns the exit code.
int printResult(const CommandResult& result, const Invocation& invocation)
{
    if (result.outcome == Outcome::Unreachable || result.outcome == Outcome::Refused) {
        return printFailure(result, invocation.json);
    }
    const QString& name = invocation.command.name;
    if (name == QLatin1String("status") || name == QLatin1String("servers")) {
        const QJsonObject object = result.data.value(QLatin1String("snapshot")).toObject();
        const stats::Snapshot snapshot = snapshotFromJson(object);
        if (name == QLatin1String("servers"))
            return printServers(snapshot, invocation);
        if (invocation.json)
            printJson(object, QJsonDocument::Indented);
        else
            print(stdout, ctl::statusText(snapshot));
        return kDone;
    }
    if (name == QLatin1String("events")) {
        printEvents(eventsFromJson(result.data.value(QLatin1String("events")).toArray()),
                    invocation.json);
        return kDone;
    }
    if (invocation.json) {
        printJson(toJson(result), QJsonDocument::Indented);
    } else if (name == QLatin1String("config")) {
        print(stdout, result.data.value(QLatin1String("saved")).toString());
    } else {
        print(stdout, result.text + u'\n' + insight(result, invocation));
        if (!result.hint.isEmpty())
            print(stdout, QStringLiteral("  %1\n").arg(result.hint));
    }
    return result.outcome == Outcome::Partly ? kRefused : kDone;
}

int run(const Invocation& invocation)
{
    RemoteEngineClient client(invocation.socket.isEmpty() ? defaultSocketPath() : invocation.socket,
                              {.snapshots = false, .events = invocation.follow});
    QObject::connect(&client, &RemoteEngineClient::connectionFailed, [&](const QString& why) {
        const CommandResult result{
            Outcome::Unreachable,
            QStringLiteral("cannot reach an engine at %1: %2").arg(client.path(), why),
            QStringLiteral(
                "start one with \"steelyardd run FILE\", or name its socket with --socket PATH"),
            {}};
        const auto format = invocation.follow ? QJsonDocument::Compact : QJsonDocument::Indented;
        QCoreApplication::exit(printFailure(result, invocation.json, format));
    });
    if (invocation.follow) {
        QObject::connect(
            &client, &EngineClient::eventsArrived,
            [&](const QList<stats::Event>& events) { printEvents(events, invocation.json); });
    } else {
        QObject::connect(&client, &EngineClient::connectedChanged, [&](bool connected) {
            if (!connected)
                return; // connectionFailed() tells it
            client.send(invocation.command, [&](const CommandResult& result) {
                // A lost connection is told by connectionFailed(), with the socket's path.
                if (result.outcome == Outcome::Unreachable && !client.connected())
                    return;
                QCoreApplication::exit(printResult(result, invocation));
            });
        });
    }
    return QCoreApplication::exec();
}

} // namespace

int main(int argc, char** argv)
{
    ::signal(SIGPIPE, SIG_IGN);
    const QCoreApplication application(argc, argv);
    const auto invocation = ctl::parseArguments(QCoreApplication::arguments().mid(1));
    if (!invocation) {
        print(stderr, QStringLiteral("steelyardctl: %1\nusage: %2\n")
                          .arg(QString::fromStdString(invocation.error().detail),
                               QString::fromStdString(invocation.error().hint)));
        return kUsage;
    }
    switch (invocation.value().kind) {
    case Invocation::Kind::Help:
        print(stdout, ctl::helpText());
        return kDone;
    case Invocation::Kind::Version:
        print(stdout, QStringLiteral("steelyardctl " STEELYARD_VERSION "\n"));
        return kDone;
    case Invocation::Kind::Command:
        break;
    }
    return run(invocation.value());
}
