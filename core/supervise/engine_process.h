/// One engine that the supervisor started: its process, its channel, and the descriptors it has
/// deposited for the next one. Thread: the supervisor's only one.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "supervise/message.h"

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace steelyard::supervise {

/// What is kept for the next engine. Shared: an engine that takes over begins with a copy of the
/// serving one's list, and only its own changes when it changes it.
struct Stored
{
    std::string name;
    std::shared_ptr<Descriptor> descriptor;
};

using Store = std::vector<Stored>;

struct StartWords
{
    bool takesOver = false;
    bool lastGood = false;
    std::string reason; ///< why the one before ended; empty: nothing ended
};

class EngineProcess
{
public:
    static constexpr std::size_t kMostStored = 512;

    enum class Role
    {
        Serving, ///< or about to
        Next,    ///< takes over when it is ready
        Leaving  ///< finishes what is in flight
    };

    /// Runs the program open as `program` with `arguments` (the first is its name).
    [[nodiscard]] static Result<std::unique_ptr<EngineProcess>>
    start(int program, const std::vector<std::string>& arguments, const StartWords& words,
          Store store);

    [[nodiscard]] pid_t pid() const { return m_pid; }

    [[nodiscard]] int channel() const { return m_channel.get(); } ///< -1 once it is closed

    void closeChannel() { m_channel.close(); }

    /// Keeps and forgets descriptors as the message wants.
    void updateStore(Message& message);
    void signal(int number) const;

    Role role = Role::Serving;
    Store store;
    TimePoint readyAt{};  ///< zero: not yet
    TimePoint deadline{}; ///< ends it unless it is moved: the next heartbeat, the end of a drain
    bool aborted = false; ///< the deadline has passed once
    std::string cause;    ///< why we ended it; empty: we did not

    EngineProcess(pid_t pid, Descriptor channel, Store begin)
        : store(std::move(begin))
        , m_pid(pid)
        , m_channel(std::move(channel))
    {
    }

private:
    pid_t m_pid;
    Descriptor m_channel;
};

} // namespace steelyard::supervise
