#include "stats/prometheus.h"
#include "support/test_main.h"

#include <QRegularExpression>
#include <QStringList>
#include <QTest>

#include <map>
#include <set>

using namespace steelyard;
using namespace steelyard::stats;

namespace {

using Labels = std::map<QString, QString>;

struct Parsed
{
    std::map<QString, QString> types;
    std::map<std::pair<QString, Labels>, double> samples;
    QString error;
};

QString unescaped(QString text)
{
    QString out;
    for (int i = 0; i < text.size(); ++i) {
        if (text[i] != QLatin1Char('\\'))
            out += text[i];
        else
            out += text[++i] == QLatin1Char('n') ? QLatin1Char('\n') : text[i];
    }
    return out;
}

/// The exposition format 0.0.4, strictly: HELP, TYPE, then the family's samples and no others.
Parsed parse(const std::string& text)
{
    static const QRegularExpression comment(
        QStringLiteral("^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$"));
    static const QRegularExpression sample(
        QStringLiteral("^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})? (\\S+)$"));
    static const QRegularExpression label(
        QStringLiteral("\\G([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\[\"\\\\n])*)\"(,|$)"));
    Parsed parsed;
    QString family;
    std::set<QString> helped;
    if (text.empty() || text.back() != '\n')
        parsed.error = QStringLiteral("last line is not ended");
    QStringList lines = QString::fromStdString(text).split(QLatin1Char('\n'));
    lines.removeLast();
    for (const QString& line : lines) {
        if (const auto match = comment.match(line); match.hasMatch()) {
            family = match.captured(2);
            if (match.captured(1) == QLatin1String("TYPE")) {
                if (!helped.count(family) || parsed.types.count(family))
                    parsed.error = line;
                parsed.types[family] = match.captured(3);
            } else if (!helped.insert(family).second) {
                parsed.error = line;
            }
            continue;
        }
        const auto match = sample.match(line);
        QString name = match.captured(1);
        QString base = name;
        if (parsed.types[family] == QLatin1String("histogram"))
            base.remove(QRegularExpression(QStringLiteral("_(bucket|sum|count)$")));
        if (!match.hasMatch() || base != family)
            parsed.error = line;
        Labels labels;
        const QString inside = match.captured(2);
        for (qsizetype at = 0; at < inside.size();) {
            const auto one = label.match(inside, at);
            if (!one.hasMatch()) {
                parsed.error = line;
                break;
            }
            labels[one.captured(1)] = unescaped(one.captured(2));
            at = one.capturedEnd();
        }
        bool isNumber = false;
        const double value = match.captured(3).toDouble(&isNumber);
        if (!isNumber || !parsed.samples.try_emplace({name, labels}, value).second)
            parsed.error = line;
    }
    return parsed;
}

Snapshot someSnapshot()
{
    Snapshot snapshot;
    snapshot.uptimeSeconds = 12.5;
    snapshot.connections = 7;
    snapshot.totals.requests = 18446744073709551615ULL;
    snapshot.listeners.push_back({"web", {"127.0.0.1:8080"}, 7, 100, 0, 0, {}});
    PoolRow pool;
    pool.name = "sh\"op\\\n";
    for (const char* name : {"a", "b"}) {
        BackendRow row;
        row.pool = pool.name;
        row.name = name;
        row.weight = 30;
        row.health = HealthState::Healthy;
        row.admin = AdminState::Draining;
        row.inFlight = 4;
        row.totals.status2xx = 11;
        row.totals.status5xx = 2;
        row.totals.connectErrors = 3;
        row.totals.timeouts = 5;
        row.totals.resets = 6;
        row.latencyBuckets.within.fill(9);
        row.latencyBuckets.within[0] = 8;
        row.latencyBuckets.count = 10;
        row.latencyBuckets.sumMicros = 2500000;
        pool.backends.push_back(row);
    }
    snapshot.pools.push_back(pool);
    return snapshot;
}

} // namespace

class PrometheusTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theTextIsParsedBackToTheSnapshotsNumbers()
    {
        const Parsed parsed = parse(prometheusText(someSnapshot(), "1.2.3"));
        QCOMPARE(parsed.error, QString());
        const auto value = [&parsed](const char* name, const Labels& labels) {
            const auto found = parsed.samples.find({QLatin1String(name), labels});
            return found == parsed.samples.end() ? -1.0 : found->second;
        };
        const QString pool = QStringLiteral("sh\"op\\\n");
        const auto backend = [&pool](Labels labels) {
            labels[QStringLiteral("pool")] = pool;
            labels[QStringLiteral("backend")] = QStringLiteral("b");
            return labels;
        };
        const auto code = [&backend](const char* word) {
            return backend({{QStringLiteral("code"), QLatin1String(word)}});
        };
        const auto le = [&backend](const char* bound) {
            return backend({{QStringLiteral("le"), QLatin1String(bound)}});
        };
        QCOMPARE(
            value("steelyard_build_info", {{QStringLiteral("version"), QStringLiteral("1.2.3")}}),
            1.0);
        QCOMPARE(value("steelyard_uptime_seconds", {}), 12.5);
        QCOMPARE(value("steelyard_requests_total", {}), 18446744073709551615.0);
        QCOMPARE(value("steelyard_listener_connections",
                       {{QStringLiteral("listener"), QStringLiteral("web")}}),
                 7.0);
        QCOMPARE(value("steelyard_backend_up", backend({})), 1.0);
        QCOMPARE(value("steelyard_backend_weight", backend({})), 30.0);
        QCOMPARE(value("steelyard_backend_in_flight", backend({})), 4.0);
        QCOMPARE(value("steelyard_backend_admin_state",
                       backend({{QStringLiteral("state"), QStringLiteral("draining")}})),
                 1.0);
        QCOMPARE(value("steelyard_backend_admin_state",
                       backend({{QStringLiteral("state"), QStringLiteral("ready")}})),
                 0.0);
        QCOMPARE(value("steelyard_backend_responses_total", code("2xx")), 11.0);
        QCOMPARE(value("steelyard_backend_responses_total", code("5xx")), 2.0);
        QCOMPARE(value("steelyard_backend_connect_errors_total", backend({})), 3.0);
        QCOMPARE(value("steelyard_backend_timeouts_total", backend({})), 5.0);
        QCOMPARE(value("steelyard_backend_resets_total", backend({})), 6.0);
        QCOMPARE(value("steelyard_backend_latency_seconds_bucket", le("0.001")), 8.0);
        QCOMPARE(value("steelyard_backend_latency_seconds_bucket", le("10")), 9.0);
        QCOMPARE(value("steelyard_backend_latency_seconds_bucket", le("+Inf")), 10.0);
        QCOMPARE(value("steelyard_backend_latency_seconds_sum", backend({})), 2.5);
        QCOMPARE(value("steelyard_backend_latency_seconds_count", backend({})), 10.0);
        QCOMPARE(value("steelyard_own_duration_seconds_bucket",
                       {{QStringLiteral("le"), QStringLiteral("+Inf")}}),
                 0.0);
    }

    void everyFamilyHasItsTypeAndPrefix()
    {
        const Parsed parsed = parse(prometheusText(someSnapshot(), "1"));
        for (const auto& [name, type] : parsed.types) {
            QVERIFY2(name.startsWith(QLatin1String("steelyard_")), qPrintable(name));
            QCOMPARE(type == QLatin1String("counter"), name.endsWith(QLatin1String("_total")));
        }
        QVERIFY(parsed.types.size() > 20);
    }

    void anEmptySnapshotIsValidToo()
    {
        QCOMPARE(parse(prometheusText(Snapshot{}, "")).error, QString());
    }

    void wordsOfStatesAreSpelledAsInTheGlossary()
    {
        QCOMPARE(toString(EngineState::Draining), "draining");
        QCOMPARE(toString(EngineState::Stopped), "stopped");
        QCOMPARE(toString(Level::Warning), "warning");
    }
};

STEELYARD_TEST(PrometheusTest)
#include "prometheus_test.moc"
