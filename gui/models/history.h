/// What the charts and sparklines draw, for the whole engine, each listener, pool and server: one
/// sample a second for ten minutes, and the lowest and highest of every ten seconds for six hours.
/// Bounded: 173 KiB a key at most, and keys that leave the snapshot leave the history. Times are
/// the engine's: of its monotonic clock, so that a change of the wall clock bends no line. Thread:
/// main.
#pragma once

#include "stats/snapshot.h"

#include <QHash>
#include <QList>
#include <QString>
#include <QStringList>

#include <array>
#include <limits>
#include <memory>
#include <vector>

namespace steelyard::gui {

class History
{
public:
    static constexpr int kSamples = 600;         ///< one a second
    static constexpr int kSpans = 2160;          ///< one each kSpanSeconds
    static constexpr double kSpanSeconds = 10;   ///< of a coarse slot
    static constexpr double kFineSeconds = 600;  ///< how far back the fine slots reach
    static constexpr double kAllSeconds = 21600; ///< how far back the coarse ones do

    struct Sample
    {
        float requests = 0, errors = 0;  ///< per second
        float p50 = 0, p95 = 0, p99 = 0; ///< ms
        float load = 0;   ///< connections of the engine or a listener; else requests in flight
        float queued = 0; ///< of a pool, requests that wait for a server
        float own = 0;    ///< ms added by the engine itself: median of all, mean of a part
        float own99 = 0;  ///< ms, of the whole engine
    };

    using Field = float Sample::*;

    /// Lowest and highest of a slot; both NaN where the key was not there.
    struct Reach
    {
        float low = std::numeric_limits<float>::quiet_NaN();
        float high = std::numeric_limits<float>::quiet_NaN();
    };

    [[nodiscard]] static QString listenerKey(const QString& name) { return u'@' + name; }

    [[nodiscard]] QStringList listeners() const; ///< names, sorted

    /// Takes a sample, unless its moment is known already. The caller keeps the rhythm of one a
    /// second. A moment before the last one is another engine's: the history starts again.
    void add(const stats::Snapshot& snapshot);
    void clear();

    /// Samples held so far, at most kSamples.
    [[nodiscard]] int size() const { return m_fine.size; }

    /// The newest `count` values of a key ("" = everything, "POOL", "POOL/SERVER",
    /// listenerKey()), oldest first; zero where the key was not there yet. Fewer when fewer are
    /// held.
    [[nodiscard]] QList<float> values(const QString& key, Field field, int count) const;

    /// Moment of the newest and of the oldest slot; 0 when empty.
    [[nodiscard]] double newest() const { return m_newest; }

    [[nodiscard]] double oldest() const;

    /// Events have wall time: the moment of one, and back.
    [[nodiscard]] double momentOf(qint64 wallMs) const;
    [[nodiscard]] qint64 wallOf(double moment) const;

    /// True: a span that starts there is told in slots of ten seconds, else of one.
    [[nodiscard]] bool coarse(double from) const;
    /// Moments of the slots from `from` to `to`, ascending.
    [[nodiscard]] QList<double> moments(double from, double to) const;
    /// A key's reaches, one for each of moments(from, to).
    [[nodiscard]] QList<Reach> reaches(const QString& key, Field field, double from,
                                       double to) const;

private:
    /// Which slots of all the rings are in use, and when each was.
    struct Ring
    {
        explicit Ring(int slotCount)
            : at(static_cast<std::size_t>(slotCount))
        {
        }

        [[nodiscard]] std::size_t slot(int age) const; ///< 0: the newest
        void advance();

        std::vector<double> at;
        int next = 0, size = 0;
    };

    struct Span
    {
        Sample low, high;
    };

    struct Series
    {
        Series();
        std::vector<Sample> fine;
        std::vector<Span> coarse;
        quint64 seen = 0; ///< the turn in which the key was last there
    };

    void put(const QString& key, const Sample& sample, bool newSpan);
    /// Ages, in the ring for `from`, of the oldest and newest slot inside; first < second: none.
    [[nodiscard]] std::pair<int, int> inside(double from, double to) const;

    QHash<QString, std::shared_ptr<Series>> m_series;
    Ring m_fine{kSamples}, m_coarse{kSpans};
    quint64 m_turn = 0;
    double m_newest = 0;
    double m_wallOffset = 0; ///< seconds since 1970 minus the engine's moment
};

} // namespace steelyard::gui
