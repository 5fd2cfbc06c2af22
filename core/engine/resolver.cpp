#include "engine/resolver.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <set>

#include <ares.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

namespace steelyard::engine {

namespace {

constexpr int kTries = 3; ///< of each name server, the wait doubles
constexpr int kFirstWaitMs = 1000;
constexpr const char* kSystemFile = "/etc/resolv.conf";

std::string wordsOf(int status)
{
    std::string words = ares_strerror(status);
    if (!words.empty())
        words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
    return words;
}

net::SocketAddress addressOf(const sockaddr* from, socklen_t size)
{
    net::SocketAddress address;
    std::memcpy(&address.storage, from, std::min<std::size_t>(size, sizeof address.storage));
    address.size = size;
    return net::SocketAddress::fromNumeric(address.host(), 0); // without what is not the address
}

/// Is there a way there at all? Connecting a datagram socket sends nothing. What IPv4-only machines
/// are told of IPv6 would only cost attempts.
bool hasRoute(const net::SocketAddress& address)
{
    const int fd = ::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    constexpr std::uint16_t kDiscard = 9;
    const net::SocketAddress to = net::SocketAddress::fromNumeric(address.host(), kDiscard);
    const bool reached =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&to.storage), to.size) == 0;
    ::close(fd);
    return reached;
}

/// In one order whatever the order of the answer, without doubles and places that cannot be reached
/// (unless all cannot).
std::vector<net::SocketAddress> inOrder(std::vector<net::SocketAddress> found)
{
    const auto before = [](const net::SocketAddress& a, const net::SocketAddress& b) {
        return a.size != b.size ? a.size < b.size : std::memcmp(&a.storage, &b.storage, a.size) < 0;
    };
    std::sort(found.begin(), found.end(), before);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    const auto reachable = std::stable_partition(found.begin(), found.end(), hasRoute);
    if (reachable != found.begin())
        found.erase(reachable, found.end());
    if (found.size() > Resolver::kMostAddresses)
        found.resize(Resolver::kMostAddresses);
    return found;
}

std::string textOf(const std::vector<net::SocketAddress>& addresses)
{
    std::string text;
    for (const net::SocketAddress& each : addresses)
        text += (text.empty() ? "" : ", ") + each.host();
    return text;
}

} // namespace

struct Resolver::Name
{
    std::vector<net::SocketAddress> addresses; ///< of the last good answer, port 0
    std::map<std::uint16_t, std::shared_ptr<const net::AddressSet>> byPort;
    std::string failure; ///< of the last look-up; empty: it was good, or there was none
    TimePoint due{};     ///< to be asked for (again)
    bool underway = false;
    bool answered = false; ///< ever, good or bad
};

/// A look-up under way, from lookUp() to c-ares's call.
struct Resolver::Question
{
    Resolver* resolver;
    std::string host;
};

class Resolver::Socket final : private net::SocketWatcher
{
public:
    Socket(Resolver& resolver, int fd, std::uint32_t events)
        : m_resolver(resolver)
        , m_fd(fd)
        , m_watch(net::EventDispatcher::current()->watch(fd, events, *this))
    {
    }

    // c-ares closes the descriptor right after.
    ~Socket() { net::EventDispatcher::current()->unwatch(m_watch); }

    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    void modify(std::uint32_t events) { net::EventDispatcher::current()->modify(m_watch, events); }

private:
    void socketReady(std::uint32_t events) override // may destroy this
    {
        const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
        m_resolver.process(broken || (events & EPOLLIN) != 0 ? m_fd : ARES_SOCKET_BAD,
                           broken || (events & EPOLLOUT) != 0 ? m_fd : ARES_SOCKET_BAD);
    }

    Resolver& m_resolver;
    int m_fd;
    net::WatchId m_watch;
};

Resolver::Resolver(net::Mailbox& control, std::function<void(const std::string&, bool)> tell,
                   std::function<void()> changed)
    : m_control(control)
    , m_tell(std::move(tell))
    , m_changed(std::move(changed))
    , m_timer([](void* self) { static_cast<Resolver*>(self)->tick(); }, this)
{
}

