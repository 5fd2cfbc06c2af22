/// What live traffic shows of a backend, for passive health: each worker counts into its own place,
/// and one shared word holds the present run of errors, so that whoever completes it can wake
/// control at once. Every attempt counts, retried or not. Thread: workers write, each with its own
/// index; control reads and clears.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace steelyard {

/// Why an attempt counts as an error: below 100 one of these, else the status of the response
/// (500-599).
enum class Failure : std::uint16_t
{
    None = 0,
    Connect = 1, ///< refused, unreachable, or not connected in time
    Timeout = 2, ///< no response in time
    Reset = 3,   ///< reset or closed before the response was complete, or no valid response
};

[[nodiscard]] constexpr Failure failureOfStatus(int status) noexcept
{
    return status >= 500 && status <= 599 ? static_cast<Failure>(status) : Failure::None;
}

/// Errors without a success between them. Packs into one word: count in 16 bits (stays at its
/// greatest), the last four failures in 12 each.
struct ErrorRun
{
    static constexpr std::uint32_t kMaxCount = 0xFFFF;

    std::uint32_t count = 0;
    std::array<Failure, 4> last{}; ///< newest first

    [[nodiscard]] static constexpr ErrorRun unpack(std::uint64_t word) noexcept
    {
        ErrorRun run;
        run.count = static_cast<std::uint32_t>(word & kMaxCount);
        for (unsigned i = 0; i < 4; ++i)
            run.last[i] = static_cast<Failure>(word >> (16U + 12U * i) & 0xFFFU);
        return run;
    }

    /// The word for the run that `failure` makes of the run `word`.
    [[nodiscard]] static constexpr std::uint64_t add(std::uint64_t word, Failure failure) noexcept
    {
        const std::uint64_t count = std::min<std::uint64_t>((word & kMaxCount) + 1, kMaxCount);
        const std::uint64_t older = word >> 16U << 28U; // the oldest one falls off the top
        return count | static_cast<std::uint64_t>(failure) << 16U | older;
    }
};

/// Sums over all workers, since the beginning.
struct OutcomeTotals
{
    std::uint64_t successes = 0;
    std::uint64_t errors = 0;
    std::uint64_t latencyMicros = 0; ///< of the successes, from the lease to the response's head

    [[nodiscard]] std::uint64_t requests() const noexcept { return successes + errors; }
};

/// One backend's outcomes. A success costs two additions in the worker's own cache line and a look
/// at a line that only errors change.
class BackendOutcomes
{
public:
    explicit BackendOutcomes(int workers)
        : m_counters(static_cast<std::size_t>(workers))
    {
    }

    // ---- workers

    void succeeded(int worker, std::uint64_t latencyMicros) noexcept
    {
        Counters& mine = m_counters[static_cast<std::size_t>(worker)];
        add(mine.successes, 1);
        add(mine.latencyMicros, latencyMicros);
        if (m_run.load(std::memory_order_relaxed) != 0)
            m_run.store(0, std::memory_order_relaxed);
    }

    /// True when this error completes a run of the threshold's length: wake control.
    [[nodiscard]] bool failed(int worker, Failure failure) noexcept
    {
        add(m_counters[static_cast<std::size_t>(worker)].errors, 1);
        std::uint64_t before = m_run.load(std::memory_order_relaxed);
        std::uint64_t now = 0;
        do {
            now = ErrorRun::add(before, failure);
        } while (!m_run.compare_exchange_weak(before, now, std::memory_order_relaxed));
        const std::uint32_t threshold = m_threshold.load(std::memory_order_relaxed);
        if (threshold == 0 || (now & ErrorRun::kMaxCount) != threshold ||
            (before & ErrorRun::kMaxCount) == threshold) {
            return false;
        }
        m_reached.store(now, std::memory_order_relaxed);
        return true;
    }

    // ---- control

    /// The run that must be told at once; 0: none.
    void setThreshold(std::uint32_t errors) noexcept
    {
        m_threshold.store(std::min(errors, ErrorRun::kMaxCount), std::memory_order_relaxed);
    }

    /// The run that reached the threshold since the last call, though a success may have ended it
    /// meanwhile; else the present one.
    [[nodiscard]] ErrorRun takeRun() noexcept
    {
        const ErrorRun reached = ErrorRun::unpack(m_reached.exchange(0, std::memory_order_relaxed));
        const ErrorRun present = ErrorRun::unpack(m_run.load(std::memory_order_relaxed));
        return reached.count > present.count ? reached : present;
    }

    /// A backend that returns begins without its old errors.
    void clearRun() noexcept
    {
        m_run.store(0, std::memory_order_relaxed);
        m_reached.store(0, std::memory_order_relaxed);
    }

    [[nodiscard]] OutcomeTotals totals() const noexcept
    {
        OutcomeTotals sum;
        for (const Counters& one : m_counters) {
            sum.successes += one.successes.load(std::memory_order_relaxed);
            sum.errors += one.errors.load(std::memory_order_relaxed);
            sum.latencyMicros += one.latencyMicros.load(std::memory_order_relaxed);
        }
        return sum;
    }

private:
    struct alignas(64) Counters
    {
        std::atomic<std::uint64_t> successes{0}, errors{0}, latencyMicros{0};
    };

    /// One writer: no lock prefix.
    static void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept
    {
        counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }

    std::vector<Counters> m_counters;
    alignas(64) std::atomic<std::uint64_t> m_run{0}; ///< packed ErrorRun
    std::atomic<std::uint64_t> m_reached{0};         ///< packed; 0: not reached
    std::atomic<std::uint32_t> m_threshold{0};
};

} // namespace steelyard
