#include "base/random.h"
#include "stats/histogram.h"
#include "stats/latency_buckets.h"
#include "support/test_main.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace steelyard;
using namespace steelyard::stats;

class HistogramTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void bucketsAreContiguousAndAscending()
    {
        int last = 0;
        for (std::uint64_t value = 0; value < (1U << 21U); ++value) {
            const int bucket = Histogram::bucketOf(value);
            QVERIFY(bucket == last || bucket == last + 1);
            last = bucket;
        }
        for (int bucket = 1; bucket < Histogram::kBuckets; ++bucket) {
            QVERIFY(Histogram::valueOf(bucket) > Histogram::valueOf(bucket - 1));
            QCOMPARE(Histogram::bucketOf(static_cast<std::uint64_t>(Histogram::valueOf(bucket))),
                     bucket);
        }
    }

    void theErrorIsBelowItsBound()
    {
        RandomSource random(31);
        for (int i = 0; i < 200000; ++i) {
            const std::uint64_t value = 1 + (random.next() >> (37 + random.below(27)));
            const double shown = Histogram::valueOf(Histogram::bucketOf(value));
            QVERIFY(std::abs(shown - static_cast<double>(value)) <=
                    0.032 * static_cast<double>(value));
        }
    }

    void valuesBeyondTheRangeFallIntoTheLast()
    {
        QCOMPARE(Histogram::bucketOf((1ULL << 27U) - 1), Histogram::kBuckets - 1);
        QCOMPARE(Histogram::bucketOf(1ULL << 27U), Histogram::kBuckets - 1);
        QCOMPARE(Histogram::bucketOf(~0ULL), Histogram::kBuckets - 1);
        QVERIFY(Histogram::valueOf(Histogram::kBuckets - 1) > 130e6);
    }

    void quantilesAgreeWithSorting()
    {
        RandomSource random(32);
        for (const int count : {1, 2, 3, 10, 99, 100, 5000}) {
            Histogram histogram;
            std::vector<std::uint64_t> values;
            std::uint64_t sum = 0;
            for (int i = 0; i < count; ++i) {
                values.push_back(static_cast<std::uint64_t>(std::exp(random.unit() * 18)));
                histogram.record(values.back());
                sum += values.back();
            }
            std::sort(values.begin(), values.end());
            std::vector<std::uint64_t> counts(Histogram::kBuckets, 0);
            QCOMPARE(histogram.addTo(counts), sum);
            for (const double q : {0.0, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
                const auto rank =
                    std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(q * count)));
                const double exact = static_cast<double>(values[rank - 1]);
                QVERIFY(std::abs(quantile(counts, q) - exact) <= 0.032 * exact);
            }
        }
        QCOMPARE(quantile(std::vector<std::uint64_t>(Histogram::kBuckets, 0), 0.5), 0.0);
        QCOMPARE(quantile({}, 0.5), 0.0);
    }

    void addToSumsSeveralWriters()
    {
        Histogram a;
        Histogram b;
        a.record(100);
        b.record(100);
        b.record(7);
        std::vector<std::uint64_t> counts;
        QCOMPARE(a.addTo(counts) + b.addTo(counts), std::uint64_t{207});
        QCOMPARE(counts[static_cast<std::size_t>(Histogram::bucketOf(100))], std::uint64_t{2});
        QCOMPARE(counts[7], std::uint64_t{1});
    }

    void cumulativeBucketsCountWhatIsBelowEachBound()
    {
        Histogram histogram;
        for (const std::uint64_t micros : {500ULL, 900ULL, 1500ULL, 60000ULL, 20000000ULL})
            histogram.record(micros);
        std::vector<std::uint64_t> counts;
        const std::uint64_t sum = histogram.addTo(counts);
        const LatencyBuckets buckets = latencyBuckets(counts, sum, kServiceBounds);
        QCOMPARE(buckets.within,
                 (std::array<std::uint64_t, 13>{2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4}));
        QCOMPARE(buckets.count, std::uint64_t{5});
        QCOMPARE(buckets.sumMicros, sum);
        QCOMPARE(latencyBuckets({}, 0, kOwnBounds), LatencyBuckets{});
    }
};

STEELYARD_TEST(HistogramTest)
#include "histogram_test.moc"
