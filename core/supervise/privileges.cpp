#include "supervise/privileges.h"

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace steelyard::supervise {

namespace {

Error failed(const char* what)
{
    return {ErrorCode::Io,
            std::string("cannot ") + what + ": " + std::generic_category().message(errno),
            "start without --user, as that user"};
}

/// Permitted, effective, inheritable: CAP_NET_BIND_SERVICE and nothing else; and ambient.
bool keepBindingOnly()
{
    __user_cap_header_struct header{};
    header.version = _LINUX_CAPABILITY_VERSION_3;
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    const std::uint32_t bit = 1U << CAP_NET_BIND_SERVICE;
    data[0].permitted = data[0].effective = data[0].inheritable = bit;
    return ::syscall(SYS_capset, &header, data) == 0 &&
           ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) == 0;
}

} // namespace

Result<> becomeUser(const std::string& user, const std::string& group)
{
    const passwd* wanted = ::getpwnam(user.c_str());
    if (wanted == nullptr)
        return Error{ErrorCode::NotFound, "there is no user '" + user + "'",
                     "make it: adduser --system " + user};
    const uid_t uid = wanted->pw_uid;
    gid_t gid = wanted->pw_gid;
    if (!group.empty()) {
        const ::group* found = ::getgrnam(group.c_str());
        if (found == nullptr)
            return Error{ErrorCode::NotFound, "there is no group '" + group + "'", ""};
        gid = found->gr_gid;
    }
    if (::geteuid() == uid && ::getegid() == gid)
        return {};
    if (::geteuid() != 0)
        return Error{ErrorCode::Refused, "only root can become user '" + user + "'",
                     "start as root, or as that user without --user"};
    if ((group.empty() ? ::initgroups(user.c_str(), gid) : ::setgroups(1, &gid)) != 0)
        return failed("set the groups");
    if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || ::setresgid(gid, gid, gid) != 0 ||
        ::setresuid(uid, uid, uid) != 0)
        return failed("give up root");
    if (uid != 0 && !keepBindingOnly())
        return failed("keep the right to bind ports below 1024");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed("forbid new privileges");
    // The change of user made this process undumpable, so that it could not look into its own
    // /proc.
    ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    return {};
}

} // namespace steelyard::supervise
