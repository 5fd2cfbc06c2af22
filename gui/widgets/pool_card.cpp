#include "widgets/pool_card.h"

#include "app/theme.h"
#include "models/badge.h"
#include "models/figures.h"
#include "widgets/badge_painter.h"

#include <QPainter>

#include <algorithm>

namespace steelyard::gui {

PoolCard::PoolCard(QWidget* parent)
    : QAbstractButton(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAttribute(Qt::WA_Hover);
}

void PoolCard::show(const stats::PoolRow& pool)
{
    m_pool = pool;
    const QString name = QString::fromStdString(pool.name);
    setObjectName(QStringLiteral("pool-card-%1").arg(name));
    setAccessibleName(tr("Pool %1: %2 of %3 in service, %4 requests a second")
                          .arg(name)
                          .arg(pool.selectable)
                          .arg(pool.backends.size())
                          .arg(figures::rate(pool.requestsPerSecond)));
    QStringList shares;
    for (const stats::BackendRow& server : pool.backends) {
        shares << tr("%1: %2, configured %3")
                      .arg(QString::fromStdString(server.name),
                           figures::percent(server.actualShare),
                           figures::percent(server.configuredShare));
    }
    setAccessibleDescription(tr("Shares: %1").arg(shares.join(QStringLiteral("; "))));
    setToolTip(tr("Show the servers of %1").arg(name) + u'\n' + shares.join(u'\n'));
    update();
}

void PoolCard::setStale(bool stale)
{
    m_stale = stale;
    update();
}

QSize PoolCard::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 44, fontMetrics().height() * 17 / 2};
}

void PoolCard::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int unit = fontMetrics().averageCharWidth();
    const bool marked = hasFocus() || underMouse();
    painter.setPen(QPen(marked           ? theme().accent
                        : m_pool.allDown ? theme().danger
                                         : theme().border,
                        1));
    painter.setBrush(theme().surface);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), unit * 0.6, unit * 0.6);
    const QRect inner = rect().adjusted(2 * unit, unit * 5 / 4, -2 * unit, -unit * 5 / 4);
    const int line = fontMetrics().height();

    const QRect top(inner.left(), inner.top(), inner.width(), line);
    const std::string_view word = toString(m_pool.algorithm);
    const QString algorithm = QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size()));
    const int algorithmWidth = fontMetrics().horizontalAdvance(algorithm);
    painter.setPen(theme().muted);
    painter.drawText(top, Qt::AlignRight | Qt::AlignVCenter, algorithm);
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    painter.setFont(bold);
    painter.setPen(theme().text);
    painter.drawText(top, Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(pool(), Qt::ElideRight,
                                                      top.width() - algorithmWidth - 2 * unit));
    painter.setFont(font());
    paintServers(painter, QRect(inner.left(), inner.top() + line * 4 / 3, inner.width(), line));
    paintShares(painter, QRect(inner.left(), inner.top() + line * 3, inner.width(), line));
    paintFigures(painter, QRect(inner.left(), inner.bottom() - line * 5 / 2, inner.width(),
                                line * 5 / 2 + 1));
}

void PoolCard::paintServers(QPainter& painter, QRect area) const
{
    const int unit = fontMetrics().averageCharWidth();
    const double side = fontMetrics().ascent() * 0.8;
    const int more = fontMetrics().horizontalAdvance(QStringLiteral("+999"));
    for (std::size_t i = 0; i < m_pool.backends.size(); ++i) {
        const stats::BackendRow& server = m_pool.backends[i];
        const QString name = QString::fromStdString(server.name);
        const int width =
            static_cast<int>(side) + unit + fontMetrics().horizontalAdvance(name) + 2 * unit;
        const bool last = i + 1 == m_pool.backends.size();
        painter.setPen(theme().muted);
        if (width - 2 * unit > area.width() - (last ? 0 : more)) {
            painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter,
                             QStringLiteral("+%1").arg(m_pool.backends.size() - i));
            return;
        }
        const Badge badge = badgeOf(server);
        paintBadge(painter, QRectF(area.left(), area.center().y() - side / 2 + 0.5, side, side),
                   badge, m_stale ? theme().muted : theme().badge(badge), server.backup);
        painter.drawText(area.adjusted(static_cast<int>(side) + unit, 0, 0, 0),
                         Qt::AlignLeft | Qt::AlignVCenter, name);
        area.setLeft(area.left() + width);
    }
}

