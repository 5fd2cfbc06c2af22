/// A pool as the outlier detector sees it, with a clock of its own.
#pragma once

#include "health/outlier_detector.h"

#include <string>
#include <vector>

namespace steelyard::health {

class OutlierPool
{
public:
    struct Server
    {
        std::string name;
        OutcomeTotals totals;
        std::uint64_t run = 0; ///< packed ErrorRun
        bool serves = true;
    };

    explicit OutlierPool(const config::OutlierDetection& settings, int size)
        : detector(settings)
    {
        for (int i = 0; i < size; ++i)
            servers.push_back({"s" + std::to_string(i), {}, 0, true});
    }

    void succeed(std::size_t server, int times, int latencyMs = 10)
    {
        servers[server].totals.successes += static_cast<std::uint64_t>(times);
        servers[server].totals.latencyMicros +=
            static_cast<std::uint64_t>(times) * static_cast<std::uint64_t>(latencyMs) * 1000;
        if (times > 0)
            servers[server].run = 0;
    }

    void fail(std::size_t server, int times, Failure failure = failureOfStatus(503))
    {
        servers[server].totals.errors += static_cast<std::uint64_t>(times);
        for (int i = 0; i < times; ++i)
            servers[server].run = ErrorRun::add(servers[server].run, failure);
    }

    /// As the control plane does: takes samples, and clears the runs of those that return.
    std::vector<OutlierEvent> update()
    {
        std::vector<OutlierDetector::Sample> samples;
        for (const Server& server : servers) {
            samples.push_back(
                {server.name, server.totals, ErrorRun::unpack(server.run), server.serves});
        }
        std::vector<OutlierEvent> events = detector.update(now, samples);
        for (const OutlierEvent& event : events) {
            for (Server& server : servers) {
                if (event.kind == OutlierEvent::Kind::Returned && event.backend == server.name)
                    server.run = 0;
            }
        }
        return events;
    }

    std::vector<OutlierEvent> updateAfter(milliseconds later)
    {
        now += later;
        return update();
    }

    [[nodiscard]] bool ejected(std::size_t server) const
    {
        return detector.ejected(servers[server].name);
    }

    [[nodiscard]] int ejectedCount() const
    {
        int count = 0;
        for (const Server& server : servers)
            count += detector.ejected(server.name) ? 1 : 0;
        return count;
    }

    OutlierDetector detector;
    std::vector<Server> servers;
    TimePoint now{std::chrono::hours(1)};
};

} // namespace steelyard::health
