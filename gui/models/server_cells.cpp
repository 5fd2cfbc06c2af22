#include "models/server_cells.h"

#include "app/theme.h"
#include "models/badge.h"
#include "models/figures.h"
#include "models/servers_model.h"

#include <QCoreApplication>
#include <QFont>

#include <algorithm>

namespace steelyard::gui::cells {

namespace {

using M = ServersModel;

struct Cells
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::ServersModel)
};

QString text(std::string_view view)
{
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

bool isFigure(int column)
{
    return column == M::Weight || (column >= M::Requests && column <= M::Errors);
}

QVariant alignment(int column)
{
    return int((isFigure(column) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
}

QString activeText(const stats::BackendRow& server)
{
    const QString inFlight = figures::count(server.inFlight);
    return server.maxRequests > 0
               ? Cells::tr("%1/%2").arg(inFlight, figures::count(qulonglong(server.maxRequests)))
               : inFlight;
}

qulonglong pinnedOf(const stats::PoolRow& pool)
{
    qulonglong sum = 0;
    for (const stats::BackendRow& server : pool.backends)
        sum += server.pinned;
    return sum;
}

/// In service, of those that should be: backups that stand by are told apart.
QString inService(const stats::PoolRow& pool)
{
    const auto idle = std::count_if(pool.backends.begin(), pool.backends.end(), standsBy);
    const auto wanted = static_cast<qsizetype>(pool.backends.size()) - idle;
    const QString text = Cells::tr("%1 of %2 in service").arg(pool.selectable).arg(wanted);
    return idle == 0 ? text : Cells::tr("%1, %2 spare").arg(text).arg(idle);
}

/// What is out of the ordinary with a pool, in words.
QString poolNote(const stats::PoolRow& pool)
{
    QStringList notes;
    if (pool.allDown)
        notes << (pool.failOpen ? Cells::tr("all down, sending anyway")
                                : Cells::tr("all down, answering 503"));
    if (pool.onBackups)
        notes << Cells::tr("on backups");
    if (pool.queued > 0)
        notes << Cells::tr("%1 waiting for room").arg(figures::count(pool.queued));
    return notes.join(QLatin1String(", "));
}

/// Display, for the columns that pools and servers have in common.
template <typename Row>
QString commonText(const Row& row, int column)
{
    switch (column) {
    case M::Requests:
        return figures::rate(row.requestsPerSecond);
    case M::P50:
        return figures::latency(row.latency.p50);
    case M::P95:
        return figures::latency(row.latency.p95);
    case M::P99:
        return figures::latency(row.latency.p99);
    case M::Errors:
        return figures::errorPercent(row.errorsPerSecond, row.requestsPerSecond);
    default:
        return {};
    }
}

template <typename Row>
QVariant commonSort(const Row& row, int column)
{
    switch (column) {
    case M::Requests:
        return row.requestsPerSecond;
    case M::Active:
        return row.inFlight;
    case M::P50:
        return row.latency.p50;
    case M::P95:
        return row.latency.p95;
    case M::P99:
        return row.latency.p99;
    case M::Errors:
        return row.errorsPerSecond;
    default:
        return {};
    }
}

QString probeAge(const stats::BackendRow& server)
{
    return server.probe.done ? figures::ago(server.probe.ageSeconds) : QString();
}

QString probeText(const stats::BackendRow& server)
{
    if (!server.probed)
        return Cells::tr("not checked");
    return server.probe.done ? text(server.probe.text) : Cells::tr("waiting for the first");
}

QString serverText(const stats::BackendRow& server, int column)
{
    switch (column) {
    case M::State:
        return server.ghost ? Cells::tr("Removed, %1 left").arg(server.inFlight)
                            : badgeWord(server);
    case M::Server:
        return text(server.name);
    case M::Weight:
        return QString::number(server.weight);
    case M::Share:
        return figures::percent(server.actualShare);
    case M::Active:
        return activeText(server);
    case M::Pinned:
        return figures::count(server.pinned);
    case M::LastProbe:
        return probeText(server);
    default:
        return commonText(server, column);
    }
}

QString serverDetail(const stats::BackendRow& server, int column)
{
    if (column == M::State)
        return badgeDetail(server);
    if (column == M::Server)
        return server.backup ? Cells::tr("%1, backup").arg(text(server.address))
                             : text(server.address);
    if (column == M::LastProbe)
        return probeAge(server);
    return {};
}

QVariant serverSort(const stats::BackendRow& server, int column)
{
    switch (column) {
    case M::State:
        return badgeUrgency(badgeOf(server));
    case M::Server:
        return text(server.name);
    case M::Weight:
        return server.weight;
    case M::Share:
        return server.actualShare;
    case M::Pinned:
        return server.pinned;
    case M::LastProbe:
        return probeText(server);
    default:
        return commonSort(server, column);
    }
}

QString serverTip(const stats::BackendRow& server, int column)
{
    switch (column) {
    case M::State: {
        QString tip =
            Cells::tr("%1 for %2").arg(badgeWord(server), figures::span(server.stateSeconds));
        if (!server.reason.empty())
            tip += Cells::tr("\nWhy: %1").arg(text(server.reason));
        if (server.ejectedSecondsLeft >= 0)
            tip += Cells::tr("\nBack in %1").arg(figures::span(server.ejectedSecondsLeft));
        if (!server.excluded.empty())
            tip += Cells::tr("\nGets no new requests: %1").arg(text(server.excluded));
        if (server.safeToStop())
            tip += Cells::tr("\nNothing is in flight: it is safe to stop this server.");
        return tip;
    }
    case M::Server:
        return Cells::tr("%1/%2 at %3")
            .arg(text(server.pool), text(server.name), text(server.address));
    case M::Active:
        return server.maxRequests > 0
                   ? Cells::tr("%1 in flight; at most %2 at once")
                         .arg(figures::count(server.inFlight),
                              figures::count(qulonglong(server.maxRequests)))
                   : Cells::tr("%1 in flight; no limit").arg(figures::count(server.inFlight));
    case M::Pinned:
        return Cells::tr("%1 clients come here again by their cookie")
            .arg(figures::count(server.pinned));
    case M::Weight:
        return Cells::tr("Weight 0 to 256; 0 takes no new work. Double-click or F2 to change.");
    case M::Share:
        return Cells::tr("%1 of the pool's requests in the last 10 s; the tick marks %2 by weight")
            .arg(figures::percent(server.actualShare, 1),
                 figures::percent(server.configuredShare, 1));
    case M::Errors:
        return Cells::tr("Since the start: %1 × 5xx, %2 connect errors, %3 timeouts, %4 "
                         "resets\nNow: %5 a second")
            .arg(figures::count(server.totals.status5xx),
                 figures::count(server.totals.connectErrors),
                 figures::count(server.totals.timeouts), figures::count(server.totals.resets),
                 figures::rate(server.errorsPerSecond));
    case M::Requests:
        return Cells::tr("%1 requests since the start, %2 retries")
            .arg(figures::count(server.totals.requests), figures::count(server.totals.retries));
    case M::LastProbe:
        return server.probe.done ? Cells::tr("%1, %2").arg(probeText(server), probeAge(server))
                                 : probeText(server);
    default:
        return {};
    }
}

bool serverAlarm(const stats::BackendRow& server, int column)
{
    if (column == M::LastProbe)
        return server.probe.done && !server.probe.good;
    if (column == M::Active)
        return server.maxRequests > 0 && int(server.inFlight) >= server.maxRequests;
    return column == M::Errors && server.errorsPerSecond > 0.01 * server.requestsPerSecond &&
           server.errorsPerSecond > 0;
}

QString poolText(const stats::PoolRow& pool, int column)
{
    switch (column) {
    case M::State:
        return text(pool.name);
    case M::Server:
        return inService(pool);
    case M::Active:
        return figures::count(pool.inFlight);
    case M::Pinned:
        return pool.sticky ? figures::count(pinnedOf(pool)) : figures::nothing();
    case M::LastProbe:
        return poolNote(pool);
    default:
        return commonText(pool, column);
    }
}

/// Pools keep their order under any sort: the proxy never asks for their sort value.
QVariant shared(int column, int role, bool stale)
{
    if (role == Qt::TextAlignmentRole)
        return alignment(column);
    if (role == Qt::ForegroundRole && stale)
        return theme().muted;
    return {};
}

} // namespace

QVariant poolData(const stats::PoolRow& pool, int column, int role, bool stale)
{
    switch (role) {
    case Qt::DisplayRole:
        return poolText(pool, column);
    case Qt::AccessibleTextRole:
        return column == M::State ? Cells::tr("Pool %1").arg(text(pool.name))
                                  : poolText(pool, column);
    case Qt::ToolTipRole:
        if (column == M::State)
            return Cells::tr("Pool %1, %2").arg(text(pool.name), text(toString(pool.algorithm)));
        return column == M::LastProbe ? QVariant(poolNote(pool)) : QVariant();
    case Qt::FontRole: {
        if (column != M::State)
            return {};
        QFont font;
        font.setWeight(QFont::DemiBold);
        return font;
    }
    case M::IdRole:
        return text(pool.name);
    case M::IsPoolRole:
        return true;
    case M::AlarmRole:
        return column == M::LastProbe
                   ? !poolNote(pool).isEmpty()
                   : column == M::Server && (pool.allDown || pool.selectable == 0);
    case M::DetailRole:
        return column == M::State ? QVariant(text(toString(pool.algorithm))) : QVariant();
    case M::SortRole:
        return column == M::State ? QVariant(text(pool.name)) : commonSort(pool, column);
    default:
        return shared(column, role, stale);
    }
}

QVariant serverData(const stats::BackendRow& server, int column, int role, bool stale)
{
    switch (role) {
    case Qt::DisplayRole:
        return serverText(server, column);
    case Qt::EditRole:
        return column == M::Weight ? QVariant(server.weight) : QVariant(serverText(server, column));
    case Qt::AccessibleTextRole: {
        const QString detail = serverDetail(server, column);
        const QString shown = serverText(server, column);
        return detail.isEmpty() ? shown : Cells::tr("%1, %2").arg(shown, detail);
    }
    case Qt::ToolTipRole:
        return serverTip(server, column);
    case M::SortRole:
        return serverSort(server, column);
    case M::IdRole:
        return QString(text(server.pool) + u'/' + text(server.name));
    case M::IsPoolRole:
        return false;
    case M::BadgeRole:
        return int(badgeOf(server));
    case M::BackupRole:
        return server.backup;
    case M::ShareRole:
        return server.actualShare;
    case M::ConfiguredShareRole:
        return server.configuredShare;
    case M::DetailRole:
        return serverDetail(server, column);
    case M::AlarmRole:
        return serverAlarm(server, column);
    default:
        return shared(column, role, stale);
    }
}

QVariant headerData(int column, int role)
{
    if (role == Qt::TextAlignmentRole)
        return alignment(column);
    static const char* const kTitles[] = {
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "State"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Server"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Weight"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Share"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Requests/s"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Active"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Pinned"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "p50"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "p95"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "p99"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Errors"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Last probe"),
    };
    static_assert(std::size(kTitles) == M::ColumnCount);
    static const char* const kTips[] = {
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel",
                          "What the server is doing, and for how long"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Name and address"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel",
                          "Its part of the work against the others of the pool"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel",
                          "Actual share of the pool; the tick is the share by weight"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Requests a second, and the last 60 s"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel",
                          "Requests in flight now, and how many it may have"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel",
                          "Clients that a cookie brings to the same server again"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel",
                          "Half of the answers are faster than this (last 10 s)"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel",
                          "95 % of the answers are faster than this (last 10 s)"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel",
                          "99 % of the answers are faster than this (last 10 s)"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel", "Failed share of the requests, now"),
        QT_TRANSLATE_NOOP("steelyard::gui::ServersModel",
                          "Result of the newest health check, and its age"),
    };
    static_assert(std::size(kTips) == M::ColumnCount);
    if (column < 0 || column >= M::ColumnCount)
        return {};
    if (role == Qt::DisplayRole)
        return Cells::tr(kTitles[column]);
    if (role == Qt::ToolTipRole || role == Qt::StatusTipRole)
        return Cells::tr(kTips[column]);
    return {};
}

} // namespace steelyard::gui::cells
