#include "stats/access_log.h"
#include "stats/access_record.h"
#include "support/test_main.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <mutex>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace steelyard;
using namespace steelyard::stats;

namespace {

QJsonObject parsed(std::string_view line)
{
    QJsonParseError error{};
    const QByteArray bytes(line.data(), static_cast<qsizetype>(line.size()));
    const QJsonDocument document = QJsonDocument::fromJson(bytes, &error);
    if (error.error != QJsonParseError::NoError)
        qWarning("%s in %s", qPrintable(error.errorString()), bytes.constData());
    return document.object();
}

QString text(const QJsonObject& object, const char* key)
{
    return object[QLatin1String(key)].toString();
}

std::unique_ptr<AccessLog> opened(const QString& path, int workers,
                                  std::size_t ring = AccessLog::kRingBytes,
                                  AccessLog::Report report = {})
{
    auto log = AccessLog::open(path.toStdString(), workers, std::move(report), ring);
    return log ? std::move(log.value()) : nullptr;
}

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class AccessLogTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aLineSaysEverythingAboutAnExchange()
    {
        const std::vector<AccessAttempt> attempts{{"a", "connect-refused", -1, -1},
                                                  {"b", "ok", 120, 900}};
        AccessRecord record;
        record.wallMs = 1777636800123;
        record.listener = "web";
        record.client = "::1";
        record.method = "GET";
        record.host = "shop.lab";
        record.target = "/a?b=\"c\"";
        record.httpVersion = "1.1";
        record.status = 200;
        record.bytesIn = 10;
        record.bytesOut = 20;
        record.route = "everything";
        record.pool = "shop";
        record.attempts = attempts;
        record.phases.connect = 120;
        record.phases.total = 1500;
        record.phases.own = 60;
        AccessLine writer;
        const std::string_view line = writer.write(record);
        QVERIFY(line.ends_with("}\n"));
        const QJsonObject json = parsed(line);
        QCOMPARE(text(json, "time"), QStringLiteral("2026-05-01T12:00:00.123Z"));
        QCOMPARE(text(json, "listener"), QStringLiteral("web"));
        QCOMPARE(text(json, "client"), QStringLiteral("::1"));
        QCOMPARE(text(json, "target"), QStringLiteral("/a?b=\"c\""));
        QCOMPARE(json[QLatin1String("status")].toInt(), 200);
        QCOMPARE(json[QLatin1String("bytes_out")].toInt(), 20);
        QVERIFY(!json.contains(QLatin1String("reason")));
        const QJsonArray list = json[QLatin1String("attempts")].toArray();
        QCOMPARE(list.size(), 2);
        QCOMPARE(text(list[0].toObject(), "result"), QStringLiteral("connect-refused"));
        QVERIFY(!list[0].toObject().contains(QLatin1String("connect_us")));
        QCOMPARE(list[1].toObject()[QLatin1String("first_byte_us")].toInt(), 900);
        const QJsonObject phases = json[QLatin1String("phases_us")].toObject();
        QCOMPARE(phases[QLatin1String("own")].toInt(), 60);
        QVERIFY(!phases.contains(QLatin1String("queue")));
    }

