/// What one active check found.
/// Thread: any; plain value.
#pragma once

#include <string>

namespace steelyard::health {

struct ProbeResult
{
    bool good = false;
    std::string text; ///< "200 in 4 ms", "connection refused", "timeout after 1000 ms", "status
                      ///< 500, expected 200-399"
    double durationMs = 0;         ///< from the start to the verdict
    const char* layer = "connect"; ///< how far it came: "resolve", "connect" (all of type tcp),
                                   ///< "send", "receive", "check" (a response was judged)
    int status = 0;                ///< the response's code; 0: none came
    std::string transcript; ///< lines sent ("> ") and received ("< "), printable, at most 2 KiB of
                            ///< each; empty when nothing was
    bool inconclusive = false; ///< for want of our own descriptors or memory: not counted
    // Filled in by the HealthMonitor:
    int inRow = 0;   ///< results alike in a row, this one included
    int pending = 0; ///< of them, those that point away from the state (HealthTracker::pending)
    int needed = 0;  ///< that many change it
};

} // namespace steelyard::health
