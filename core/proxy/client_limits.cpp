#include "proxy/client_limits.h"

#include "base/hash.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <list>
#include <mutex>
#include <random>
#include <unordered_map>
#include <utility>

namespace steelyard::proxy {

namespace {

using std::chrono::nanoseconds;

/// Beyond three years nothing is worth telling apart, and sums stay in range.
constexpr double kLongest = 1e17;

/// More than the workers' ideas of the present ever differ (each takes it once a turn), in ns.
constexpr std::int64_t kSkew = 1'000'000'000;

std::int64_t nanos(TimePoint time) noexcept
{
    return std::chrono::duration_cast<nanoseconds>(time.time_since_epoch()).count();
}

std::uint64_t randomSeed()
{
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

constexpr std::size_t kShards = 16;

struct Key
{
    std::uint64_t bits = 0; ///< the address or, of IPv6, its first half
    std::uint8_t size = 0;  ///< of the address: the families never meet
    std::uint64_t hash = 0;

    bool operator==(const Key& other) const noexcept
    {
        return bits == other.bits && size == other.size;
    }
};

struct KeyHash
{
    std::size_t operator()(const Key& key) const noexcept { return key.hash; }
};

Key keyOf(const IpAddress& address, std::uint64_t seed) noexcept
{
    Key key;
    key.size = address.size;
    std::memcpy(&key.bits, address.bytes.data(), sizeof key.bits);
    key.hash =
        hashBytes({reinterpret_cast<const char*>(&key.bits), sizeof key.bits}, seed + key.size);
    return key;
}

} // namespace

struct ClientLimits::Client
{
    std::atomic<std::int64_t> fullAt{0}; ///< ns of Clock; 0: never limited
    std::uint32_t connections = 0;       ///< under the shard's lock, like the rest
    std::list<Key>::iterator idle;       ///< while `connections` is 0
    Key key;
};

struct alignas(64) ClientLimits::Shard
{
    std::mutex mutex;
    std::unordered_map<Key, Client, KeyHash> clients;
    std::list<Key> idle; ///< clients without connections, the longest idle first

    /// Forgets the longest idle ones whose buckets are full. Two at most, so that no connection
    /// waits for a long clean-up; each accept adds one at most.
    void forgetPaid(TimePoint now)
    {
        for (int i = 0; i < 2 && !idle.empty(); ++i) {
            const auto client = clients.find(idle.front());
            if (client->second.fullAt.load(std::memory_order_relaxed) > nanos(now))
                return;
            idle.pop_front();
            clients.erase(client);
        }
    }
};

ClientLimits::ClientLimits(std::size_t mostIdle)
    : m_seed(randomSeed())
    , m_mostIdle(std::max<std::size_t>(1, mostIdle / kShards))
    , m_shards(std::make_unique<Shard[]>(kShards))
{
}

ClientLimits::~ClientLimits() = default;

ClientLimits::Shard& ClientLimits::shardOf(std::uint64_t hash) const noexcept
{
    return m_shards[hash >> 60U]; // not the bits that choose a bucket in the shard's own table
}

ClientLimits::Ticket ClientLimits::accept(const IpAddress& address,
                                          const config::ClientLimits& settings, TimePoint now)
{
    const Key key = keyOf(address, m_seed);
    Shard& shard = shardOf(key.hash);
    const std::lock_guard lock(shard.mutex);
    shard.forgetPaid(now);
    const auto [place, isNew] = shard.clients.try_emplace(key);
    Client& client = place->second;
    if (settings.connections &&
        client.connections >= static_cast<std::uint32_t>(std::max(1, *settings.connections)))
        return {};
    if (isNew)
        client.key = key;
    else if (client.connections == 0)
        shard.idle.erase(client.idle);
    ++client.connections;
    return {*this, client};
}

void ClientLimits::release(Client& client) noexcept
{
    Shard& shard = shardOf(client.key.hash);
    const std::lock_guard lock(shard.mutex);
    if (--client.connections > 0)
        return;
    if (client.fullAt.load(std::memory_order_relaxed) == 0) {
        const Key key = client.key; // erase() must not be given a part of what it destroys
        shard.clients.erase(key);
        return;
    }
    client.idle = shard.idle.insert(shard.idle.end(), client.key);
    if (shard.idle.size() > m_mostIdle) {
        shard.clients.erase(shard.idle.front());
        shard.idle.pop_front();
    }
}

std::size_t ClientLimits::size()
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < kShards; ++i) {
        const std::lock_guard lock(m_shards[i].mutex);
        count += m_shards[i].clients.size();
    }
    return count;
}

ClientLimits::Ticket::Ticket(ClientLimits& limits, Client& client) noexcept
    : m_limits(&limits)
    , m_client(&client)
{
}

ClientLimits::Ticket::Ticket(Ticket&& other) noexcept
    : m_limits(std::exchange(other.m_limits, nullptr))
    , m_client(std::exchange(other.m_client, nullptr))
{
}

ClientLimits::Ticket& ClientLimits::Ticket::operator=(Ticket&& other) noexcept
{
    if (this != &other) {
        release();
        m_limits = std::exchange(other.m_limits, nullptr);
        m_client = std::exchange(other.m_client, nullptr);
    }
    return *this;
}

void ClientLimits::Ticket::release() noexcept
{
    if (m_client != nullptr)
        m_limits->release(*std::exchange(m_client, nullptr));
}

Duration ClientLimits::Ticket::request(const config::ClientLimits& settings, TimePoint now) noexcept
{
    if (!settings.requestsPerSecond)
        return Duration::zero();
    const double rate = *settings.requestsPerSecond;
    const double held = settings.burst > 0 ? settings.burst : std::max(1.0, std::ceil(rate));
    const double each = std::clamp(std::floor(1e9 / rate), 1.0, kLongest);
    const auto period = static_cast<std::int64_t>(each);
    const std::int64_t present = nanos(now);
    const std::int64_t latest =
        present + static_cast<std::int64_t>(std::min(each * held, std::max(each, kLongest)));
    std::int64_t before = m_client->fullAt.load(std::memory_order_relaxed);
    for (;;) {
        // A bucket emptied under older settings owes no more than a whole one of now, and fills at
        // today's rate from now on: so that is kept also where the request is refused. Not for what
        // another worker's clock is ahead of ours: its requests would be given back.
        const std::int64_t owed = before > latest + kSkew ? latest : std::max(before, present);
        const bool allowed = owed + period <= latest;
        if (!allowed && owed >= before)
            break;
        if (m_client->fullAt.compare_exchange_weak(before, allowed ? owed + period : owed,
                                                   std::memory_order_relaxed)) {
            if (allowed)
                return Duration::zero();
            before = owed;
        }
    }
    return std::chrono::duration_cast<Duration>(nanoseconds(before + period - latest));
}

int retryAfterSeconds(Duration wait) noexcept
{
    const auto whole = std::chrono::ceil<seconds>(wait).count();
    return static_cast<int>(std::clamp<std::int64_t>(whole, 1, 86400));
}

} // namespace steelyard::proxy
