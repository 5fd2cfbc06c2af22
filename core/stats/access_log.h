/// The access log's file, written by its own thread: workers leave lines in a ring each (1 MiB) and
/// never wait. When a ring is full its lines are dropped and counted. A full disk loses nothing
/// before that: what could not be written stays in the rings and is tried again. Thread: see each
/// function; `Report` is called on the writer's thread.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "stats/byte_ring.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace steelyard::stats {

class AccessLog
{
public:
    static constexpr std::size_t kRingBytes = 1U << 20U;
    /// Told what goes wrong (lines dropped, writes failing), at most once in 10 s.
    using Report = std::function<void(const std::string& text)>;

    /// Opens `path` for appending (created with mode 0640), "-" is stdout, and starts the thread.
    /// Errors: Io with "cannot open access log PATH: reason".
    [[nodiscard]] static Result<std::unique_ptr<AccessLog>>
    open(std::string path, int workers, Report report, std::size_t ringBytes = kRingBytes);
    /// Writes what is there (giving a stalled reader of stdout one second) and ends the thread.
    ~AccessLog();
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    /// Takes a line with its "\n". Only worker `worker` (0 to workers-1) may use its number. False:
    /// dropped.
    bool append(int worker, std::string_view line) noexcept;
    /// Any thread: the file was moved away, open the path anew before the next write. On failure
    /// the old file is kept.
    void reopen() noexcept;

    /// Any thread. Lines dropped, and writes that failed.
    [[nodiscard]] std::uint64_t dropped() const noexcept
    {
        return m_dropped.load(std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t writeErrors() const noexcept
    {
        return m_writeErrors.load(std::memory_order_relaxed);
    }

private:
    AccessLog(std::string path, int fd, int workers, Report report, std::size_t ringBytes);
    void run();
    void writeAll(bool stopping);
    [[nodiscard]] bool writeRing(ByteRing& ring, bool stopping);
    void openAnew();
    void failed(int error);
    void reportTroubles(TimePoint now);
    void wake() noexcept;

    std::string m_path;
    int m_fd;
    bool m_regular = false; ///< a file, not a pipe or terminal: writes do not block for long
    Report m_report;
    std::vector<std::unique_ptr<ByteRing>> m_rings;
    std::size_t m_firstRing = 0; ///< where to go on: a ring whose line is half written comes first
    int m_wakeFd;
    std::atomic<bool> m_stopping{false};
    std::atomic<bool> m_reopen{false};
    std::atomic<std::uint64_t> m_dropped{0};
    std::atomic<std::uint64_t> m_writeErrors{0};
    std::string m_trouble; ///< the last error's words; the writer's own
    std::uint64_t m_reportedDrops = 0;
    TimePoint m_nextReport{};
    std::thread m_thread;
};

} // namespace steelyard::stats
