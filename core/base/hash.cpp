#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace steelyard {

std::uint64_t hashBytes(std::string_view bytes, std::uint64_t seed) noexcept
{
    return XXH64(bytes.data(), bytes.size(), seed);
}

} // namespace steelyard
