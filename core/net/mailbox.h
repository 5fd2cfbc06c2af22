/// Calls handed from one thread to another's loop: an atomic list and an eventfd. Used between
/// control and workers in place of queued Qt signals, whose correct use TSan cannot see through
/// with Debian's Qt (architecture, Threads). Thread: post() from any; calls run on the receiver's
/// loop (an EventDispatcher) in the order posted.
#pragma once

#include "net/event_dispatcher.h"

#include <atomic>
#include <functional>

namespace steelyard::net {

class Mailbox final : private SocketWatcher
{
public:
    Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;
    ~Mailbox(); ///< what was posted and not run is destroyed unrun; open() must have been undone
                ///< with close()

    /// On the receiver's thread, which runs an EventDispatcher: starts and ends delivery. After
    /// close() nothing more is run until the next open(). A call may close the mailbox and then
    /// destroy it.
    void open();
    void close();
    /// Never blocks. Calls posted before open() are run then.
    void post(std::function<void()> call);

private:
    void socketReady(std::uint32_t events) override;
    struct Node;
    std::atomic<Node*> m_head{nullptr}; ///< newest first
    int m_eventFd = -1;                 ///< watched edge-triggered and so never read
    // Receiver's thread only:
    Node* m_taken = nullptr;                 ///< oldest first: taken off m_head, not run yet
    bool* m_destroyed = nullptr;             ///< set while calls run
    EventDispatcher* m_dispatcher = nullptr; ///< null: closed
    WatchId m_watch;
};

} // namespace steelyard::net
