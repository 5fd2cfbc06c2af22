/// The demo: six servers in two pools on this machine, a configuration in front of them, and some
/// traffic. For `steelyard --demo`, `steelyardd demo`, screenshots and tests. Thread: main; the
/// servers and the load live on a thread of their own.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "lab/load_generator.h"

#include <QObject>
#include <QString>

#include <cstdint>
#include <memory>
#include <vector>

namespace steelyard::lab {

class DemoBackend;
class LabThread;
struct Conduct;

/// One server of the demo, to be made slow, faulty or dead. Lives as long as its Demo.
class DemoServer
{
public:
    DemoServer(QString pool, QString name, const Conduct& conduct, LabThread& thread);
    ~DemoServer();
    DemoServer(DemoServer&&) noexcept;
    DemoServer& operator=(DemoServer&&) = delete;

    [[nodiscard]] const QString& pool() const { return m_pool; }

    [[nodiscard]] const QString& name() const { return m_name; }

    [[nodiscard]] QString address() const; ///< "127.0.0.1:PORT"

    [[nodiscard]] std::uint16_t port() const { return m_port; }

    [[nodiscard]] const Conduct& conduct() const { return *m_conduct; }

    // What they are set to now; the units are those of the setters.
    [[nodiscard]] int latency() const;
    [[nodiscard]] double errorShare() const;
    [[nodiscard]] bool refusing() const;
    [[nodiscard]] bool hanging() const;

    void setLatency(int ms);          ///< 0 or more; keeps the jitter
    void setErrorShare(double share); ///< 0-1 of the requests answered with 500
    void setRefusing(bool refusing);  ///< true: as if its process had died
    void setHanging(bool hanging);    ///< true: accepts, never answers

    [[nodiscard]] std::uint64_t requests() const; ///< received so far, health checks too

private:
    friend class Demo;
    [[nodiscard]] Result<> open(std::uint64_t seed);
    void close();
    void apply();

    QString m_pool;
    QString m_name;
    std::unique_ptr<Conduct> m_conduct;
    LabThread* m_thread;
    std::unique_ptr<DemoBackend> m_backend; ///< lab thread, but for its counters
    std::uint16_t m_port = 0;
};

class Demo : public QObject
{
    Q_OBJECT

public:
    explicit Demo(QObject* parent = nullptr);
    ~Demo() override; ///< stops load, servers and thread

    /// Starts the servers. `port`: the listener's in configText(), 0-65535, 0 = any free one.
    /// Errors: Io (no socket).
    [[nodiscard]] Result<> start(int port);
    /// The configuration in front of them, as a file would say it. Empty before start().
    [[nodiscard]] QString configText() const;
    /// What to try and what to watch, one a line; `hostPort` is the listener's real address
    /// ("127.0.0.1:8080"), without it the one of the configuration.
    [[nodiscard]] QString summary(const QString& hostPort = {}) const;

    /// Sends traffic to the listener at `hostPort` (numeric host). Called again it moves to the new
    /// address.
    void startLoad(const QString& hostPort);
    /// Requests/s, 0-5,000; also before startLoad().
    void setLoadRate(int perSecond);

    [[nodiscard]] int loadRate() const { return m_rate; }

    [[nodiscard]] LoadCounts loadCounts() const; ///< since startLoad()

    [[nodiscard]] std::vector<DemoServer>& backends() { return m_servers; }

    [[nodiscard]] DemoServer* backend(const QString& pool,
                                      const QString& name); ///< null: no such one

private:
    void stop();

    std::unique_ptr<LabThread> m_thread;
    std::vector<DemoServer> m_servers;
    std::unique_ptr<LoadGenerator> m_load; ///< lab thread, but for counts()
    int m_port = 0;
    int m_rate = 200;
};

} // namespace steelyard::lab
