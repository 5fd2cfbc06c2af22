/// The addresses of one server: used in turn, those that did not answer left out for a while. A set
/// never changes its addresses; an answer of the name service that differs makes a new one. Thread:
/// any; workers pick and mark, control's probes mark.
#pragma once

#include "base/clock.h"
#include "net/transport.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace steelyard::net {

class AddressSet
{
public:
    /// How long an address is left out after a connection or a probe failed there; a good probe
    /// ends it early.
    static constexpr Duration kLeftOut = std::chrono::seconds(30);

    /// At least one address.
    explicit AddressSet(std::vector<SocketAddress> addresses);

    /// The set of one numeric host; null when it is none.
    [[nodiscard]] static std::shared_ptr<const AddressSet> fromNumeric(const std::string& host,
                                                                       std::uint16_t port);

    [[nodiscard]] std::size_t size() const noexcept { return m_addresses.size(); }

    [[nodiscard]] const SocketAddress& at(std::size_t index) const { return m_addresses[index]; }

    [[nodiscard]] bool sameAs(const AddressSet& other) const;

    /// The next one in turn that is not left out; when all are, simply the next one.
    [[nodiscard]] std::size_t next(TimePoint now) const noexcept;
    /// Is there any that is not left out?
    [[nodiscard]] bool anyAnswers(TimePoint now) const noexcept;
    [[nodiscard]] bool leftOut(std::size_t index, TimePoint now) const noexcept;
    void mark(std::size_t index, bool answers, TimePoint now) const noexcept;

private:
    std::vector<SocketAddress> m_addresses;
    /// By address: since the clock's epoch, 0 when it answers.
    mutable std::vector<std::atomic<Duration::rep>> m_leftOutUntil;
    mutable std::atomic<std::uint32_t> m_cursor{0};
};

/// The same address? (Of what the kernel filled in; padding counts, which fromNumeric() clears.)
[[nodiscard]] bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept;

} // namespace steelyard::net
