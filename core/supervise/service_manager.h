/// The engine's side of what started it, our own supervisor or systemd: the sockets it was handed
/// (LISTEN_FDS, sd_listen_fds(3)), how it was started, and the words it sends back (sd_notify(3)):
/// ready, alive, keep this socket for the next of my kind. Without such a parent all of it does
/// nothing. Thread: from main until the engine starts, then control; tell() any.
#pragma once

#include "supervise/descriptor.h"

#include <string>
#include <string_view>
#include <vector>

namespace steelyard::supervise {

/// A descriptor that the last engine left, and the name under which it left it.
struct Inherited
{
    std::string name;
    Descriptor descriptor;
};

/// Names of what is handed over besides the listeners' sockets, which bear their
/// listener's name; no listener can be called so.
inline constexpr std::string_view kControlSocketName = "@control.socket";
inline constexpr std::string_view kAdminHttpName = "@admin.http";
inline constexpr std::string_view kLastGoodName = "@last.good.configuration";

class ServiceManager
{
public:
    ServiceManager() = default; ///< nobody

    /// Takes what the environment names, and removes those variables, so that a child of this
    /// process does not take them for its own.
    [[nodiscard]] static ServiceManager fromEnvironment();

    /// Is there anybody to tell something to?
    [[nodiscard]] bool present() const { return m_socket.valid(); }

    /// The supervisor's channel: readable when it is gone; -1 without one (systemd has none).
    [[nodiscard]] int supervisor() const { return m_supervised ? m_socket.get() : -1; }

    /// Another engine serves until this one is ready.
    [[nodiscard]] bool takesOver() const { return m_takesOver; }

    /// The engine before this one ended unasked.
    [[nodiscard]] bool startsAgain() const { return !m_reason.empty(); }

    /// Why it did, in words.
    [[nodiscard]] const std::string& reason() const { return m_reason; }

    /// Start with the last good configuration, not with the file.
    [[nodiscard]] bool safeMode() const { return m_safeMode; }

    /// What was handed over and not taken yet.
    [[nodiscard]] std::vector<Inherited>& inherited() { return m_inherited; }

    /// Takes the first of that name; invalid when there is none.
    [[nodiscard]] Descriptor take(std::string_view name);
    /// Closes what nobody took, and has it forgotten.
    void dropInherited();

    /// Have `descriptor` kept for the next engine, under a name that may be used several times.
    void keep(std::string_view name, int descriptor) const;
    /// Have all of that name closed.
    void forget(std::string_view name) const;
    /// Lines of sd_notify(3), such as "READY=1".
    void tell(std::string_view lines) const;

private:
    Descriptor m_socket;
    std::vector<Inherited> m_inherited;
    std::string m_reason;
    bool m_supervised = false, m_takesOver = false, m_safeMode = false;
};

} // namespace steelyard::supervise
