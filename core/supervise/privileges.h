/// Giving root up before anything is read or served, and keeping of it only the right to bind ports
/// below 1024 (CAP_NET_BIND_SERVICE), so that a reload can still add such a listener. The right
/// goes on to programs that this process starts (it is ambient); nothing can bring more back
/// (no_new_privs). Thread: main, before others start.
#pragma once

#include "base/result.h"

#include <string>

namespace steelyard::supervise {

/// Becomes `user` (a name) with its groups, or with `group` alone when that is not empty. Nothing
/// to do when this process is that user already. Errors: NotFound (no such user or group), Refused
/// (not root), Io.
[[nodiscard]] Result<> becomeUser(const std::string& user, const std::string& group);

} // namespace steelyard::supervise
