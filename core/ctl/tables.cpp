#include "ctl/tables.h"

#include "ctl/text_table.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>
#include <vector>

namespace steelyard::ctl {

namespace {

QString text(std::string_view bytes)
{
    return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

/// Text from a peer or a file, for a terminal: without control characters.
QString printable(const std::string& bytes)
{
    QString result = text(bytes);
    for (QChar& character : result) {
        if (character.category() == QChar::Other_Control)
            character = u' ';
    }
    return result;
}

QString decimal(double value, int decimals = 1)
{
    return QString::number(value, 'f', decimals);
}

QString rateText(double perSecond)
{
    return decimal(perSecond, perSecond >= 100 ? 0 : 1);
}

QString percent(double share)
{
    return decimal(share * 100, 0) + u'%';
}

QString probeText(const stats::BackendRow& row)
{
    if (!row.probed)
        return QStringLiteral("not probed");
    if (!row.probe.done)
        return QStringLiteral("none yet");
    return printable(row.probe.text);
}

QString healthText(const stats::BackendRow& row)
{
    if (row.ejected) {
        return row.ejectedSecondsLeft >= 0
                   ? QStringLiteral("ejected %1s").arg(std::ceil(row.ejectedSecondsLeft))
                   : QStringLiteral("ejected");
    }
    if (row.pending == 0)
        return text(toString(row.health));
    return QStringLiteral("%1 %2/%3")
        .arg(text(toString(row.health)))
        .arg(row.pending)
        .arg(row.needed);
}

QString adminText(const stats::BackendRow& row)
{
    if (row.ghost)
        return QStringLiteral("removed");
    QString word = text(toString(row.admin));
    if (row.drainSecondsLeft >= 0)
        word += QStringLiteral(" %1s").arg(std::ceil(row.drainSecondsLeft));
    return word;
}

void line(QString& out, const char* title, const QString& value)
{
    out += QString(QLatin1String(title)).leftJustified(13) + value + u'\n';
}

QString latencies(const stats::Latency& latency)
{
    return QStringLiteral("p50 %1, p99 %2").arg(latencyText(latency.p50), latencyText(latency.p99));
}

QString poolsText(const stats::Snapshot& snapshot)
{
    TextTable table({QStringLiteral("POOL"), QStringLiteral("ALGORITHM"),
                     QStringLiteral(">IN SERVICE"), QStringLiteral(">IN FLIGHT"),
                     QStringLiteral(">REQ/S"), QStringLiteral(">ERR/S"), QStringLiteral(">P50"),
                     QStringLiteral(">P99"), QStringLiteral("NOTE")});
    for (const stats::PoolRow& pool : snapshot.pools) {
        QString note = !pool.allDown   ? QString()
                       : pool.failOpen ? QStringLiteral("all down: open to all")
                                       : QStringLiteral("all down: answers 503");
        if (pool.onBackups)
            note = QStringLiteral("on backups");
        if (pool.queued > 0)
            note += (note.isEmpty() ? QString() : QStringLiteral(", ")) +
                    QStringLiteral("%1 wait").arg(pool.queued);
        table.add({printable(pool.name), text(toString(pool.algorithm)),
                   QStringLiteral("%1 of %2").arg(pool.selectable).arg(pool.backends.size()),
                   QString::number(pool.inFlight), rateText(pool.requestsPerSecond),
                   rateText(pool.errorsPerSecond), latencyText(pool.latency.p50),
                   latencyText(pool.latency.p99), note});
    }
    return table.empty() ? QString() : u'\n' + table.toText();
}

} // namespace

QString latencyText(double micros)
{
    if (!(micros > 0))
        return QStringLiteral("-");
    if (micros < 999.5)
        return decimal(micros, 0) + QStringLiteral(" us");
    if (micros < 99950)
        return decimal(micros / 1000) + QStringLiteral(" ms");
    if (micros < 999500)
        return decimal(micros / 1000, 0) + QStringLiteral(" ms");
    return decimal(micros / 1e6) + QStringLiteral(" s");
}

QString sinceText(double seconds)
{
    if (!(seconds >= 0) || seconds > 1e9)
        return QStringLiteral("-");
    const auto whole = static_cast<qint64>(seconds);
    if (whole < 120)
        return QStringLiteral("%1s").arg(whole);
    if (whole < 2 * 3600)
        return QStringLiteral("%1m").arg(whole / 60);
    if (whole < 2 * 86400)
        return QStringLiteral("%1h").arg(whole / 3600);
    return QStringLiteral("%1d").arg(whole / 86400);
}

QString statusText(const stats::Snapshot& snapshot)
{
    QString out;
    line(out, "state",
         QStringLiteral("%1, up %2")
             .arg(text(stats::toString(snapshot.state)), sinceText(snapshot.uptimeSeconds)));
    QString file =
        snapshot.configPath.empty() ? QStringLiteral("no file") : printable(snapshot.configPath);
    if (snapshot.unsavedChanges)
        file += QStringLiteral(" (runtime changes not saved)");
    line(out, "config", QStringLiteral("version %1, %2").arg(snapshot.configVersion).arg(file));
    for (const stats::ListenerRow& listener : snapshot.listeners) {
        QStringList addresses;
        for (const std::string& address : listener.addresses)
            addresses << printable(address);
        line(out, "listener",
             QStringLiteral("%1 %2, %3 of %4 connections")
                 .arg(printable(listener.name), addresses.join(QStringLiteral(", ")))
                 .arg(listener.connections)
                 .arg(listener.maxConnections));
    }
    const double share =
        snapshot.requestsPerSecond > 0 ? snapshot.errorsPerSecond / snapshot.requestsPerSecond : 0;
    line(out, "traffic",
         QStringLiteral("%1 requests/s, %2 errors/s (%3%), %4 connections")
             .arg(rateText(snapshot.requestsPerSecond), rateText(snapshot.errorsPerSecond),
                  decimal(share * 100, 2))
             .arg(snapshot.connections));
    line(out, "latency", latencies(snapshot.latency));
    line(out, "own latency", latencies(snapshot.own));
    line(out, "totals",
         QStringLiteral("%1 requests, %2 errors, %3 retries")
             .arg(snapshot.totals.requests)
             .arg(snapshot.totals.errors())
             .arg(snapshot.totals.retries));
    line(out, "process",
         QStringLiteral("%1 workers, %2% of a core")
             .arg(snapshot.workers)
             .arg(decimal(snapshot.cpuShare * 100)));
    return out + poolsText(snapshot);
}

QString serversText(const stats::Snapshot& snapshot, const QString& pool, const QString& server)
{
    TextTable table({QStringLiteral("SERVER"), QStringLiteral("ADDRESS"), QStringLiteral("ADMIN"),
                     QStringLiteral("HEALTH"), QStringLiteral(">SINCE"), QStringLiteral(">WEIGHT"),
                     QStringLiteral(">SHARE"), QStringLiteral(">ACTIVE"), QStringLiteral(">REQ/S"),
                     QStringLiteral(">ERR/S"), QStringLiteral("LAST PROBE")});
    for (const stats::PoolRow& row : snapshot.pools) {
        if (!pool.isEmpty() && text(row.name) != pool)
            continue;
        for (const stats::BackendRow& backend : row.backends) {
            if (!server.isEmpty() && text(backend.name) != server)
                continue;
            table.add({printable(row.name) + u'/' + printable(backend.name),
                       printable(backend.address), adminText(backend), healthText(backend),
                       sinceText(backend.stateSeconds), QString::number(backend.weight),
                       percent(backend.actualShare), QString::number(backend.inFlight),
                       rateText(backend.requestsPerSecond), rateText(backend.errorsPerSecond),
                       probeText(backend)});
        }
    }
    return table.empty() ? QString() : table.toText();
}

QString eventText(const stats::Event& event)
{
    const QString when = QDateTime::fromMSecsSinceEpoch(event.wallMs)
                             .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"));
    return QStringLiteral("%1  %2  %3  %4")
        .arg(when, QString(QLatin1String(stats::toString(event.level))).leftJustified(7),
             printable(event.source).leftJustified(12), printable(event.text));
}

} // namespace steelyard::ctl
