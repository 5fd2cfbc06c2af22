#include "models/history.h"

#include <algorithm>
#include <cmath>

namespace steelyard::gui {

namespace {

constexpr History::Field kFields[] = {
    &History::Sample::requests, &History::Sample::errors, &History::Sample::p50,
    &History::Sample::p95,      &History::Sample::p99,    &History::Sample::load,
    &History::Sample::queued,   &History::Sample::own,    &History::Sample::own99};

History::Sample absent()
{
    History::Sample sample;
    for (const History::Field field : kFields)
        sample.*field = std::numeric_limits<float>::quiet_NaN();
    return sample;
}

template <typename Row>
History::Sample sampleOf(const Row& row, std::uint32_t load)
{
    History::Sample sample;
    sample.requests = static_cast<float>(row.requestsPerSecond);
    sample.errors = static_cast<float>(row.errorsPerSecond);
    sample.p50 = static_cast<float>(row.latency.p50 / 1000);
    sample.p95 = static_cast<float>(row.latency.p95 / 1000);
    sample.p99 = static_cast<float>(row.latency.p99 / 1000);
    sample.load = static_cast<float>(load);
    return sample;
}

/// A listener, pool or server.
template <typename Row>
History::Sample partOf(const Row& row, std::uint32_t load)
{
    History::Sample sample = sampleOf(row, load);
    sample.own = static_cast<float>(row.ownMean / 1000);
    return sample;
}

double spanOf(double moment)
{
    return std::floor(moment / History::kSpanSeconds);
}

} // namespace

std::size_t History::Ring::slot(int age) const
{
    const int slotCount = static_cast<int>(at.size());
    return static_cast<std::size_t>((next - 1 - age + slotCount) % slotCount);
}

void History::Ring::advance()
{
    const int slotCount = static_cast<int>(at.size());
    next = (next + 1) % slotCount;
    size = std::min(size + 1, slotCount);
}

History::Series::Series()
    : fine(kSamples, absent())
    , coarse(kSpans, Span{absent(), absent()})
{
}

void History::add(const stats::Snapshot& snapshot)
{
    const double moment = snapshot.monotonicSeconds;
    if (m_fine.size > 0 && moment == m_newest)
        return; // a silent engine leaves a gap
    if (m_fine.size > 0 && moment < m_newest)
        clear();
    const bool newSpan = m_coarse.size == 0 || spanOf(moment) != spanOf(m_newest);
    m_newest = moment;
    m_wallOffset = static_cast<double>(snapshot.wallMs) / 1000 - moment;
    m_fine.advance();
    m_fine.at[m_fine.slot(0)] = moment;
    if (newSpan) {
        m_coarse.advance();
        m_coarse.at[m_coarse.slot(0)] = spanOf(moment) * kSpanSeconds;
    }
    ++m_turn;
    Sample whole = sampleOf(snapshot, snapshot.connections);
    whole.own = static_cast<float>(snapshot.own.p50 / 1000);
    whole.own99 = static_cast<float>(snapshot.own.p99 / 1000);
    for (const stats::PoolRow& pool : snapshot.pools) {
        const QString poolName = QString::fromStdString(pool.name);
        Sample sample = partOf(pool, pool.inFlight);
        sample.queued = static_cast<float>(pool.queued);
        whole.queued += sample.queued;
        put(poolName, sample, newSpan);
        for (const stats::BackendRow& server : pool.backends) {
            put(poolName + u'/' + QString::fromStdString(server.name),
                partOf(server, server.inFlight), newSpan);
        }
    }
    for (const stats::ListenerRow& listener : snapshot.listeners) {
        put(listenerKey(QString::fromStdString(listener.name)),
            partOf(listener, listener.connections), newSpan);
    }
    put(QString(), whole, newSpan);
    for (auto it = m_series.begin(); it != m_series.end();) {
        if (it.value()->seen == m_turn)
            ++it;
        else
            it = m_series.erase(it);
    }
}

void History::clear()
{
    m_series.clear();
    m_fine = Ring{kSamples};
    m_coarse = Ring{kSpans};
    m_newest = 0;
}

void History::put(const QString& key, const Sample& sample, bool newSpan)
{
    std::shared_ptr<Series>& series = m_series[key];
    if (!series)
        series = std::make_shared<Series>();
    series->seen = m_turn;
    series->fine[m_fine.slot(0)] = sample;
    Span& span = series->coarse[m_coarse.slot(0)];
    if (newSpan)
        span = {sample, sample};
    for (const Field field : kFields) {
        span.low.*field = std::fmin(span.low.*field, sample.*field);   // of NaN and a number: the
        span.high.*field = std::fmax(span.high.*field, sample.*field); // number
    }
}

QList<float> History::values(const QString& key, Field field, int count) const
{
    QList<float> result;
    const auto found = m_series.constFind(key);
    if (found == m_series.constEnd())
        return result;
    const int wanted = std::min(count, m_fine.size);
    result.reserve(wanted);
    for (int age = wanted - 1; age >= 0; --age) {
        const float value = (*found)->fine[m_fine.slot(age)].*field;
        result.append(std::isnan(value) ? 0 : value);
    }
    return result;
}

QStringList History::listeners() const
{
    QStringList names;
    for (auto it = m_series.begin(); it != m_series.end(); ++it) {
        if (it.key().startsWith(u'@'))
            names << it.key().mid(1);
    }
    names.sort();
    return names;
}

double History::oldest() const
{
    if (m_fine.size == 0)
        return 0;
    const double fine = m_fine.at[m_fine.slot(m_fine.size - 1)];
    return std::min(fine, m_coarse.at[m_coarse.slot(m_coarse.size - 1)]);
}

double History::momentOf(qint64 wallMs) const
{
    return static_cast<double>(wallMs) / 1000 - m_wallOffset;
}

qint64 History::wallOf(double moment) const
{
    return std::llround((moment + m_wallOffset) * 1000);
}

bool History::coarse(double from) const
{
    // The newest sample may be a moment older than the span's end: half a slot of grace.
    return m_fine.size == kSamples && from < m_fine.at[m_fine.slot(kSamples - 1)] - 2;
}

std::pair<int, int> History::inside(double from, double to) const
{
    const bool wide = coarse(from);
    const Ring& ring = wide ? m_coarse : m_fine;
    const double start = wide ? from - kSpanSeconds : from; // a slot that `from` lies in
    int oldest = ring.size - 1;
    while (oldest >= 0 && ring.at[ring.slot(oldest)] < start)
        --oldest;
    int newest = 0;
    while (newest < ring.size && ring.at[ring.slot(newest)] > to)
        ++newest;
    return {oldest, newest};
}

QList<double> History::moments(double from, double to) const
{
    const Ring& ring = coarse(from) ? m_coarse : m_fine;
    const auto [oldest, newest] = inside(from, to);
    QList<double> result;
    for (int age = oldest; age >= newest; --age)
        result.append(ring.at[ring.slot(age)]);
    return result;
}

QList<History::Reach> History::reaches(const QString& key, Field field, double from,
                                       double to) const
{
    const bool wide = coarse(from);
    const Ring& ring = wide ? m_coarse : m_fine;
    const auto [oldest, newest] = inside(from, to);
    const auto found = m_series.constFind(key);
    QList<Reach> result;
    for (int age = oldest; age >= newest; --age) {
        const std::size_t slot = ring.slot(age);
        if (found == m_series.constEnd()) {
            result.append(Reach{});
        } else if (wide) {
            const Span& span = (*found)->coarse[slot];
            result.append({span.low.*field, span.high.*field});
        } else {
            const float value = (*found)->fine[slot].*field;
            result.append({value, value});
        }
    }
    return result;
}

} // namespace steelyard::gui