Resolver::~Resolver()
{
    closeChannel();
}

// ---- names

void Resolver::configure(const config::Config& config)
{
    std::set<std::string> wanted;
    for (const config::Pool& pool : config.pools) {
        for (const config::Backend& backend : pool.backends)
            wanted.insert(backend.address.host);
    }
    std::erase_if(m_names, [&](const auto& entry) { return wanted.count(entry.first) == 0; });
    if (config.resolver == m_settings)
        return;
    m_settings = config.resolver;
    closeChannel();
    const TimePoint now = Clock::now();
    for (auto& [host, name] : m_names)
        name.due = now;
    armTimer();
}

std::shared_ptr<const net::AddressSet> Resolver::addressesOf(const config::Address& address)
{
    if (auto numeric = net::AddressSet::fromNumeric(address.host, address.port))
        return numeric;
    const auto [entry, isNew] = m_names.try_emplace(address.host);
    Name& name = entry->second;
    if (isNew) {
        lookUp(address.host, name);
        armTimer();
    }
    if (name.addresses.empty())
        return nullptr;
    auto& set = name.byPort[address.port];
    if (!set) {
        std::vector<net::SocketAddress> all;
        for (const net::SocketAddress& each : name.addresses)
            all.push_back(net::SocketAddress::fromNumeric(each.host(), address.port));
        set = std::make_shared<const net::AddressSet>(std::move(all));
    }
    return set;
}

std::string Resolver::failureOf(const std::string& host) const
{
    const auto found = m_names.find(host);
    return found == m_names.end() ? std::string() : found->second.failure;
}

bool Resolver::awaitsFirst() const
{
    return std::any_of(m_names.begin(), m_names.end(),
                       [](const auto& entry) { return !entry.second.answered; });
}

void Resolver::lookUp(const std::string& host, Name& name)
{
    if (m_channel != nullptr && m_underway == 0 && m_settings.servers.empty() && systemChanged())
        closeChannel();
    if (m_channel == nullptr)
        openChannel();
    if (m_channel == nullptr)
        return failed(host, name, "the name service cannot be set up");
    name.underway = true;
    ++m_underway;
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NOSORT;
    ares_getaddrinfo(
        m_channel, host.c_str(), nullptr, &hints,
        [](void* asked, int status, int, ares_addrinfo* found) {
            const std::unique_ptr<Question> question(static_cast<Question*>(asked));
            question->resolver->answered(question->host, status, found);
            if (found != nullptr)
                ares_freeaddrinfo(found);
        },
        new Question{this, host}); // c-ares calls back exactly once, maybe from here
}

void Resolver::answered(const std::string& host, int status, const ares_addrinfo* found)
{
    --m_underway;
    const auto entry = m_names.find(host);
    if (entry == m_names.end() || !entry->second.underway)
        return; // forgotten meanwhile
    Name& name = entry->second;
    name.underway = false;
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
        return; // other name servers are to be asked
    std::vector<net::SocketAddress> addresses;
    auto ttl = std::chrono::duration_cast<seconds>(m_settings.maxTtl);
    if (status == ARES_SUCCESS && found != nullptr) {
        for (const ares_addrinfo_node* node = found->nodes; node != nullptr; node = node->ai_next) {
            addresses.push_back(addressOf(node->ai_addr, node->ai_addrlen));
            ttl = std::min(ttl, seconds(node->ai_ttl));
        }
        for (const ares_addrinfo_cname* name_ = found->cnames; name_ != nullptr;
             name_ = name_->next)
            ttl = std::min(ttl, seconds(name_->ttl));
    }
    if (addresses.empty())
        return failed(host, name, wordsOf(status == ARES_SUCCESS ? ARES_ENODATA : status));
    const bool hadFailed = !name.failure.empty();
    name.answered = true;
    name.failure.clear();
    name.due = Clock::now() + std::max<milliseconds>(ttl, m_settings.minTtl);
    addresses = inOrder(std::move(addresses));
    if (addresses == name.addresses) {
        if (hadFailed)
            m_tell("'" + host + "' resolves again", false);
        return;
    }
    name.addresses = std::move(addresses);
    name.byPort.clear();
    m_tell("'" + host + "' is " + textOf(name.addresses), false);
    postChanged();
}

