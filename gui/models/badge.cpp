#include "models/badge.h"

#include "models/figures.h"

#include <QCoreApplication>

namespace steelyard::gui {

namespace {

struct BadgeText
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::Badge)
};

} // namespace

Badge badgeOf(const stats::BackendRow& server)
{
    switch (server.admin) {
    case AdminState::Draining:
        return Badge::Draining;
    case AdminState::Maintenance:
        return Badge::Maintenance;
    case AdminState::Ready:
        break;
    }
    if (server.health == HealthState::Checking)
        return Badge::Checking;
    if (server.ejected)
        return Badge::Down;
    if (server.pending > 0)
        return Badge::Changing;
    if (server.health != HealthState::Healthy)
        return Badge::Down;
    return server.slowStart < 1 ? Badge::Changing : Badge::Up;
}

QString badgeWord(const stats::BackendRow& server)
{
    switch (badgeOf(server)) {
    case Badge::Up:
        return BadgeText::tr("Up");
    case Badge::Down:
        return BadgeText::tr("Down");
    case Badge::Checking:
        return BadgeText::tr("Checking");
    case Badge::Maintenance:
        return BadgeText::tr("Maintenance");
    case Badge::Draining:
        return server.inFlight == 0 ? BadgeText::tr("Safe to stop")
                                    : BadgeText::tr("Draining, %1 left").arg(server.inFlight);
    case Badge::Changing:
        if (server.pending == 0)
            return BadgeText::tr("Slow start %1").arg(figures::percent(server.slowStart));
        return (server.health == HealthState::Healthy ? BadgeText::tr("Going down %1/%2")
                                                      : BadgeText::tr("Coming up %1/%2"))
            .arg(server.pending)
            .arg(server.needed);
    }
    return {};
}

QString badgeDetail(const stats::BackendRow& server)
{
    if (server.drainSecondsLeft >= 0 && server.inFlight > 0)
        return BadgeText::tr("%1 to go").arg(figures::span(server.drainSecondsLeft));
    if (server.ejected && server.admin == AdminState::Ready) {
        const QString cause = QString::fromStdString(server.reason);
        return server.ejectedSecondsLeft < 0
                   ? cause
                   : BadgeText::tr("back in %1: %2")
                         .arg(figures::span(server.ejectedSecondsLeft), cause);
    }
    return standsBy(server) ? BadgeText::tr("standing by") : figures::span(server.stateSeconds);
}

bool standsBy(const stats::BackendRow& server)
{
    return server.backup && !server.selectable && !server.ghost && badgeOf(server) == Badge::Up;
}

int badgeUrgency(Badge badge)
{
    switch (badge) {
    case Badge::Down:
        return 0;
    case Badge::Changing:
        return 1;
    case Badge::Checking:
        return 2;
    case Badge::Draining:
        return 3;
    case Badge::Maintenance:
        return 4;
    case Badge::Up:
        return 5;
    }
    return 5;
}

} // namespace steelyard::gui
