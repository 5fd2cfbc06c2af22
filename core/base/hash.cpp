#include "base/hash.h"

#ifndef __clang_analyzer__ // it follows a null pointer of a view that is not empty into the library
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

namespace steelyard {

std::uint64_t hashBytes(std::string_view bytes, std::uint64_t seed) noexcept
{
    return XXH64(bytes.data(), bytes.size(), seed);
}

} // namespace steelyard
