#include "app/engine_session.h"

#include "engine/control_socket.h"
#include "engine/remote_engine_client.h"
#include "lab/demo.h"

#include <QFileInfo>
#include <QSet>

namespace steelyard::gui {

namespace {

constexpr int kDemoPort = 8080; // the one in the manual; any other when it is taken
constexpr int kMostProblems = 8;

} // namespace

EngineSession::EngineSession(bool serveSocket, QObject* parent)
    : Session(parent)
    , m_serveSocket(serveSocket)
{
}

EngineSession::~EngineSession()
{
    m_demo.reset();
    m_client.reset();
}

QString EngineSession::problems(const config::Diagnostics& diagnostics, const QString& path) const
{
    QStringList lines;
    for (const config::Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.severity != config::Severity::Error)
            continue;
        if (lines.size() == kMostProblems) {
            lines << tr("and more");
            break;
        }
        lines << QString::fromStdString(diagnostic.text(QFileInfo(path).fileName().toStdString()));
    }
    return lines.join(u'\n');
}

EngineSession::Failure EngineSession::failureOf(const Error& error,
                                                const config::Diagnostics& diagnostics,
                                                const QString& path, const QString& title) const
{
    if (const QString found = problems(diagnostics, path); !found.isEmpty())
        return {tr("%1 cannot be used").arg(title), found};
    return {tr("%1 cannot start: %2").arg(title, QString::fromStdString(error.detail)),
            QString::fromStdString(error.hint)};
}

void EngineSession::openFile(const QString& path)
{
    start(QFileInfo(path).absoluteFilePath(), {}, QFileInfo(path).fileName());
}

void EngineSession::openText(const QString& text)
{
    start({}, text, tr("new configuration"));
}

void EngineSession::start(const QString& path, const QString& text, const QString& title)
{
    // Looked at first: what cannot serve must not end what is serving.
    QSet<quint16> leaving;
    const auto now = m_engine ? m_client->latest() : nullptr;
    for (const stats::ListenerRow& listener :
         now ? now->listeners : std::vector<stats::ListenerRow>()) {
        for (const std::string& address : listener.addresses)
            leaving.insert(QString::fromStdString(address).section(u':', -1).toUShort());
    }
    engine::Engine candidate;
    if (const Result<> bound = candidate.checkBinds(path, text, leaving); !bound) {
        Failure failure = failureOf(bound.error(), candidate.diagnostics(), path, title);
        if (m_client && !m_stopping)
            failure.text += tr(". %1 goes on").arg(m_title);
        Q_EMIT failed(failure.text, failure.detail);
        return;
    }
    replaceBy([this, path, text, title] { return startEngine(path, text, title); });
}

/// An engine of ours holds its ports and the control socket, so it goes before the new one starts;
/// should that one fail all the same, the old one comes back.
void EngineSession::replaceBy(const Starter& starter)
{
    const bool serving = m_engine != nullptr && !m_stopping;
    const auto now = serving ? m_client->latest() : nullptr;
    const bool unsaved = now && now->unsavedChanges;
    const QString before = m_title;
    const bool ended = m_engine != nullptr;
    if (ended)
        letGo();
    std::optional<Failure> failure = starter();
    if (!failure) {
        m_again = starter;
        Q_EMIT clientChanged();
        return;
    }
    if (serving) {
        const std::optional<Failure> second = m_again();
        failure->text += second ? tr(". %1 had to stop, and: %2").arg(before, second->text)
                         : unsaved
                             ? tr(". %1 was started again, without its unsaved changes").arg(before)
                             : tr(". %1 was started again").arg(before);
    } else if (m_client) {
        failure->text += tr(". %1 goes on").arg(before);
    }
    if (ended)
        Q_EMIT clientChanged();
    Q_EMIT failed(failure->text, failure->detail);
}

std::optional<EngineSession::Failure>
EngineSession::startEngine(const QString& path, const QString& text, const QString& title)
{
    auto engine = std::make_unique<engine::Engine>();
    if (const Result<> started = engine->start(path, text, {QString(), m_serveSocket}); !started)
        return failureOf(started.error(), engine->diagnostics(), path, title);
    adopt(std::move(engine), title, path);
    return std::nullopt;
}

