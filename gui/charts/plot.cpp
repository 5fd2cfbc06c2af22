#include "charts/plot.h"

#include <cmath>

namespace steelyard::gui {

QString textOf(const History::Reach& reach, const Plot::Format& format)
{
    if (std::isnan(reach.low) || std::isnan(reach.high))
        return {};
    const QString low = format(static_cast<double>(reach.low));
    const QString high = format(static_cast<double>(reach.high));
    return low == high ? high : low + u'–' + high;
}

} // namespace steelyard::gui
