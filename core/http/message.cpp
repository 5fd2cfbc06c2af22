#include "http/message.h"

#include <cstring>

namespace steelyard::http {
namespace {

template <typename Word>
Word load(const char* at) noexcept
{
    Word word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

template <typename Word>
constexpr Word repeated(std::uint8_t octet) noexcept
{
    return static_cast<Word>(~Word{0} / 0xffU * octet);
}

/// ASCII letters of the eight octets in lower case, all else as it is.
std::uint64_t lower(std::uint64_t octets) noexcept
{
    constexpr auto kHigh = repeated<std::uint64_t>(0x80);
    const std::uint64_t low = octets & ~kHigh;
    const std::uint64_t fromA = low + repeated<std::uint64_t>(0x80 - 'A');
    const std::uint64_t beyondZ = low + repeated<std::uint64_t>(0x7f - 'Z');
    const std::uint64_t letters = (fromA ^ beyondZ) & ~octets & kHigh;
    return octets | (letters >> 2U);
}

char lower(char c) noexcept
{
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/// Zero when the octets at `name` are those at `text`, lower-case letters and '-', in any case.
template <typename Word>
Word difference(const char* name, const char* text) noexcept
{
    const Word wanted = load<Word>(text);
    const Word ofLetters = wanted & repeated<Word>(0x40);
    return (load<Word>(name) | ofLetters >> 1U) ^ wanted;
}

/// Is a name of the same size that text in any case? Words that may overlap, and against constants.
template <std::size_t N>
bool matches(const char* name, const char (&text)[N]) noexcept
{
    constexpr std::size_t kSize = N - 1;
    if constexpr (kSize >= 8) {
        std::uint64_t differs = difference<std::uint64_t>(name + kSize - 8, text + kSize - 8);
        for (std::size_t at = 0; at + 8 < kSize; at += 8)
            differs |= difference<std::uint64_t>(name + at, text + at);
        return differs == 0;
    } else if constexpr (kSize >= 4) {
        return (difference<std::uint32_t>(name, text) |
                difference<std::uint32_t>(name + kSize - 4, text + kSize - 4)) == 0;
    } else {
        std::uint8_t differs = 0;
        for (std::size_t at = 0; at < kSize; ++at)
            differs |= difference<std::uint8_t>(name + at, text + at);
        return differs == 0;
    }
}

char* copied(std::string_view text, char* to) noexcept
{
    return to + text.copy(to, text.size());
}

} // namespace

bool equalsIgnoreCase(std::string_view a, std::string_view b) noexcept
{
    const std::size_t size = a.size();
    if (size != b.size())
        return false;
    if (size < 8) {
        for (std::size_t i = 0; i < size; ++i)
            if (lower(a[i]) != lower(b[i]))
                return false;
        return true;
    }
    const auto same = [&](std::size_t at) {
        return lower(load<std::uint64_t>(a.data() + at)) ==
               lower(load<std::uint64_t>(b.data() + at));
    };
    for (std::size_t at = 0; at + 8 < size; at += 8)
        if (!same(at))
            return false;
    return same(size - 8);
}

bool isIdempotent(std::string_view method) noexcept
{
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" ||
           method == "PUT" || method == "DELETE";
}

FieldId fieldId(std::string_view name) noexcept
{
    // The length leaves one to three candidates; the first letter decides between them.
    const auto known = [at = name.data()](const auto& text, FieldId id) {
        return matches(at, text) ? id : FieldId::Other;
    };
    if (name.empty())
        return FieldId::Other;
    const char first = lower(name.front());
    switch (name.size()) {
    case 2:
        return known("te", FieldId::TE);
    case 3:
        return known("via", FieldId::Via);
    case 4:
        return first == 'h' ? known("host", FieldId::Host) : known("date", FieldId::Date);
    case 6:
        if (first == 'c')
            return known("cookie", FieldId::Cookie);
        return first == 'e' ? known("expect", FieldId::Expect) : known("server", FieldId::Server);
    case 7:
        return first == 'u' ? known("upgrade", FieldId::Upgrade)
                            : known("trailer", FieldId::Trailer);
    case 9:
        return known("forwarded", FieldId::Forwarded);
    case 10:
        return first == 'c' ? known("connection", FieldId::Connection)
                            : known("keep-alive", FieldId::KeepAlive);
    case 12:
        return first == 'x' ? known("x-request-id", FieldId::XRequestId)
                            : known("max-forwards", FieldId::MaxForwards);
    case 14:
        return known("content-length", FieldId::ContentLength);
    case 15:
        return known("x-forwarded-for", FieldId::XForwardedFor);
    case 16:
        return first == 'x' ? known("x-forwarded-host", FieldId::XForwardedHost)
                            : known("proxy-connection", FieldId::ProxyConnection);
    case 17:
        return first == 'x' ? known("x-forwarded-proto", FieldId::XForwardedProto)
                            : known("transfer-encoding", FieldId::TransferEncoding);
    default:
        return FieldId::Other;
    }
}

void HeaderList::add(std::string_view name, std::string_view value)
{
    add(fieldId(name), name, {value});
}

void HeaderList::add(FieldId id, std::string_view name, std::string_view value)
{
    add(id, name, {value});
}

void HeaderList::add(FieldId id, std::string_view name,
                     std::initializer_list<std::string_view> value)
{
    // Stored as it will be written, so that writers can copy added lines together with received
    // ones.
    Field field;
    field.id = id;
    field.nameSize = static_cast<std::uint16_t>(name.size());
    for (const std::string_view part : value)
        field.valueSize += static_cast<std::uint32_t>(part.size());
    field.nameAt = appendParts({name, ": "}, value, "\r\n");
    field.valueAt = field.nameAt + field.nameSize + 2U;
    m_fields.push_back(field);
    m_ids |= setOf(id);
}

void HeaderList::setValue(Field& field, std::initializer_list<std::string_view> value)
{
    std::uint32_t size = 0;
    for (const std::string_view part : value)
        size += static_cast<std::uint32_t>(part.size());
    field.valueAt = appendParts({}, value, {});
    field.valueSize = size;
}

void HeaderList::assign(std::string_view block, std::vector<Field>& fields)
{
    m_block.assign(block);
    m_fields.swap(fields);
    fields.clear();
    m_ids = 0;
    for (const Field& field : m_fields)
        m_ids |= setOf(field.id);
}

std::uint32_t HeaderList::append(std::string_view bytes)
{
    return appendParts({}, {bytes}, {});
}

std::uint32_t HeaderList::appendParts(std::initializer_list<std::string_view> first,
                                      std::initializer_list<std::string_view> second,
                                      std::string_view last)
{
    const auto start = static_cast<std::uint32_t>(m_block.size());
    std::size_t needed = m_block.size() + last.size();
    for (const auto& parts : {first, second})
        for (const std::string_view part : parts)
            needed += part.size();
    // Parts may view the block: when it must grow it stays as it is until they are copied.
    std::string grown;
    const bool grow = needed > m_block.capacity();
    if (grow) {
        grown.reserve(needed * 2);
        grown.append(m_block);
    }
    std::string& target = grow ? grown : m_block;
    target.resize(needed);
    char* end = target.data() + start;
    for (const auto& parts : {first, second})
        for (const std::string_view part : parts)
            end = copied(part, end);
    copied(last, end);
    if (grow)
        m_block.swap(grown);
    return start;
}

int HeaderList::remove(FieldId id) noexcept
{
    if (!mayHave(setOf(id)))
        return 0;
    int count = 0;
    for (Field& field : m_fields) {
        if (field.removed || field.id != id)
            continue;
        field.removed = true;
        ++count;
    }
    return count;
}

int HeaderList::remove(std::string_view name) noexcept
{
    const FieldId id = fieldId(name);
    if (id != FieldId::Other)
        return remove(id);
    int count = 0;
    for (Field& field : m_fields) {
        if (field.removed || !equalsIgnoreCase(this->name(field), name))
            continue;
        field.removed = true;
        ++count;
    }
    return count;
}

std::string_view HeaderList::find(FieldId id) const noexcept
{
    if (!mayHave(setOf(id)))
        return {};
    for (const Field& field : m_fields)
        if (field.id == id && !field.removed)
            return value(field);
    return {};
}

std::string_view HeaderList::find(std::string_view name) const noexcept
{
    for (const Field& field : m_fields)
        if (!field.removed && equalsIgnoreCase(this->name(field), name))
            return value(field);
    return {};
}

} // namespace steelyard::http
