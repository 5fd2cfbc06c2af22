/// Figures as people read them: by QLocale, with a unit, at a precision that does not jitter.
/// Thread: any.
#pragma once

#include <QString>

namespace steelyard::gui::figures {

[[nodiscard]] QString nothing();               ///< what stands where there is no figure: a dash
[[nodiscard]] QString count(qulonglong value); ///< "12,431"
[[nodiscard]] QString rate(double perSecond);  ///< "12,431", "42.5", "0"
[[nodiscard]] QString latency(double micros);  ///< "42 µs", "8.1 ms", "1.20 s"; a dash for zero
/// Labels of an axis, `step` apart and written alike: "0.25", "60"; "0" for zero.
[[nodiscard]] QString tick(double value, double step);
[[nodiscard]] QString latencyTick(double micros, double stepMicros); ///< "400 µs", "15 ms"
[[nodiscard]] QString percent(double share, int decimals = 0);       ///< 0-1 -> "33 %"
[[nodiscard]] QString errorPercent(double errorsPerSecond, double requestsPerSecond); ///< "0.02 %"
[[nodiscard]] QString span(double seconds); ///< "4 s", "3 min", "2 h", "5 d"
[[nodiscard]] QString late(double seconds); ///< "0 ms", "12 ms", "1.20 s"
[[nodiscard]] QString ago(double seconds);  ///< "2 s ago", "now"

} // namespace steelyard::gui::figures
