#include "supervise/supervisor.h"

#include "supervise/engine_process.h"
#include "supervise/restart_policy.h"
#include "supervise/service_manager.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

namespace steelyard::supervise {

namespace {

constexpr seconds kFirstHeartbeat{30}; ///< reading a large configuration comes before it
constexpr seconds kHeartbeat{5};       ///< they come each second
constexpr seconds kDrain{40};          ///< the engine ends its drain by itself after 30
constexpr milliseconds kToDie{500};    ///< after SIGABRT, for a core file; then SIGKILL

using Role = EngineProcess::Role;

void complain(const std::string& text)
{
    std::fprintf(stderr, "steelyardd: %s\n", text.c_str());
    std::fflush(stderr);
}

std::string howItEnded(int status)
{
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        return "was killed by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
    }
    return "ended with code " + std::to_string(WEXITSTATUS(status));
}

/// The program's file: as it is on disk now, or as this process runs it.
Descriptor openProgram(const char* path)
{
    return Descriptor(::open(path, O_RDONLY | O_CLOEXEC));
}

class Supervisor
{
public:
    explicit Supervisor(std::vector<std::string> arguments);
    int run();

private:
    void start(Role role, const StartWords& words);
    void readSignals();
    void readChannel(EngineProcess& engine);
    void becameReady(EngineProcess& engine);
    void reap();
    void ended(const EngineProcess& engine, int status);
    void restart(const EngineProcess& engine, const std::string& how);
    void stop();
    void upgrade();
    void watch(TimePoint now);
    [[nodiscard]] int wait(TimePoint now) const;
    [[nodiscard]] EngineProcess* with(Role role) const;

    const std::vector<std::string> m_arguments;
    ServiceManager m_upstream; ///< systemd, if it is there
    Descriptor m_signals;
    std::string m_path;
    Descriptor m_program, m_nextProgram;
    std::vector<std::unique_ptr<EngineProcess>> m_engines;
    Store m_store; ///< while nothing serves
    RestartPolicy m_policy;
    std::optional<TimePoint> m_restartAt;
    StartWords m_restartWords;
    TimePoint m_lastBeat{};
    bool m_served = false, m_stopping = false;
    std::optional<int> m_exit;
};

Supervisor::Supervisor(std::vector<std::string> arguments)
    : m_arguments(std::move(arguments))
    , m_upstream(ServiceManager::fromEnvironment())
{
    for (Inherited& each : m_upstream.inherited())
        m_store.push_back({each.name, std::make_shared<Descriptor>(std::move(each.descriptor))});
    m_upstream.inherited().clear();
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGUSR2, SIGCHLD})
        sigaddset(&set, number);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    m_signals = Descriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    std::array<char, PATH_MAX> path{};
    if (::realpath("/proc/self/exe", path.data()) != nullptr)
        m_path = path.data();
    m_program = openProgram("/proc/self/exe");
}

EngineProcess* Supervisor::with(Role role) const
{
    for (const auto& engine : m_engines) {
        if (engine->role == role)
            return engine.get();
    }
    return nullptr;
}

void Supervisor::start(Role role, const StartWords& words)
{
    const int program = role == Role::Next ? m_nextProgram.get() : m_program.get();
    auto started = EngineProcess::start(program, m_arguments, words,
                                        role == Role::Next ? with(Role::Serving)->store : m_store);
    if (!started) {
        complain(started.error().detail);
        if (role == Role::Next)
            return;
        if (!m_served)
            m_exit = 1;
        m_restartAt = Clock::now() + RestartPolicy::kFirstDelay;
        return;
    }
    started.value()->role = role;
    started.value()->deadline = Clock::now() + kFirstHeartbeat;
    m_engines.push_back(std::move(started.value()));
}

