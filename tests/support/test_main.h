/// One test executable holds several QtTest classes: each registers itself with
/// STEELYARD_TEST(Class) in its .cpp. Run with class names to select: `unit_net TimerWheelTest`;
/// other arguments go to QtTest.
#pragma once

#include <QObject>

#include <functional>
#include <memory>

namespace steelyard::test {

using Factory = std::function<std::unique_ptr<QObject>()>;
bool registerTest(const char* name, Factory factory);

} // namespace steelyard::test

#define STEELYARD_TEST(Class)                                                                      \
    static const bool registered##Class =                                                          \
        steelyard::test::registerTest(#Class, [] { return std::make_unique<Class>(); });