    void anyBytesGiveOneLineOfValidJson()
    {
        std::string bytes;
        for (int i = 0; i < 256; ++i)
            bytes += static_cast<char>(i);
        const std::string mixed =
            bytes + "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" + // é, €, an emoji: kept
            "\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80\xe2\x82";  // overlong, surrogate, beyond, cut off
        AccessRecord record;
        record.target = mixed;
        AccessLine writer;
        const std::string_view line = writer.write(record);
        QCOMPARE(line.find('\n'), line.size() - 1);
        QString expected;
        for (int i = 0; i < 256; ++i)
            expected += QChar(static_cast<char16_t>(i));
        expected += QString::fromUtf8("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
        for (const unsigned char c : std::string("\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80\xe2\x82"))
            expected += QChar(static_cast<char16_t>(c));
        QCOMPARE(text(parsed(line), "target"), expected);
    }

    void aByteIsSeenWhereverItStands()
    {
        AccessLine writer;
        for (std::size_t length = 1; length <= 17; ++length) {
            for (std::size_t at = 0; at < length; ++at) {
                for (int byte = 0; byte < 256; ++byte) {
                    std::string host(length, '~');
                    host[at] = static_cast<char>(byte);
                    AccessRecord record;
                    record.host = host;
                    const QString expected =
                        QString::fromLatin1(host.data(), static_cast<int>(length));
                    QCOMPARE(text(parsed(writer.write(record)), "host"), expected);
                }
            }
        }
    }

    void theTimeFollowsFromLineToLine()
    {
        AccessLine writer;
        AccessRecord record;
        for (const auto& [ms, expected] : {std::pair(0LL, "1970-01-01T00:00:00.000Z"),
                                           {999LL, "1970-01-01T00:00:00.999Z"},
                                           {1000LL, "1970-01-01T00:00:01.000Z"},
                                           {951868799999LL, "2000-02-29T23:59:59.999Z"},
                                           {951868800000LL, "2000-03-01T00:00:00.000Z"},
                                           {-1LL, "1969-12-31T23:59:59.999Z"}}) {
            record.wallMs = ms;
            QCOMPARE(text(parsed(writer.write(record)), "time"), QString::fromLatin1(expected));
        }
    }

    void noLineIsLongerThanItsBound()
    {
        for (const char* filler : {"a", "\"", "\x01", "\xff", "\xf0\x9f\x98\x80"}) {
            std::string huge;
            while (huge.size() < 20000)
                huge += filler;
            const std::vector<AccessAttempt> attempts(40, {huge, huge, INT64_MAX, INT64_MAX});
            AccessRecord record;
            record.wallMs = 253402300799999; // the year 9999
            record.listener = record.client = record.method = record.host = record.target = huge;
            record.httpVersion = record.requestId = record.route = record.pool = record.reason =
                huge;
            record.status = INT_MIN;
            record.bytesIn = record.bytesOut = UINT64_MAX;
            record.attempts = attempts;
            record.phases = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
            AccessLine writer;
            const std::string_view line = writer.write(record);
            QVERIFY2(line.size() <= kMaxAccessLine, qPrintable(QString::number(line.size())));
            const QJsonObject json = parsed(line);
            QVERIFY(text(json, "target").endsWith(QLatin1String("...")));
            QCOMPARE(json[QLatin1String("attempts")].toArray().size(), 8);
        }
        const std::string fits(4096, 'x');
        AccessRecord record;
        record.target = fits;
        AccessLine writer;
        const std::string_view line = writer.write(record);
        QCOMPARE(text(parsed(line), "target"), QString::fromStdString(fits));
    }

    void everyLineOfEveryWorkerArrivesWhole()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("access.log"));
        constexpr int kWorkers = 3;
        constexpr int kLines = 20000;
        {
            const auto log = opened(path, kWorkers);
            QVERIFY(log != nullptr);
            std::vector<std::thread> workers;
            for (int worker = 0; worker < kWorkers; ++worker) {
                workers.emplace_back([&log, worker] {
                    for (int i = 0; i < kLines; ++i) {
                        const std::string line =
                            "w" + std::to_string(worker) + " " + std::to_string(i) + " " +
                            std::string(static_cast<std::size_t>(i % 150), '.') + "\n";
                        while (!log->append(worker, line))
                            std::this_thread::yield();
                    }
                });
            }
            for (std::thread& worker : workers)
                worker.join();
        } // the destructor writes the rest
        std::vector<int> next(kWorkers, 0);
        QList<QByteArray> lines = contents(path).split('\n');
        QVERIFY(lines.takeLast().isEmpty());
        QCOMPARE(lines.size(), kWorkers * kLines);
        for (const QByteArray& line : lines) {
            const QList<QByteArray> words = line.split(' ');
            QCOMPARE(words.size(), 3);
            const auto worker = static_cast<std::size_t>(words[0].mid(1).toInt());
            QCOMPARE(words[1].toInt(), next[worker]);
            QCOMPARE(words[2].size(), next[worker]++ % 150);
        }
    }

    void linesAreWrittenSoonWithoutBeingAskedFor()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("access.log"));
        const auto log = opened(path, 1);
        QVERIFY(log->append(0, "one\n"));
        QTRY_COMPARE_WITH_TIMEOUT(contents(path), QByteArray("one\n"), 2000);
    }

    void aStalledReaderFillsTheRingAndLinesAreDroppedWhole()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("pipe"));
        QCOMPARE(::mkfifo(path.toLocal8Bit().constData(), 0600), 0);
        const int reader = ::open(path.toLocal8Bit().constData(), O_RDONLY | O_NONBLOCK);
        QVERIFY(reader >= 0);
        std::mutex mutex;
        QStringList reports;
        auto log = opened(path, 2, 8192, [&](const std::string& report) {
            const std::lock_guard lock(mutex);
            reports << QString::fromStdString(report);
        });
        QVERIFY(log != nullptr);
        // More than a pipe (64 KiB) and the ring take together.
        const std::string line = std::string(99, 'x') + "\n";
        int taken = 0;
        std::uint64_t refused = 0;
        QDeadlineTimer deadline(10000);
        while (refused < 3000 && !deadline.hasExpired()) {
            if (log->append(0, line))
                ++taken;
            else
                ++refused;
        }
        QCOMPARE(log->dropped(), refused);
        QVERIFY(refused >= 3000);
        QVERIFY(log->append(1, "the other worker has room\n"));
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                const std::lock_guard lock(mutex);
                return reports.size() == 1 && reports[0].contains(QLatin1String("lines dropped"));
            }(),
            5000);
        // Whatever was taken comes out whole and in order once the reader reads.
        QByteArray got;
        const QByteArray last("the other worker has room\n");
        QDeadlineTimer reading(10000);
        while (got.size() < taken * 100 + last.size() && !reading.hasExpired()) {
            char buffer[65536];
            const ssize_t size = ::read(reader, buffer, sizeof buffer);
            if (size > 0)
                got.append(buffer, size);
            else
                std::this_thread::yield();
        }
        log.reset();
        ::close(reader);
        QCOMPARE(got.size(), taken * 100 + last.size());
        QCOMPARE(got.count(line.c_str()), taken);
        QVERIFY(got.contains(last));
    }

    void reopenFollowsARotation()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("access.log"));
        const QString moved = folder.filePath(QStringLiteral("access.log.1"));
        const auto log = opened(path, 1);
        QVERIFY(log->append(0, "before\n"));
        QTRY_COMPARE_WITH_TIMEOUT(contents(path), QByteArray("before\n"), 2000);
        QVERIFY(QFile::rename(path, moved));
        log->reopen();
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path), 2000);
        QVERIFY(log->append(0, "after\n"));
        QTRY_COMPARE_WITH_TIMEOUT(contents(path), QByteArray("after\n"), 2000);
        QCOMPARE(contents(moved), QByteArray("before\n"));
    }

    void aFullDiskIsReportedOnceAndEndsNothing()
    {
        if (!QFile::exists(QStringLiteral("/dev/full")))
            QSKIP("needs /dev/full");
        std::mutex mutex;
        QStringList reports;
        auto log = opened(QStringLiteral("/dev/full"), 1, 8192, [&](const std::string& report) {
            const std::lock_guard lock(mutex);
            reports << QString::fromStdString(report);
        });
        QVERIFY(log->append(0, "lost\n"));
        QTRY_VERIFY_WITH_TIMEOUT(log->writeErrors() >= 5, 5000);
        const std::lock_guard lock(mutex);
        QCOMPARE(reports.size(), 1);
        QVERIFY2(reports[0].contains(QLatin1String("No space left on device")),
                 qPrintable(reports[0]));
    }

    void aFolderThatIsMissingIsAnErrorInWords()
    {
        QTemporaryDir folder;
        const auto log =
            AccessLog::open(folder.filePath(QStringLiteral("no/such/file")).toStdString(), 1, {});
        QVERIFY(!log.ok());
        QCOMPARE(log.error().code, ErrorCode::Io);
        QVERIFY(log.error().detail.find("No such file or directory") != std::string::npos);
    }

    void costOfALine()
    {
        const std::vector<AccessAttempt> attempts{{"backend-1", "ok", 120, 900}};
        AccessRecord record{1777636800123,
                            "web",
                            "127.0.0.1",
                            "GET",
                            "shop.lab",
                            "/api/v1/items/42?page=3",
                            "1.1",
                            "",
                            "everything",
                            "shop",
                            "",
                            200,
                            120,
                            1024,
                            attempts,
                            {0, 120, 900, 30, 1200, 80},
                            {}};
        AccessLine writer;
        std::size_t bytes = 0;
        constexpr int kCount = 20000;
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < kCount; ++i) {
            record.wallMs += 1;
            bytes += writer.write(record).size();
        }
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - start;
        qInfo("%zu bytes in %.0f ns", bytes / kCount, took.count() / kCount);
        QVERIFY(bytes / kCount < 500);
    }
};

STEELYARD_TEST(AccessLogTest)
#include "access_log_test.moc"
