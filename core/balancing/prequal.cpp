/// `prequal`: the hot/cold rule (Wydrowski, Kleinberg, Rumble, Archer: "Load is not what you should
/// balance: introducing Prequal", NSDI 2024, section 4). Three backends are probed for a request.
/// Those with more in flight over weight than the 0.84 quantile of the probes are hot. The cold one
/// with the lowest latency serves; if all are hot, the one with the least in flight.
///
/// The paper probes its replicas by messages, because others load them too, and keeps a pool of 16
/// answers. Here nothing is sent and nothing kept: a probe is one look at our own requests in
/// flight and their recent latency, fresh at every pick. Load from elsewhere shows through the
/// latency only. Looking at more than the paper's three a request makes a herd: the latency lags
/// behind what is in flight, and all would go to the few that look quick. Thread: see balancer.h.
#include "balancing/algorithms.h"

namespace steelyard::balancing {

namespace {

constexpr std::size_t kProbes = 3;
constexpr double kHotQuantile = 0.84;

struct Probe
{
    std::size_t index = 0;
    Pressure pressure;
    float latencyUs = 0;
    bool hot = false;

    /// Cold before hot; the cold by latency, the hot by pressure.
    [[nodiscard]] bool below(const Probe& other) const noexcept
    {
        if (hot != other.hot)
            return other.hot;
        return hot ? pressure.below(other.pressure) : latencyUs < other.latencyUs;
    }

    [[nodiscard]] bool equals(const Probe& other) const noexcept
    {
        return !below(other) && !other.below(*this);
    }
};

class Prequal final : public Balancer
{
public:
    using Balancer::Balancer;

    [[nodiscard]] int pick(const PickInputs& inputs) const override
    {
        Lowest<Probe> lowest(inputs.draw);
        const ProbePool pool(candidates(), inputs);
        for (const Probe& probe : pool.probes())
            lowest.offer(probe.index, probe);
        return lowest.index();
    }

    void explain(const PickInputs& inputs, Explanation& out) const override
    {
        const ProbePool pool(candidates(), inputs);
        out.rule = "the cold one of the lowest latency; without a cold one the least loaded";
        std::string drawn = std::to_string(pool.probes().size()) + " of " +
                            std::to_string(candidates().size()) + " probed";
        for (const Probe& probe : pool.probes()) {
            Explanation::Line& line = out.candidates[probe.index];
            line.drawn = true;
            line.score = probe.hot ? probe.pressure.value() : static_cast<double>(probe.latencyUs);
            line.text = std::string(probe.hot ? "hot: " : "cold: ") +
                        std::to_string(probe.pressure.inFlight) + " / " +
                        std::to_string(probe.pressure.weight) + ", " +
                        latencyFigure(probe.latencyUs);
        }
        out.draws.push_back(std::move(drawn));
    }

private:
    class ProbePool
    {
    public:
        ProbePool(std::span<const Candidate> candidates, const PickInputs& inputs)
        {
            const SortedTried tried(inputs.tried, candidates.size());
            const std::size_t left = candidates.size() - tried.size();
            // Distinct ranks among the untried: each draw is from those left, and steps over the
            // ranks below it that are taken, which are kept in ascending order.
            std::array<std::uint64_t, kProbes> taken{};
            std::uint64_t state = inputs.draw;
            while (m_size < std::min(left, kProbes)) {
                std::uint64_t rank = placeIn(mixed(state += kGoldenStep), left - m_size);
                std::size_t at = 0;
                for (; at < m_size && taken[at] <= rank; ++at)
                    ++rank;
                std::copy_backward(taken.begin() + at, taken.begin() + m_size,
                                   taken.begin() + m_size + 1);
                taken[at] = rank;
                take(candidates, tried.untried(rank), inputs);
            }
            if (m_size > 1)
                markHot();
        }

        [[nodiscard]] std::span<const Probe> probes() const { return {m_probes.data(), m_size}; }

    private:
        void take(std::span<const Candidate> candidates, std::size_t i, const PickInputs& inputs)
        {
            const LoadSample load = loadOf(candidates, i, inputs);
            m_probes[m_size++] = {i,
                                  {load.inFlight + 1ULL, candidates[i].weight},
                                  load.latencyAt(inputs.nowUs),
                                  false};
        }

        /// The threshold is the value at rank 0.84 (n - 1), so that with two the busier one is hot.
        void markHot()
        {
            std::array<double, kProbes> sorted{};
            for (std::size_t i = 0; i < m_size; ++i)
                sorted[i] = m_probes[i].pressure.value();
            const auto rank =
                static_cast<std::size_t>(kHotQuantile * static_cast<double>(m_size - 1));
            const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(rank);
            std::nth_element(sorted.begin(), nth,
                             sorted.begin() + static_cast<std::ptrdiff_t>(m_size));
            for (std::size_t i = 0; i < m_size; ++i)
                m_probes[i].hot = m_probes[i].pressure.value() > *nth;
        }

        std::array<Probe, kProbes> m_probes;
        std::size_t m_size = 0;
    };
};

} // namespace

std::unique_ptr<Balancer> makePrequal(const BalancerOptions& options, Candidates candidates)
{
    return std::make_unique<Prequal>(options, std::move(candidates));
}

} // namespace steelyard::balancing