void PoolCard::paintShares(QPainter& painter, const QRect& area) const
{
    double actual = 0;
    double configured = 0;
    for (const stats::BackendRow& server : m_pool.backends) {
        actual += server.actualShare;
        configured += server.configuredShare;
    }
    const int unit = fontMetrics().averageCharWidth();
    if (actual <= 0) {
        painter.fillRect(area, theme().window);
        painter.setPen(theme().muted);
        painter.drawText(area, Qt::AlignCenter, tr("no requests in the last 10 s"));
        return;
    }
    // The bar says who got what; the ticks above it say where the borders should be.
    double left = 0;
    double tick = 0;
    int shade = 0;
    for (const stats::BackendRow& server : m_pool.backends) {
        tick += configured > 0 ? server.configuredShare / configured : 0;
        if (server.configuredShare > 0 && tick < 0.999) {
            const double x = area.left() + tick * area.width();
            painter.fillRect(QRectF(x - 1, area.top() - unit / 2.0, 2, unit / 2.0), theme().muted);
        }
        const double share = server.actualShare / actual;
        if (share <= 0)
            continue;
        QRectF part(area.left() + left * area.width(), area.top(), share * area.width(),
                    area.height());
        part.adjust(left > 0 ? 1 : 0, 0, 0, 0); // a hairline between two
        left += share;
        QColor fill = m_stale ? theme().muted : theme().accent;
        fill.setAlphaF(shade++ % 2 == 0 ? 0.30F : 0.18F);
        painter.fillRect(part, fill);
        const QString percent = figures::percent(share);
        const QString full = QString::fromStdString(server.name) + u' ' + percent;
        const auto fits = [&](const QString& text) {
            return fontMetrics().horizontalAdvance(text) + unit < part.width();
        };
        painter.setPen(m_stale ? theme().muted : theme().text);
        if (fits(full))
            painter.drawText(part, Qt::AlignCenter, full);
        else if (fits(percent))
            painter.drawText(part, Qt::AlignCenter, percent);
    }
}

void PoolCard::paintFigures(QPainter& painter, const QRect& area) const
{
    const auto idle = std::count_if(m_pool.backends.begin(), m_pool.backends.end(), standsBy);
    const auto wanted = static_cast<qsizetype>(m_pool.backends.size()) - idle;
    const QString values[] = {
        figures::rate(m_pool.requestsPerSecond), figures::latency(m_pool.latency.p99),
        figures::errorPercent(m_pool.errorsPerSecond, m_pool.requestsPerSecond),
        tr("%1 / %2").arg(m_pool.selectable).arg(wanted)};
    const QString units[] = {tr("requests/s"), tr("p99"), tr("errors"), tr("in service")};
    const bool failing =
        m_pool.errorsPerSecond > 0.01 * m_pool.requestsPerSecond && m_pool.errorsPerSecond > 0;
    const int count = static_cast<int>(std::size(values));
    constexpr int kBegins[] = {0, 29, 53, 76, 100}; // per cent of the width
    const int unit = fontMetrics().averageCharWidth();
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.25);
    for (int i = 0; i < count; ++i) {
        // "requests/s" is the longest word.
        const QRect cell(area.left() + area.width() * kBegins[i] / 100, area.top(),
                         area.width() * (kBegins[i + 1] - kBegins[i]) / 100 - unit, area.height());
        painter.setFont(large);
        const bool alarm = (i == 2 && failing) || (i == 3 && m_pool.allDown);
        painter.setPen(m_stale ? theme().muted : alarm ? theme().danger : theme().text);
        painter.drawText(cell, Qt::AlignLeft | Qt::AlignTop, values[i]);
        painter.setFont(font());
        painter.setPen(theme().muted);
        painter.drawText(cell, Qt::AlignLeft | Qt::AlignBottom, units[i]);
    }
}

} // namespace steelyard::gui
