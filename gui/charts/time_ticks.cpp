#include "charts/time_ticks.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <cmath>

namespace steelyard::gui {

namespace {

struct Ticks
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::Ticks)
};

constexpr int kMost = 7;

double stepFor(double length)
{
    for (const double step :
         {1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0}) {
        if (length / step < kMost)
            return step;
    }
    return 7200;
}

} // namespace

QList<TimeTick> ticksAgo(double length)
{
    const double step = stepFor(length);
    QList<TimeTick> ticks;
    for (double ago = 0; ago <= length + 0.01; ago += step) {
        const auto number = [](double value) {
            return QLocale().toString(-static_cast<int>(std::lround(value)));
        };
        QString text;
        if (ago == 0)
            text = Ticks::tr("now");
        else if (step < 60)
            text = Ticks::tr("%1 s").arg(number(ago));
        else if (step < 3600)
            text = Ticks::tr("%1 min").arg(number(ago / 60));
        else
            text = Ticks::tr("%1 h").arg(number(ago / 3600));
        ticks.prepend({-ago, text});
    }
    return ticks;
}

QList<TimeTick> ticksOfDay(double length, qint64 endWallMs)
{
    const double step = stepFor(length);
    // Round times of day are round in local time: offsets are not always whole hours.
    const QDateTime end = QDateTime::fromMSecsSinceEpoch(endWallMs);
    const double local = static_cast<double>(endWallMs) / 1000 + end.offsetFromUtc();
    QList<TimeTick> ticks;
    for (double at = std::floor(local / step) * step; at >= local - length; at -= step) {
        const qint64 wallMs = endWallMs - std::llround((local - at) * 1000);
        const QDateTime time = QDateTime::fromMSecsSinceEpoch(wallMs);
        ticks.prepend({at - local, time.toString(step < 60 ? QStringLiteral("HH:mm:ss")
                                                           : QStringLiteral("HH:mm"))});
    }
    return ticks;
}

} // namespace steelyard::gui
