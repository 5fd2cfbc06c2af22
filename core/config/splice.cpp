#include "config/splice.h"

#include "config/text_lines.h"

#include <algorithm>

namespace steelyard::config {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

std::string blanks(int count)
{
    return std::string(static_cast<std::size_t>(std::max(count, 0)), ' ');
}

/// A place in the last line of a node's content. A block scalar ends behind its line end: step
/// back.
std::size_t lastByte(std::string_view text, const Node& node)
{
    std::size_t end = node.contentEnd();
    while (end > node.start.byte && (text[end - 1] == '\n' || text[end - 1] == '\r'))
        --end;
    return end;
}

/// The end of the comment lines directly below `at`'s line that are indented deeper than
/// `indentation` blanks.
std::size_t behindOwnComments(const TextLines& lines, std::size_t at, std::size_t indentation)
{
    while (lines.next(at) > lines.end(at) && lines.isComment(lines.next(at)) &&
           lines.indentation(lines.next(at)) > indentation) {
        at = lines.next(at);
    }
    return lines.end(at);
}

std::string flowText(const Entries& entries, bool spaced)
{
    std::string out;
    for (const auto& [key, value] : entries)
        out.append(out.empty() ? "" : ", ").append(key).append(": ").append(value);
    return spaced ? "{ " + out + " }" : '{' + out + '}';
}

/// Appends to a flow list or mapping whose last part is [start, end): in a line of its own where
/// that part has one.
Splices appendToFlow(std::string_view text, const Mark& start, std::size_t end, std::size_t close,
                     const std::string& part)
{
    const TextLines lines(text);
    const std::size_t comma = lines.comma(end, close);
    const std::size_t tail = comma != kNone && comma < lines.end(end) ? comma + 1 : end;
    const bool ownLine =
        lines.isFirst(start.byte) && lines.isLast(tail) && (comma == kNone || tail == comma + 1);
    if (!ownLine)
        return {{end, end, ", " + part}};
    const std::size_t at = lines.end(tail);
    const std::string line = lines.lineEnd(end) + blanks(start.column - 1) + part;
    if (comma != kNone)
        return {{at, at, line + ','}};
    return {{end, end, ","}, {at, at, line}};
}

/// A new entry of a non-empty mapping, behind entry `after`. `below` are further lines, to stand
/// deeper (block style).
Splices addEntry(std::string_view text, const Node& mapping, std::size_t after,
                 const std::string& entry, const std::string& below = {})
{
    const TextLines lines(text);
    if (mapping.flow) {
        const Node& key = mapping.keys.back();
        return appendToFlow(text, key.start, mapping.items.back().end.byte, mapping.end.byte,
                            entry);
    }
    const std::size_t at = lines.end(lastByte(text, mapping.items[after]));
    const std::string start = lines.lineEnd(at) + blanks(mapping.keys.front().start.column - 1);
    return {{at, at, start + entry + (below.empty() ? "" : start + below)}};
}

Splices addToBlockList(std::string_view text, const Node& list, const Entries& item)
{
    const TextLines lines(text);
    const Node& last = list.items.back();
    const int dash = list.start.column - 1;
    // Where the neighbour's content begins behind its dash, so do we.
    const bool sameLine = list.items.front().start.line == list.start.line;
    const int gap = sameLine ? std::max(list.items.front().start.column - list.start.column, 2) : 2;
    const std::size_t at =
        behindOwnComments(lines, lastByte(text, last), static_cast<std::size_t>(dash));
    const std::string lineEnd = lines.lineEnd(at);
    std::string added = lineEnd + blanks(dash) + '-' + blanks(gap - 1);
    if (last.flow) {
        added += flowText(item, text[last.start.byte + 1] == ' ');
    } else {
        for (std::size_t i = 0; i < item.size(); ++i) {
            if (i > 0)
                added += lineEnd + blanks(dash + gap);
            added += item[i].first + ": " + item[i].second;
        }
    }
    return {{at, at, added}};
}

Splices addToFlowList(std::string_view text, const Node& list, const Entries& item)
{
    if (!list.items.empty()) {
        const Node& last = list.items.back();
        return appendToFlow(text, last.start, last.end.byte, list.end.byte,
                            flowText(item, text[last.start.byte + 1] == ' '));
    }
    const std::string_view inner =
        text.substr(list.start.byte + 1, list.end.byte - list.start.byte - 2);
    const bool blank = inner.find_first_not_of(' ') == kNone;
    if (blank)
        return {{list.start.byte, list.end.byte, "[ " + flowText(item, true) + " ]"}};
    return {{list.end.byte - 1, list.end.byte - 1, flowText(item, true) + ' '}};
}

/// The first byte of the line with the dash of an item; its content may stand below it.
std::size_t dashLine(std::string_view text, const Node& list, std::size_t index)
{
    const TextLines lines(text);
    const std::size_t bound = index == 0 ? list.start.byte : list.items[index - 1].contentEnd();
    std::size_t line = lines.begin(list.items[index].start.byte);
    const auto dash = static_cast<std::size_t>(list.start.column - 1);
    while (line > bound && (lines.indentation(line) != dash || text[line + dash] != '-'))
        line = lines.begin(line - 1);
    return line;
}

/// Removes the lines from `first`'s to `last`'s, with the comment lines above at the same
/// indentation.
Splice removeLines(std::string_view text, std::size_t first, std::size_t last,
                   std::size_t indentation)
{
    const TextLines lines(text);
    std::size_t begin = lines.begin(first);
    while (begin > 0 && lines.isComment(begin - 1) && lines.indentation(begin - 1) == indentation) {
        begin = lines.begin(begin - 1);
    }
    const std::size_t end = lines.next(last);
    const bool unended =
        end == text.size() && lines.end(last) == end; // the text must stay without a final line end
    if (unended && begin > 0)
        begin = lines.end(begin - 1);
    return {begin, end, {}};
}

Splices removeFromBlock(std::string_view text, const Node& key, const Node& list, std::size_t index)
{
    const TextLines lines(text);
    const auto dash = static_cast<std::size_t>(list.start.column - 1);
    const std::size_t first = dashLine(text, list, index);
    const std::size_t last = behindOwnComments(lines, lastByte(text, list.items[index]), dash);
    Splices out{removeLines(text, first, last, dash)};
    if (list.items.size() == 1) {
        const std::size_t colon = text.find(':', key.end.byte);
        out.push_back({colon + 1, colon + 1, " []"});
    }
    return out;
}

Splices removeFromFlow(std::string_view text, const Node& list, std::size_t index)
{
    const TextLines lines(text);
    const Node& item = list.items[index];
    const bool isLast = index + 1 == list.items.size();
    const std::size_t comma = lines.comma(item.end.byte, list.end.byte);
    const std::size_t behind = comma == kNone ? item.end.byte : comma + 1;
    if (list.items.size() == 1) {
        const std::string_view whole =
            text.substr(list.start.byte, list.end.byte - list.start.byte);
        const bool comments = whole.find('#') != kNone && whole.find('\n') != kNone;
        if (!comments)
            return {{list.start.byte, list.end.byte, "[]"}};
    }
    Splices out;
    if (lines.isFirst(item.start.byte) && lines.isLast(behind)) {
        out.push_back(removeLines(text, item.start.byte, behind,
                                  static_cast<std::size_t>(item.start.column - 1)));
        if (isLast && index > 0 && comma == kNone) {
            const std::size_t before = lines.comma(list.items[index - 1].end.byte, item.start.byte);
            out.push_back({before, before + 1, {}});
        }
        return out;
    }
    if (!isLast) {
        const Node& next = list.items[index + 1];
        const bool oneLine = next.start.line == item.end.line;
        return {{item.start.byte, oneLine ? next.start.byte : behind, {}}};
    }
    if (index == 0)
        return {{item.start.byte, behind, {}}};
    const Node& previous = list.items[index - 1];
    if (previous.end.line == item.start.line)
        return {{previous.end.byte, item.end.byte, {}}};
    const std::size_t before = lines.comma(previous.end.byte, item.start.byte);
    return {{before, before + 1, {}}, {item.start.byte, behind, {}}};
}

} // namespace

