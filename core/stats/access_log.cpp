/// The writer's loop: at most 100 ms after a line came, or at once when a ring is half full,
/// everything is written. Thread: see access_log.h.
#include "stats/access_log.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace steelyard::stats {

namespace {

constexpr int kWakeMs = 100;
constexpr seconds kReportEvery{10};
/// A pipe that polls as writable takes this much without blocking (PIPE_BUF).
constexpr std::size_t kPipeBytes = 4096;

std::string wordsOf(int error)
{
    return std::generic_category().message(error);
}

int openForAppend(const std::string& path) noexcept
{
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

bool isRegular(int fd) noexcept
{
    struct stat status
    {
    };

    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

} // namespace

Result<std::unique_ptr<AccessLog>> AccessLog::open(std::string path, int workers, Report report,
                                                   std::size_t ringBytes)
{
    const int fd = path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) : openForAppend(path);
    if (fd < 0) {
        return Error{ErrorCode::Io, "cannot open access log " + path + ": " + wordsOf(errno),
                     "check that its folder exists and may be written"};
    }
    return std::unique_ptr<AccessLog>(
        new AccessLog(std::move(path), fd, workers, std::move(report), ringBytes));
}

AccessLog::AccessLog(std::string path, int fd, int workers, Report report, std::size_t ringBytes)
    : m_path(std::move(path))
    , m_fd(fd)
    , m_regular(isRegular(fd))
    , m_report(std::move(report))
    , m_wakeFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
{
    for (int i = 0; i < workers; ++i)
        m_rings.push_back(std::make_unique<ByteRing>(ringBytes));
    m_thread = std::thread([this] { run(); });
}

AccessLog::~AccessLog()
{
    m_stopping.store(true, std::memory_order_release);
    wake();
    m_thread.join();
    ::close(m_fd);
    if (m_wakeFd >= 0)
        ::close(m_wakeFd);
}

bool AccessLog::append(int worker, std::string_view line) noexcept
{
    const ByteRing::Put put = m_rings[static_cast<std::size_t>(worker)]->append(line);
    if (put == ByteRing::Put::Refused)
        m_dropped.fetch_add(1, std::memory_order_relaxed);
    if (put == ByteRing::Put::HalfFull)
        wake();
    return put != ByteRing::Put::Refused;
}

void AccessLog::reopen() noexcept
{
    m_reopen.store(true, std::memory_order_release);
    wake();
}

void AccessLog::wake() noexcept
{
    // Without an eventfd (no descriptors left at start) the loop still comes by every 100 ms.
    const std::uint64_t one = 1;
    if (m_wakeFd >= 0) [[maybe_unused]]
        const ssize_t written = ::write(m_wakeFd, &one, sizeof one);
}

void AccessLog::run()
{
    // Signals are for the main thread, and a closed pipe must be an error here, not SIGPIPE.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    bool stopping = false;
    while (!stopping) {
        pollfd waiting{m_wakeFd, POLLIN, 0};
        if (::poll(&waiting, 1, kWakeMs) > 0) {
            std::uint64_t count = 0;
            [[maybe_unused]] const ssize_t got = ::read(m_wakeFd, &count, sizeof count);
        }
        stopping = m_stopping.load(std::memory_order_acquire);
        if (m_reopen.exchange(false, std::memory_order_acq_rel))
            openAnew();
        writeAll(stopping);
        reportTroubles(Clock::now());
    }
}

void AccessLog::openAnew()
{
    if (m_path == "-")
        return;
    // Lines from before the rotation belong to the old file.
    writeAll(false);
    const int fd = openForAppend(m_path);
    if (fd < 0)
        return failed(errno);
    ::close(m_fd);
    m_fd = fd;
    m_regular = isRegular(fd);
}

void AccessLog::writeAll(bool stopping)
{
    for (std::size_t i = 0; i < m_rings.size(); ++i) {
        const std::size_t ring = (m_firstRing + i) % m_rings.size();
        if (writeRing(*m_rings[ring], stopping))
            continue;
        // Another ring's bytes must not land inside this one's half-written line.
        m_firstRing = ring;
        return;
    }
}

bool AccessLog::writeRing(ByteRing& ring, bool stopping)
{
    while (true) {
        const auto [first, second] = ring.readable();
        std::string_view piece = first.empty() ? second : first;
        if (piece.empty())
            return true;
        if (!m_regular) {
            pollfd waiting{m_fd, POLLOUT, 0};
            if (::poll(&waiting, 1, stopping ? 1000 : kWakeMs) <= 0)
                return false;
            piece = piece.substr(0, kPipeBytes);
        }
        const ssize_t written = ::write(m_fd, piece.data(), piece.size());
        if (written < 0) {
            if (errno == EINTR)
                continue;
            failed(errno);
            return false;
        }
        ring.consume(static_cast<std::size_t>(written));
    }
}

void AccessLog::failed(int error)
{
    m_writeErrors.fetch_add(1, std::memory_order_relaxed);
    m_trouble = wordsOf(error);
}

void AccessLog::reportTroubles(TimePoint now)
{
    const std::uint64_t drops = dropped();
    if ((m_trouble.empty() && drops == m_reportedDrops) || now < m_nextReport)
        return;
    std::string text = "access log " + m_path + ":";
    if (!m_trouble.empty())
        text += " cannot write: " + m_trouble + ";";
    text += " " + std::to_string(drops - m_reportedDrops) + " lines dropped";
    m_trouble.clear();
    m_reportedDrops = drops;
    m_nextReport = now + kReportEvery;
    if (m_report)
        m_report(text);
}

} // namespace steelyard::stats
