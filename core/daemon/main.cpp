/// steelyardd: the engine without a console. Reads its command line and hands over.
/// Thread: main.
#include "config/reader.h"
#include "daemon/arguments.h"
#include "daemon/export.h"
#include "daemon/run.h"
#include "daemon/signals.h"
#include "engine/route_warnings.h"
#include "supervise/privileges.h"
#include "supervise/supervisor.h"

#include <QCoreApplication>
#include <QFile>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>

using namespace steelyard;
using daemon::Invocation;

namespace {

void plainMessage(QtMsgType, const QMessageLogContext&, const QString& text)
{
    daemon::complain(text);
}

/// Each connection takes two descriptors; the usual soft limit of 1,024 would be reached soon.
void raiseDescriptorLimit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

void print(const QString& text)
{
    std::fputs(text.toUtf8().constData(), stdout);
    std::fflush(stdout);
}

int check(const QString& file)
{
    const std::string name = QFile::encodeName(file).toStdString();
    config::ReadResult result = config::readFile(name);
    engine::addRouteWarnings(result);
    for (const config::Diagnostic& diagnostic : result.diagnostics) {
        daemon::complain(QString::fromStdString(diagnostic.text(name)));
    }
    if (!result.config)
        return 1;
    print(QStringLiteral("%1: valid\n").arg(file));
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    qInstallMessageHandler(plainMessage);
    daemon::takeSignals();
    QStringList words;
    for (int i = 1; i < argc; ++i)
        words << QString::fromLocal8Bit(argv[i]);
    const auto parsed = daemon::parseArguments(words);
    if (!parsed) {
        daemon::complain(QStringLiteral("steelyardd: %1\nusage: %2")
                             .arg(QString::fromStdString(parsed.error().detail),
                                  QString::fromStdString(parsed.error().hint)));
        return 2;
    }
    const Invocation& invocation = parsed.value();
    if (!invocation.user.isEmpty()) {
        const auto changed =
            supervise::becomeUser(invocation.user.toStdString(), invocation.group.toStdString());
        if (!changed) {
            daemon::complain(QStringLiteral("steelyardd: %1\n  %2")
                                 .arg(QString::fromStdString(changed.error().detail),
                                      QString::fromStdString(changed.error().hint)));
            return 1;
        }
    }
    if (invocation.supervise) { // no Qt beyond this point: it only watches
        raiseDescriptorLimit();
        std::vector<std::string> arguments;
        for (int i = 0; i < argc; ++i) {
            if (std::string_view(argv[i]) != "--supervise")
                arguments.emplace_back(argv[i]);
        }
        return supervise::supervise(std::move(arguments));
    }
    const QCoreApplication application(argc, argv);
    switch (invocation.kind) {
    case Invocation::Kind::Help:
        print(daemon::helpText());
        return 0;
    case Invocation::Kind::Version:
        print(QStringLiteral("steelyardd " STEELYARD_VERSION "\n"));
        return 0;
    case Invocation::Kind::Check:
        return check(invocation.file);
    case Invocation::Kind::Export:
        return daemon::exportFile(invocation.file, invocation.target);
    case Invocation::Kind::Simulate:
        return daemon::simulateFile(invocation.file, invocation.algorithms, invocation.rate,
                                    invocation.report);
    case Invocation::Kind::Run:
        raiseDescriptorLimit();
        return daemon::runFile(invocation.file, invocation.socket);
    case Invocation::Kind::Demo:
        raiseDescriptorLimit();
        return daemon::runDemo(invocation.port, invocation.socket);
    }
    return 2;
}
