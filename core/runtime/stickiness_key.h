/// The key of the stickiness cookies, in a file that outlives the engine and that engines share
/// whose pins must agree. Thread: control.
#pragma once

#include "base/result.h"
#include "runtime/session_token.h"

#include <string>

namespace steelyard::runtime {

inline constexpr char kStickinessKeyFile[] = "stickiness.key";

/// Reads `directory`/stickiness.key, or makes it (32 random bytes, mode 0600, whole or not at all,
/// also when two engines start at once; the directory too when it is missing, mode 0700). Refused:
/// a file that its group or others may touch, a symbolic link, anything but 32 bytes.
[[nodiscard]] Result<StickinessKey> loadStickinessKey(const std::string& directory);

} // namespace steelyard::runtime
