/// Two hundred servers in twenty pools under all the load that the machine gives, and a console on
/// that engine: what it costs the console's thread, how late it answers, whether its memory stays,
/// and what being watched costs the engine. Short by itself;
/// STEELYARD_SCALE_SECONDS=600 QTEST_FUNCTION_TIMEOUT=3600000 gives figures to quote.

#include "daemon.h"
#include "stage.h"
#include "support/test_main.h"

#include <QComboBox>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTimer>

#include <algorithm>
#include <ctime>

#include <unistd.h>

using namespace steelyard;

namespace {

constexpr int kPools = 20;
constexpr int kServersOfAPool = 10;
constexpr int kShort = 10;         ///< seconds
constexpr int kLong = 300;         ///< from here on the memory is judged
constexpr double kMostCpu = 15;    ///< % of a core
constexpr double kMostLate = 50;   ///< ms, of 99 % of the beats
constexpr double kMostWatched = 3; ///< % more CPU a request
constexpr int kRounds = 5;
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kJudged = false;
#else
constexpr bool kJudged = true;
#endif

int wanted()
{
    const int asked = qEnvironmentVariableIntValue("STEELYARD_SCALE_SECONDS");
    return asked > 0 ? asked : kShort;
}

double secondsOf(clockid_t clock)
{
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double processSeconds(pid_t pid)
{
    clockid_t clock = 0;
    return ::clock_getcpuclockid(pid, &clock) == 0 ? secondsOf(clock) : 0;
}

/// Heap and stacks of this process, in MB.
double memory()
{
    const QString status = test::Servers::read(QStringLiteral("/proc/self/status"));
    const auto found = QRegularExpression(QStringLiteral("RssAnon:\\s+(\\d+)")).match(status);
    return found.captured(1).toDouble() / 1024;
}

/// A program that ends with this object.
class Program
{
public:
    Program(const QString& name, const QStringList& arguments)
    {
        QString path = QStandardPaths::findExecutable(name);
        if (path.isEmpty()) // where an ordinary user's PATH does not lead
            path = QStandardPaths::findExecutable(name, {QStringLiteral("/usr/sbin")});
        m_process.start(path, arguments);
    }

    ~Program() { (void)end(); }

    QString end()
    {
        if (m_process.state() != QProcess::NotRunning) {
            ::kill(static_cast<pid_t>(m_process.processId()), SIGINT);
            m_process.waitForFinished();
        }
        return QString::fromUtf8(m_process.readAll());
    }

private:
    QProcess m_process;
};

struct Watched
{
    double cpu = 0;               ///< % of a core
    double late99 = 0, worst = 0; ///< ms
};

/// Lets the console run for so long, and feels its pulse.
Watched watch(double seconds)
{
    constexpr int kBeat = 10;
    std::vector<double> late;
    QElapsedTimer sinceBeat;
    QTimer beat;
    beat.setTimerType(Qt::PreciseTimer);
    QObject::connect(&beat, &QTimer::timeout, &beat, [&] {
        late.push_back(std::max(0.0, static_cast<double>(sinceBeat.nsecsElapsed()) / 1e6 - kBeat));
        sinceBeat.start();
    });
    QEventLoop loop;
    QTimer::singleShot(static_cast<int>(seconds * 1000), &loop, &QEventLoop::quit);
    const double cpu = secondsOf(CLOCK_THREAD_CPUTIME_ID);
    QElapsedTimer whole;
    whole.start();
    sinceBeat.start();
    beat.start(kBeat);
    loop.exec();
    Watched out;
    out.cpu = (secondsOf(CLOCK_THREAD_CPUTIME_ID) - cpu) * 1e11 /
              static_cast<double>(whole.nsecsElapsed());
    std::sort(late.begin(), late.end());
    if (!late.empty()) {
        out.late99 = late[late.size() * 99 / 100];
        out.worst = late.back();
    }
    return out;
}

} // namespace

class ScaleTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void theConsoleStaysLightAndQuick();
    void theEngineHardlyFeelsIt();
    void cleanupTestCase();

private:
    void writeFiles(int port);
    [[nodiscard]] QStringList load(int seconds) const;
    /// CPU µs of the engine for each request of a load of so many seconds.
    [[nodiscard]] double cost(int seconds);
    void attach(test::Console& console);

