// The control plane's commands on one server beyond its state and weight: change where it is and
// what it may carry, and tell how long it takes to answer.
#include "config/values.h"
#include "engine/answers.h"
#include "engine/control_plane.h"
#include "stats/histogram.h"

#include <QJsonArray>

#include <cmath>

namespace steelyard::engine {

namespace {

constexpr int kMostRequests = 1'000'000; ///< as in the file

/// A whole number of the arguments; -1 when it is none.
int wholeNumber(const QJsonValue& value)
{
    const double number = value.toDouble(-1);
    return number == std::floor(number) && number >= 0 && number <= kMostRequests
               ? static_cast<int>(number)
               : -1;
}

} // namespace

QString ControlPlane::readLimits(const QJsonObject& arguments, config::Backend& server)
{
    if (const QJsonValue value = arguments.value(QStringLiteral("max_requests"));
        !value.isUndefined()) {
        const int most = wholeNumber(value);
        if (most < 0)
            return QStringLiteral("max_requests is a whole number from 0 to %1").arg(kMostRequests);
        server.maxRequests = most == 0 ? std::nullopt : std::optional<int>(most);
    }
    if (const QJsonValue value = arguments.value(QStringLiteral("backup")); !value.isUndefined()) {
        if (!value.isBool())
            return QStringLiteral("backup is true or false");
        server.backup = value.toBool();
    }
    return {};
}

void ControlPlane::edit(const QJsonObject& arguments, const Done& done)
{
    ServerRef server;
    if (!find(arguments, server, done))
        return;
    config::Backend changed = *server.server;
    if (const QJsonValue value = arguments.value(QStringLiteral("address")); !value.isUndefined()) {
        auto address = config::parseAddress(value.toString().toStdString());
        if (!address || address.value().port == 0) {
            refuse(done, QStringLiteral("'%1' is not an address").arg(value.toString()),
                   QStringLiteral("write host:port, e.g. 127.0.0.1:9001 or [::1]:9001"));
            return;
        }
        changed.address = address.value();
    }
    if (const QJsonValue value = arguments.value(QStringLiteral("weight")); !value.isUndefined()) {
        changed.weight = wholeNumber(value);
        if (changed.weight < 0 || changed.weight > 256) {
            refuse(done, QStringLiteral("a weight is a whole number from 0 to 256"));
            return;
        }
    }
    if (const QString problem = readLimits(arguments, changed); !problem.isEmpty()) {
        refuse(done, problem, QStringLiteral("0 requests at once means no limit"));
        return;
    }
    const config::Backend before = *server.server;
    if (changed == before) {
        answer(done, Outcome::Nothing, QStringLiteral("%1 is so already").arg(qs(server.name)));
        return;
    }
    if (changed.weight == 0 && before.weight != 0 &&
        refuseLast(server, arguments, "giving weight 0 to", done))
        return;
    QStringList what;
    if (!(changed.address == before.address)) {
        what << QStringLiteral("address %1, was %2")
                    .arg(qs(changed.address.text()), qs(before.address.text()));
    }
    if (changed.weight != before.weight)
        what << QStringLiteral("weight %1, was %2").arg(changed.weight).arg(before.weight);
    if (changed.maxRequests != before.maxRequests) {
        what << (changed.maxRequests
                     ? QStringLiteral("at most %1 requests at once").arg(*changed.maxRequests)
                     : QStringLiteral("no limit of requests at once"));
    }
    if (changed.backup != before.backup)
        what << (changed.backup ? QStringLiteral("a backup") : QStringLiteral("no backup"));
    m_edits.editServer(server.pool->name, changed);
    const QString text = what.join(QStringLiteral("; "));
    event(stats::Level::Info, server.name, text.toStdString());
    applyEdits([done, text = QStringLiteral("%1: %2").arg(qs(server.name), text)] {
        answer(done, Outcome::Done, text);
    });
}

void ControlPlane::tellLatency(const QJsonObject& arguments, const Done& done)
{
    ServerRef server;
    if (!find(arguments, server, done))
        return;
    QJsonArray buckets;
    std::uint64_t count = 0;
    const std::vector<std::uint64_t> counts = m_collector.latencyCounts(server.info->state.get());
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0)
            continue;
        count += counts[i];
        buckets.append(QJsonArray{stats::Histogram::valueOf(static_cast<int>(i)),
                                  static_cast<double>(counts[i])});
    }
    const auto window = static_cast<int>(stats::kRateWindow.count());
    answer(done, Outcome::Done,
           QStringLiteral("%1: %2 answers in the last %3 s")
               .arg(qs(server.name))
               .arg(count)
               .arg(window),
           {},
           {{QStringLiteral("window_seconds"), window},
            {QStringLiteral("count"), static_cast<double>(count)},
            {QStringLiteral("buckets"), buckets}});
}

} // namespace steelyard::engine
