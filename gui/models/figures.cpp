#include "models/figures.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace steelyard::gui::figures {

namespace {

struct Figures
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::figures)
};

QString decimal(double value, int decimals)
{
    return QLocale().toString(value, 'f', decimals);
}

/// As few as write the step exactly, at most two.
int decimalsOf(double step)
{
    for (int decimals = 0; decimals < 2; ++decimals) {
        const double scaled = step * std::pow(10, decimals);
        if (std::abs(scaled - std::round(scaled)) < 0.01)
            return decimals;
    }
    return 2;
}

} // namespace

QString nothing()
{
    return QStringLiteral("–");
}

QString count(qulonglong value)
{
    return QLocale().toString(value);
}

QString rate(double perSecond)
{
    if (perSecond < 0.05)
        return decimal(0, 0);
    return decimal(perSecond, perSecond < 99.95 ? 1 : 0);
}

QString latency(double micros)
{
    if (!(micros > 0))
        return nothing();
    if (micros < 999.5)
        return Figures::tr("%1 µs").arg(decimal(micros, micros < 9.95 ? 1 : 0));
    const double millis = micros / 1000;
    if (millis < 999.5)
        return Figures::tr("%1 ms").arg(decimal(millis, millis < 99.95 ? 1 : 0));
    return Figures::tr("%1 s").arg(decimal(millis / 1000, 2));
}

QString tick(double value, double step)
{
    return value > 0 ? decimal(value, decimalsOf(step)) : decimal(0, 0);
}

QString latencyTick(double micros, double stepMicros)
{
    if (!(micros > 0))
        return decimal(0, 0);
    // One unit for all labels: the one that makes the step at least a quarter.
    if (stepMicros < 249)
        return Figures::tr("%1 µs").arg(tick(micros, stepMicros));
    if (stepMicros < 249e3)
        return Figures::tr("%1 ms").arg(tick(micros / 1e3, stepMicros / 1e3));
    return Figures::tr("%1 s").arg(tick(micros / 1e6, stepMicros / 1e6));
}

QString percent(double share, int decimals)
{
    return Figures::tr("%1 %").arg(decimal(std::clamp(share, 0.0, 1.0) * 100, decimals));
}

QString errorPercent(double errorsPerSecond, double requestsPerSecond)
{
    if (requestsPerSecond < 0.05)
        return errorsPerSecond > 0 ? percent(1) : nothing();
    const double share = errorsPerSecond / requestsPerSecond;
    return share > 0 ? percent(share, share < 0.0995 ? 2 : 0) : percent(0);
}

QString span(double seconds)
{
    if (seconds < 59.5)
        return Figures::tr("%1 s").arg(std::lround(std::max(seconds, 0.0)));
    if (seconds < 3570)
        return Figures::tr("%1 min").arg(std::lround(seconds / 60));
    if (seconds < 84600)
        return Figures::tr("%1 h").arg(std::lround(seconds / 3600));
    return Figures::tr("%1 d").arg(std::lround(seconds / 86400));
}

QString late(double seconds)
{
    return seconds < 0.0005 ? Figures::tr("%1 ms").arg(0) : latency(seconds * 1e6);
}

QString ago(double seconds)
{
    return seconds < 0.5 ? Figures::tr("now") : Figures::tr("%1 ago").arg(span(seconds));
}

} // namespace steelyard::gui::figures
