/// `steelyardd run` and `steelyardd demo`: an engine in the foreground until a signal ends it.
/// Thread: main.
#pragma once

#include <QString>

namespace steelyard::daemon {

/// One line for people on stderr.
void complain(const QString& text);

/// Runs a configuration file. `socket` empty: as the configuration says. Takes sockets and words
/// from what started this process, be it our supervisor or systemd. Returns the exit code.
[[nodiscard]] int runFile(const QString& file, const QString& socket);
/// Runs demo servers, an engine in front of them and some traffic. `port` 0: any free one.
[[nodiscard]] int runDemo(int port, const QString& socket);

} // namespace steelyard::daemon
