#include "models/expected_shares.h"

#include "models/figures.h"

#include <QCoreApplication>
#include <QStringList>

namespace steelyard::gui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::ExpectedShares)
};

QString idOf(const stats::BackendRow& server)
{
    return QString::fromStdString(server.pool + '/' + server.name);
}

/// What an algorithm makes of the weights, which is all that can be known beforehand.
QString wordsFor(Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::RoundRobin:
    case Algorithm::Random:
        return Words::tr("By weight alone.");
    case Algorithm::LeastConnections:
    case Algorithm::PowerOfTwo:
    case Algorithm::PeakEwma:
    case Algorithm::Prequal:
        return Words::tr("By weight while all are equally fast; a slower one gets less.");
    case Algorithm::RingHash:
    case Algorithm::Maglev:
    case Algorithm::RendezvousHash:
    case Algorithm::ClientIpHash:
        return Words::tr("By weight, over many keys: each key has its server.");
    case Algorithm::First:
        break;
    }
    return Words::tr("All to the first one that has room; weights do not count.");
}

ExpectedShares sharesOf(const stats::PoolRow& pool, Algorithm algorithm,
                        const stats::BackendRow* changed, int weight)
{
    ExpectedShares result;
    result.words = wordsFor(algorithm);
    double sum = 0;
    const auto weightOf = [&](const stats::BackendRow& server) {
        if (&server == changed)
            return static_cast<double>(weight);
        return server.selectable ? static_cast<double>(server.weight) : 0.0;
    };
    for (const stats::BackendRow& server : pool.backends) {
        if (server.ghost)
            continue;
        double part = weightOf(server);
        if (algorithm == Algorithm::First)
            part = part > 0 && sum <= 0 ? 1 : 0;
        result.shares.insert(idOf(server), part);
        sum += part;
    }
    for (double& share : result.shares)
        share = sum > 0 ? share / sum : 0;
    return result;
}

} // namespace

QString ExpectedShares::list(const stats::PoolRow& pool, int most) const
{
    QStringList parts;
    for (const stats::BackendRow& server : pool.backends) {
        const auto share = shares.constFind(idOf(server));
        if (share == shares.constEnd())
            continue;
        if (parts.size() == most) {
            parts << QStringLiteral("…");
            break;
        }
        parts << Words::tr("%1 %2").arg(QString::fromStdString(server.name),
                                        figures::percent(*share));
    }
    return parts.join(QLatin1String(", "));
}

ExpectedShares sharesWithWeight(const stats::PoolRow& pool, const std::string& server, int weight)
{
    for (const stats::BackendRow& each : pool.backends) {
        if (each.name == server && !each.ghost)
            return sharesOf(pool, pool.algorithm, &each, weight);
    }
    return {};
}

ExpectedShares sharesUnder(const stats::PoolRow& pool, Algorithm algorithm)
{
    return sharesOf(pool, algorithm, nullptr, 0);
}

} // namespace steelyard::gui
