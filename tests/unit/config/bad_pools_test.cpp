/// What may be wrong with the keys that decide which server gets a request.
#include "bad_row.h"
#include "support/test_main.h"

namespace steelyard::config::test {

namespace {

std::string inAffinity(const std::string& keys)
{
    return inPool("affinity: { " + keys + " }");
}

std::vector<Row> choiceRows()
{
    return {
        {"affinity a word", inPool("affinity: @client-ip"), "'affinity' must be a mapping",
         "{ key: value }"},
        {"affinity unknown", inAffinity("@cookie: uid"), "unknown key 'cookie'",
         "key, bounded_load"},
        {"affinity key unknown", inAffinity("key: @source"), "'key' must be client-ip",
         "cookie:uid"},
        {"affinity key empty", inAffinity("key: @~"), "'key' has no value", "write one"},
        {"affinity key with a stray name", inAffinity("key: @path:x"), "'key' must be client-ip",
         "write path alone"},
        {"affinity random", inAffinity("key: @random"), "'key' must be client-ip", "cookie:uid"},
        {"bound below the mean", inAffinity("bounded_load: @99.99%"), "between 100% and 1000%",
         "range"},
        {"bound too high", inAffinity("bounded_load: @1000.01%"), "at most 1000%", "smaller"},
        {"bound a factor", inAffinity("bounded_load: @1.25"), "a percentage, not '1.25'", "12.5%"},
        {"stickiness a word", inPool("stickiness: @on"), "'stickiness' must be a mapping",
         "{ key: value }"},
        {"stickiness unknown", inStickiness("@ttl: 5m"), "unknown key 'ttl'", "cookie, idle, max"},
        {"cookie with an equals sign", inStickiness("cookie: @a=b"),
         "'a=b' is not the name of a cookie", "SYSERVER"},
        {"cookie without a name", inStickiness("cookie: @\"\""), "'' is not the name of a cookie",
         "SYSERVER"},
        {"idle without a unit", inStickiness("idle: @30"), "a duration with a unit", "30s"},
        {"idle 0", inStickiness("idle: @0"), "between 1ms and 8784h", "range"},
        {"idle beyond max", inStickiness("max: 1m, idle: @2m"),
         "'idle' (2m) is longer than max (1m)", "shorter"},
        {"max below the usual idle", inStickiness("max: @1m"),
         "'idle' (30m) is longer than max (1m)", "longer"},
        {"when_draining", inStickiness("when_draining: @repinn"), "unknown when_draining 'repinn'",
         "'repin'?"},
        {"slow_start a duration", inPool("slow_start: @10s"), "'slow_start' must be a mapping",
         "{ key: value }"},
        {"slow_start unknown", inPool("slow_start: { @form: 5% }"), "unknown key 'form'",
         "'from'?"},
        {"slow_start window 0", inPool("slow_start: { window: @0 }"), "between 1ms and 24h",
         "range"},
        {"slow_start from too much", inPool("slow_start: { from: @101% }"), "between 0% and 100%",
         "range"},
        {"slow_start from a fraction", inPool("slow_start: { from: @0.1 }"), "a percentage",
         "12.5%"},
        {"max_requests 0", inServer("max_requests: @0"), "between 1 and 1000000, not '0'", "range"},
        {"max_requests none", inServer("max_requests: @none"), "whole number", "digits"},
        {"backup yes", inServer("backup: @yes"), "'backup' must be true or false", "true or false"},
        {"backup mistyped", inServer("@back_up: true"), "unknown key 'back_up'", "'backup'?"},
    };
}

std::vector<Row> outlierRows()
{
    return {
        {"outliers on", inPool("outlier_detection: @true"),
         "'outlier_detection' must be a mapping, not 'true'", "{ key: value }"},
        {"outliers unknown", inOutliers("@consecutive_5xx: 5"), "unknown key 'consecutive_5xx'",
         "consecutive_errors"},
        {"errors negative", inOutliers("consecutive_errors: @-1"), "between 0 and 1000", "range"},
        {"errors a share", inOutliers("consecutive_errors: @5%"), "whole number", "without a unit"},
        {"error rate too high", inOutliers("error_rate: @100.01%"), "between 0% and 100%", "range"},
        {"error rate without a sign", inOutliers("error_rate: @50"),
         "a percentage with its sign, not '50'", "write 50%"},
        {"min_requests 0", inOutliers("min_requests: @0"), "between 1 and 1000000", "range"},
        {"window too short", inOutliers("window: @999ms"), "between 1s and 1h", "range"},
        {"latency factor 1", inOutliers("latency_factor: @1"),
         "a number above 1, at most 1000, not '1'", "range"},
        {"latency factor a share", inOutliers("latency_factor: @300%"), "a number, not '300%'",
         "digits"},
        {"latency factor too fine", inOutliers("latency_factor: @1.001"), "at most two decimals",
         "round it"},
        {"latency factor empty", inOutliers("latency_factor: @~"), "not nothing", "a number"},
        {"eject_for 0", inOutliers("eject_for: @0"), "between 1ms and 24h", "range"},
        {"eject_for beyond its most", inOutliers("max_eject_for: 1m, eject_for: @90s"),
         "'eject_for' (90s) is longer than max_eject_for (1m)", "shorter"},
        {"max_eject_for below the usual", inOutliers("max_eject_for: @10s"),
         "'eject_for' (30s) is longer than max_eject_for (10s)", "longer"},
        {"max_ejected too much", inOutliers("max_ejected: @150%"), "between 0% and 100%", "range"},
        {"mode", inOutliers("mode: @obsrve"), "unknown mode 'obsrve'", "'observe'?"},
    };
}

} // namespace

class BadPoolsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void pointsAtTheOneThingThatIsWrong_data() { addRows({choiceRows(), outlierRows()}); }

    void pointsAtTheOneThingThatIsWrong() { checkError(); }

    void warnsAndStillReads_data()
    {
        addRows({{
            {"key without a hash", inAffinity("key: @cookie:uid"),
             "'key' has no effect with algorithm power-of-two", "maglev"},
            {"bound without a hash", inAffinity("bounded_load: @125%"),
             "'bounded_load' has no effect with algorithm power-of-two", "maglev"},
            {"nothing to look at",
             inPool("outlier_detection: @{ consecutive_errors: 0, "
                    "error_rate: 0% }"),
             "looks at nothing", "latency_factor"},
            {"only backups", withBackends("@[ { name: a, address: a:1, backup: true } ]"),
             "every server of pool 'shop' is a backup", "backup"},
        }});
    }

    void warnsAndStillReads() { checkWarning(); }

    void saysNothingOfAnAffinityWhoseAlgorithmIsMistyped()
    {
        const ReadResult read = readText(
            inPool("algorithm: rindhash\n    affinity: { key: path, bounded_load: 125% }"), {});
        QCOMPARE(read.diagnostics.size(), std::size_t(1));
    }
};

STEELYARD_TEST(BadPoolsTest)

} // namespace steelyard::config::test

#include "bad_pools_test.moc"
