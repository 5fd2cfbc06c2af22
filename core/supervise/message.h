/// The words between an engine and what started it: lines KEY=VALUE in one message of a local
/// socket, descriptors beside them. The words are systemd's (sd_notify(3)), so that an engine says
/// the same to our own supervisor and to systemd. Thread: any.
#pragma once

#include "supervise/descriptor.h"

#include <string>
#include <string_view>
#include <vector>

namespace steelyard::supervise {

struct Message
{
    std::string text;
    std::vector<Descriptor> descriptors; ///< 16 at most, the rest is closed

    /// The value of the line `key`=...; empty when there is none.
    [[nodiscard]] std::string_view value(std::string_view key) const;
};

/// `descriptor` -1: none. Waits while the other side's queue is full, as long as the socket's
/// SO_SNDTIMEO says. False: not delivered.
bool sendMessage(int socket, std::string_view text, int descriptor = -1);

enum class Received
{
    Message,
    Nothing, ///< none is waiting
    Ended    ///< the other side is gone
};

/// Takes one waiting message; texts are cut at 4 KiB.
[[nodiscard]] Received receiveMessage(int socket, Message& into);

} // namespace steelyard::supervise
