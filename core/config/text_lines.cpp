#include "config/text_lines.h"

#include <algorithm>

namespace steelyard::config {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool isBlank(char c)
{
    return c == ' ' || c == '\t';
}

} // namespace

std::size_t TextLines::begin(std::size_t at) const
{
    if (at == 0)
        return 0;
    const std::size_t before = m_text.rfind('\n', at - 1);
    return before == kNone ? 0 : before + 1;
}

std::size_t TextLines::end(std::size_t at) const
{
    const std::size_t found = m_text.find('\n', at);
    if (found == kNone)
        return m_text.size();
    return found > 0 && m_text[found - 1] == '\r' ? found - 1 : found;
}

std::size_t TextLines::next(std::size_t at) const
{
    const std::size_t found = m_text.find('\n', at);
    return found == kNone ? m_text.size() : found + 1;
}

std::string TextLines::lineEnd(std::size_t at) const
{
    std::size_t found = m_text.find('\n', at);
    if (found == kNone)
        found = m_text.find('\n');
    return found != kNone && found > 0 && m_text[found - 1] == '\r' ? "\r\n" : "\n";
}

std::size_t TextLines::indentation(std::size_t at) const
{
    const std::size_t first = begin(at);
    const std::size_t content = m_text.find_first_not_of(' ', first);
    return (content == kNone ? m_text.size() : content) - first;
}

bool TextLines::isComment(std::size_t at) const
{
    const std::size_t content = begin(at) + indentation(at);
    return content < m_text.size() && m_text[content] == '#';
}

bool TextLines::isFirst(std::size_t at) const
{
    const std::string_view before = m_text.substr(begin(at), at - begin(at));
    return std::all_of(before.begin(), before.end(), isBlank);
}

bool TextLines::isLast(std::size_t at) const
{
    const std::string_view rest = m_text.substr(at, end(at) - std::min(at, end(at)));
    const auto* content = std::find_if_not(rest.begin(), rest.end(), isBlank);
    return content == rest.end() || *content == '#';
}

std::size_t TextLines::comma(std::size_t from, std::size_t to) const
{
    for (std::size_t at = from; at < to; ++at) {
        if (m_text[at] == ',')
            return at;
        if (m_text[at] == '#')
            at = end(at);
        else if (!isBlank(m_text[at]) && m_text[at] != '\n' && m_text[at] != '\r')
            return kNone;
    }
    return kNone;
}

} // namespace steelyard::config
