#include "engine/worker.h"

#include "proxy/exchange.h"
#include "proxy/h1_client_connection.h"
#include "proxy/h1_server_connection.h"
#include "proxy/mirror.h"
#include "runtime/session_token.h"

namespace steelyard::engine {

Worker::Worker(int index, std::function<void()> wakeControl)
    : m_index(index)
    , m_wakeControl(std::move(wakeControl))
{
    setObjectName(QStringLiteral("worker-%1").arg(index));
    setEventDispatcher(new net::EventDispatcher); // the thread takes ownership
}

Worker::~Worker()
{
    if (isRunning()) {
        m_mailbox.post([this] { quit(); });
        wait();
    }
    (void)m_ended.load(std::memory_order_acquire);
}

void Worker::start()
{
    QThread::start();
}

void Worker::run()
{
    net::EventDispatcher& loop = *net::EventDispatcher::current();
    {
        proxy::WorkerContext context(m_index, loop, m_counters);
        context.wakeControl = m_wakeControl;
        m_context = &context;
        m_mailbox.open();
        exec();
        m_mailbox.close();
        m_accepting.clear();
        context.activeExchanges.forEach(
            [](proxy::Exchange& exchange) { exchange.cut(proxy::Cause::Shutdown); });
        context.mirrors.forEach([](proxy::Mirror& mirror) { mirror.cut(); });
        context.draining = true;
        while (!context.clients.empty()) {
            proxy::H1ServerConnection& client = context.clients.front();
            client.unlink();
            client.reset();
        }
        context.cache.closeAll();
        m_context = nullptr;
    }
    runtime::releaseCryptoOfThread();
    m_ended.store(true, std::memory_order_release);
}

void Worker::install(runtime::SnapshotPtr snapshot, std::shared_ptr<stats::AccessLog> accessLog,
                     std::function<void()> installed)
{
    m_mailbox.post([this, snapshot = std::move(snapshot), accessLog = std::move(accessLog),
                    installed = std::move(installed)] {
        const runtime::Snapshot& next = *snapshot;
        // A handle of this worker's own, so that exchanges do not contend for one reference count
        // with other workers.
        m_context->snapshot =
            runtime::SnapshotPtr(snapshot.get(), [snapshot](const runtime::Snapshot*) {});
        m_context->accessLog = accessLog;
        m_context->cache.setEndpoints(next);
        if (next.sessions && !m_context->tokens)
            m_context->tokens = std::make_unique<runtime::TokenCodec>(next.sessions->key);
        // Slots that nobody freed: a limit was raised, a server is back.
        m_context->pokeQueue(nullptr);
        installed();
    });
}

void Worker::addListener(std::uint32_t slot, std::shared_ptr<proxy::ListenerState> state, int fd)
{
    m_mailbox.post([this, slot, state = std::move(state), fd] {
        auto acceptor = std::make_unique<net::Acceptor>(
            m_index, state->share, [this, slot, state](int taken, const net::SocketAddress& peer) {
                accepted(slot, state, taken, peer);
            });
        if (!acceptor->start(fd))
            return;
        m_accepting.push_back({slot, state, std::move(acceptor)});
    });
}

void Worker::removeListener(std::uint32_t slot)
{
    m_mailbox.post([this, slot] {
        std::erase_if(m_accepting, [slot](const Accepting& each) { return each.slot == slot; });
        m_context->clients.forEach([](proxy::H1ServerConnection& client) { client.drain(); });
    });
}

void Worker::ping(std::function<void()> alive)
{
    m_mailbox.post(std::move(alive));
}

void Worker::restoreCounters(const stats::Totals& totals)
{
    stats::restore(m_counters, totals);
}

void Worker::drain(bool handingOver)
{
    m_mailbox.post([this, handingOver] {
        m_context->draining = true;
        m_context->handingOver = handingOver;
        m_accepting.clear();
        m_context->clients.forEach([](proxy::H1ServerConnection& client) { client.drain(); });
    });
}

void Worker::cut(std::shared_ptr<runtime::BackendState> backend, proxy::Cause cause,
                 bool pinnedOnly)
{
    m_mailbox.post([this, backend = std::move(backend), cause, pinnedOnly] {
        m_context->activeExchanges.forEach([&](proxy::Exchange& exchange) {
            if (exchange.backend() == backend.get() && (!pinnedOnly || exchange.pinned()))
                exchange.cut(cause);
        });
        if (pinnedOnly)
            return;
        m_context->mirrors.forEach([&](proxy::Mirror& mirror) {
            if (mirror.backend() == backend.get())
                mirror.cut();
        });
    });
}

void Worker::pokeQueue(const runtime::RequestQueue* queue)
{
    m_mailbox.post([this, queue] { m_context->pokeQueue(queue); });
}

void Worker::recordAll(bool all)
{
    m_mailbox.post([this, all] { m_context->decisions.recordAll(all); });
}

void Worker::decisions(std::function<void(Decisions)> done)
{
    m_mailbox.post([this, done = std::move(done)] { done(m_context->decisions.decisions()); });
}

void Worker::accepted(std::uint32_t slot, const std::shared_ptr<proxy::ListenerState>& state,
                      int fd, const net::SocketAddress& peer)
{
    auto transport = net::adoptTcp(fd);
    if (!transport) { // no room in the loop
        state->share->release(m_index);
        return;
    }
    auto* client =
        new proxy::H1ServerConnection(*m_context, std::move(transport), slot, state, peer);
    client->start();
}

} // namespace steelyard::engine
