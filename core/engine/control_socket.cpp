#include "engine/control_socket.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace steelyard::engine {

namespace {

QString temporaryDirectory()
{
    return QStringLiteral("/tmp/steelyard-%1").arg(::getuid());
}

std::string words(int error)
{
    return std::generic_category().message(error);
}

Error ioError(const QByteArray& path, const char* what, int error, const char* hint = "")
{
    return {ErrorCode::Io,
            "cannot " + std::string(what) + " " + path.toStdString() + ": " + words(error), hint};
}

std::optional<sockaddr_un> socketAddress(const QByteArray& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.isEmpty() || static_cast<std::size_t>(path.size()) >= sizeof(address.sun_path))
        return std::nullopt;
    std::memcpy(address.sun_path, path.constData(), static_cast<std::size_t>(path.size()));
    return address;
}

/// Makes the directory of a default path; a directory in /tmp may be anybody's, so it must be ours
/// and ours only.
Result<> prepareDirectory(const QByteArray& directory)
{
    if (::mkdir(directory.constData(), 0700) != 0 && errno != EEXIST)
        return ioError(directory, "make", errno);

    struct stat info
    {
    };

    if (::lstat(directory.constData(), &info) != 0)
        return ioError(directory, "look at", errno);
    if (!S_ISDIR(info.st_mode) || info.st_uid != ::getuid() || (info.st_mode & 0022U) != 0) {
        return Error{ErrorCode::Refused,
                     directory.toStdString() + " is not a directory that only we can write to",
                     "remove it, or choose another socket with --socket PATH"};
    }
    if (info.st_uid != 0 && ::chmod(directory.constData(), 0700) != 0)
        return ioError(directory, "protect", errno);
    return {};
}

/// Serialises starts of engines, so that two of them cannot both replace a stale file. Not waited
/// for beyond a second: the directory may be public, and a stranger's lock must not keep an engine
/// from starting.
class StartLock
{
public:
    explicit StartLock(const QByteArray& directory)
        : m_fd(::open(directory.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    {
        const QDeadlineTimer deadline(1000);
        while (m_fd >= 0 && ::flock(m_fd, LOCK_EX | LOCK_NB) != 0 && !deadline.hasExpired()) {
            ::poll(nullptr, 0, 10);
        }
    }

    ~StartLock()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }

    StartLock(const StartLock&) = delete;
    StartLock& operator=(const StartLock&) = delete;

private:
    int m_fd;
};

/// Removes a socket file that nobody serves; an error when somebody does, or when it is not a
/// socket.
Result<> removeStale(const QByteArray& path, const sockaddr_un& address)
{
    struct stat info
    {
    };

    if (::lstat(path.constData(), &info) != 0) {
        if (errno == ENOENT)
            return {};
        return ioError(path, "look at", errno);
    }
    if (!S_ISSOCK(info.st_mode)) {
        return Error{ErrorCode::InvalidInput, path.toStdString() + " is there and is not a socket",
                     "choose another path; it is not replaced"};
    }
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ioError(path, "open a socket for", errno);
    const int failure =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 0
                                                                                         : errno;
    const int pid = peerCredentials(fd).pid;
    ::close(fd);
    if (failure == ECONNREFUSED) {
        if (::unlink(path.constData()) != 0 && errno != ENOENT)
            return ioError(path, "replace", errno);
        return {};
    }
    if (failure == ENOENT)
        return {};
    if (failure != 0 && failure != EAGAIN)
        return ioError(path, "reach what is at", failure);
    const std::string who =
        pid > 0 ? "another engine (pid " + std::to_string(pid) + ")" : "another engine";
    return Error{ErrorCode::Refused, who + " is serving " + path.toStdString(),
                 "stop it, or choose another socket with --socket PATH"};
}

} // namespace

QString defaultSocketPath()
{
    const QByteArray runtime = qgetenv("XDG_RUNTIME_DIR");
    if (runtime.startsWith('/'))
        return QFile::decodeName(runtime) + QStringLiteral("/steelyard.sock");
    if (::getuid() == 0)
        return QStringLiteral("/run/steelyard/steelyard.sock");
    return temporaryDirectory() + QStringLiteral("/steelyard.sock");
}

