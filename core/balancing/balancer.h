/// START HERE. Choosing a backend is a pure function: pick(candidates, inputs) -> index. No
/// sockets, no health, no clock: the caller (runtime/CandidateSet) passes only backends that may be
/// chosen, with their effective weights. Recorded inputs give the recorded choice again; explain
/// (explain.h) and simulation rest on that.
///
/// A Balancer is built by the control thread when a pool's candidates or weights change, and then
/// only read, by all workers at once. What must be shared between workers is in the inputs: one
/// atomic cursor per pool, and the candidates' loads. Thread: build anywhere; pick() from any
/// number of threads.
#pragma once

#include "balancing/load.h"
#include "base/states.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace steelyard::balancing {

/// One backend that may be chosen. `weight` > 0: the caller leaves out weight 0.
struct Candidate
{
    std::uint32_t weight = 100;
    const Load* load = nullptr; ///< outlives the balancer; null counts as nothing in flight
    std::uint64_t id = 0;    ///< hash of the backend's name: the hash algorithms place it by this,
                             ///< so the order of the candidates does not matter to them
    std::uint32_t limit = 0; ///< requests in flight that it may have; 0: any number. `first` fills
                             ///< up to it; keeping it is the caller's
};

/// Candidates tried already for this request: at most 8 indexes.
class Tried
{
public:
    static constexpr std::uint32_t kMax = 8;

    void add(std::uint32_t index) noexcept
    {
        if (m_size < kMax)
            m_indexes[m_size++] = index;
    }

    [[nodiscard]] bool contains(std::uint32_t index) const noexcept
    {
        for (std::uint32_t i = 0; i < m_size; ++i) {
            if (m_indexes[i] == index)
                return true;
        }
        return false;
    }

    [[nodiscard]] std::uint32_t size() const noexcept { return m_size; }

    /// In the order added; may hold an index twice when it was added twice.
    [[nodiscard]] std::span<const std::uint32_t> indexes() const noexcept
    {
        return {m_indexes, m_size};
    }

private:
    std::uint32_t m_indexes[kMax]{};
    std::uint32_t m_size = 0;
};

/// Everything one choice depends on besides the candidates.
struct PickInputs
{
    std::uint64_t draw = 0;       ///< 64 random bits
    std::uint64_t cursor = 0;     ///< the pool's ticket for this pick (fetch_add of one shared
                                  ///< counter), used by round-robin only
    const Tried* tried = nullptr; ///< null: nothing was tried
    std::uint64_t key = 0;        ///< hashBytes() of the affinity key, used by the hashes
    bool hasKey = false;          ///< false: a hash goes by `draw` instead, a weighted random
    std::uint64_t nowUs = 0;      ///< µs since any fixed moment, the one of Load::recordLatency;
                                  ///< used by peak-ewma and prequal
    const LoadSample* loads = nullptr; ///< by candidate: taken instead of the live loads
    std::int64_t together = -1;        ///< in flight at all of them, and perhaps at some that were
                                       ///< candidates lately; -1, or with `loads`: their sum, made
                                       ///< when it is needed. Used by bounded loads
};

/// Why pick() chose as it did.
struct Explanation
{
    struct Line
    {
        double score = 0;   ///< what the algorithm compares
        std::string text;   ///< the same in words, with its terms
        bool drawn = false; ///< was looked at at all
    };

    int pick = -1;
    std::string rule;               ///< how the scores and draws decide
    std::vector<std::string> draws; ///< each random or shared number that decided, in words
    std::vector<Line> candidates;
};

/// What a pool's balancer is made of, besides its candidates.
struct BalancerOptions
{
    Algorithm algorithm = Algorithm::PowerOfTwo;
    std::optional<double> boundedLoad{}; ///< of the hashes: 1.25 lets nobody have more than 125 %
                                         ///< of its share of what is in flight; at least 1
    bool operator==(const BalancerOptions&) const = default;
};

class Balancer
{
public:
    static constexpr int kNone = -1;

    Balancer(const BalancerOptions& options, std::vector<Candidate> candidates)
        : m_options(options)
        , m_candidates(std::move(candidates))
    {
    }

    virtual ~Balancer() = default;
    /// An index into candidates(), never a tried one; kNone when all were tried or there are none.
    /// Deterministic in (candidates, loads, inputs).
    [[nodiscard]] virtual int pick(const PickInputs& inputs) const = 0;

    /// Fills everything of `out` but its pick; `out.candidates` has a line for each candidate.
    virtual void explain(const PickInputs& inputs, Explanation& out) const = 0;

    /// Does pick() use inputs.cursor? (Else the caller saves the shared fetch_add.)
    [[nodiscard]] virtual bool usesCursor() const { return false; }

    /// Does pick() use inputs.together? (Else the caller saves asking for it.)
    [[nodiscard]] virtual bool usesTogether() const { return false; }

    [[nodiscard]] std::span<const Candidate> candidates() const { return m_candidates; }

    [[nodiscard]] const BalancerOptions& options() const { return m_options; }

private:
    BalancerOptions m_options;
    std::vector<Candidate> m_candidates;
};

[[nodiscard]] std::unique_ptr<Balancer> makeBalancer(const BalancerOptions& options,
                                                     std::vector<Candidate> candidates);

/// Does the algorithm place requests by PickInputs::key?
[[nodiscard]] bool usesKey(Algorithm algorithm) noexcept;

/// Does the algorithm look at Load::latency? (Else nobody need record it.)
[[nodiscard]] bool usesLatency(Algorithm algorithm) noexcept;

/// The smooth weighted round-robin sequence over one period (nginx's algorithm): weights 5,1,1 give
/// 0 0 1 0 2 0 0. Weights are divided by their greatest common divisor first; the period is their
/// sum.
[[nodiscard]] std::vector<std::uint32_t>
smoothWeightedSequence(std::span<const std::uint32_t> weights);

} // namespace steelyard::balancing
