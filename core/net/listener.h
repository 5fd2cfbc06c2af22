/// Accepting: one listening socket per bind, dup()ed to a QTcpServer on every worker.
///
/// QTcpServer alone would take every waiting connection in one go and stop for good on EMFILE, so
/// it is used for the notification only: an event filter answers it with accept4 up to a budget;
/// what is left is told of again in the next turn. Workers share the load by a shared count: one
/// above the mean leaves connections to the others for a moment.
#pragma once

#include "base/result.h"
#include "net/transport.h"

#include <QTcpServer>

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

namespace steelyard::net {

/// A bound, listening socket (non-blocking, backlog 4096 or the system's limit). Closes its
/// descriptor. Thread: any (one owner).
class ListeningSocket
{
public:
    ~ListeningSocket();
    ListeningSocket(ListeningSocket&& other) noexcept;
    ListeningSocket& operator=(ListeningSocket&& other) noexcept;
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;

    /// Errors: Io with "cannot bind ADDRESS: reason" and a hint (who may hold it, privileged port,
    /// ...).
    [[nodiscard]] static Result<ListeningSocket> bind(const std::string& host, std::uint16_t port,
                                                      bool reusePort);
    /// Takes over a listening TCP socket of another process. Errors: InvalidInput, it is none.
    [[nodiscard]] static Result<ListeningSocket> adopt(int fd);

    [[nodiscard]] int descriptor() const { return m_fd; }

    [[nodiscard]] SocketAddress address() const; ///< as bound: port 0 is the real one
    [[nodiscard]] int duplicate() const;         ///< a new descriptor for one worker, -1 on failure

private:
    explicit ListeningSocket(int fd)
        : m_fd(fd)
    {
    }

    int m_fd = -1;
};

class Acceptor;

/// Connections held by each worker, shared by the acceptors of one listener (or of all), and how
/// many there may be. The Acceptor takes a place for each connection it hands out; who owns the
/// connection releases it when it closes.
struct AcceptShare
{
    explicit AcceptShare(int workers)
        : held(static_cast<std::size_t>(workers))
    {
    }

    struct alignas(64) Count
    {
        std::atomic<int> value{0};
        std::vector<Acceptor*> patient; ///< the worker's own: they leave connections to the others
    };

    /// Takes one of `limit` places; false: there is none.
    [[nodiscard]] bool reserve() noexcept
    {
        if (total.fetch_add(1, std::memory_order_relaxed) < limit.load(std::memory_order_relaxed))
            return true;
        total.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }

    /// The place of a connection that `worker` held is free again. On that worker.
    void release(int worker)
    {
        Count& count = held[static_cast<std::size_t>(worker)];
        count.value.fetch_sub(1, std::memory_order_relaxed);
        total.fetch_sub(1, std::memory_order_relaxed);
        if (!count.patient.empty())
            wake(count);
    }

    std::atomic<int> total{0}; ///< connections held by all workers
    std::atomic<int> limit{std::numeric_limits<int>::max()};
    std::vector<Count> held;

private:
    static void wake(Count& count);
};

/// Accepts on one worker. `taken` receives every accepted descriptor (non-blocking, owned by it
/// from then on) and the peer's address; it must not destroy the acceptor. An acceptor
/// takes while it holds less than the workers' mean plus max(1, 12 %); one above leaves what waits
/// to the others until it is below again, and takes it all the same if it still waits some
/// milliseconds later. Out of descriptors it tells some of the waiting clients by closing them and
/// tries again each 100 ms; the last tenth of the descriptors is left to probes and connections to
/// servers.
/// Thread: worker, on an EventDispatcher that outlives it.
class Acceptor final : public QTcpServer
{
    Q_OBJECT

public:
    using Taken = std::function<void(int fd, const SocketAddress& peer)>;
    Acceptor(int worker, std::shared_ptr<AcceptShare> share, Taken taken,
             QObject* parent = nullptr);
    ~Acceptor() override;

    /// Starts accepting on a descriptor from ListeningSocket::duplicate(), which it owns from then
    /// on, also on failure.
    [[nodiscard]] bool start(int fd);

    /// Times accepting stopped because the process had no descriptors left.
    [[nodiscard]] std::uint64_t exhausted() const noexcept { return m_exhausted; }

    /// A connection of this worker ended while it left what waits to the others.
    void placeFreed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    /// Accepts while below the share, and `grace` connections beyond it.
    void take(int grace);
    void turnAway(); ///< accepts and closes, by means of the spare descriptor
    [[nodiscard]] bool aboveShare() const;
    void pauseFor(Duration time);
    void runOut();
    void forgetPatience();
    void updateNotification();
    static void resume(void* self);

    int m_worker;
    std::shared_ptr<AcceptShare> m_share;
    Taken m_taken;
    std::uint64_t m_exhausted = 0;
    int m_fd = -1; ///< QTcpServer's; -1 before start()
    int m_spare;
    int m_mostDescriptor; ///< a number above it: too few are left
    /// Beyond the share after the next patient wait. It doubles each time: a short delay of the
    /// other workers then costs little balance, and a long one little time.
    int m_grace = 1;
    bool m_lacksDescriptors = false; ///< why m_resume is armed
    EventDispatcher* m_dispatcher = nullptr;
    Timer m_resume; ///< armed: not accepting for a while
};

} // namespace steelyard::net