std::string spliced(std::string_view text, Splices splices)
{
    std::stable_sort(splices.begin(), splices.end(),
                     [](const Splice& a, const Splice& b) { return a.begin < b.begin; });
    std::string out;
    std::size_t at = 0;
    for (const Splice& splice : splices) {
        out += text.substr(at, splice.begin - at);
        out += splice.text;
        at = splice.end;
    }
    return out += text.substr(at);
}

Splices setKey(std::string_view text, const Node& mapping, std::string_view key,
               std::string_view value, const std::vector<std::string_view>& after)
{
    if (const Node* old = mapping.find(key)) {
        const char quote = text[old->start.byte];
        const bool keepQuotes = !old->plain && (quote == '"' || quote == '\'');
        const std::string mark = keepQuotes ? std::string(1, quote) : std::string();
        return {{old->start.byte, old->end.byte, mark + std::string(value) + mark}};
    }
    std::size_t anchor = mapping.keys.size() - 1;
    for (const std::string_view wanted : after) {
        const auto found = std::find_if(mapping.keys.begin(), mapping.keys.end(),
                                        [&](const Node& k) { return k.text == wanted; });
        if (found != mapping.keys.end())
            anchor = static_cast<std::size_t>(found - mapping.keys.begin());
    }
    return addEntry(text, mapping, anchor, std::string(key) + ": " + std::string(value));
}

Splices addItem(std::string_view text, const Node& parent, std::string_view key,
                const Entries& item)
{
    if (const Node* list = parent.find(key)) {
        return list->flow ? addToFlowList(text, *list, item) : addToBlockList(text, *list, item);
    }
    const std::size_t last = parent.keys.size() - 1;
    const std::string name = std::string(key) + ':';
    if (parent.flow)
        return addEntry(text, parent, last, name + " [ " + flowText(item, true) + " ]");
    return addEntry(text, parent, last, name, "  - " + flowText(item, true));
}

Splices removeItem(std::string_view text, const Node& parent, std::string_view key,
                   std::size_t index)
{
    for (std::size_t i = 0; i < parent.keys.size(); ++i) {
        if (parent.keys[i].text != key)
            continue;
        const Node& list = parent.items[i];
        return list.flow ? removeFromFlow(text, list, index)
                         : removeFromBlock(text, parent.keys[i], list, index);
    }
    return {};
}

} // namespace steelyard::config
