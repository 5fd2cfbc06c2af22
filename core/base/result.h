/// Errors as values. No exception crosses a boundary inside core/; a function that can fail returns
/// Result<T>. Thread: any.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace steelyard {

enum class ErrorCode
{
    InvalidInput, ///< what the caller gave cannot be used; the detail says where
    NotFound,     ///< a name that does not exist
    Refused,      ///< possible, but not now or not without force
    Io,           ///< the operating system said no; the detail carries its words
    Timeout,      ///< a deadline passed
    Protocol,     ///< a peer broke its protocol
};

/// What went wrong (`detail`, a sentence without a full stop) and what to do about it (`hint`, may
/// be empty).
struct Error
{
    ErrorCode code = ErrorCode::InvalidInput;
    std::string detail;
    std::string hint;
};

/// A value or an Error. `value()` may be called only when `ok()`.
template <typename T = std::monostate>
class [[nodiscard]] Result
{
public:
    Result() requires std::is_same_v<T, std::monostate>
    = default;

    Result(T value) // NOLINT(google-explicit-constructor): `return value;` must read naturally
        : m_content(std::move(value))
    {
    }

    Result(Error error) // NOLINT(google-explicit-constructor): `return Error{...};` likewise
        : m_content(std::move(error))
    {
    }

    [[nodiscard]] bool ok() const { return std::holds_alternative<T>(m_content); }

    explicit operator bool() const { return ok(); }

    [[nodiscard]] T& value() { return std::get<T>(m_content); }

    [[nodiscard]] const T& value() const { return std::get<T>(m_content); }

    [[nodiscard]] const Error& error() const { return std::get<Error>(m_content); }

private:
    std::variant<T, Error> m_content;
};

} // namespace steelyard
