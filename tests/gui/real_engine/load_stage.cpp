#include "load_stage.h"

#include <QComboBox>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTimer>

#include <algorithm>
#include <ctime>

#include <unistd.h>

namespace steelyard::test {

namespace {

double secondsOn(clockid_t clock)
{
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

} // namespace

int secondsOf(const char* variable)
{
    constexpr int kShort = 10;
    const int asked = qEnvironmentVariableIntValue(variable);
    return asked > 0 ? asked : kShort;
}

QStringList livePages()
{
    return {QStringLiteral("overview"), QStringLiteral("servers"), QStringLiteral("charts"),
            QStringLiteral("requests"), QStringLiteral("routes")};
}

void Watched::takeWorse(const Watched& other)
{
    cpu = std::max(cpu, other.cpu);
    late99 = std::max(late99, other.late99);
    worst = std::max(worst, other.worst);
}

double processSeconds(pid_t pid)
{
    clockid_t clock = 0;
    return ::clock_getcpuclockid(pid, &clock) == 0 ? secondsOn(clock) : 0;
}

double memory()
{
    const QString status = Servers::read(QStringLiteral("/proc/self/status"));
    const auto found = QRegularExpression(QStringLiteral("RssAnon:\\s+(\\d+)")).match(status);
    return found.captured(1).toDouble() / 1024;
}

Program::Program(const QString& name, const QStringList& arguments)
{
    QString path = QStandardPaths::findExecutable(name);
    if (path.isEmpty()) // where an ordinary user's PATH does not lead
        path = QStandardPaths::findExecutable(name, {QStringLiteral("/usr/sbin")});
    m_process.start(path, arguments);
}

Program::~Program()
{
    (void)end();
}

QString Program::end()
{
    if (m_process.state() != QProcess::NotRunning) {
        m_process.closeWriteChannel();
        ::kill(static_cast<pid_t>(m_process.processId()), SIGINT);
        m_process.waitForFinished();
    }
    return QString::fromUtf8(m_process.readAll());
}

QByteArray Program::line(int seconds)
{
    (void)QTest::qWaitFor([this] { return m_process.canReadLine(); }, seconds * 1000);
    return m_process.readLine();
}

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
    const double cpu = secondsOn(CLOCK_THREAD_CPUTIME_ID);
    QElapsedTimer whole;
    whole.start();
    sinceBeat.start();
    beat.start(kBeat);
    loop.exec();
    Watched out;
    out.cpu = (secondsOn(CLOCK_THREAD_CPUTIME_ID) - cpu) * 1e11 /
              static_cast<double>(whole.nsecsElapsed());
    std::sort(late.begin(), late.end());
    if (!late.empty()) {
        out.late99 = late[late.size() * 99 / 100];
        out.worst = late.back();
    }
    return out;
}

LoadStage::LoadStage()
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
}

void LoadStage::startEngine()
{
    m_daemon = std::make_unique<Daemon>(m_folder.filePath(QStringLiteral("shop.yaml")),
                                        m_folder.filePath(QStringLiteral("socket")));
    QTRY_VERIFY_WITH_TIMEOUT(m_daemon->ready(), 20'000);
}

void LoadStage::writeFiles(int backendPort)
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
                QStringLiteral("127.0.%1.%2:%3").arg(pool + 1).arg(server + 1).arg(backendPort);
            nginx += QStringLiteral("listen %1;\n").arg(address);
            pools +=
                QStringLiteral("      - { name: s%1, address: \"%2\" }\n").arg(server).arg(address);
        }
    }
    routes += QStringLiteral("      - { name: rest, pool: p0 }\n"); // who does not say: p0
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

QStringList LoadStage::load(int seconds) const
{
    return {QStringLiteral("-t1"),
            QStringLiteral("-c64"),
            QStringLiteral("-d%1s").arg(seconds),
            QStringLiteral("-s"),
            m_folder.filePath(QStringLiteral("paths.lua")),
            QStringLiteral("http://127.0.0.1:%1/").arg(m_port)};
}

void LoadStage::attach(Console& console) const
{
    console.session.attach(m_folder.filePath(QStringLiteral("socket")));
    auto* interval = console.window.findChild<QComboBox*>(QStringLiteral("interval"));
    interval->setCurrentIndex(interval->findData(1000));
    QTRY_COMPARE_WITH_TIMEOUT(console.state(QStringLiteral("p19/s9")), QStringLiteral("Up"),
                              20'000);
}

} // namespace steelyard::test
