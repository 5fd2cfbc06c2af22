#include "net/listener.h"

#include <QEvent>
#include <QSocketNotifier>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace steelyard::net {

namespace {

constexpr int kAcceptsPerTurn = 32;
constexpr int kTurnedAwayPerRetry = 8;
constexpr auto kRetryAfterExhaustion = milliseconds(100);
/// How long connections are left to the other workers before this one takes them all the same.
constexpr auto kPatience = milliseconds(5);

/// A full listener looks for room this often: places are freed on any worker.
constexpr auto kFullRetry = milliseconds(20);

bool outOfResources(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

int openSpare()
{
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/// The kernel gives the lowest free number: a higher one says that nine tenths are in use.
int mostDescriptor()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return std::numeric_limits<int>::max();
    const rlim_t most = limit.rlim_cur - limit.rlim_cur / 10;
    return static_cast<int>(std::min<rlim_t>(most, std::numeric_limits<int>::max()));
}

} // namespace

Acceptor::Acceptor(int worker, std::shared_ptr<AcceptShare> share, Taken taken, QObject* parent)
    : QTcpServer(parent)
    , m_worker(worker)
    , m_share(std::move(share))
    , m_taken(std::move(taken))
    , m_spare(openSpare())
    , m_mostDescriptor(mostDescriptor())
    , m_resume(&Acceptor::resume, this)
{
}

Acceptor::~Acceptor()
{
    forgetPatience();
    if (m_spare >= 0)
        ::close(m_spare);
}

bool Acceptor::start(int fd)
{
    m_dispatcher = EventDispatcher::current();
    if (m_dispatcher == nullptr || !setSocketDescriptor(fd)) {
        ::close(fd);
        return false;
    }
    // QTcpServer's own answer to the notification would accept to the end and unbounded: see it
    // first.
    auto* notifier = findChild<QSocketNotifier*>();
    if (notifier == nullptr) {
        close();
        return false;
    }
    notifier->installEventFilter(this);
    m_fd = fd;
    updateNotification();
    return true;
}

void Acceptor::updateNotification()
{
    if (m_fd < 0)
        return;
    // Level-triggered: connections that wait in the backlog are told of again.
    if (m_resume.armed())
        pauseAccepting();
    else
        resumeAccepting();
}

void Acceptor::pauseFor(Duration time)
{
    m_dispatcher->wheel().arm(m_resume, m_dispatcher->now() + time);
    updateNotification();
}

void Acceptor::resume(void* self)
{
    auto* acceptor = static_cast<Acceptor*>(self);
    acceptor->forgetPatience();
    acceptor->updateNotification();
    // accept4() without descriptors fails even when nobody waits: after that, only a notification
    // may start it again.
    const bool lackedDescriptors = std::exchange(acceptor->m_lacksDescriptors, false);
    if (!lackedDescriptors) {
        acceptor->take(acceptor->m_grace);
        acceptor->m_grace = std::min(2 * acceptor->m_grace, kAcceptsPerTurn);
    }
}

bool Acceptor::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() != QEvent::SockAct)
        return QTcpServer::eventFilter(watched, event);
    take(0);
    return true;
}

bool Acceptor::aboveShare() const
{
    const auto& held = m_share->held;
    if (held.size() < 2)
        return false;
    int sum = 0;
    for (const auto& count : held)
        sum += count.value.load(std::memory_order_relaxed);
    const int mine = held[static_cast<std::size_t>(m_worker)].value.load(std::memory_order_relaxed);
    const double mean = static_cast<double>(sum) / static_cast<double>(held.size());
    return mine >= mean + std::max(1.0, 0.12 * mean);
}

void Acceptor::take(int grace)
{
    for (int taken = 0; taken < kAcceptsPerTurn; ++taken) {
        if (!aboveShare()) {
            m_grace = 1;
        } else if (grace-- <= 0) {
            m_share->held[static_cast<std::size_t>(m_worker)].patient.push_back(this);
            pauseFor(kPatience);
            return;
        }
        if (!m_share->reserve()) {
            pauseFor(kFullRetry); // the rest waits in the backlog
            return;
        }
        SocketAddress peer;
        peer.size = sizeof peer.storage;
        const int fd = ::accept4(m_fd, reinterpret_cast<sockaddr*>(&peer.storage), &peer.size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd > m_mostDescriptor) {
            ::close(fd);
            m_share->total.fetch_sub(1, std::memory_order_relaxed);
            return runOut();
        }
        if (fd >= 0) {
            m_share->held[static_cast<std::size_t>(m_worker)].value.fetch_add(
                1, std::memory_order_relaxed);
            m_taken(fd, peer);
            continue;
        }
        m_share->total.fetch_sub(1, std::memory_order_relaxed);
        if (outOfResources(errno))
            return runOut();
        if (errno == EAGAIN)
            return;
        // Else this one connection broke before it was taken: on with the next.
    }
}

void Acceptor::runOut()
{
    ++m_exhausted;
    m_lacksDescriptors = true;
    turnAway();
    pauseFor(kRetryAfterExhaustion);
}

void Acceptor::forgetPatience()
{
    std::erase(m_share->held[static_cast<std::size_t>(m_worker)].patient, this);
}

void AcceptShare::wake(Count& count)
{
    for (Acceptor* acceptor : std::vector<Acceptor*>(count.patient))
        acceptor->placeFreed();
}

void Acceptor::placeFreed()
{
    if (aboveShare())
        return;
    forgetPatience();
    m_resume.disarm();
    updateNotification();
}

void Acceptor::turnAway()
{
    for (int i = 0; i < kTurnedAwayPerRetry && m_spare >= 0; ++i) {
        ::close(m_spare);
        const int fd = ::accept4(m_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            ::close(fd);
        m_spare = openSpare();
        if (fd < 0)
            break;
    }
    // Another thread may have been quicker at the descriptor; the next retry tries again.
    if (m_spare < 0)
        m_spare = openSpare();
}

} // namespace steelyard::net
