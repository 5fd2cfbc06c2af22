#include "models/line_diff.h"

#include <QStringList>

#include <algorithm>
#include <utility>
#include <vector>

namespace steelyard::gui {

namespace {

using Kind = DiffLine::Kind;

/// Lines without their ends; a last line without an end is a line too.
QStringList linesOf(const QString& text)
{
    QStringList lines = text.split(u'\n');
    if (!lines.isEmpty() && lines.last().isEmpty())
        lines.removeLast();
    return lines;
}

/// The differing middles of both texts, and the edit between them.
class Edit
{
public:
    Edit(const QStringList& before, const QStringList& after, int from, int endBefore, int endAfter)
        : m_before(before)
        , m_after(after)
        , m_from(from)
        , m_n(endBefore - from)
        , m_m(endAfter - from)
    {
    }

    /// For each line of the middle, in order; the whole replaced when it takes more than `most`.
    [[nodiscard]] QList<Kind> kinds(int most)
    {
        const int found = search(std::min(most, m_n + m_m));
        return found < 0 ? QList<Kind>(m_n, Kind::Removed) + QList<Kind>(m_m, Kind::Added)
                         : walkBack(found);
    }

private:
    /// How far one comes on diagonal k (x - y) with d edits: the x, by k + d. Returns the number of
    /// edits, -1 when it takes more than `most`.
    [[nodiscard]] int search(int most)
    {
        std::vector<int> reach{0};
        for (int d = 0; d <= most; ++d) {
            std::vector<int> next(static_cast<std::size_t>(2 * d + 1), -1);
            for (int k = -d; k <= d; k += 2) {
                int x = d == 0 ? 0 : start(reach, d, k);
                while (x < m_n && x - k < m_m &&
                       m_before.at(m_from + x) == m_after.at(m_from + x - k))
                    ++x;
                next[static_cast<std::size_t>(k + d)] = x;
                if (x >= m_n && x - k >= m_m) {
                    m_trace.push_back(std::move(next));
                    return d;
                }
            }
            m_trace.push_back(next);
            reach = std::move(next);
        }
        return -1;
    }

    /// Where the d-th edit onto diagonal k ends, coming from the d-1 that `reach` has.
    [[nodiscard]] static int start(const std::vector<int>& reach, int d, int k)
    {
        const auto at = [&](int diagonal) {
            const int i = diagonal + d - 1;
            return i < 0 || i >= static_cast<int>(reach.size())
                       ? -1
                       : reach[static_cast<std::size_t>(i)];
        };
        const int added = at(k + 1);       // y grows
        const int removed = at(k - 1) + 1; // x grows
        return k == -d || (k != d && at(k - 1) < added) ? added : removed;
    }

    [[nodiscard]] QList<Kind> walkBack(int d) const
    {
        QList<Kind> kinds;
        int x = m_n;
        int y = m_m;
        for (; d > 0; --d) {
            const std::vector<int>& reach = m_trace[static_cast<std::size_t>(d - 1)];
            const int k = x - y;
            const int begun = start(reach, d, k);
            for (; x > begun; --x, --y)
                kinds.prepend(Kind::Same);
            const auto at = [&](int diagonal) {
                return reach[static_cast<std::size_t>(diagonal + d - 1)];
            };
            const bool added = k == -d || (k != d && at(k - 1) < at(k + 1));
            kinds.prepend(added ? Kind::Added : Kind::Removed);
            if (added)
                --y;
            else
                --x;
        }
        for (; x > 0; --x)
            kinds.prepend(Kind::Same);
        return kinds;
    }

    const QStringList& m_before;
    const QStringList& m_after;
    const int m_from, m_n, m_m;
    std::vector<std::vector<int>> m_trace; ///< of each number of edits
};

} // namespace

QList<DiffLine> lineDiff(const QString& before, const QString& after, int mostEdits)
{
    const QStringList a = linesOf(before);
    const QStringList b = linesOf(after);
    int head = 0;
    const int shorter = static_cast<int>(std::min(a.size(), b.size()));
    while (head < shorter && a.at(head) == b.at(head))
        ++head;
    int tail = 0;
    while (tail < shorter - head && a.at(a.size() - 1 - tail) == b.at(b.size() - 1 - tail))
        ++tail;
    const int endA = static_cast<int>(a.size()) - tail;
    const int endB = static_cast<int>(b.size()) - tail;
    const QList<Kind> kinds = QList<Kind>(head, Kind::Same) +
                              Edit(a, b, head, endA, endB).kinds(mostEdits) +
                              QList<Kind>(tail, Kind::Same);
    QList<DiffLine> lines;
    lines.reserve(kinds.size());
    int x = 0;
    int y = 0;
    for (const Kind kind : kinds) {
        DiffLine line{kind, 0, 0, {}};
        if (kind != Kind::Added)
            line.before = ++x;
        if (kind != Kind::Removed)
            line.after = ++y;
        line.text = kind == Kind::Removed ? a.at(x - 1) : b.at(y - 1);
        lines.append(line);
    }
    return lines;
}

QList<DiffLine> changesOnly(const QList<DiffLine>& lines, int context)
{
    QList<bool> shown(lines.size(), false);
    for (qsizetype i = 0; i < lines.size(); ++i) {
        if (lines.at(i).kind == Kind::Same)
            continue;
        const qsizetype last = std::min<qsizetype>(lines.size() - 1, i + context);
        for (qsizetype near = std::max<qsizetype>(0, i - context); near <= last; ++near)
            shown[near] = true;
    }
    QList<DiffLine> result;
    bool gap = false;
    for (qsizetype i = 0; i < lines.size(); ++i) {
        if (!shown.at(i)) {
            gap = true;
            continue;
        }
        if (std::exchange(gap, false))
            result.append(DiffLine{});
        result.append(lines.at(i));
    }
    return result;
}

} // namespace steelyard::gui
