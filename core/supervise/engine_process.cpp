#include "supervise/engine_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace steelyard::supervise {

namespace {

constexpr int kFirstInherited = 3;
constexpr int kCannotRun = 127;

/// In the child, which has one thread: everything in its place, then the program. The numbers given
/// are all above those that are made here.
[[noreturn]] void run(int program, const std::vector<std::string>& arguments,
                      const StartWords& words, const std::vector<Descriptor>& high,
                      const std::string& names, int channel)
{
    const auto set = [](const char* name, const std::string& value) {
        if (value.empty())
            ::unsetenv(name);
        else
            ::setenv(name, value.c_str(), 1);
    };
    int next = kFirstInherited;
    for (const Descriptor& each : high)
        ::dup2(each.get(), next++); // dup2's copy is not closed by exec
    ::dup2(channel, next);
    set("LISTEN_FDS", std::to_string(high.size()));
    set("LISTEN_PID", std::to_string(::getpid()));
    set("LISTEN_FDNAMES", names);
    set("STEELYARD_SUPERVISOR", std::to_string(next));
    set("STEELYARD_TAKES_OVER", words.takesOver ? "1" : "");
    set("STEELYARD_SAFE_MODE", words.lastGood ? "1" : "");
    set("STEELYARD_REASON", words.reason);
    // Ctrl+C at the terminal is for the supervisor, which asks the engine to drain, once.
    ::setpgid(0, 0);
    // What the engine takes by signalfd stays blocked: sent early, it waits.
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGUSR1})
        sigaddset(&blocked, number);
    ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
    std::vector<char*> words0;
    for (const std::string& argument : arguments)
        words0.push_back(const_cast<char*>(argument.c_str()));
    words0.push_back(nullptr);
    ::fexecve(program, words0.data(), environ);
    ::_exit(kCannotRun);
}

} // namespace

Result<std::unique_ptr<EngineProcess>>
EngineProcess::start(int program, const std::vector<std::string>& arguments,
                     const StartWords& words, Store store)
{
    const auto failed = [](const char* what) {
        return Error{
            ErrorCode::Io, std::string(what) + ": " + std::generic_category().message(errno), {}};
    };
    int pair[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return failed("cannot make a channel");
    Descriptor ours(pair[0]);
    const Descriptor theirs(pair[1]);
    // Above all numbers that the child gives them.
    const int above = kFirstInherited + static_cast<int>(store.size()) + 1;
    const Descriptor channel(::fcntl(theirs.get(), F_DUPFD_CLOEXEC, above));
    const Descriptor binary(::fcntl(program, F_DUPFD_CLOEXEC, above));
    std::vector<Descriptor> high;
    std::string names;
    for (const Stored& each : store) {
        high.emplace_back(::fcntl(each.descriptor->get(), F_DUPFD_CLOEXEC, above));
        names += (names.empty() ? "" : ":") + each.name;
    }
    if (!channel.valid() || !binary.valid() ||
        std::any_of(high.begin(), high.end(), [](const Descriptor& d) { return !d.valid(); }))
        return failed("cannot prepare descriptors");
    const pid_t pid = ::fork();
    if (pid < 0)
        return failed("cannot start a process");
    if (pid == 0)
        run(binary.get(), arguments, words, high, names, channel.get());
    return std::make_unique<EngineProcess>(pid, std::move(ours), std::move(store));
}

void EngineProcess::updateStore(Message& message)
{
    const std::string name(message.value("FDNAME"));
    if (message.value("FDSTOREREMOVE") == "1")
        std::erase_if(store, [&](const Stored& each) { return each.name == name; });
    if (message.value("FDSTORE") != "1")
        return;
    for (Descriptor& each : message.descriptors) {
        if (store.size() < kMostStored)
            store.push_back({name, std::make_shared<Descriptor>(std::move(each))});
    }
}

void EngineProcess::signal(int number) const
{
    ::kill(m_pid, number);
}

} // namespace steelyard::supervise