void Supervisor::readSignals()
{
    signalfd_siginfo info{};
    while (::read(m_signals.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        switch (info.ssi_signo) {
        case SIGCHLD:
            reap();
            break;
        case SIGHUP:
            if (const EngineProcess* serving = with(Role::Serving))
                serving->signal(SIGHUP);
            break;
        case SIGUSR2:
            upgrade();
            break;
        default:
            stop();
        }
    }
}

void Supervisor::stop()
{
    m_stopping = true;
    m_upstream.tell("STOPPING=1");
    // Nobody will take what waits: clients are better refused.
    m_store.clear();
    m_restartAt.reset();
    for (const auto& engine : m_engines) {
        engine->store.clear();
        engine->signal(SIGTERM);
        engine->deadline = Clock::now() + kDrain;
    }
}

void Supervisor::upgrade()
{
    if (m_stopping || with(Role::Next) != nullptr || with(Role::Serving) == nullptr) {
        complain("no upgrade now: one is under way, or nothing serves");
        return;
    }
    m_nextProgram = openProgram(m_path.c_str());
    if (!m_nextProgram.valid()) {
        complain("no upgrade: cannot open " + m_path + ": " +
                 std::generic_category().message(errno));
        return;
    }
    complain("upgrade: starting " + m_path);
    start(Role::Next, {true, false, {}});
}

void Supervisor::readChannel(EngineProcess& engine)
{
    Message message;
    Received received = Received::Nothing;
    while ((received = receiveMessage(engine.channel(), message)) == Received::Message) {
        const bool serving = engine.role == Role::Serving;
        engine.updateStore(message);
        if (serving && message.value("FDSTOREREMOVE") == "1")
            m_upstream.forget(message.value("FDNAME"));
        if (serving && message.value("FDSTORE") == "1" && !engine.store.empty())
            m_upstream.keep(message.value("FDNAME"), engine.store.back().descriptor->get());
        if (message.value("WATCHDOG") == "1" && engine.role != Role::Leaving && !m_stopping &&
            !engine.aborted)
            engine.deadline = Clock::now() + kHeartbeat;
        if (serving && message.value("RELOADING") == "1")
            m_upstream.tell(message.text);
        if (message.value("READY") == "1")
            becameReady(engine);
    }
    if (received == Received::Ended)
        engine.closeChannel(); // its end follows, or it has lost its mind and hangs
}

void Supervisor::becameReady(EngineProcess& engine)
{
    if (engine.role == Role::Leaving)
        return;
    if (engine.readyAt == TimePoint{})
        engine.readyAt = Clock::now();
    m_served = true;
    if (engine.role == Role::Next) {
        m_program = std::move(m_nextProgram);
        if (EngineProcess* old = with(Role::Serving)) {
            complain("upgrade: engine " + std::to_string(engine.pid()) + " serves, engine " +
                     std::to_string(old->pid()) + " finishes what it has");
            for (const Stored& each : old->store)
                m_upstream.forget(each.name);
            for (const Stored& each : engine.store)
                m_upstream.keep(each.name, each.descriptor->get());
            old->role = Role::Leaving;
            old->deadline = Clock::now() + kDrain;
            old->store.clear();
            old->signal(SIGUSR1);
        }
        engine.role = Role::Serving;
    }
    m_store.clear();
    m_upstream.tell("READY=1");
}

void Supervisor::reap()
{
    int status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
        const auto found = std::find_if(m_engines.begin(), m_engines.end(),
                                        [pid](const auto& each) { return each->pid() == pid; });
        if (found == m_engines.end())
            continue;
        readChannel(**found); // its last words
        const std::unique_ptr<EngineProcess> engine = std::move(*found);
        m_engines.erase(found);
        ended(*engine, status);
    }
}

