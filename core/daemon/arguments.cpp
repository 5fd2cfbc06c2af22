#include "daemon/arguments.h"

#include "config/suggestion.h"
#include "config/values.h"
#include "interop/export.h"

#include <optional>

namespace steelyard::daemon {

namespace {

using Kind = Invocation::Kind;

struct CommandSpec
{
    const char* name;
    Kind kind;
    bool file, socket, port, target, report; ///< what it takes
    const char* usage;
};

constexpr CommandSpec kCommands[] = {
    {"run", Kind::Run, true, true, false, false, false,
     "steelyardd run FILE [--socket PATH] [--supervise] [--user NAME [--group NAME]]"},
    {"check", Kind::Check, true, false, false, false, false, "steelyardd check FILE"},
    {"demo", Kind::Demo, false, true, true, false, false,
     "steelyardd demo [--port P] [--socket PATH]"},
    {"export", Kind::Export, true, false, false, true, false,
     "steelyardd export --to yaml|haproxy|nginx|keepalived FILE"},
    {"simulate", Kind::Simulate, true, false, false, false, true,
     "steelyardd simulate FILE [--algorithm NAME]... [--rate N] [--json|--csv]"},
};

/// Of a later release: known, so that the answer is better than "no such command".
constexpr const char* kLater[] = {"import"};

Error usageError(
    const QString& problem,
    const char* usage = "steelyardd run|check|demo|export|simulate ...; --help tells more")
{
    return {ErrorCode::InvalidInput, problem.toStdString(), usage};
}

QString quoted(const QString& word)
{
    return QStringLiteral("\"%1\"").arg(word);
}

QString unknownAlgorithm(const QString& word)
{
    std::vector<std::string_view> known;
    for (const Algorithm algorithm : kAlgorithms)
        known.push_back(toString(algorithm));
    return QStringLiteral("there is no algorithm %1; %2")
        .arg(quoted(word),
             QString::fromStdString(config::suggest(word.toStdString(), known, "use one of")));
}

QString unknownTarget(const QString& word)
{
    std::vector<std::string_view> known;
    for (const interop::ExportTarget& target : interop::exportTargets())
        known.push_back(target.name);
    return QStringLiteral("there is no export to %1; %2")
        .arg(quoted(word),
             QString::fromStdString(config::suggest(word.toStdString(), known, "use one of")));
}

/// One option of a command and its value; nothing when it is fine.
QString takeOption(const QString& name, const QString& value, const CommandSpec& spec,
                   Invocation& into)
{
    if (name == QLatin1String("--socket") && spec.socket) {
        into.socket = value;
        return value.isEmpty() ? QStringLiteral("--socket needs a path") : QString();
    }
    if (name == QLatin1String("--user") || name == QLatin1String("--group")) {
        (name == QLatin1String("--user") ? into.user : into.group) = value;
        return value.isEmpty() ? QStringLiteral("%1 needs a name").arg(name) : QString();
    }
    if (name == QLatin1String("--to")) {
        into.target = value;
        return interop::findExportTarget(value.toStdString()) != nullptr ? QString()
                                                                         : unknownTarget(value);
    }
    if (name == QLatin1String("--algorithm")) {
        const auto algorithm = algorithmFrom(value.toStdString());
        if (!algorithm)
            return unknownAlgorithm(value);
        into.algorithms.push_back(*algorithm);
        return {};
    }
    if (name == QLatin1String("--rate")) {
        const auto rate = config::parseInteger(value.toStdString());
        if (!rate || rate.value() < 1 || rate.value() > 10'000'000)
            return QStringLiteral("%1 is not a rate from 1 to 10000000").arg(quoted(value));
        into.rate = rate.value();
        return {};
    }
    const auto port = config::parseInteger(value.toStdString());
    if (!port || port.value() < 0 || port.value() > 65535) {
        return QStringLiteral("%1 is not a port from 0 to 65535").arg(quoted(value));
    }
    into.port = port.value();
    return {};
}

/// The words after the command's name.
QString takeWords(const QStringList& words, const CommandSpec& spec, Invocation& into)
{
    bool options = true;
    for (qsizetype i = 0; i < words.size(); ++i) {
        const QString& word = words[i];
        if (options && word == QLatin1String("--")) {
            options = false;
        } else if (options && word.startsWith(u'-') && word.size() > 1) {
            const QString name = word.section(u'=', 0, 0);
            const bool known =
                (name == QLatin1String("--socket") && spec.socket) ||
                (name == QLatin1String("--port") && spec.port) ||
                ((name == QLatin1String("--user") || name == QLatin1String("--group")) &&
                 spec.kind == Kind::Run) ||
                (name == QLatin1String("--to") && spec.target) ||
                ((name == QLatin1String("--algorithm") || name == QLatin1String("--rate")) &&
                 spec.report);
            if (spec.report &&
                (word == QLatin1String("--json") || word == QLatin1String("--csv"))) {
                into.report = word == QLatin1String("--json") ? ReportForm::Json : ReportForm::Csv;
                continue;
            }
            if (word == QLatin1String("--supervise") && spec.kind == Kind::Run) {
                into.supervise = true;
                continue;
            }
            if (!known)
                return QStringLiteral("%1 takes no option %2")
                    .arg(QLatin1String(spec.name), quoted(name));
            if (!word.contains(u'=') && i + 1 >= words.size())
                return QStringLiteral("%1 needs a value").arg(name);
            const QString value = word.contains(u'=') ? word.section(u'=', 1) : words[++i];
            if (const QString problem = takeOption(name, value, spec, into); !problem.isEmpty())
                return problem;
        } else if (spec.file && into.file.isEmpty() && !word.isEmpty()) {
            into.file = word;
        } else {
            return QStringLiteral("%1 is one word too many").arg(quoted(word));
        }
    }
    if (spec.file && into.file.isEmpty())
        return QStringLiteral("%1 needs FILE").arg(QLatin1String(spec.name));
    if (!into.group.isEmpty() && into.user.isEmpty())
        return QStringLiteral("--group needs --user");
    if (spec.target && into.target.isEmpty())
        return QStringLiteral("%1 needs --to").arg(QLatin1String(spec.name));
    return {};
}

} // namespace

Result<Invocation> parseArguments(const QStringList& words)
{
    Invocation invocation;
    if (words.contains(QStringLiteral("--help")) || words.contains(QStringLiteral("-h")))
        return invocation;
    if (words.isEmpty())
        return usageError(QStringLiteral("a command is missing"));
    const QString& name = words.first();
    if (name == QLatin1String("--version")) {
        invocation.kind = Kind::Version;
        return invocation;
    }
    for (const CommandSpec& spec : kCommands) {
        if (name != QLatin1String(spec.name))
            continue;
        invocation.kind = spec.kind;
        const QString problem = takeWords(words.mid(1), spec, invocation);
        if (!problem.isEmpty())
            return usageError(problem, spec.usage);
        return invocation;
    }
    for (const char* later : kLater) {
        if (name == QLatin1String(later))
            return usageError(QStringLiteral("%1 is not available yet").arg(name));
    }
    return usageError(QStringLiteral("there is no command %1").arg(quoted(name)));
}

QString helpText()
{
    return QStringLiteral(
        "Usage: steelyardd COMMAND ...\n"
        "The Steelyard load balancer without a console.\n"
        "\n"
        "  run FILE [--socket PATH] [--supervise] [--user NAME [--group NAME]]\n"
        "                                   serve what FILE says, in the foreground\n"
        "  check FILE                       tell whether FILE is valid\n"
        "  demo [--port P] [--socket PATH]  demo servers with traffic (default port 8080)\n"
        "  export --to yaml|haproxy|nginx|keepalived FILE\n"
        "                                   write FILE for another balancer: the text on stdout, "
        "and "
        "on\n"
        "                                   stderr what of it is exact, approximated or dropped\n"
        "  simulate FILE [--algorithm NAME]... [--rate N] [--json|--csv]\n"
        "                                   play a workload through a pool, in virtual time\n"
        "\n"
        "  --algorithm    instead of the configured one; several are compared\n"
        "  --rate         requests per second, instead of the workload's\n"
        "  --socket PATH  where steelyardctl reaches this engine (default: admin.socket of FILE)\n"
        "  --supervise    start the engine as a process of its own, keep its sockets when it ends\n"
        "                 unasked, and start it again; SIGUSR2 changes to the program now on disk\n"
        "  --user NAME    give up root for NAME at once, but for binding ports below 1024\n"
        "  --help, --version\n"
        "\n"
        "A workload FILE (YAML; examples in resources/examples/simulations/):\n"
        "  version: 1\n"
        "  configuration: shop.yaml           # whose pools\n"
        "  pool: shop                         # if there are several\n"
        "  seed: 1                            # same seed, same result\n"
        "  duration: 60s                      # of the arrivals; default 60s\n"
        "  warm_up: 5s                        # not counted; default 0\n"
        "  arrivals: { rate: 1000, process: poisson }   # requests/s; or fixed; default 100\n"
        "  access_log: access.log             # or these arrivals, clients and times\n"
        "  sessions: 500                      # clients who come again; default 0, nobody does\n"
        "  success_within: 1s                 # slower counts as slow; default: nothing does\n"
        "  servers:                           # the entry without a name, first, is for all\n"
        "    - time: { normal: 167ms, deviation: 5ms }  # or fixed:, exponential:; default 10ms\n"
        "      concurrency: 8                 # at once; 0, the default: any number\n"
        "      when_busy: queue               # the default; or share: all go on, slower\n"
        "      failures: 1%                   # of its requests; default 0\n"
        "    - name: a\n"
        "      periods: [ { from: 15s, to: 45s, time: { fixed: 2s } } ]\n"
        "                                     # also failures, weight, down: true\n"
        "\n"
        "SIGHUP reloads FILE, SIGTERM finishes what is in flight and exits; a second one exits at "
        "once.\n"
        "Exit: 0 done, 1 bad configuration or cannot bind, 2 wrong usage.\n");
}

} // namespace steelyard::daemon
