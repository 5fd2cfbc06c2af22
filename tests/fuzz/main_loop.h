/// The event loop of the targets that need one, set up at its first use and never taken down.
/// Thread: main.
#pragma once

#include "net/event_dispatcher.h"

#include <QCoreApplication>

namespace steelyard::fuzz {

inline net::EventDispatcher& mainLoop()
{
    static net::EventDispatcher* loop = [] {
        static int count = 1;
        static char name[] = "fuzz";
        static char* arguments[] = {name, nullptr};
        auto* made = new net::EventDispatcher;
        QCoreApplication::setEventDispatcher(made);
        new QCoreApplication(count, arguments);
        return made;
    }();
    return *loop;
}

} // namespace steelyard::fuzz
