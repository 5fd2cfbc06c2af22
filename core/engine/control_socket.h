/// The UNIX socket that an engine is controlled over: where it is, and how one engine claims it.
///
/// Why not QLocalServer: on a failed accept (no descriptors left) it closes itself and removes its
/// file, so an engine under pressure would lose its control for good; it replaces a live socket
/// without a word; and its file is 0700. Thread: one owner.
#pragma once

#include "base/result.h"
#include "supervise/descriptor.h"

#include <QByteArray>
#include <QString>

namespace steelyard::engine {

/// $XDG_RUNTIME_DIR/steelyard.sock; without that variable (absolute) /run/steelyard/steelyard.sock
/// for root, else /tmp/steelyard-UID/steelyard.sock.
[[nodiscard]] QString defaultSocketPath();

/// A bound, listening socket (mode 0600, non-blocking); its file goes with it.
class ControlSocket
{
public:
    ControlSocket() = default;
    ~ControlSocket();
    ControlSocket(ControlSocket&& other) noexcept;
    ControlSocket& operator=(ControlSocket&& other) noexcept;
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    /// Binds `path`. A socket that a dead process has left is replaced. The directory of the
    /// default path is made when it is missing (0700) and must be ours. Errors: Refused "another
    /// engine (pid N) is serving PATH"; InvalidInput (too long, not a socket there); Io.
    [[nodiscard]] static Result<ControlSocket> claim(const QString& path);

    /// The listening socket that another process has bound to `path`. Errors: Refused, it is none,
    /// or its file is gone; claim() then.
    [[nodiscard]] static Result<ControlSocket> adopt(const QString& path,
                                                     supervise::Descriptor descriptor);
    /// Closes it and leaves the file: another process serves it.
    void abandon();

    [[nodiscard]] int descriptor() const { return m_fd; }

private:
    ControlSocket(int fd, QByteArray path, quint64 device, quint64 inode);

    int m_fd = -1;
    QByteArray m_path;
    quint64 m_device = 0, m_inode = 0; ///< the file as we made it: somebody else's is not removed
};

/// The process and user at the other end of a connected UNIX socket (SO_PEERCRED).
struct PeerCredentials
{
    int pid = 0;
    unsigned uid = ~0U;
};

[[nodiscard]] PeerCredentials peerCredentials(int fd);

} // namespace steelyard::engine
