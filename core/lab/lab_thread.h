/// The one thread on which all of the lab lives: demo backends and load generator, beside the
/// engine's own threads. Calls go in by a mailbox; nothing comes out but relaxed counters, so the
/// lab never blocks or wakes the main thread. Thread: main, except where it says otherwise.
#pragma once

#include "net/mailbox.h"

#include <functional>
#include <memory>

namespace steelyard::lab {

class LabThread
{
public:
    LabThread();  ///< running when it returns
    ~LabThread(); ///< ends the loop and waits; what lives on the thread must be gone (call() it
                  ///< away)
    LabThread(const LabThread&) = delete;
    LabThread& operator=(const LabThread&) = delete;

    /// Runs `work` on the lab thread, later, in the order posted.
    void post(std::function<void()> work);
    /// Runs `work` on the lab thread and waits for it. Never from the lab thread.
    void call(const std::function<void()>& work);

private:
    class Loop;
    net::Mailbox m_mailbox;
    std::unique_ptr<Loop> m_loop;
};

} // namespace steelyard::lab
