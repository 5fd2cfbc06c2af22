#include "net/address_set.h"

#include <algorithm>
#include <cstring>

namespace steelyard::net {

bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept
{
    return a.size == b.size && std::memcmp(&a.storage, &b.storage, a.size) == 0;
}

AddressSet::AddressSet(std::vector<SocketAddress> addresses)
    : m_addresses(std::move(addresses))
    , m_leftOutUntil(m_addresses.size())
{
}

std::shared_ptr<const AddressSet> AddressSet::fromNumeric(const std::string& host,
                                                          std::uint16_t port)
{
    const SocketAddress address = SocketAddress::fromNumeric(host, port);
    return address.size == 0 ? nullptr : std::make_shared<const AddressSet>(std::vector{address});
}

bool AddressSet::sameAs(const AddressSet& other) const
{
    return std::equal(m_addresses.begin(), m_addresses.end(), other.m_addresses.begin(),
                      other.m_addresses.end());
}

bool AddressSet::leftOut(std::size_t index, TimePoint now) const noexcept
{
    return m_leftOutUntil[index].load(std::memory_order_relaxed) > now.time_since_epoch().count();
}

std::size_t AddressSet::next(TimePoint now) const noexcept
{
    const std::size_t first = m_cursor.fetch_add(1, std::memory_order_relaxed) % size();
    for (std::size_t step = 0; step < size(); ++step) {
        const std::size_t index = (first + step) % size();
        if (!leftOut(index, now))
            return index;
    }
    return first;
}

bool AddressSet::anyAnswers(TimePoint now) const noexcept
{
    for (std::size_t index = 0; index < size(); ++index) {
        if (!leftOut(index, now))
            return true;
    }
    return false;
}

void AddressSet::mark(std::size_t index, bool answers, TimePoint now) const noexcept
{
    const Duration::rep until = answers ? 0 : (now + kLeftOut).time_since_epoch().count();
    m_leftOutUntil[index].store(until, std::memory_order_relaxed);
}

} // namespace steelyard::net
