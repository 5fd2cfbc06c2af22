/// `peak-ewma`: the lowest expected wait, which is the moving average of the latency times the
/// requests in flight with this one, over weight (Finagle's and linkerd's Peak EWMA). All are
/// compared in a small pool, two drawn ones in a larger. Thread: see balancer.h.
///
/// Nobody starves: one pick in 128 is drawn by weight alone, so that also a backend that looks bad
/// is measured again, and an average that is not renewed sinks (LoadSample).
#include "balancing/algorithms.h"

namespace steelyard::balancing {

namespace {

constexpr std::uint64_t kFloorMask = 127;

struct Wait
{
    float micros = 0; ///< expected, at weight 1

    [[nodiscard]] static Wait of(std::span<const Candidate> candidates, std::size_t i,
                                 const PickInputs& inputs) noexcept
    {
        const LoadSample load = loadOf(candidates, i, inputs);
        return {load.latencyAt(inputs.nowUs) * (static_cast<float>(load.inFlight) + 1) /
                static_cast<float>(candidates[i].weight)};
    }

    [[nodiscard]] bool below(const Wait& other) const noexcept { return micros < other.micros; }

    [[nodiscard]] bool equals(const Wait& other) const noexcept { return micros == other.micros; }
};

class PeakEwma final : public Balancer
{
public:
    PeakEwma(const BalancerOptions& options, Candidates from)
        : Balancer(options, std::move(from))
        , m_floor(makeRandom({Algorithm::Random}, {candidates().begin(), candidates().end()}))
    {
    }

    [[nodiscard]] int pick(const PickInputs& inputs) const override
    {
        if (isFloor(inputs))
            return m_floor->pick(inputs);
        return lowestOfFew<Wait>(candidates(), inputs);
    }

    void explain(const PickInputs& inputs, Explanation& out) const override
    {
        if (isFloor(inputs)) {
            m_floor->explain(inputs, out);
            out.rule = "one of 128 is drawn by weight alone, so that every server is measured";
            return;
        }
        out.rule = "of those looked at the lowest latency x in flight, with this request, / weight";
        explainFew(candidates().size(), inputs, out);
        for (std::size_t i = 0; i < candidates().size(); ++i) {
            const LoadSample load = loadOf(candidates(), i, inputs);
            Explanation::Line& line = out.candidates[i];
            line.score = static_cast<double>(Wait::of(candidates(), i, inputs).micros);
            line.text = latencyFigure(load.latencyAt(inputs.nowUs)) + " x " +
                        std::to_string(load.inFlight + 1ULL) + " / " +
                        std::to_string(candidates()[i].weight) + " = " + figure(line.score / 1000);
        }
    }

private:
    [[nodiscard]] static bool isFloor(const PickInputs& inputs) noexcept
    {
        return (inputs.draw & kFloorMask) == 0;
    }

    std::unique_ptr<Balancer> m_floor;
};

} // namespace

std::unique_ptr<Balancer> makePeakEwma(const BalancerOptions& options, Candidates candidates)
{
    return std::make_unique<PeakEwma>(options, std::move(candidates));
}

} // namespace steelyard::balancing
