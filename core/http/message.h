/// A request's or a response's head as values: start line and field lines over one block of bytes.
/// Octets, never Unicode (RFC 9112 2.2). Objects are pooled and re-used: clear() keeps the
/// capacity, so that in the steady state no request allocates. Thread: one owner at a time.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::http {

/// The fields that the engine itself looks at; everything else is Other and passes through.
enum class FieldId : std::uint8_t
{
    Other,
    Connection,
    ContentLength,
    Cookie,
    Date,
    Expect,
    Forwarded,
    Host,
    KeepAlive,
    MaxForwards,
    ProxyConnection,
    Server,
    TE,
    Trailer,
    TransferEncoding,
    Upgrade,
    Via,
    XForwardedFor,
    XForwardedHost,
    XForwardedProto,
    XRequestId,
};

/// Which field a name is (any case). One perfect-hash-like switch on length and letters; no
/// allocation.
[[nodiscard]] FieldId fieldId(std::string_view name) noexcept;

/// A set of fields as a number.
using FieldSet = std::uint32_t;

[[nodiscard]] constexpr FieldSet setOf(FieldId id) noexcept
{
    return FieldSet{1} << static_cast<unsigned>(id);
}

template <typename... Ids>
[[nodiscard]] constexpr FieldSet setOf(FieldId first, Ids... others) noexcept
{
    return setOf(first) | setOf(others...);
}

enum class Version : std::uint8_t
{
    Http10,
    Http11
};

/// One field line; offsets into the block of its HeaderList. `removed` lines stay in place and are
/// skipped.
struct Field
{
    std::uint32_t nameAt = 0;
    std::uint32_t valueAt = 0;
    std::uint32_t valueSize = 0;
    std::uint16_t nameSize = 0;
    FieldId id = FieldId::Other;
    bool removed = false;
};

/// Field lines in their order over an owned block of bytes. Names keep their case and are compared
/// without it.
class HeaderList
{
public:
    void clear() noexcept
    {
        m_block.clear();
        m_fields.clear();
        m_ids = 0;
    }

    /// Appends a copy of name and value.
    void add(std::string_view name, std::string_view value);
    void add(FieldId id, std::string_view name, std::string_view value);
    /// The same with a value given in parts. Names and parts may view this list's own text.
    void add(FieldId id, std::string_view name, std::initializer_list<std::string_view> value);
    /// Gives a line of this list a new value, made of parts that may view this list's own text; its
    /// place is kept.
    void setValue(Field& field, std::initializer_list<std::string_view> value);
    /// For the parser: takes the block (copied) that `fields`' offsets point into, and the fields,
    /// in place of which it leaves an empty vector. Replaces the content.
    void assign(std::string_view block, std::vector<Field>& fields);

    /// False: there is no line of any of these, which is quicker than to look for them.
    [[nodiscard]] bool mayHave(FieldSet ids) const noexcept { return (m_ids & ids) != 0; }

    /// Marks every line of that id or name as removed; returns how many were.
    int remove(FieldId id) noexcept;
    int remove(std::string_view name) noexcept;

    /// The first such line's value, or an empty view with null data() when there is none.
    [[nodiscard]] std::string_view find(FieldId id) const noexcept;
    [[nodiscard]] std::string_view find(std::string_view name) const noexcept;

    [[nodiscard]] std::string_view name(const Field& field) const noexcept
    {
        return view(field.nameAt, field.nameSize);
    }

    [[nodiscard]] std::string_view value(const Field& field) const noexcept
    {
        return view(field.valueAt, field.valueSize);
    }

    [[nodiscard]] std::vector<Field>& fields() noexcept { return m_fields; }

    [[nodiscard]] const std::vector<Field>& fields() const noexcept { return m_fields; }

    [[nodiscard]] std::string_view view(std::uint32_t at, std::uint32_t size) const noexcept
    {
        return std::string_view(m_block).substr(at, size);
    }

    /// Bytes of the block appended so far: for callers that add text of their own (start line).
    [[nodiscard]] std::uint32_t append(std::string_view bytes);

    /// The text that name() and value() view: lets a writer copy several lines at once.
    [[nodiscard]] std::string_view block() const noexcept { return m_block; }

private:
    /// Appends parts, which may view the block itself, and returns where they start.
    std::uint32_t appendParts(std::initializer_list<std::string_view> first,
                              std::initializer_list<std::string_view> second,
                              std::string_view last);

    std::string m_block;
    std::vector<Field> m_fields;
    FieldSet m_ids = 0; ///< of all lines there ever were
};

/// How a body's end is found (RFC 9112 6.3).
enum class BodyKind : std::uint8_t
{
    None,       ///< ends with the head; a response to HEAD and a 304 keep their Content-Length line
    Length,     ///< Content-Length, 0 included: "Content-Length: 0" is forwarded as such
    Chunked,    ///< the chunked transfer coding
    UntilClose, ///< a response that ends with its connection
    Tunnel,     ///< after 101: bytes both ways until either side closes
};

struct Body
{
    BodyKind kind = BodyKind::None;
    std::uint64_t length = 0; ///< for BodyKind::Length
};

/// What a head says beside its field lines.
struct HeadFacts
{
    std::uint32_t methodAt = 0, methodSize = 0;
    std::uint32_t targetAt = 0, targetSize = 0;
    std::uint32_t reasonAt = 0, reasonSize = 0;
    int status = 0; ///< 0: a request
    Version version = Version::Http11;
    Body body;
    bool keepAlive = true;       ///< what the sender wants of its connection (RFC 9112 9.3)
    bool expectContinue = false; ///< Expect: 100-continue on an HTTP/1.1 request
    /// A request: GET without content, HTTP/1.1, Connection: upgrade and Upgrade: websocket. A
    /// response: 101 with both.
    bool upgradeWebSocket = false;
    /// Max-Forwards of an OPTIONS request, -1 without one. 0: must not be forwarded, the caller
    /// answers (RFC 9110 7.6.2).
    int maxForwards = -1;
};

/// A head, request or response. For a request: method and target; for a response: status and
/// reason. `target` is in origin-form ("/path?query") or "*"; an absolute-form target arrives
/// split: its authority has replaced Host's value (RFC 9112 3.2.2).
struct MessageHead : HeadFacts
{
    HeaderList headers;

    [[nodiscard]] std::string_view method() const noexcept
    {
        return headers.view(methodAt, methodSize);
    }

    [[nodiscard]] std::string_view target() const noexcept
    {
        return headers.view(targetAt, targetSize);
    }

    [[nodiscard]] std::string_view reason() const noexcept
    {
        return headers.view(reasonAt, reasonSize);
    }

    [[nodiscard]] std::string_view host() const noexcept { return headers.find(FieldId::Host); }

    void clear() noexcept
    {
        headers.clear();
        static_cast<HeadFacts&>(*this) = {};
    }
};

/// Is the method idempotent (RFC 9110 9.2.2): GET, HEAD, OPTIONS, TRACE, PUT, DELETE.
[[nodiscard]] bool isIdempotent(std::string_view method) noexcept;

/// ASCII comparison without case.
[[nodiscard]] bool equalsIgnoreCase(std::string_view a, std::string_view b) noexcept;

} // namespace steelyard::http
