/// Limits per client address: connections open at once, and requests per second with a burst. A
/// client is an IPv4 address or an IPv6 /64 (what one site gets; RFC 6177).
///
/// One table for all workers of a listener, because the limits are on the whole: both are exact
/// over any number of workers. A lock is taken when a connection comes or goes only (one of 16, by
/// address); a connection holds a ticket to its client, so that a request costs one atomic exchange
/// and no look-up. The rate is a token bucket as one number, the time at which it is full again
/// (GCRA, ITU-T I.371 Annex A).
///
/// Bound: clients with a connection, as many as the listener's connections, and at most kMostIdle
/// others whose bucket is not full. One with a connection is never forgotten; of the others the
/// longest idle one goes first, which allows it more and never refuses it wrongly. One without
/// connections whose bucket is full is as good as unknown. Thread: any.
#pragma once

#include "base/clock.h"
#include "base/ip_address.h"
#include "config/model.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace steelyard::proxy {

class ClientLimits
{
    struct Client;

public:
    static constexpr std::size_t kMostIdle = 65536; ///< about 100 bytes each

    explicit ClientLimits(std::size_t mostIdle = kMostIdle);
    ~ClientLimits(); ///< after all its tickets
    ClientLimits(const ClientLimits&) = delete;
    ClientLimits& operator=(const ClientLimits&) = delete;

    /// One open connection's place in its client's count, given back when destroyed. Thread: the
    /// connection's worker.
    class Ticket
    {
    public:
        Ticket() = default;
        Ticket(Ticket&& other) noexcept;
        Ticket& operator=(Ticket&& other) noexcept;

        ~Ticket() { release(); }

        explicit operator bool() const noexcept { return m_client != nullptr; }

        /// Takes one request out of the client's bucket. Zero: it is allowed; else how long until
        /// one would be, and nothing was taken. The present settings count, also for a bucket that
        /// others emptied. Not on an empty ticket.
        [[nodiscard]] Duration request(const config::ClientLimits& settings,
                                       TimePoint now) noexcept;

        void release() noexcept; ///< the connection is closed

    private:
        friend class ClientLimits;
        Ticket(ClientLimits& limits, Client& client) noexcept;
        ClientLimits* m_limits = nullptr;
        Client* m_client = nullptr;
    };

    /// Counts a connection; an empty ticket when the client has settings.connections open already.
    /// Without that setting it refuses nothing: so a connection that was accepted before there were
    /// limits gets its ticket.
    [[nodiscard]] Ticket accept(const IpAddress& address, const config::ClientLimits& settings,
                                TimePoint now);

    /// Clients that are remembered, with and without connections.
    [[nodiscard]] std::size_t size();

private:
    struct Shard;
    [[nodiscard]] Shard& shardOf(std::uint64_t hash) const noexcept;
    void release(Client& client) noexcept;

    const std::uint64_t m_seed;   ///< random, so that nobody can choose addresses that collide
    const std::size_t m_mostIdle; ///< of one shard
    const std::unique_ptr<Shard[]> m_shards;
};

/// The value of Retry-After (RFC 9110 10.2.3) for a wait: whole seconds, at least 1.
[[nodiscard]] int retryAfterSeconds(Duration wait) noexcept;

} // namespace steelyard::proxy
