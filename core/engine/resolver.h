/// Names of servers to addresses, by c-ares on the control thread's own loop: nothing ever blocks
/// on a name service. Numeric hosts are answered at once. An answer is believed for its TTL within
/// the configured bounds, then asked for again; while that fails (an error, no such name, nothing
/// in time, garbage) the last good addresses stay. Thread: control.
#pragma once

#include "config/model.h"
#include "net/address_set.h"
#include "net/event_dispatcher.h"
#include "net/mailbox.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct ares_channeldata;
struct ares_addrinfo;

namespace steelyard::engine {

class Resolver
{
public:
    /// `tell` says for the event log that a name's addresses came or changed, or that looking it up
    /// failed the first time; at once, also from inside addressesOf(). `changed` is posted to
    /// `control` afterwards: ask for the addresses again.
    Resolver(net::Mailbox& control, std::function<void(const std::string& text, bool failed)> tell,
             std::function<void()> changed);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// The name servers and times of `config`; names that none of its servers has are forgotten,
    /// the others keep their addresses.
    void configure(const config::Config& config);

    /// The present addresses, sorted, at most kMostAddresses; null while unknown (a look-up is
    /// started).
    [[nodiscard]] std::shared_ptr<const net::AddressSet>
    addressesOf(const config::Address& address);

    /// Why that host has no addresses, in words; empty while the first look-up is under way.
    [[nodiscard]] std::string failureOf(const std::string& host) const;
    /// Is some name without any answer yet, good or bad?
    [[nodiscard]] bool awaitsFirst() const;

    static constexpr std::size_t kMostAddresses = 64; ///< of one name

private:
    struct Name;
    struct Question;
    class Socket;

    void lookUp(const std::string& host, Name& name);
    void answered(const std::string& host, int status, const ares_addrinfo* found);
    void failed(const std::string& host, Name& name, const std::string& why);
    void postChanged();
    void openChannel();
    void closeChannel();
    [[nodiscard]] bool systemChanged();
    void process(int readable, int writable);
    void armTimer();
    void tick();
    void watchSocket(int fd, bool readable, bool writable);

    net::Mailbox& m_control;
    std::function<void(const std::string&, bool)> m_tell;
    std::function<void()> m_changed;
    config::Resolver m_settings;
    std::map<std::string, Name> m_names; ///< by host
    ares_channeldata* m_channel = nullptr;
    std::map<int, std::unique_ptr<Socket>> m_sockets; ///< c-ares's, by descriptor
    net::Timer m_timer;
    std::int64_t m_systemStamp = 0; ///< of /etc/resolv.conf when the channel was opened
    int m_underway = 0;
    bool m_changePosted = false;
};

} // namespace steelyard::engine
