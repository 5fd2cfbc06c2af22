#include "runtime/session_token.h"

#include <cstdlib>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

namespace steelyard::runtime {

namespace {

constexpr std::uint8_t kVersion = 1;
/// Begins what backendTag() hashes, as kVersion begins a token: neither is ever taken for the
/// other.
constexpr char kTagDomain = 'b';
constexpr std::size_t kBody = 29; ///< version 1, tag 8, id 12, issued 4, refreshed 4
constexpr std::size_t kMac = 16;
constexpr std::size_t kBytes = kBody + kMac;
static_assert(kBytes % 3 == 0 && kBytes / 3 * 4 == TokenCodec::kTextSize, "no padding");

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> kValues = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (int i = 0; i < 64; ++i)
        values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
    return values;
}();

using Bytes = std::array<std::uint8_t, kBytes>;
using Digest = std::array<std::uint8_t, 32>;

template <typename Number>
void put(Bytes& bytes, std::size_t at, Number number)
{
    for (std::size_t i = 0; i < sizeof number; ++i)
        bytes[at + i] = static_cast<std::uint8_t>(number >> (8 * (sizeof number - 1 - i)));
}

template <typename Number>
Number get(const std::uint8_t* bytes)
{
    Number number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
        number = static_cast<Number>(number << 8U | bytes[i]);
    return number;
}

} // namespace

StickinessKey::~StickinessKey()
{
    OPENSSL_cleanse(m_bytes.data(), m_bytes.size());
}

SessionId SessionId::random()
{
    SessionId id;
    if (RAND_bytes(id.bytes.data(), static_cast<int>(id.bytes.size())) != 1)
        std::abort(); // the system has no randomness: nothing secret can be made
    return id;
}

void releaseCryptoOfThread() noexcept
{
    OPENSSL_thread_stop();
}

std::string SessionId::hex() const
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

/// HMAC-SHA256 whose key is expanded once; a message then costs two rounds of SHA-256.
struct TokenCodec::Mac
{
    explicit Mac(const StickinessKey& key)
    {
        EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
        context = EVP_MAC_CTX_new(algorithm);
        EVP_MAC_free(algorithm);
        char digest[] = "SHA256";
        const OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
            OSSL_PARAM_construct_end()};
        must(context != nullptr);
        must(EVP_MAC_init(context, key.bytes().data(), key.bytes().size(), parameters) == 1);
    }

    ~Mac() { EVP_MAC_CTX_free(context); }

    Mac(const Mac&) = delete;
    Mac& operator=(const Mac&) = delete;

    Digest of(const void* message, std::size_t size) const
    {
        Digest digest;
        std::size_t length = 0;
        must(EVP_MAC_init(context, nullptr, 0, nullptr) == 1);
        must(EVP_MAC_update(context, static_cast<const unsigned char*>(message), size) == 1);
        must(EVP_MAC_final(context, digest.data(), &length, digest.size()) == 1);
        return digest;
    }

    /// Fails only for want of memory, or with a libcrypto without SHA-256.
    static void must(bool done)
    {
        if (!done)
            std::abort();
    }

    EVP_MAC_CTX* context = nullptr;
};

TokenCodec::TokenCodec(const StickinessKey& key)
    : m_mac(std::make_unique<Mac>(key))
{
}

TokenCodec::TokenCodec(TokenCodec&&) noexcept = default;
TokenCodec& TokenCodec::operator=(TokenCodec&&) noexcept = default;
TokenCodec::~TokenCodec() = default;

TokenCodec::Text TokenCodec::encode(const SessionToken& token)
{
    Bytes bytes{};
    bytes[0] = kVersion;
    put(bytes, 1, token.backend);
    std::copy(token.id.bytes.begin(), token.id.bytes.end(), bytes.begin() + 9);
    put(bytes, 21, token.issued);
    put(bytes, 25, token.refreshed);
    const Digest mac = m_mac->of(bytes.data(), kBody);
    std::copy(mac.begin(), mac.begin() + kMac, bytes.begin() + kBody);

    Text text;
    for (std::size_t i = 0; i < kBytes / 3; ++i) {
        const std::uint32_t three = static_cast<std::uint32_t>(bytes[3 * i]) << 16U |
                                    static_cast<std::uint32_t>(bytes[3 * i + 1]) << 8U |
                                    bytes[3 * i + 2];
        for (std::size_t j = 0; j < 4; ++j)
            text[4 * i + j] = kAlphabet[three >> (18 - 6 * j) & 63U];
    }
    return text;
}

std::optional<SessionToken> TokenCodec::decode(std::string_view text)
{
    if (text.size() != kTextSize)
        return std::nullopt;
    Bytes bytes;
    for (std::size_t i = 0; i < kBytes / 3; ++i) {
        std::uint32_t three = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const int value = kValues[static_cast<unsigned char>(text[4 * i + j])];
            if (value < 0)
                return std::nullopt;
            three = three << 6U | static_cast<std::uint32_t>(value);
        }
        bytes[3 * i] = static_cast<std::uint8_t>(three >> 16U);
        bytes[3 * i + 1] = static_cast<std::uint8_t>(three >> 8U);
        bytes[3 * i + 2] = static_cast<std::uint8_t>(three);
    }
    if (bytes[0] != kVersion)
        return std::nullopt;
    const Digest mac = m_mac->of(bytes.data(), kBody);
    if (CRYPTO_memcmp(mac.data(), bytes.data() + kBody, kMac) != 0)
        return std::nullopt;
    SessionToken token;
    token.backend = get<std::uint64_t>(bytes.data() + 1);
    std::copy(bytes.begin() + 9, bytes.begin() + 21, token.id.bytes.begin());
    token.issued = get<EpochSeconds>(bytes.data() + 21);
    token.refreshed = get<EpochSeconds>(bytes.data() + 25);
    return token;
}

std::uint64_t TokenCodec::backendTag(std::string_view pool, std::string_view backend)
{
    std::string message(1, kTagDomain);
    message.append(pool).append(1, '\0').append(backend);
    return get<std::uint64_t>(m_mac->of(message.data(), message.size()).data());
}

} // namespace steelyard::runtime