ControlSocket::ControlSocket(int fd, QByteArray path, quint64 device, quint64 inode)
    : m_fd(fd)
    , m_path(std::move(path))
    , m_device(device)
    , m_inode(inode)
{
}

ControlSocket::~ControlSocket()
{
    if (m_fd < 0)
        return;

    struct stat info
    {
    };

    if (::lstat(m_path.constData(), &info) == 0 && info.st_dev == m_device &&
        info.st_ino == m_inode) {
        ::unlink(m_path.constData());
    }
    ::close(m_fd);
}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
{
    *this = std::move(other);
}

ControlSocket& ControlSocket::operator=(ControlSocket&& other) noexcept
{
    std::swap(m_fd, other.m_fd);
    std::swap(m_path, other.m_path);
    std::swap(m_device, other.m_device);
    std::swap(m_inode, other.m_inode);
    return *this;
}

Result<ControlSocket> ControlSocket::claim(const QString& path)
{
    const QByteArray name = QFile::encodeName(path);
    const auto address = socketAddress(name);
    if (!address) {
        return Error{ErrorCode::InvalidInput,
                     "the socket's path must have 1 to 107 bytes: \"" + name.toStdString() + "\"",
                     "choose a shorter one with --socket PATH"};
    }
    const QByteArray directory = QFile::encodeName(QFileInfo(path).absolutePath());
    if (path == defaultSocketPath() && !qgetenv("XDG_RUNTIME_DIR").startsWith('/')) {
        if (auto prepared = prepareDirectory(directory); !prepared)
            return prepared.error();
    }
    const StartLock lock(directory);
    if (auto free = removeStale(name, *address); !free)
        return free.error();

    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ioError(name, "open a socket for", errno);

    // The mode set before bind() is the file's from its first moment (Linux); the umask can only
    // take bits away.
    struct stat info
    {
    };

    if (::fchmod(fd, 0600) != 0 ||
        ::bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
        const int failure = errno;
        ::close(fd);
        return ioError(name, "bind", failure,
                       "the directory must exist and be writable; or use --socket PATH");
    }
    if (::lstat(name.constData(), &info) != 0) {
        const int failure = errno;
        ::close(fd);
        return ioError(name, "look at", failure);
    }
    ControlSocket claimed(fd, name, info.st_dev, info.st_ino);
    if ((info.st_mode & 0777U) != 0600 && ::chmod(name.constData(), 0600) != 0)
        return ioError(name, "protect", errno);
    if (::listen(fd, 64) != 0)
        return ioError(name, "listen on", errno);
    return claimed;
}

Result<ControlSocket> ControlSocket::adopt(const QString& path, supervise::Descriptor descriptor)
{
    const QByteArray name = QFile::encodeName(path);
    const auto wanted = socketAddress(name);
    sockaddr_un address{};
    socklen_t size = sizeof(address);
    int listening = 0;
    socklen_t listeningSize = sizeof(listening);

    struct stat info
    {
    };

    const int fd = descriptor.get();
    if (!wanted || ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        address.sun_family != AF_UNIX || std::strcmp(address.sun_path, wanted->sun_path) != 0 ||
        ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &listeningSize) != 0 ||
        listening == 0 || ::lstat(name.constData(), &info) != 0 || !S_ISSOCK(info.st_mode)) {
        return Error{
            ErrorCode::Refused, "what was handed over does not serve " + name.toStdString(), {}};
    }
    (void)::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    return ControlSocket(descriptor.release(), name, info.st_dev, info.st_ino);
}

void ControlSocket::abandon()
{
    if (m_fd >= 0)
        ::close(std::exchange(m_fd, -1));
}

PeerCredentials peerCredentials(int fd)
{
    ucred credentials{};
    socklen_t size = sizeof(credentials);
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return {};
    return {credentials.pid, credentials.uid};
}

} // namespace steelyard::engine
