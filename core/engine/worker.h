/// One data path thread: its loop, its acceptors, its connections. Control gives it orders through
/// its mailbox only. Thread: construct, start() and destroy on control; everything private runs on
/// the worker.
#pragma once

#include "net/listener.h"
#include "net/mailbox.h"
#include "proxy/replies.h"
#include "proxy/worker_context.h"
#include "stats/restore.h"

#include <QThread>

#include <functional>
#include <memory>
#include <vector>

namespace steelyard::engine {

class Worker final : private QThread
{
public:
    /// `wakeControl`: called from the worker's thread when a backend's run of errors is complete.
    Worker(int index, std::function<void()> wakeControl);
    ~Worker() override; ///< closes everything at once and joins

    void start();

    /// Installs a snapshot and the access log (null: off); `installed` runs on the worker
    /// afterwards.
    void install(runtime::SnapshotPtr snapshot, std::shared_ptr<stats::AccessLog> accessLog,
                 std::function<void()> installed);
    /// Takes over `fd` (a listening socket's duplicate).
    void addListener(std::uint32_t slot, std::shared_ptr<proxy::ListenerState> state, int fd);
    /// Stops accepting and lets the listener's connections end (ListenerState::removed is set
    /// already).
    void removeListener(std::uint32_t slot);
    /// Stops accepting everywhere, closes idle connections, busy ones after their response.
    /// `handingOver`: another engine has the listening sockets. Idle connections then get some
    /// seconds to ask once more, and are told with the answer, so that no request meets a close.
    void drain(bool handingOver);
    /// `alive` runs on the worker.
    void ping(std::function<void()> alive);
    /// Counts what was counted before a restart. Before the first connection only.
    void restoreCounters(const stats::Totals& totals);
    /// Ends what is still in flight at that backend; `pinnedOnly`: of clients pinned to it.
    void cut(std::shared_ptr<runtime::BackendState> backend, proxy::Cause cause,
             bool pinnedOnly = false);
    /// Has requests that wait in that queue look for a slot. Any thread.
    void pokeQueue(const runtime::RequestQueue* queue);
    /// Records every decision, or a sample again.
    void recordAll(bool all);

    using Decisions = std::vector<std::shared_ptr<const runtime::Decision>>;
    /// `done` runs on the worker with what is recorded, oldest first.
    void decisions(std::function<void(Decisions)> done);

    [[nodiscard]] const stats::WorkerCounters& counters() const noexcept { return m_counters; }

private:
    struct Accepting
    {
        std::uint32_t slot = 0;
        std::shared_ptr<proxy::ListenerState> state;
        std::unique_ptr<net::Acceptor> acceptor;
    };

    void run() override;
    void accepted(std::uint32_t slot, const std::shared_ptr<proxy::ListenerState>& state, int fd,
                  const net::SocketAddress& peer);

    const int m_index;
    const std::function<void()> m_wakeControl;
    stats::WorkerCounters m_counters;
    net::Mailbox m_mailbox;
    /// Set last on the thread, read after wait(): QThread orders the two, but in a way that TSan
    /// cannot see in an uninstrumented Qt.
    std::atomic<bool> m_ended{false};
    // The worker's own, between run()'s begin and end:
    proxy::WorkerContext* m_context = nullptr;
    std::vector<Accepting> m_accepting;
};

} // namespace steelyard::engine
