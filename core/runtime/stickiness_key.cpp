#include "runtime/stickiness_key.h"

#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

namespace steelyard::runtime {

namespace {

using KeyBytes = std::array<std::uint8_t, StickinessKey::kSize>;

struct Descriptor
{
    int number = -1;

    explicit Descriptor(int opened)
        : number(opened)
    {
    }

    ~Descriptor()
    {
        if (number >= 0)
            ::close(number);
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

Error ioError(const std::string& what)
{
    return {ErrorCode::Io, what + ": " + std::generic_category().message(errno), {}};
}

std::string octal(mode_t mode)
{
    std::string text = "0000";
    for (std::size_t i = 4; i-- > 0; mode >>= 3U)
        text[i] = static_cast<char>('0' + (mode & 7U));
    return text;
}

/// No value: there is no such file.
Result<std::optional<StickinessKey>> readKey(const std::string& path)
{
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (file.number < 0) {
        if (errno == ENOENT)
            return std::optional<StickinessKey>();
        if (errno == ELOOP)
            return Error{ErrorCode::Refused, path + " is a symbolic link",
                         "put the key file itself there"};
        return ioError("cannot open " + path);
    }

    struct stat status
    {
    };

    if (::fstat(file.number, &status) != 0)
        return ioError("cannot look at " + path);
    if (!S_ISREG(status.st_mode))
        return Error{ErrorCode::Refused, path + " is no regular file", "remove it"};
    if ((status.st_mode & 077U) != 0) {
        return Error{ErrorCode::Refused,
                     path + " may be used by others than its owner (mode " +
                         octal(status.st_mode & 07777U) + "): whoever reads it can make pins",
                     "chmod 600 " + path + ", or remove it: a new one is made"};
    }
    KeyBytes bytes{};
    if (status.st_size != static_cast<off_t>(bytes.size()) ||
        ::read(file.number, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
        return Error{ErrorCode::InvalidInput,
                     path + " is no key: it has " + std::to_string(status.st_size) +
                         " bytes, a key has " + std::to_string(bytes.size()),
                     "remove it: a new one is made, and clients are pinned anew"};
    }
    return std::optional<StickinessKey>(StickinessKey(bytes));
}

/// Writes a whole file under a name of its own, then links it: what is there under the right name
/// is complete and never replaced.
Result<> makeKey(const std::string& directory, const std::string& path)
{
    KeyBytes bytes{};
    std::uint32_t suffix = 0;
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1 ||
        RAND_bytes(reinterpret_cast<unsigned char*>(&suffix), sizeof suffix) != 1) {
        return Error{ErrorCode::Io, "the system gives no random bytes", {}};
    }
    const std::string draft = path + "." + std::to_string(suffix);
    const Descriptor file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.number < 0)
        return ioError("cannot make " + draft);
    const bool written =
        ::fchmod(file.number, 0600) == 0 &&
        ::write(file.number, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
        ::fsync(file.number) == 0;
    const bool linked = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
    const int error = errno;
    (void)::unlink(draft.c_str());
    errno = error;
    if (!linked)
        return ioError("cannot make " + path);
    const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.number >= 0)
        (void)::fsync(folder.number);
    return {};
}

Result<> makeDirectory(const std::string& directory)
{
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::path(directory).parent_path();
    if (!parent.empty())
        std::filesystem::create_directories(parent, error);
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return ioError("cannot make the directory " + directory);
    return {};
}

} // namespace

Result<StickinessKey> loadStickinessKey(const std::string& directory)
{
    const std::string path = directory + "/" + kStickinessKeyFile;
    Result<std::optional<StickinessKey>> found = readKey(path);
    if (found.ok() && !found.value()) {
        if (Result<> made = makeDirectory(directory); !made)
            return made.error();
        if (Result<> made = makeKey(directory, path); !made)
            return made.error();
        // Read what is there now: another engine may have been faster.
        found = readKey(path);
    }
    if (!found)
        return found.error();
    if (!found.value())
        return Error{ErrorCode::Io, path + " was removed as soon as it was made", {}};
    return *found.value();
}

} // namespace steelyard::runtime
