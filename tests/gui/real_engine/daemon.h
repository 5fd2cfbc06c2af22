/// A steelyardd of the test's own. Thread: main.
#pragma once

#include <QFile>
#include <QFileInfo>
#include <QProcess>

#include <csignal>

namespace steelyard::test {

/// steelyardd, ended with this object.
class Daemon
{
public:
    Daemon(const QString& file, const QString& socket, const QStringList& more = {})
    {
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("XDG_STATE_HOME"), QFileInfo(file).absolutePath());
        m_process.setProcessEnvironment(environment);
        m_process.start(
            QStringLiteral(STEELYARDD_PATH),
            QStringList{QStringLiteral("run"), file, QStringLiteral("--socket"), socket} + more);
    }

    ~Daemon() { kill(); }

    [[nodiscard]] bool ready()
    {
        m_output += m_process.readAllStandardOutput();
        return m_output.contains("ready ");
    }

    void kill()
    {
        if (m_process.state() == QProcess::NotRunning)
            return;
        ::kill(pid(), SIGKILL);
        m_process.waitForFinished();
    }

    [[nodiscard]] pid_t pid() const { return static_cast<pid_t>(m_process.processId()); }

    /// The engine that a supervisor has started; 0: none runs now.
    [[nodiscard]] pid_t child() const
    {
        QFile children(QStringLiteral("/proc/%1/task/%1/children").arg(m_process.processId()));
        if (!children.open(QIODevice::ReadOnly))
            return 0;
        return static_cast<pid_t>(children.readAll().split(' ').first().toInt());
    }

    /// Asks it to finish, and waits for that.
    void stop()
    {
        m_process.terminate();
        m_process.waitForFinished();
    }

private:
    QProcess m_process;
    QByteArray m_output;
};

} // namespace steelyard::test