    QTemporaryDir m_folder;
    std::unique_ptr<Program> m_servers;
    std::unique_ptr<test::Daemon> m_daemon;
    int m_port = 0;
};

void ScaleTest::initTestCase()
{
    int port = 0;
    {
        QTcpServer probe;
        QVERIFY(probe.listen(QHostAddress::LocalHost));
        port = probe.serverPort();
        QTcpServer other;
        QVERIFY(other.listen(QHostAddress::LocalHost));
        m_port = other.serverPort();
    }
    writeFiles(port);
    m_servers = std::make_unique<Program>(
        QStringLiteral("nginx"),
        QStringList{QStringLiteral("-p"), m_folder.path(), QStringLiteral("-c"),
                    m_folder.filePath(QStringLiteral("nginx.conf"))});
    m_daemon = std::make_unique<test::Daemon>(m_folder.filePath(QStringLiteral("shop.yaml")),
                                              m_folder.filePath(QStringLiteral("socket")));
    QTRY_VERIFY_WITH_TIMEOUT(m_daemon->ready(), 20'000);
}

void ScaleTest::cleanupTestCase()
{
    m_daemon.reset();
    m_servers.reset();
}

void ScaleTest::writeFiles(int port)
{
    QString nginx = QStringLiteral("daemon off;\nworker_processes 1;\npid nginx.pid;\n"
                                   "error_log stderr error;\n"
                                   "events { worker_connections 8192; }\nhttp {\n"
                                   "access_log off;\nkeepalive_requests 10000000;\n");
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        nginx += QStringLiteral("%1_temp_path .;\n").arg(QLatin1String(kind));
    nginx += QStringLiteral("server {\nlocation / { return 200 '%1'; }\n")
                 .arg(QString(1024, QLatin1Char('x')));
    QString routes;
    QString pools;
    for (int pool = 0; pool < kPools; ++pool) {
        routes += QStringLiteral("      - { name: r%1, match: { path: { prefix: /p%1 } }, "
                                 "pool: p%1 }\n")
                      .arg(pool);
        pools += QStringLiteral("  - name: p%1\n    health_check: { type: http, interval: 2s }\n"
                                "    backends:\n")
                     .arg(pool);
        for (int server = 0; server < kServersOfAPool; ++server) {
            const QString address =
                QStringLiteral("127.0.%1.%2:%3").arg(pool + 1).arg(server + 1).arg(port);
            nginx += QStringLiteral("listen %1;\n").arg(address);
            pools +=
                QStringLiteral("      - { name: s%1, address: \"%2\" }\n").arg(server).arg(address);
        }
    }
    const auto write = [this](const QString& name, const QString& text) {
        QFile file(m_folder.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text.toUtf8());
    };
    write(QStringLiteral("nginx.conf"), nginx + QStringLiteral("}\n}\n"));
    write(QStringLiteral("shop.yaml"), QStringLiteral("version: 1\nlisteners:\n  - name: web\n"
                                                      "    bind: 127.0.0.1:%1\n    routes:\n")
                                               .arg(m_port) +
                                           routes + QStringLiteral("pools:\n") + pools);
    write(QStringLiteral("paths.lua"),
          QStringLiteral("local n = 0\nfunction request()\n  n = n + 1\n"
                         "  return wrk.format(nil, '/p' .. n % %1)\nend\n")
              .arg(kPools));
}

QStringList ScaleTest::load(int seconds) const
{
    return {QStringLiteral("-t1"),
            QStringLiteral("-c64"),
            QStringLiteral("-d%1s").arg(seconds),
            QStringLiteral("-s"),
            m_folder.filePath(QStringLiteral("paths.lua")),
            QStringLiteral("http://127.0.0.1:%1/").arg(m_port)};
}

void ScaleTest::attach(test::Console& console)
{
    console.session.attach(m_folder.filePath(QStringLiteral("socket")));
    auto* interval = console.window.findChild<QComboBox*>(QStringLiteral("interval"));
    interval->setCurrentIndex(interval->findData(1000));
    QTRY_COMPARE_WITH_TIMEOUT(console.state(QStringLiteral("p19/s9")), QStringLiteral("Up"),
                              20'000);
}

void ScaleTest::theConsoleStaysLightAndQuick()
{
    test::Console console;
    attach(console);
    const QStringList pages{QStringLiteral("overview"), QStringLiteral("servers"),
                            QStringLiteral("charts"), QStringLiteral("requests"),
                            QStringLiteral("routes")};
    Program wrk(QStringLiteral("wrk"), load(wanted() + 30));
    (void)watch(1); // until the load is on
    const int rounds = std::max(1, wanted() / 50);
    const double each = static_cast<double>(wanted()) / static_cast<double>(rounds * pages.size());
    std::vector<double> sizes;
    std::map<QString, Watched> worst;
    for (int round = 0; round < rounds; ++round) {
        for (const QString& page : pages) {
            QVERIFY(console.window.showPage(page));
            const Watched now = watch(each);
            Watched& of = worst[page];
            of.cpu = std::max(of.cpu, now.cpu);
            of.late99 = std::max(of.late99, now.late99);
            of.worst = std::max(of.worst, now.worst);
        }
        sizes.push_back(memory());
    }
    QCOMPARE(console.headline(), QStringLiteral("Serving"));
    const QString told = wrk.end();
    QVERIFY2(told.contains(QLatin1String("Requests/sec")), qPrintable(told));
    QVERIFY2(!told.contains(QLatin1String("Non-2xx")), qPrintable(told));
    for (const auto& [page, of] : worst) {
        qInfo("%-9s %4.1f %% of a core, beats late by p99 %4.1f ms, worst %5.1f ms",
              qPrintable(page), of.cpu, of.late99, of.worst);
        QVERIFY2(!kJudged || of.cpu < kMostCpu, qPrintable(page));
        QVERIFY2(!kJudged || of.late99 < kMostLate, qPrintable(page));
    }
    const double early = sizes[sizes.size() / 4];
    qInfo("memory %.1f MB after a quarter of the time, %.1f MB at the end; %s", early, sizes.back(),
          qPrintable(told.section(QLatin1String("Requests/sec:"), 1).section(u'\n', 0, 0)));
    QVERIFY(wanted() < kLong || sizes.back() < early * 1.05 + 1);
}

double ScaleTest::cost(int seconds)
{
    const double before = processSeconds(m_daemon->pid());
    Program wrk(QStringLiteral("wrk"), load(seconds));
    (void)watch(seconds + 0.5);
    const QString told = wrk.end();
    const double spent = processSeconds(m_daemon->pid()) - before;
    const auto found = QRegularExpression(QStringLiteral("(\\d+) requests in")).match(told);
    return spent * 1e6 / std::max(1.0, found.captured(1).toDouble());
}

void ScaleTest::theEngineHardlyFeelsIt()
{
    if (wanted() < kLong)
        QSKIP("needs minutes: STEELYARD_SCALE_SECONDS=300 or more");
    const int each = std::max(2, wanted() / (2 * kRounds));
    std::vector<double> ratios;
    for (int round = 0; round < kRounds; ++round) {
        const auto attached = [&] {
            test::Console console;
            attach(console);
            return cost(each);
        };
        double with = round % 2 == 0 ? attached() : 0;
        const double without = cost(each);
        if (round % 2 != 0)
            with = attached();
        qInfo("engine: %.2f us a request with a console, %.2f without", with, without);
        ratios.push_back(with / without);
    }
    std::sort(ratios.begin(), ratios.end());
    const double more = (ratios[ratios.size() / 2] - 1) * 100;
    qInfo("a console costs the engine %.1f %% (median of %d rounds)", more, kRounds);
    QVERIFY(!kJudged || more < kMostWatched);
}

STEELYARD_TEST(ScaleTest)
#include "scale_test.moc"
