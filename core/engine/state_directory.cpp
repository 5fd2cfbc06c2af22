#include "engine/state_directory.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace steelyard::engine {

std::string stateDirectory(const config::Config& config)
{
    if (config.stateDir != "auto")
        return config.stateDir;
    if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
        return std::string(state) + "/steelyard";
    const char* home = std::getenv("HOME");
    if (geteuid() == 0 || home == nullptr || *home != '/')
        return "/var/lib/steelyard";
    return std::string(home) + "/.local/state/steelyard";
}

Result<> prepareStateDirectory(const std::string& directory)
{
    const auto failed = [&](const char* what) {
        return Error{ErrorCode::Io,
                     "cannot " + std::string(what) + " the directory " + directory + ": " +
                         std::generic_category().message(errno),
                     "state_dir names it"};
    };
    std::error_code ignored; // mkdir tells
    const std::filesystem::path parent = std::filesystem::path(directory).parent_path();
    if (!parent.empty())
        std::filesystem::create_directories(parent, ignored);
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return failed("make");

    struct stat info
    {
    };

    if (::stat(directory.c_str(), &info) != 0)
        return failed("look at");
    if (!S_ISDIR(info.st_mode))
        return Error{ErrorCode::Refused, directory + " is no directory", "state_dir names it"};
    if ((info.st_uid != geteuid() && info.st_uid != 0) || (info.st_mode & 022U) != 0) {
        return Error{ErrorCode::Refused, "others may write to the directory " + directory,
                     "chmod 700 " + directory + ", and give it to the engine's user"};
    }
    return {};
}

} // namespace steelyard::engine
