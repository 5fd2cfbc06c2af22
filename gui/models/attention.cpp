#include "models/attention.h"

#include "models/figures.h"

#include <QCoreApplication>

#include <algorithm>

namespace steelyard::gui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::Attention)
};

constexpr double kFailing = 0.05; ///< share of errors that a server in service should not have

void ofPool(const stats::PoolRow& pool, QList<Attention>& list)
{
    const QString name = QString::fromStdString(pool.name);
    if (pool.allDown) {
        list.append(
            {name,
             pool.failOpen
                 ? Words::tr("%1 — no healthy server\nRequests are sent anyway (fail-open)")
                       .arg(name)
                 : Words::tr("%1 — no server in service\nRequests are answered with 503").arg(name),
             Badge::Down});
    } else if (pool.onBackups) {
        list.append({name, Words::tr("%1 — runs on its backups").arg(name), Badge::Changing});
    }
    if (pool.queued > 0) {
        list.append({name,
                     Words::tr("%1 — requests wait: %2\nEvery server is at its limit")
                         .arg(name, figures::count(pool.queued)),
                     Badge::Changing});
    }
}

void ofServer(const stats::BackendRow& server, QList<Attention>& list)
{
    const Badge badge = badgeOf(server);
    const QString id =
        QString::fromStdString(server.pool) + u'/' + QString::fromStdString(server.name);
    if (server.ghost)
        return;
    if (badge == Badge::Up) {
        if (server.requestsPerSecond >= 1 &&
            server.errorsPerSecond > kFailing * server.requestsPerSecond) {
            list.append({id,
                         Words::tr("%1 — errors: %2 of its requests")
                             .arg(id, figures::errorPercent(server.errorsPerSecond,
                                                            server.requestsPerSecond)),
                         Badge::Changing});
        }
        return;
    }
    QString text =
        Words::tr("%1 — %2, %3").arg(id, badgeWord(server), figures::span(server.stateSeconds));
    const QString reason = QString::fromStdString(server.reason);
    if (server.ejectedSecondsLeft >= 0 && badge == Badge::Down)
        text += Words::tr("\n%1; back in %2").arg(reason, figures::span(server.ejectedSecondsLeft));
    else if (!reason.isEmpty())
        text += u'\n' + reason;
    list.append({id, text, badge});
}

} // namespace

QList<Attention> attentionOf(const stats::Snapshot& snapshot)
{
    QList<Attention> list;
    for (const stats::PoolRow& pool : snapshot.pools)
        ofPool(pool, list);
    for (const stats::PoolRow& pool : snapshot.pools) {
        for (const stats::BackendRow& server : pool.backends)
            ofServer(server, list);
    }
    for (const stats::ListenerRow& listener : snapshot.listeners) {
        if (listener.maxConnections <= 0 ||
            listener.connections * 10.0 < listener.maxConnections * 9.0)
            continue;
        list.append(
            {{},
             Words::tr("Listener %1 — nearly full\n%2 of %3 connections")
                 .arg(QString::fromStdString(listener.name), figures::count(listener.connections),
                      figures::count(static_cast<qulonglong>(listener.maxConnections))),
             Badge::Changing});
    }
    std::stable_sort(list.begin(), list.end(), [](const Attention& a, const Attention& b) {
        return badgeUrgency(a.badge) < badgeUrgency(b.badge);
    });
    return list;
}

} // namespace steelyard::gui
