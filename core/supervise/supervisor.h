/// `steelyardd run --supervise`: a small process that outlives the engine. It starts the engine,
/// holds duplicates of its listening sockets, so that connections wait instead of being refused
/// while there is none, starts it again when it ends or hangs, and changes it for a new program
/// without a gap. It reads no network and no configuration: what it knows comes from its own
/// engines over a socket pair. Under systemd it is the service's main process and speaks for the
/// engine. Thread: main, the only one; no Qt.
#pragma once

#include <string>
#include <vector>

namespace steelyard::supervise {

/// Supervises an engine that is started with `arguments` (the first is the program's name; without
/// --supervise), from the program that this process runs. Returns the exit code: the first engine's
/// when that never served, else 0.
[[nodiscard]] int supervise(std::vector<std::string> arguments);

} // namespace steelyard::supervise
