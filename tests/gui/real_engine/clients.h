/// Blocking clients, each with a thread and a keep-alive connection of its own, one request after
/// the other. Every answer is noted with who gave it and when its request was sent, so that a test
/// can say "no request sent after that moment". Thread: main, but for the clients' own.
#pragma once

#include "base/clock.h"

#include <QString>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace steelyard::test {

class Clients
{
public:
    struct Answer
    {
        TimePoint sent, received;
        int status = 0;
        QString server; ///< X-Server; empty when the balancer itself answered
    };

    /// They begin at once, with the server at 127.0.0.1:`port`.
    Clients(quint16 port, int count);
    ~Clients();
    /// Ends them after the answers under way.
    void stop();

    [[nodiscard]] std::vector<Answer> answers() const;
    /// Those to requests that were sent at `from` or later, in the order of their coming.
    [[nodiscard]] std::vector<Answer> sentSince(TimePoint from) const;

    /// Requests that got no whole answer, and connections refused.
    [[nodiscard]] int failures() const { return m_failures; }

    /// Requests now waiting since at least `least`.
    [[nodiscard]] int waiting(milliseconds least) const;

private:
    struct Connection;
    void run(std::size_t client);

    const quint16 m_port;
    std::atomic<bool> m_ending{false};
    std::atomic<int> m_failures{0};
    mutable std::mutex m_mutex;
    std::condition_variable m_end; ///< m_ending
    std::vector<Answer> m_answers;
    std::vector<TimePoint> m_sent; ///< by client: of the request under way; none: a time of zero
    std::vector<std::thread> m_threads;
};

/// How many of them the server gave.
[[nodiscard]] int countOf(const std::vector<Clients::Answer>& answers, const QString& server);
/// The server's part of them, 0-1.
[[nodiscard]] double shareOf(const std::vector<Clients::Answer>& answers, const QString& server);

} // namespace steelyard::test
