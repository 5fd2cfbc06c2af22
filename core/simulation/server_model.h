/// How one simulated server works at its requests: all at once, some while the rest queues, or all
/// while they share what it can do. Thread: one.
#pragma once

#include <queue>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace steelyard::simulation {

class ServerModel
{
public:
    /// `concurrency` 0: any number at full speed. `sharing`: beyond it each gets an equal part
    /// (processor sharing); else they queue, first come first served.
    ServerModel(int concurrency, bool sharing)
        : m_concurrency(static_cast<std::size_t>(concurrency))
        , m_sharing(sharing)
    {
    }

    /// A request that takes `serviceUs` alone comes at `nowUs`.
    void start(std::uint32_t request, double serviceUs, double nowUs);
    /// When the next request will be done, if nothing else comes.
    [[nodiscard]] std::optional<double> nextEnd() const;
    /// The request whose time that was; `nowUs` is nextEnd().
    [[nodiscard]] std::uint32_t finish(double nowUs);

private:
    using Job = std::pair<double, std::uint32_t>; ///< end (sharing: by m_worked), request

    [[nodiscard]] double speed() const;

    std::size_t m_concurrency;
    bool m_sharing;
    std::priority_queue<Job, std::vector<Job>, std::greater<>> m_running;
    std::deque<std::pair<std::uint32_t, double>> m_waiting;
    double m_worked = 0; ///< sharing: how far each that runs since the beginning would have come
    double m_at = 0;     ///< when m_worked was brought up to date
};

} // namespace steelyard::simulation
