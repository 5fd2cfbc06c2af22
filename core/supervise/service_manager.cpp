#include "supervise/service_manager.h"

#include "supervise/message.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace steelyard::supervise {

namespace {

constexpr int kFirstInherited = 3; ///< SD_LISTEN_FDS_START
constexpr int kMostInherited = 1024;

/// The variable's value; the variable is gone afterwards.
std::string takeVariable(const char* name)
{
    const char* value = std::getenv(name);
    std::string taken = value == nullptr ? "" : value;
    ::unsetenv(name);
    return taken;
}

/// -1: no number.
int number(const std::string& text)
{
    int value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : -1;
}

/// systemd's socket: a path, or "@name" in the abstract space.
Descriptor connectTo(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() < 2 || path.size() >= sizeof address.sun_path ||
        (path[0] != '/' && path[0] != '@'))
        return {};
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (!socket.valid() ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
        return {};
    return socket;
}

/// A name as FDNAME= and LISTEN_FDNAMES allow it: no colons, no control characters.
std::string plain(std::string_view name)
{
    std::string made(name.substr(0, 200));
    for (char& c : made) {
        if (c == ':' || static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 126)
            c = '_';
    }
    return made;
}

} // namespace

ServiceManager ServiceManager::fromEnvironment()
{
    ServiceManager made;
    const int count = number(takeVariable("LISTEN_FDS"));
    const bool ours = number(takeVariable("LISTEN_PID")) == ::getpid();
    std::string names = takeVariable("LISTEN_FDNAMES");
    for (int i = 0; ours && i < std::min(count, kMostInherited); ++i) {
        const int descriptor = kFirstInherited + i;
        const std::string name = names.substr(0, names.find(':'));
        names.erase(0, std::min(names.size(), name.size() + 1));
        if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0)
            made.m_inherited.push_back({name, Descriptor(descriptor)});
    }
    const int channel = number(takeVariable("STEELYARD_SUPERVISOR"));
    made.m_takesOver = !takeVariable("STEELYARD_TAKES_OVER").empty();
    made.m_safeMode = !takeVariable("STEELYARD_SAFE_MODE").empty();
    made.m_reason = takeVariable("STEELYARD_REASON");
    const std::string notify = takeVariable("NOTIFY_SOCKET");
    (void)takeVariable("WATCHDOG_USEC"); // heartbeats come each second, whatever is asked for
    (void)takeVariable("WATCHDOG_PID");
    if (channel >= 0 && ::fcntl(channel, F_SETFD, FD_CLOEXEC) == 0) {
        made.m_socket = Descriptor(channel);
        made.m_supervised = true;
    } else if (!notify.empty()) {
        made.m_socket = connectTo(notify);
    }
    // A parent that does not listen any more must not hold the engine up.
    const timeval longest{1, 0};
    if (made.m_socket.valid())
        ::setsockopt(made.m_socket.get(), SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
    return made;
}

Descriptor ServiceManager::take(std::string_view name)
{
    const auto found = std::find_if(m_inherited.begin(), m_inherited.end(),
                                    [&](const Inherited& each) { return each.name == name; });
    if (found == m_inherited.end())
        return {};
    Descriptor taken = std::move(found->descriptor);
    m_inherited.erase(found);
    return taken;
}

void ServiceManager::dropInherited()
{
    // Those that share a name with one in use are deposited anew by their listener.
    for (const Inherited& each : m_inherited)
        forget(each.name);
    m_inherited.clear();
}

void ServiceManager::keep(std::string_view name, int descriptor) const
{
    if (m_socket.valid())
        (void)sendMessage(m_socket.get(), "FDSTORE=1\nFDNAME=" + plain(name), descriptor);
}

void ServiceManager::forget(std::string_view name) const
{
    tell("FDSTOREREMOVE=1\nFDNAME=" + plain(name));
}

void ServiceManager::tell(std::string_view lines) const
{
    if (m_socket.valid())
        (void)sendMessage(m_socket.get(), lines);
}

} // namespace steelyard::supervise
