/// Streams of requests for the smuggling target, put together from choices: requests that are
/// plainly one or the other, and every known way to make two readers disagree. Thread: any; pure.
#pragma once

#include "fuzz/fuzz_target.h"

#include <string>

namespace steelyard::fuzz {

/// One to three requests, perhaps damaged in up to three places.
[[nodiscard]] std::string streamFrom(Choices& choices);

} // namespace steelyard::fuzz