void Resolver::failed(const std::string& host, Name& name, const std::string& why)
{
    const bool first = name.failure.empty();
    const bool told = name.failure == why;
    name.answered = true;
    name.failure = why;
    name.due = Clock::now() + m_settings.minTtl;
    if (first) {
        m_tell("cannot resolve '" + host + "': " + why +
                   (name.addresses.empty() ? "; its servers get no traffic"
                                           : "; the last addresses stay in use"),
               true);
    }
    if (!told && name.addresses.empty())
        postChanged(); // the cause is shown
}

void Resolver::postChanged()
{
    if (m_changePosted)
        return; // many names, one publication
    m_changePosted = true;
    m_control.post([this] {
        m_changePosted = false;
        m_changed();
    });
}

// ---- c-ares

void Resolver::openChannel()
{
    ares_options options{};
    options.timeout = kFirstWaitMs;
    options.tries = kTries;
    options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
        static_cast<Resolver*>(self)->watchSocket(fd, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = this;
    (void)systemChanged();
    if (ares_init_options(&m_channel, &options,
                          ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) !=
        ARES_SUCCESS) {
        m_channel = nullptr;
        return;
    }
    std::string servers;
    for (const config::Address& server : m_settings.servers)
        servers += (servers.empty() ? "" : ",") + server.text();
    if (!servers.empty())
        ares_set_servers_ports_csv(m_channel, servers.c_str());
}

void Resolver::closeChannel()
{
    if (m_channel == nullptr)
        return;
    ares_destroy(m_channel); // ends what is under way, and closes its sockets
    m_channel = nullptr;
}

/// Did the system's configuration change since this was asked last?
bool Resolver::systemChanged()
{
    struct stat about
    {
    };

    std::int64_t stamp = 0;
    if (::stat(kSystemFile, &about) == 0) {
        constexpr std::int64_t kNanos = 1'000'000'000;
        stamp = about.st_mtim.tv_sec * kNanos + about.st_mtim.tv_nsec;
    }
    const bool changed = stamp != m_systemStamp;
    m_systemStamp = stamp;
    return changed;
}

void Resolver::process(int readable, int writable)
{
    ares_process_fd(m_channel, readable, writable);
    armTimer();
}

void Resolver::armTimer()
{
    TimePoint next = TimePoint::max();
    for (const auto& [host, name] : m_names) {
        if (!name.underway)
            next = std::min(next, name.due);
    }
    timeval wait{};
    if (m_channel != nullptr && ares_timeout(m_channel, nullptr, &wait) != nullptr) {
        next = std::min(next, Clock::now() + seconds(wait.tv_sec) +
                                  std::chrono::duration_cast<Duration>(microseconds(wait.tv_usec)));
    }
    if (next != TimePoint::max())
        net::EventDispatcher::current()->wheel().arm(m_timer, next);
    else
        m_timer.disarm();
}

void Resolver::tick()
{
    if (m_channel != nullptr)
        ares_process_fd(m_channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    const TimePoint now = Clock::now();
    for (auto& [host, name] : m_names) {
        if (!name.underway && now >= name.due)
            lookUp(host, name);
    }
    armTimer();
}

void Resolver::watchSocket(int fd, bool readable, bool writable)
{
    const std::uint32_t events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);
    const auto known = m_sockets.find(fd);
    if (events == 0) {
        m_sockets.erase(fd);
    } else if (known != m_sockets.end()) {
        known->second->modify(events);
    } else {
        m_sockets.emplace(fd, std::make_unique<Socket>(*this, fd, events));
    }
}

} // namespace steelyard::engine
