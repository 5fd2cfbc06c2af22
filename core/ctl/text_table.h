/// Aligned columns of text for a terminal. Thread: any; pure.
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

#include <algorithm>
#include <vector>

namespace steelyard::ctl {

/// Rows of cells; a column whose title starts with '>' is right-aligned. The last column is not
/// padded.
class TextTable
{
public:
    explicit TextTable(const QStringList& titles)
    {
        QStringList row;
        for (const QString& title : titles) {
            m_right.push_back(title.startsWith(u'>'));
            row << (m_right.back() ? title.mid(1) : title);
        }
        m_rows.append(row);
    }

    void add(const QStringList& row) { m_rows.append(row); }

    [[nodiscard]] bool empty() const { return m_rows.size() < 2; }

    [[nodiscard]] QString toText() const
    {
        QString out;
        for (const QStringList& row : m_rows) {
            QString line;
            for (qsizetype i = 0; i < row.size(); ++i) {
                const qsizetype width = widthOf(i);
                const bool right = m_right[static_cast<std::size_t>(i)];
                line += right ? row[i].rightJustified(width) : row[i].leftJustified(width);
                line += QStringLiteral("  ");
            }
            while (line.endsWith(u' '))
                line.chop(1);
            out += line + u'\n';
        }
        return out;
    }

private:
    [[nodiscard]] qsizetype widthOf(qsizetype column) const
    {
        qsizetype width = 0;
        for (const QStringList& row : m_rows)
            width = std::max(width, row[column].size());
        return width;
    }

    std::vector<bool> m_right;
    QList<QStringList> m_rows;
};

} // namespace steelyard::ctl
