#include "http/cookies.h"

namespace steelyard::http {

namespace {

std::string_view trimmed(std::string_view text) noexcept
{
    constexpr std::string_view kBlanks = " \t";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view unquoted(std::string_view value) noexcept
{
    const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    return quoted ? value.substr(1, value.size() - 2) : value;
}

} // namespace

std::optional<std::string_view> findCookie(const HeaderList& headers,
                                           std::string_view name) noexcept
{
    for (const Field& field : headers.fields()) {
        if (field.id != FieldId::Cookie || field.removed)
            continue;
        std::string_view rest = headers.value(field);
        while (!rest.empty()) {
            // Neither a name nor a value, quoted or not, may have a semicolon.
            const std::size_t end = rest.find(';');
            const std::string_view pair = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
            const std::size_t equals = pair.find('=');
            if (equals != std::string_view::npos && trimmed(pair.substr(0, equals)) == name)
                return unquoted(trimmed(pair.substr(equals + 1)));
        }
    }
    return std::nullopt;
}

} // namespace steelyard::http