void EngineSession::startDemo()
{
    replaceBy([this] { return beginDemo(); });
}

std::optional<EngineSession::Failure> EngineSession::beginDemo()
{
    QString why;
    if (tryDemo(kDemoPort, m_serveSocket, &why) || tryDemo(0, m_serveSocket, &why) ||
        tryDemo(0, false, &why))
        return std::nullopt;
    return Failure{tr("The demo cannot start"), why};
}

bool EngineSession::tryDemo(int port, bool socket, QString* why)
{
    auto demo = std::make_unique<lab::Demo>();
    const Result<> backends = demo->start(port);
    if (!backends) {
        *why = QString::fromStdString(backends.error().detail);
        return false;
    }
    auto engine = std::make_unique<engine::Engine>();
    const Result<> started = engine->start({}, demo->configText(), {QString(), socket});
    if (!started) {
        *why = QString::fromStdString(started.error().detail);
        return false;
    }
    // "web=127.0.0.1:8080 ...": the load goes to the first listener, and once servers can answer: a
    // demo does not begin with errors.
    const QString listener = engine->readyLine().section(u' ', 0, 0).section(u'=', 1);
    connect(engine.get(), &engine::Engine::ready, demo.get(),
            [demo = demo.get(), listener] { demo->startLoad(listener); });
    m_demo = std::move(demo);
    adopt(std::move(engine), tr("Demo"), {});
    return true;
}

void EngineSession::adopt(std::unique_ptr<engine::Engine> engine, const QString& title,
                          const QString& path)
{
    m_candidate.reset();
    m_client.reset();
    m_engine = std::move(engine);
    m_stopping = false;
    m_title = title;
    m_path = path;
    connect(
        m_engine.get(), &engine::Engine::stopped, this,
        [this] {
            letGo();
            Q_EMIT clientChanged();
        },
        Qt::QueuedConnection);
    m_client = m_engine->makeClient();
}

void EngineSession::adopt(std::unique_ptr<engine::RemoteEngineClient> remote)
{
    letGo();
    m_title = tr("engine at %1").arg(remote->path());
    m_path.clear();
    m_remoteSocket = remote->path();
    m_client = std::move(remote);
}

QString EngineSession::socketPath() const
{
    return m_engine ? m_engine->socketPath() : m_remoteSocket;
}

void EngineSession::attach(const QString& socketPath)
{
    const QString socket = socketPath.isEmpty() ? engine::defaultSocketPath() : socketPath;
    const auto again = [this, socket]() -> std::optional<Failure> {
        adopt(std::make_unique<engine::RemoteEngineClient>(socket));
        return std::nullopt;
    };
    if (!m_client) {
        replaceBy(again);
        return;
    }
    // What is there stays until the other one answers.
    m_candidate = std::make_unique<engine::RemoteEngineClient>(socket);
    connect(
        m_candidate.get(), &engine::EngineClient::connectedChanged, this,
        [this, again] {
            if (!m_candidate)
                return;
            disconnect(m_candidate.get(), nullptr, this, nullptr);
            adopt(std::move(m_candidate));
            m_again = again;
            Q_EMIT clientChanged();
        },
        Qt::QueuedConnection);
    connect(
        m_candidate.get(), &engine::RemoteEngineClient::connectionFailed, this,
        [this, socket](const QString& why) {
            if (!m_candidate)
                return;
            m_candidate.reset();
            Q_EMIT failed(tr("No engine at %1: %2. %3 goes on").arg(socket, why, m_title), {});
        },
        Qt::QueuedConnection);
}

void EngineSession::restart()
{
    if (const Starter again = m_again)
        replaceBy(again);
}

void EngineSession::stop()
{
    m_demo.reset();
    if (m_engine) {
        m_stopping = true;
        m_engine->stop();
        return;
    }
    letGo();
    Q_EMIT clientChanged();
}

void EngineSession::letGo()
{
    m_demo.reset();
    // The window still holds the pointer until clientChanged(); it is guarded there.
    m_client.reset();
    if (m_engine)
        disconnect(m_engine.get(), nullptr, this, nullptr);
    m_engine.reset();
    m_remoteSocket.clear();
    m_stopping = false;
}

} // namespace steelyard::gui
