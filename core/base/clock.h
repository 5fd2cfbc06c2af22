/// Time for the engine. Everything that measures or waits uses the monotonic clock; the wall clock
/// is for display only. Functions that depend on time take `now` as a parameter, so that tests and
/// simulations bring their own. Thread: any.
#pragma once

#include <chrono>

namespace steelyard {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

} // namespace steelyard
