/// The bench's own measuring: the histogram's error, and where the reader of replies finds their
/// end.
#include "bench/latency_histogram.h"
#include "bench/loopback.h"
#include "support/test_main.h"

#include <QTest>

#include <cmath>
#include <string>

namespace steelyard::bench {

class BenchPartsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aQuantileIsWithinOneHundredthOfTheValue()
    {
        for (std::int64_t value = 1; value < 600'000'000'000; value = value * 3 / 2 + 1) {
            LatencyHistogram histogram;
            histogram.record(value);
            const double found = histogram.quantile(0.5);
            const std::string words =
                std::to_string(value) + " came back as " + std::to_string(found);
            QVERIFY2(std::abs(found - static_cast<double>(value)) <=
                         0.01 * static_cast<double>(value),
                     words.c_str());
        }
    }

    void quantilesCountFromBelow()
    {
        LatencyHistogram histogram;
        for (int i = 1; i <= 100; ++i)
            histogram.record(i);
        QCOMPARE(histogram.total(), std::uint64_t{100});
        QCOMPARE(histogram.quantile(0), 1.0);
        QCOMPARE(histogram.quantile(0.5), 51.0);
        QCOMPARE(histogram.quantile(0.99), 100.0);
        histogram.record(-5);
        QCOMPARE(histogram.quantile(0), 0.0);
    }

    void aReplyEndsWithItsBodyHoweverItComes()
    {
        const std::string reply = "HTTP/1.1 200 OK\r\nX: content-length\r\ncontent-LENGTH:  5\r\n"
                                  "\r\nhello";
        for (std::size_t piece = 1; piece <= reply.size(); ++piece) {
            ReplyReader reader;
            for (int round = 0; round < 2; ++round, reader.reset()) {
                for (std::size_t at = 0; at < reply.size(); at += piece) {
                    const auto status = reader.take(std::string_view(reply).substr(at, piece));
                    QCOMPARE(status, at + piece >= reply.size() ? ReplyReader::Status::Good
                                                                : ReplyReader::Status::More);
                }
            }
        }
    }

    void whatIsNoGoodReplyIsBad()
    {
        for (const std::string_view bad : {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
                                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"}) {
            ReplyReader reader;
            QCOMPARE(reader.take(bad), ReplyReader::Status::Bad);
        }
    }
};

STEELYARD_TEST(BenchPartsTest)

} // namespace steelyard::bench

#include "bench_parts_test.moc"
