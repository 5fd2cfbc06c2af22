// The control plane's commands about the configuration as a whole: reload and save its file, tell
// it, and apply another text.
#include "config/reader.h"
#include "config/writer.h"
#include "engine/answers.h"
#include "engine/control_plane.h"
#include "engine/route_warnings.h"

#include <QFile>
#include <QJsonArray>

namespace steelyard::engine {

namespace {

QJsonArray toJsonArray(const config::Diagnostics& diagnostics, const std::string& file)
{
    QJsonArray array;
    for (const config::Diagnostic& each : diagnostics)
        array.append(qs(each.text(file)));
    return array;
}

} // namespace

std::string ControlPlane::directory() const
{
    const std::size_t slash = m_loaded.path.rfind('/');
    return slash == std::string::npos ? "." : m_loaded.path.substr(0, slash);
}

void ControlPlane::reload(const Done& done)
{
    if (m_loaded.path.empty()) {
        refuse(done, QStringLiteral("this configuration has no file"),
               QStringLiteral("save it to a file first"));
        return;
    }
    std::string text;
    config::ReadResult read = config::readFile(m_loaded.path, &text);
    addRouteWarnings(read);
    for (const config::Diagnostic& each : read.diagnostics) {
        const bool error = each.severity == config::Severity::Error;
        event(error ? stats::Level::Error : stats::Level::Warning, "config",
              each.text(m_loaded.path));
    }
    take(read, std::move(text), Source::File, done);
}

void ControlPlane::apply(const QJsonObject& arguments, const Done& done)
{
    const QJsonValue value = arguments.value(QStringLiteral("text"));
    if (!value.isString()) {
        refuse(done, QStringLiteral("apply needs the text of a configuration"));
        return;
    }
    std::string text = value.toString().toStdString();
    if (text == m_loaded.text && m_edits.empty()) {
        answer(done, Outcome::Nothing, QStringLiteral("this configuration is running already"));
        return;
    }
    config::ReadResult read = config::readText(text, directory());
    addRouteWarnings(read);
    take(read, std::move(text), Source::Operator, done);
}

/// What was read becomes what runs, or, when anything is wrong with it, nothing changes.
void ControlPlane::take(const config::ReadResult& read, std::string text, Source source,
                        const Done& done)
{
    const bool fromFile = source == Source::File;
    const std::string name = fromFile ? m_loaded.path : std::string("text");
    const QJsonObject data{{QStringLiteral("diagnostics"), toJsonArray(read.diagnostics, name)}};
    const QString hint = fromFile ? QStringLiteral("mend the file and reload again")
                                  : QStringLiteral("mend the text and apply it again");
    const std::string refused =
        std::string(fromFile ? "reload" : "apply") + " refused, nothing changed";
    const auto reject = [&](const QString& why) {
        event(stats::Level::Error, "config", refused + ": " + why.toStdString());
        refuse(done,
               QStringLiteral("%1 was refused, nothing changed: %2")
                   .arg(fromFile ? qs(m_loaded.path) : QStringLiteral("this configuration"), why),
               hint, data);
    };
    if (!read.config) {
        QStringList errors;
        for (const config::Diagnostic& each : read.diagnostics) {
            if (each.severity == config::Severity::Error)
                errors << qs(each.text(name));
        }
        event(stats::Level::Error, "config", refused);
        refuse(done, QStringLiteral("refused, nothing changed:\n%1").arg(errors.join(u'\n')), hint,
               data);
        return;
    }
    const config::Config& next = *read.config;
    if (auto prepared = prepareSessions(next); !prepared) {
        reject(qs(prepared.error().detail));
        return;
    }
    m_compiler->setSessions(m_sessions);
    if (auto bound = m_listeners.prepare(next); !bound) {
        reject(qs(bound.error().detail));
        return;
    }
    QStringList later;
    if (next.workers != m_loaded.config->workers)
        later << QStringLiteral("workers");
    if (next.admin.socket != m_loaded.config->admin.socket)
        later << QStringLiteral("admin.socket");
    if (next.admin.http != m_loaded.config->admin.http)
        later << QStringLiteral("admin.http");
    if (next.accessLog != m_loaded.config->accessLog) {
        auto before = m_accessLog;
        if (auto opened = openAccessLog(next); !opened) {
            m_accessLog = before;
            m_listeners.dropPrepared();
            reject(qs(opened.error().detail));
            return;
        }
    } else if (fromFile && m_accessLog) {
        m_accessLog->reopen(); // the usual meaning of SIGHUP to those who rotate logs
    }
    if (fromFile) {
        m_edits.yieldTo(*m_loaded.config, next);
        m_fileText = text;
    } else {
        m_edits.clear(); // the text says all: what operators changed before is in it, or undone
    }
    m_loaded = {read.config, std::move(text), m_loaded.path};
    ++m_configVersion;
    const QString told = fromFile ? QStringLiteral("reloaded %1").arg(qs(m_loaded.path))
                                  : QStringLiteral("applied the configuration");
    const QString restart = later.isEmpty() ? QString()
                                            : QStringLiteral("a change of %1 needs a restart")
                                                  .arg(later.join(QStringLiteral(", ")));
    event(later.isEmpty() ? stats::Level::Info : stats::Level::Warning, "config",
          (later.isEmpty() ? told : told + QStringLiteral("; ") + restart).toStdString());
    applyEdits([done, told, restart, data] { answer(done, Outcome::Done, told, restart, data); });
    if (m_accepts)
        m_listeners.commit(*m_compiler, m_workers);
    else
        beginAccepting();
    awaitGoodConfiguration();
    tickStats();
}

/// The loaded text with the runtime edits spliced in, comments and order kept; what it says is what
/// runs.
Result<LoadedConfig> ControlPlane::withEdits() const
{
    auto text = m_edits.writeInto(m_loaded.text);
    if (!text)
        return text.error();
    auto read = config::readText(text.value(), directory());
    if (!read.config)
        return Error{ErrorCode::Refused, "the edited text would not be valid", ""};
    return LoadedConfig{read.config, std::move(text.value()), m_loaded.path};
}

void ControlPlane::tellConfig(const Done& done)
{
    const std::string running = config::writeText(m_effective);
    const auto edited = withEdits();
    answer(done, Outcome::Done, QString(), {},
           {{QStringLiteral("text"), qs(m_loaded.path.empty() ? m_loaded.text : m_fileText)},
            {QStringLiteral("path"), qs(m_loaded.path)},
            {QStringLiteral("running"), qs(running)},
            {QStringLiteral("saved"), qs(edited ? edited.value().text : running)}});
}

void ControlPlane::save(const QJsonObject& arguments, const Done& done)
{
    if (m_loaded.path.empty()) {
        refuse(done, QStringLiteral("this configuration has no file"),
               QStringLiteral("use the console's \"Save as\""));
        return;
    }
    const bool force = arguments.value(QStringLiteral("force")).toBool();
    QFile file(qs(m_loaded.path));
    const bool changed =
        file.open(QIODevice::ReadOnly) && file.readAll().toStdString() != m_fileText;
    if (!hasUnsaved() && !(force && changed)) {
        answer(done, Outcome::Nothing,
               QStringLiteral("%1 says what is running already").arg(qs(m_loaded.path)));
        return;
    }
    if (changed && !force) {
        refuse(done, QStringLiteral("%1 was changed since it was loaded").arg(qs(m_loaded.path)),
               QStringLiteral("reload first: what you changed at run time is kept; or use --force "
                              "to write over it"),
               {{QStringLiteral("changed"), true}});
        return;
    }
    auto edited = withEdits();
    if (!edited) {
        refuse(done, QStringLiteral("cannot save: %1").arg(qs(edited.error().detail)),
               qs(edited.error().hint));
        return;
    }
    if (auto saved = config::saveFile(m_loaded.path, edited.value().text); !saved) {
        refuse(done, QStringLiteral("cannot save: %1").arg(qs(saved.error().detail)),
               qs(saved.error().hint));
        return;
    }
    m_loaded = std::move(edited.value());
    m_fileText = m_loaded.text;
    m_edits.clear();
    event(stats::Level::Info, "config", "saved " + m_loaded.path);
    applyEdits();
    answer(done, Outcome::Done,
           QStringLiteral("saved %1; the version before is %1~").arg(qs(m_loaded.path)));
}

} // namespace steelyard::engine
