#include "engine/engine.h"

#include "config/reader.h"
#include "engine/control_plane.h"
#include "engine/control_socket.h"
#include "engine/listeners.h"
#include "engine/local_engine_client.h"
#include "engine/route_warnings.h"
#include "runtime/session_token.h"

#include <QDir>
#include <QFileInfo>
#include <QPointer>
#include <QThread>

#include <atomic>
#include <future>
#include <utility>

namespace steelyard::engine {

/// The control thread: a loop, a mailbox, and the control plane living on it.
class ControlThread final : public QThread
{
public:
    ControlThread()
    {
        setObjectName(QStringLiteral("control"));
        setEventDispatcher(new net::EventDispatcher); // the thread takes ownership
    }

    ~ControlThread() override
    {
        if (isRunning()) {
            m_mailbox.post([this] { quit(); });
            wait();
        }
        (void)m_ended.load(std::memory_order_acquire);
    }

    /// Starts the thread and waits until everything is bound and running, or failed. `connectTo`
    /// runs on it first.
    Result<> begin(LoadedConfig loaded, const EngineOptions& options,
                   std::function<void(ControlPlane&)> connectTo)
    {
        // Shared: main goes on as soon as the value is there, while set_value() still returns.
        auto promise = std::make_shared<std::promise<Result<>>>();
        auto future = promise->get_future();
        m_run = [this, promise, &loaded, &options, connectTo = std::move(connectTo)] {
            ControlPlane plane(m_mailbox);
            m_mailbox.open();
            connectTo(plane);
            const auto begun = plane.begin(std::move(loaded), options);
            const bool ok = begun.ok();
            if (ok) {
                m_readyLine = plane.readyLine();
                m_plane = &plane;
            }
            promise->set_value(begun);
            if (ok)
                exec();
            m_mailbox.close();
        };
        start();
        Result<> result = future.get();
        if (!result)
            wait();
        return result;
    }

    /// From main, between a begin() that worked and this object's end.
    void post(std::function<void(ControlPlane&)> call)
    {
        m_mailbox.post([this, call = std::move(call)] { call(*m_plane); });
    }

    /// The plane itself: only for what it allows from any thread.
    [[nodiscard]] const ControlPlane& plane() const { return *m_plane; }

    [[nodiscard]] const std::string& readyLine() const { return m_readyLine; }

private:
    void run() override
    {
        m_run();
        runtime::releaseCryptoOfThread();
        m_ended.store(true, std::memory_order_release);
    }

    net::Mailbox m_mailbox;
    std::atomic<bool> m_ended{false}; ///< as in Worker: for TSan's eyes
    std::function<void()> m_run;
    ControlPlane* m_plane = nullptr;
    std::string m_readyLine;
};

namespace {

/// Carries an answer to the main thread, once: also when control ended before it ran the command,
/// or before it knew the answer.
class PendingAnswer
{
public:
    PendingAnswer(Engine* engine, QObject* context, EngineClient::Done done)
        : m_engine(engine)
        , m_context(context)
        , m_done(std::move(done))
    {
    }

    ~PendingAnswer()
    {
        give({Outcome::Unreachable,
              Engine::tr("The engine stopped before it answered."),
              Engine::tr("Start it again first."),
              {}});
    }

    PendingAnswer(const PendingAnswer&) = delete;
    PendingAnswer& operator=(const PendingAnswer&) = delete;

