/// Saving without ever leaving half a file (saveFile of writer.h): write beside it, fsync, rename,
/// fsync the directory.
#include "config/writer.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace steelyard::config {

namespace {

/// The permissions and the owner to give; absent: what the process's umask says.
using Attributes = std::optional<struct stat>;

Error ioError(const std::string& what, int code)
{
    std::string hint = "the file is unchanged";
    if (code == ENOSPC || code == EDQUOT)
        hint = "free some space; " + hint;
    if (code == EACCES || code == EPERM || code == EROFS)
        hint = "check the permissions of the directory; " + hint;
    if (code == ENOENT)
        hint = "does the directory exist?";
    return {ErrorCode::Io, what + ": " + std::generic_category().message(code), hint};
}

/// 0 or errno.
int writeAll(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            return errno;
    }
    return ::fsync(fd) == 0 ? 0 : errno;
}

/// Puts `bytes` at `path` in one step. 0 or errno; on failure what was there before is untouched.
int replaceFile(const std::string& path, std::string_view bytes, const Attributes& attributes)
{
    std::string temporary;
    int fd = -1;
    for (int attempt = 0; fd < 0 && attempt < 100; ++attempt) {
        temporary = path + ".new-" + std::to_string(::getpid()) + '-' + std::to_string(attempt);
        fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0)
        return errno;
    int failed = 0;
    if (attributes) {
        // Only root may give a file away; without that the saver owns it, as with any editor.
        // Before the mode, for a change of owner clears bits of it.
        if (::fchown(fd, attributes->st_uid, attributes->st_gid) != 0)
            errno = 0;
        if (::fchmod(fd, attributes->st_mode & 07777U) != 0)
            failed = errno;
    }
    if (failed == 0)
        failed = writeAll(fd, bytes);
    if (::close(fd) != 0 && failed == 0)
        failed = errno;
    if (failed == 0 && ::rename(temporary.c_str(), path.c_str()) != 0)
        failed = errno;
    if (failed != 0)
        ::unlink(temporary.c_str());
    return failed;
}

/// Reads a whole file. 0 or errno.
int readWhole(const std::string& path, std::string& bytes, Attributes& attributes)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno;

    struct stat about
    {
    };

    int failed = ::fstat(fd, &about) == 0 ? 0 : errno;
    if (failed == 0 && S_ISDIR(about.st_mode))
        failed = EISDIR;
    if (failed == 0 && !S_ISREG(about.st_mode))
        failed = EINVAL;
    std::array<char, 65536> chunk{};
    while (failed == 0) {
        const ssize_t got = ::read(fd, chunk.data(), chunk.size());
        if (got == 0)
            break;
        if (got > 0)
            bytes.append(chunk.data(), static_cast<std::size_t>(got));
        else if (errno != EINTR)
            failed = errno;
    }
    ::close(fd);
    attributes = about;
    return failed;
}

/// The rename itself must reach the disk too. Some file systems cannot do that for a directory
/// (EINVAL); they are as safe as they can be.
int syncDirectory(const std::string& directory)
{
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    const int failed = ::fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
    ::close(fd);
    return failed;
}

} // namespace

Result<> saveFile(const std::string& path, std::string_view text)
{
    // A symbolic link stays one: the file it leads to is written.
    std::error_code failed;
    const std::filesystem::path real = std::filesystem::weakly_canonical(path, failed);
    const std::string target = failed || real.empty() ? path : real.string();

    std::string previous;
    Attributes attributes;
    const int unread = readWhole(target, previous, attributes);
    if (unread == ENOENT)
        attributes.reset();
    else if (unread != 0)
        return ioError("cannot read the previous version of " + path, unread);
    if (unread == 0 && previous == text)
        return {};
    if (unread == 0) {
        if (const int code = replaceFile(target + '~', previous, attributes); code != 0) {
            return ioError("cannot keep the previous version as " + target + '~', code);
        }
    }
    if (const int code = replaceFile(target, text, attributes); code != 0)
        return ioError("cannot write " + path, code);
    const std::string directory = std::filesystem::path(target).parent_path().string();
    if (const int code = syncDirectory(directory.empty() ? "." : directory); code != 0) {
        return Error{ErrorCode::Io,
                     "cannot flush the directory of " + path + ": " +
                         std::generic_category().message(code),
                     "the new version is in place, but a power cut may undo it"};
    }
    return {};
}

} // namespace steelyard::config