void Supervisor::ended(const EngineProcess& engine, int status)
{
    const std::string how = howItEnded(status) + (engine.cause.empty() ? "" : ": " + engine.cause);
    const std::string who = "the engine (pid " + std::to_string(engine.pid()) + ") ";
    const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (m_stopping) {
        if (engine.role == Role::Serving && !well)
            complain(who + how + " while it stopped");
        if (m_engines.empty())
            m_exit = engine.role != Role::Serving || well ? 0 : 1;
        return;
    }
    if (engine.role == Role::Leaving) {
        if (!well)
            complain("upgrade: the old engine " + how);
        return;
    }
    if (engine.role == Role::Next) {
        complain("upgrade failed: the new engine " + how + "; the old one goes on");
        return;
    }
    if (!m_served) { // said why itself
        m_exit = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        if (WIFSIGNALED(status))
            complain(who + how);
        return;
    }
    if (EngineProcess* next = with(Role::Next)) {
        complain(who + how + "; the one that was about to take over does so");
        m_program = std::move(m_nextProgram);
        next->role = Role::Serving;
        return;
    }
    restart(engine, who + how);
}

void Supervisor::restart(const EngineProcess& engine, const std::string& how)
{
    const TimePoint now = Clock::now();
    const bool wasReady = engine.readyAt != TimePoint{};
    const RestartPolicy::Restart plan =
        m_policy.ended(now, wasReady ? now - engine.readyAt : Duration::zero());
    m_store = engine.store;
    m_restartAt = now + plan.delay;
    m_restartWords = {false, plan.lastGood, how};
    complain(
        how + "; starting it again " +
        (plan.delay.count() == 0 ? "at once" : "in " + std::to_string(plan.delay.count()) + " ms") +
        (plan.lastGood ? ", with the last good configuration" : ""));
}

/// Ends engines that hang or do not come to an end, starts what is due, and tells systemd that we
/// live.
void Supervisor::watch(TimePoint now)
{
    for (const auto& engine : m_engines) {
        if (now < engine->deadline)
            continue;
        if (engine->cause.empty()) {
            engine->cause =
                engine->role == Role::Leaving || m_stopping
                    ? "its drain did not end"
                    : "it gave no sign of life for " + std::to_string(kHeartbeat.count()) + " s";
        }
        engine->signal(engine->aborted ? SIGKILL : SIGABRT);
        engine->aborted = true;
        engine->deadline = now + kToDie;
    }
    if (m_restartAt && now >= *m_restartAt) {
        m_restartAt.reset();
        start(Role::Serving, m_restartWords);
    }
    if (m_upstream.present() && now - m_lastBeat >= seconds(1)) {
        m_lastBeat = now;
        m_upstream.tell("WATCHDOG=1");
    }
}

/// Milliseconds until watch() has something to do; -1: only with an event.
int Supervisor::wait(TimePoint now) const
{
    std::optional<TimePoint> next = m_restartAt;
    const auto before = [&next](TimePoint at) { next = next ? std::min(*next, at) : at; };
    for (const auto& engine : m_engines)
        before(engine->deadline);
    if (m_upstream.present())
        before(m_lastBeat + seconds(1));
    if (!next)
        return -1;
    const auto left = std::chrono::ceil<milliseconds>(*next - now).count();
    return static_cast<int>(std::clamp<long>(left, 0, 60'000));
}

int Supervisor::run()
{
    if (!m_signals.valid() || !m_program.valid()) {
        complain(std::string("cannot supervise: ") + std::generic_category().message(errno));
        return 1;
    }
    start(Role::Serving, {});
    while (!m_exit) {
        std::vector<pollfd> polled{{m_signals.get(), POLLIN, 0}};
        for (const auto& engine : m_engines)
            polled.push_back({engine->channel(), POLLIN, 0});
        if (::poll(polled.data(), polled.size(), wait(Clock::now())) < 0 && errno != EINTR)
            return 1;
        // Words before signals: an engine's last ones come before its end.
        for (std::size_t i = 1; i < polled.size(); ++i) {
            if (polled[i].revents != 0)
                readChannel(*m_engines[i - 1]);
        }
        if ((polled[0].revents & POLLIN) != 0)
            readSignals();
        if (m_stopping && m_engines.empty() && !m_exit)
            m_exit = 0;
        watch(Clock::now());
    }
    return *m_exit;
}

} // namespace

int supervise(std::vector<std::string> arguments)
{
    return Supervisor(std::move(arguments)).run();
}

} // namespace steelyard::supervise
