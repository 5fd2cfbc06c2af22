/// A table of commands, each with its words, options and usage line; one loop reads them all.
#include "ctl/arguments.h"

#include "config/values.h"
#include "ctl/takers.h"

#include <QJsonArray>
#include <QJsonObject>

#include <optional>

namespace steelyard::ctl {

namespace {

enum Option : unsigned
{
    None = 0,
    Timeout = 1,
    Force = 2,
    Weight = 4,
    Follow = 8,
    Request = 16, ///< -H, --client, --listener
    Record = 32,
    Verify = 64,
    State = 128,
    Limits = 256, ///< --max-requests, --backup
    Address = 512,
    Balance = 1024 ///< --algorithm
};

struct CommandSpec
{
    const char* name;
    const char* words; ///< what each word is, separated by spaces; in brackets: may be left out
    unsigned options;  ///< of Option
    const char* summary;
};

constexpr CommandSpec kCommands[] = {
    {"status", "", None, "the engine at a glance"},
    {"servers", "[POOL|POOL/SERVER]", None, "every server: state, weight, load, last probe"},
    {"drain", "POOL/SERVER", Timeout | Force, "no new sessions; what is in flight finishes"},
    {"ready", "POOL/SERVER", None, "back into service"},
    {"maintenance", "POOL/SERVER", Force, "out of service at once"},
    {"weight", "POOL/SERVER N", Force, "set a weight, 0-256; 0 = no new work"},
    {"algorithm", "POOL NAME", None, "balance a pool by another algorithm"},
    {"add-pool", "POOL", Balance, "add a pool without servers"},
    {"remove-pool", "POOL", None, "take away a pool that no route uses"},
    {"add", "POOL NAME=ADDRESS", Weight | State | Limits, "add a server to a pool"},
    {"edit", "POOL/SERVER", Address | Weight | Limits | Force, "change a server's keys"},
    {"remove", "POOL/SERVER", Force, "take a server out of its pool"},
    {"check-now", "[POOL/SERVER]", None, "probe a server, or all, at once"},
    {"probe", "POOL/SERVER", None, "the last probe and its transcript"},
    {"latency", "POOL/SERVER", None, "how long its answers took in the last 10 s"},
    {"reload", "", None, "read the configuration file again"},
    {"save", "", Force, "write runtime changes into the file"},
    {"config", "", None, "the configuration that runs, as save would write it"},
    {"apply", "FILE", None, "run what another file says; save keeps it"},
    {"events", "", Follow, "what has happened; with --follow as it happens"},
    {"sessions", "[POOL|POOL/SERVER]", None, "which clients are pinned to which server"},
    {"expire", "SESSION|POOL/SERVER", None, "end a pinned session, or all of a server"},
    {"route", "METHOD URL", Request, "which route a request takes, and why no other"},
    {"explain", "[ID]", Record | Verify, "recent decisions, or why one request got its server"},
};

QString usageOf(const CommandSpec& spec)
{
    QString text = QStringLiteral("steelyardctl %1 %2")
                       .arg(QLatin1String(spec.name), QLatin1String(spec.words))
                       .trimmed();
    if (spec.options & Timeout)
        text += QStringLiteral(" [--timeout T]");
    if (spec.options & Force)
        text += QStringLiteral(" [--force]");
    if (spec.options & Balance)
        text += QStringLiteral(" [--algorithm NAME]");
    if (spec.options & Address)
        text += QStringLiteral(" [--address A]");
    if (spec.options & Weight)
        text += QStringLiteral(" [--weight N]");
    if (spec.options & State)
        text += QStringLiteral(" [--state S]");
    if (spec.options & Limits)
        text += QStringLiteral(" [--max-requests N] [--backup yes|no]");
    if (spec.options & Follow)
        text += QStringLiteral(" [--follow]");
    if (spec.options & Request)
        text += QStringLiteral(" [-H 'NAME: VALUE']... [--client IP] [--listener NAME]");
    if (spec.options & Record)
        text += QStringLiteral(" [--record all|sampled]");
    if (spec.options & Verify)
        text += QStringLiteral(" [--verify]");
    return text;
}

const CommandSpec* specOf(const QString& name)
{
    for (const CommandSpec& spec : kCommands) {
        if (name == QLatin1String(spec.name))
            return &spec;
    }
    return nullptr;
}

Error usageError(const QString& problem, const CommandSpec* spec)
{
    const QString usage =
        spec != nullptr
            ? usageOf(*spec)
            : QStringLiteral(
                  "steelyardctl [--socket PATH] [--json] COMMAND ...; --help lists them");
    return {ErrorCode::InvalidInput, problem.toStdString(), usage.toStdString()};
}

/// The words and options of one command line, sorted.
struct Sorted
{
    QStringList words;
    std::optional<QString> socket, timeout, algorithm, address, weight, state, maxRequests, backup,
        client, listener, record;
    QStringList headers;
    bool json = false, force = false, follow = false, verify = false, help = false, version = false;
};

/// The flag that `word` names; null when it is none.
bool* flagOf(const QString& word, Sorted& sorted)
{
    if (word == QLatin1String("--json"))
        return &sorted.json;
    if (word == QLatin1String("--force"))
        return &sorted.force;
    if (word == QLatin1String("--follow") || word == QLatin1String("-f"))
        return &sorted.follow;
    if (word == QLatin1String("--verify"))
        return &sorted.verify;
    if (word == QLatin1String("--help") || word == QLatin1String("-h"))
        return &sorted.help;
    if (word == QLatin1String("--version"))
        return &sorted.version;
    return nullptr;
}

std::optional<QString>* valueOf(const QString& word, Sorted& sorted)
{
    if (word == QLatin1String("--socket"))
        return &sorted.socket;
    if (word == QLatin1String("--timeout"))
        return &sorted.timeout;
    if (word == QLatin1String("--algorithm"))
        return &sorted.algorithm;
    if (word == QLatin1String("--address"))
        return &sorted.address;
    if (word == QLatin1String("--weight"))
        return &sorted.weight;
    if (word == QLatin1String("--max-requests"))
        return &sorted.maxRequests;
    if (word == QLatin1String("--backup"))
        return &sorted.backup;
    if (word == QLatin1String("--state"))
        return &sorted.state;
    if (word == QLatin1String("--client"))
        return &sorted.client;
    if (word == QLatin1String("--listener"))
        return &sorted.listener;
    if (word == QLatin1String("--record"))
        return &sorted.record;
    return nullptr;
}

/// Options may stand anywhere, as "--name value" or "--name=value"; "--" ends them. Returns the
/// problem.
QString sort(const QStringList& words, Sorted& sorted)
{
    bool options = true;
    for (qsizetype i = 0; i < words.size(); ++i) {
        const QString& word = words[i];
        if (!options || !word.startsWith(u'-') || word.size() < 2 ||
            (word[1].isDigit() && !sorted.words.isEmpty())) {
            sorted.words << word;
        } else if (word == QLatin1String("--")) {
            options = false;
        } else if (word == QLatin1String("-H")) {
            if (++i == words.size())
                return QStringLiteral("-H needs a header");
            sorted.headers << words[i];
        } else if (bool* flag = flagOf(word, sorted)) {
            *flag = true;
        } else if (auto* value = valueOf(word.section(u'=', 0, 0), sorted)) {
            if (word.contains(u'='))
                *value = word.section(u'=', 1);
            else if (i + 1 < words.size())
                *value = words[++i];
            else
                return QStringLiteral("%1 needs a value").arg(word);
        } else {
            return QStringLiteral("there is no option %1").arg(quoted(word)) +
                   didYouMean(word, {"--socket", "--json", "--timeout", "--force", "--algorithm",
                                     "--address", "--weight", "--state", "--max-requests",
                                     "--backup", "--follow", "--client", "--listener", "--record",
                                     "--verify", "--help", "--version"});
        }
    }
    if (sorted.socket && sorted.socket->isEmpty())
        return QStringLiteral("--socket needs a path");
    return {};
}

/// The options of route and explain.
QString takeRequest(const Sorted& sorted, Invocation& into)
{
    QJsonArray headers;
    for (const QString& header : sorted.headers) {
        const qsizetype colon = header.indexOf(u':');
        if (colon < 1)
            return QStringLiteral("%1 is not a header such as 'x-beta: 1'").arg(quoted(header));
        headers.append(QJsonArray{header.left(colon), header.mid(colon + 1).trimmed()});
    }
    QJsonObject& arguments = into.command.arguments;
    if (!headers.isEmpty())
        arguments.insert(QStringLiteral("headers"), headers);
    if (sorted.client) {
        if (!config::isIpLiteral(sorted.client->toStdString()))
            return QStringLiteral("%1 is not an IP address").arg(quoted(*sorted.client));
        arguments.insert(QStringLiteral("client"), *sorted.client);
    }
    if (sorted.listener)
        arguments.insert(QStringLiteral("listener"), *sorted.listener);
    if (sorted.record) {
        if (*sorted.record != QLatin1String("all") && *sorted.record != QLatin1String("sampled"))
            return QStringLiteral("--record takes all or sampled");
        arguments.insert(QStringLiteral("record"), *sorted.record);
    }
    if (sorted.verify)
        arguments.insert(QStringLiteral("verify"), true);
    return {};
}

/// The problem when an option was given that `spec` does not take.
QString foreignOption(const Sorted& sorted, const CommandSpec& spec)
{
    const struct
    {
        const char* name;
        bool given;
        unsigned taken;
    } options[] = {
        {"--timeout", sorted.timeout.has_value(), Timeout},
        {"--force", sorted.force, Force},
        {"--weight", sorted.weight.has_value(), Weight},
        {"--state", sorted.state.has_value(), State},
        {"--algorithm", sorted.algorithm.has_value(), Balance},
        {"--address", sorted.address.has_value(), Address},
        {"--max-requests", sorted.maxRequests.has_value(), Limits},
        {"--backup", sorted.backup.has_value(), Limits},
        {"--follow", sorted.follow, Follow},
        {"-H", !sorted.headers.isEmpty(), Request},
        {"--client", sorted.client.has_value(), Request},
        {"--listener", sorted.listener.has_value(), Request},
        {"--record", sorted.record.has_value(), Record},
        {"--verify", sorted.verify, Verify},
    };

    for (const auto& option : options) {
        if (option.given && (spec.options & option.taken) == 0) {
            return QStringLiteral("%1 takes no %2")
                .arg(QLatin1String(spec.name), QLatin1String(option.name));
        }
    }
    return {};
}

QString takeOptions(const Sorted& sorted, const CommandSpec& spec, Invocation& into)
{
    QString problem = foreignOption(sorted, spec);
    if (problem.isEmpty())
        problem = takeRequest(sorted, into);
    into.follow = sorted.follow;
    if (sorted.force)
        into.command.arguments.insert(QStringLiteral("force"), true);

    const struct
    {
        const std::optional<QString>& text;
        QString (*take)(const QString&, Invocation&);
    } values[] = {
        {sorted.timeout, &takeTimeout},
        {sorted.weight, &takeWeight},
        {sorted.algorithm, &takeAlgorithm},
        {sorted.address, &takeAddress},
        {sorted.maxRequests, &takeMaxRequests},
        {sorted.backup, &takeBackup},
        {sorted.state, &takeState},
    };

    for (const auto& value : values) {
        if (problem.isEmpty() && value.text)
            problem = value.take(*value.text, into);
    }
    return problem;
}

QString takeWords(const QStringList& words, const CommandSpec& spec, Invocation& into)
{
    const QStringList expected = QString(QLatin1String(spec.words)).split(u' ', Qt::SkipEmptyParts);
    for (qsizetype i = 0; i < expected.size(); ++i) {
        const bool optional = expected[i].startsWith(u'[');
        const QByteArray name = (optional ? expected[i].mid(1).chopped(1) : expected[i]).toLatin1();
        if (i >= words.size()) {
            return optional ? QString()
                            : QStringLiteral("%1 needs %2")
                                  .arg(QLatin1String(spec.name), QLatin1String(name));
        }
        const QString problem = takerOf(QLatin1String(name))(words[i], into);
        if (!problem.isEmpty())
            return problem;
    }
    if (words.size() > expected.size()) {
        return QStringLiteral("%1 is one word too many").arg(quoted(words[expected.size()]));
    }
    return {};
}

} // namespace

Result<Invocation> parseArguments(const QStringList& words)
{
    Sorted sorted;
    const QString unsortable = sort(words, sorted);
    const CommandSpec* spec = sorted.words.isEmpty() ? nullptr : specOf(sorted.words.first());
    if (!unsortable.isEmpty())
        return usageError(unsortable, spec);

    Invocation invocation;
    invocation.json = sorted.json;
    invocation.socket = sorted.socket.value_or(QString());
    if (sorted.help || sorted.version) {
        invocation.kind = sorted.help ? Invocation::Kind::Help : Invocation::Kind::Version;
        return invocation;
    }
    if (sorted.words.isEmpty())
        return usageError(QStringLiteral("a command is missing"), nullptr);
    const QString& name = sorted.words.first();
    if (spec == nullptr) {
        std::vector<std::string_view> known;
        for (const CommandSpec& each : kCommands)
            known.emplace_back(each.name);
        return usageError(QStringLiteral("there is no command %1").arg(quoted(name)) +
                              didYouMean(name, known),
                          nullptr);
    }
    invocation.command.name = name;
    QString problem = takeWords(sorted.words.mid(1), *spec, invocation);
    if (problem.isEmpty())
        problem = takeOptions(sorted, *spec, invocation);
    if (!problem.isEmpty())
        return usageError(problem, spec);
    return invocation;
}

QString helpText()
{
    QString text =
        QStringLiteral("Usage: steelyardctl [--socket PATH] [--json] COMMAND ...\n"
                       "Controls a running Steelyard engine over its local socket.\n\nCommands:\n");
    for (const CommandSpec& spec : kCommands) {
        const QString usage = usageOf(spec).mid(static_cast<qsizetype>(sizeof("steelyardctl")));
        // A long one has its summary below.
        const QString gap = usage.size() > 43 ? u'\n' + QString(45, u' ') : QString();
        text +=
            QStringLiteral("  %1%2  %3\n").arg(usage, -43).arg(gap, QLatin1String(spec.summary));
    }
    text += QStringLiteral(
        "\nOptions:\n"
        "  --socket PATH    the engine's socket (default: $XDG_RUNTIME_DIR/steelyard.sock)\n"
        "  --json           answers as JSON; events as one object a line\n"
        "  --timeout T      deadline of a drain, such as 30s or 2m; 0 = none (default: the "
        "pool's)\n"
        "  --algorithm NAME of a new pool (default: power-of-two)\n"
        "  --address A      of a server: HOST:PORT\n"
        "  --weight N       of a server, 0-256 (of a new one: 100)\n"
        "  --max-requests N of a server, in flight at once; 0 = no limit\n"
        "  --backup yes|no  of a server: only while no other can be used\n"
        "  --state S        of a new server: ready, draining or maintenance (default: ready)\n"
        "  --force          also when it takes the last server out of service; save: also over a\n"
        "                   file that another program changed\n"
        "  -H, --client, --listener   of the request that route asks about\n"
        "  --record all     record every request's decision, not a sample; --record sampled ends "
        "it\n"
        "  --verify         make every recorded decision again and compare\n"
        "  --help, --version\n"
        "\nExit: 0 done or nothing to change, 1 refused, 2 wrong usage, 3 no engine there.\n");
    return text;
}

} // namespace steelyard::ctl
