#include "daemon/signals.h"

#include <QSocketNotifier>

#include <csignal>

#include <sys/signalfd.h>
#include <unistd.h>

namespace steelyard::daemon {

namespace {

sigset_t watched()
{
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGUSR1})
        sigaddset(&set, number);
    return set;
}

} // namespace

void takeSignals()
{
    const sigset_t set = watched();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGUSR2, SIG_IGN); // an upgrade is for the supervisor
}

void releaseSignals()
{
    const sigset_t set = watched();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

SignalWatcher::SignalWatcher(QObject* parent)
    : QObject(parent)
{
    const sigset_t set = watched();
    m_fd = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (m_fd < 0) { // without it the signals must not stay blocked
        releaseSignals();
        return;
    }
    auto* notifier = new QSocketNotifier(m_fd, QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, this, &SignalWatcher::read);
}

SignalWatcher::~SignalWatcher()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

void SignalWatcher::read()
{
    signalfd_siginfo info{};
    while (::read(m_fd, &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
        if (info.ssi_signo == SIGHUP)
            Q_EMIT reloadRequested();
        else if (info.ssi_signo == SIGUSR1)
            Q_EMIT handOverRequested();
        else
            Q_EMIT stopRequested();
    }
}

} // namespace steelyard::daemon