    void give(const CommandResult& result)
    {
        if (!m_done)
            return;
        // By way of the engine, which outlives its control thread: the context may end any time.
        QMetaObject::invokeMethod(
            m_engine,
            [context = m_context, done = std::exchange(m_done, nullptr), result] {
                if (!context.isNull())
                    done(result);
            },
            Qt::QueuedConnection);
    }

private:
    Engine* m_engine;
    QPointer<QObject> m_context;
    EngineClient::Done m_done;
};

} // namespace

Engine::Engine(QObject* parent)
    : QObject(parent)
{
    qRegisterMetaType<stats::Event>();
    qRegisterMetaType<QList<stats::Event>>();
}

Engine::~Engine() = default;

Result<> Engine::load(const QString& path, const QString& text, LoadedConfig& loaded)
{
    config::ReadResult read;
    if (text.isEmpty()) {
        loaded.path = QDir::current().absoluteFilePath(path).toStdString();
        read = config::readFile(loaded.path, &loaded.text);
    } else {
        loaded.path =
            path.isEmpty() ? std::string() : QDir::current().absoluteFilePath(path).toStdString();
        loaded.text = text.toStdString();
        const QString folder =
            path.isEmpty() ? QDir::currentPath() : QFileInfo(path).absolutePath();
        read = config::readText(loaded.text, folder.toStdString());
    }
    addRouteWarnings(read);
    m_diagnostics = std::move(read.diagnostics);
    if (!read.config)
        return Error{ErrorCode::InvalidInput, "the configuration is not valid",
                     "see the messages above"};
    loaded.config = read.config;
    return {};
}

Result<> Engine::checkBinds(const QString& path, const QString& text, const QSet<quint16>& leaving)
{
    LoadedConfig loaded;
    if (auto read = load(path, text, loaded); !read)
        return read;
    config::Config wanted = *loaded.config;
    for (config::Listener& listener : wanted.listeners) {
        std::erase_if(listener.binds,
                      [&](const config::Address& bind) { return leaving.contains(bind.port); });
    }
    return Listeners().prepare(wanted);
}

Result<> Engine::start(const QString& path, const QString& text, const EngineOptions& options)
{
    if (m_control)
        return Error{ErrorCode::Refused, "the engine is running already", "stop it first"};
    LoadedConfig loaded;
    if (auto read = load(path, text, loaded); !read)
        return read;

    const QString configured = QString::fromStdString(loaded.config->admin.socket);
    auto control = std::make_unique<ControlThread>();
    auto result = control->begin(std::move(loaded), options, [this](ControlPlane& plane) {
        connect(&plane, &ControlPlane::becameReady, this, &Engine::ready, Qt::QueuedConnection);
        connect(&plane, &ControlPlane::stopped, this, &Engine::ended, Qt::QueuedConnection);
        connect(&plane, &ControlPlane::snapshotPublished, this, &Engine::snapshotArrived,
                Qt::QueuedConnection);
        connect(
            &plane, &ControlPlane::eventPublished, this,
            [this](const stats::Event& event) { Q_EMIT eventsArrived({event}); },
            Qt::QueuedConnection);
    });
    if (!result)
        return result;
    m_control = std::move(control);
    m_socketPath = !options.serveSocket || options.socketPath == QLatin1String("none") ? QString()
                   : !options.socketPath.isEmpty()       ? options.socketPath
                   : configured != QLatin1String("auto") ? configured
                                                         : defaultSocketPath();
    m_readyLine = QString::fromStdString(m_control->readyLine());
    Q_EMIT runningChanged(true);
    return {};
}

void Engine::stop(int deadlineMs)
{
    if (!m_control)
        return;
    m_control->post([deadlineMs](ControlPlane& plane) { plane.stop(milliseconds(deadlineMs)); });
}

void Engine::handOver(int deadlineMs)
{
    if (m_control) {
        m_control->post(
            [deadlineMs](ControlPlane& plane) { plane.handOver(milliseconds(deadlineMs)); });
    }
}

void Engine::ended()
{
    if (!m_control)
        return;
    m_control.reset();
    Q_EMIT runningChanged(false);
    Q_EMIT stopped();
}

bool Engine::running() const
{
    return m_control != nullptr;
}

std::unique_ptr<EngineClient> Engine::makeClient()
{
    return std::make_unique<LocalEngineClient>(*this);
}

QString Engine::readyLine() const
{
    return m_readyLine;
}

std::shared_ptr<const stats::Snapshot> Engine::latest() const
{
    return m_control ? m_control->plane().latest() : nullptr;
}

void Engine::execute(const Command& command, QObject* context, EngineClient::Done done)
{
    if (!m_control)
        return;
    auto answer = std::make_shared<PendingAnswer>(this, context, std::move(done));
    m_control->post([command, answer](ControlPlane& plane) {
        plane.execute(command, [answer](const CommandResult& result) { answer->give(result); });
    });
}

} // namespace steelyard::engine
