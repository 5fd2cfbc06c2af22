/// Two hundred servers in twenty pools (one nginx behind them all), a steelyardd in front of them,
/// and all the load that the machine gives: what tests of the console at scale play on. Thread:
/// main.
#pragma once

#include "daemon.h"
#include "stage.h"

#include <memory>

namespace steelyard::test {

/// Under a sanitizer speed and memory say nothing.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kFiguresCount = false;
#else
inline constexpr bool kFiguresCount = true;
#endif

/// Seconds from which on a run says whether the memory stays.
inline constexpr int kLongRun = 300;

/// How long to run: what the environment's variable asks for, else ten seconds.
[[nodiscard]] int secondsOf(const char* variable);

/// The pages that live on the engine's figures.
[[nodiscard]] QStringList livePages();

/// A program that ends with this object.
class Program
{
public:
    /// `name`: of the PATH, or with its path.
    Program(const QString& name, const QStringList& arguments);
    ~Program();

    /// Closes its input, interrupts it, and returns what it wrote.
    QString end();

    void write(const QByteArray& line) { m_process.write(line); }

    /// Its next line within so many seconds; empty: none came.
    [[nodiscard]] QByteArray line(int seconds);

private:
    QProcess m_process;
};

struct Watched
{
    double cpu = 0;               ///< % of a core, of this thread
    double late99 = 0, worst = 0; ///< ms that a beat of 10 ms came late

    void takeWorse(const Watched& other);
};

/// Lets the console run for so long, and feels its pulse.
[[nodiscard]] Watched watch(double seconds);

/// CPU seconds that a process has used.
[[nodiscard]] double processSeconds(pid_t pid);

/// Heap and stacks of this process, in MB.
[[nodiscard]] double memory();

class LoadStage
{
public:
    static constexpr int kPools = 20; ///< p0, p1, ...; the path /pN leads to pN, any other to p0
    static constexpr int kServersOfAPool = 10;

    LoadStage();

    /// Starts the engine and waits until it serves.
    void startEngine();

    void killEngine() { m_daemon.reset(); }

    [[nodiscard]] pid_t engine() const { return m_daemon->pid(); }

    [[nodiscard]] int port() const { return m_port; }

    /// Arguments of wrk for a load on all pools in turn.
    [[nodiscard]] QStringList load(int seconds) const;

    /// Sets a console on the engine at one refresh a second, and waits until it shows all.
    void attach(Console& console) const;

private:
    void writeFiles(int backendPort);

    QTemporaryDir m_folder;
    std::unique_ptr<Program> m_servers;
    std::unique_ptr<Daemon> m_daemon;
    int m_port = 0;
};

} // namespace steelyard::test
