/// Words of a HAProxy configuration (configuration manual 2.2 and 2.3): whatever a text contains,
/// it stays one word, of one meaning. Thread: any; pure.
#pragma once

#include "base/clock.h"
#include "config/model.h"

#include <string>
#include <string_view>

namespace steelyard::interop::haproxy {

/// One word: bare where that is safe, else in strong quotes, in which nothing is special; control
/// characters outside of them as \n or \x01.
[[nodiscard]] std::string quoted(std::string_view text);

/// A text where a log-format string is expected: no "%" of it is taken for a variable. Not quoted
/// yet. An empty one becomes an expression of no length, since an empty word ends the arguments.
[[nodiscard]] std::string plainFormat(std::string_view text);

/// An argument in the parentheses of a sample expression, which are parsed once more after the
/// word. Not quoted yet.
[[nodiscard]] std::string argument(std::string_view text);

/// A time, at most what HAProxy's timers hold (24 days).
[[nodiscard]] std::string timeText(milliseconds time);

/// The name of a fetch: "req.fhdr(x-beta)". Not quoted yet. Absent names only for addresses and
/// paths.
[[nodiscard]] std::string sampleOf(const config::AffinityKey& key);

} // namespace steelyard::interop::haproxy
