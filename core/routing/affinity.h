/// What makes requests alike (config::AffinityKey), and which side of a split they take. Thread:
/// any; pure.
#pragma once

#include "config/model.h"
#include "routing/request.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace steelyard::routing {

/// The key's text in this request; hash it with hashBytes(). Absent where the request has none, or
/// an empty one: so many have that in common that one backend would get them all; the caller draws.
/// - client-ip: the address's 4 or 16 bytes (not for people to read)
/// - header: the value of its first line
/// - cookie: of the first of that name, without quotes
/// - path: in normal form, without the query, so that all spellings of it are one
/// - query: the first parameter of that name, decoded
/// The view is of the request or of `buffer`, which keeps its capacity.
[[nodiscard]] std::optional<std::string_view>
affinityKey(const config::AffinityKey& key, const Request& request, std::string& buffer);

/// The index of the side for a key's hash, or for 64 random bits where there is no key; -1 when
/// every side's weight is 0. Weighted rendezvous hashing (Schindelhauer and Schomaker, "Weighted
/// distributed hash tables", 2005) over the pools' names: the same bits always give the same side,
/// in every engine and whatever the order in the file; when one side's share rises, others only
/// lose to it, so 90/10 to 80/20 moves 10 % and nothing else. Not by intervals of the hash: the
/// keys of one side would then be one piece of a hash ring or table in that side's pool.
[[nodiscard]] int splitSide(const config::Split& split, std::uint64_t bits) noexcept;

} // namespace steelyard::routing
