/// The process's signals as Qt signals, by signalfd: nothing runs in a signal handler.
/// Thread: main.
#pragma once

#include <QObject>

namespace steelyard::daemon {

/// Blocks SIGHUP, SIGINT, SIGTERM and SIGUSR1 and ignores SIGPIPE and SIGUSR2: call before the
/// first thread starts, threads inherit it.
void takeSignals();
/// Gives SIGHUP, SIGINT and SIGTERM back to the system: the next one ends the process, whatever
/// hangs.
void releaseSignals();

class SignalWatcher final : public QObject
{
    Q_OBJECT

public:
    explicit SignalWatcher(QObject* parent = nullptr);
    ~SignalWatcher() override;

Q_SIGNALS:
    void reloadRequested();   ///< SIGHUP
    void stopRequested();     ///< SIGTERM or SIGINT
    void handOverRequested(); ///< SIGUSR1, from the supervisor: another engine serves already

private:
    void read();

    int m_fd;
};

} // namespace steelyard::daemon
