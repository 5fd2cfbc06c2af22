#include "widgets/headline_bar.h"

#include "app/theme.h"
#include "models/badge.h"
#include "models/figures.h"

#include <QGridLayout>
#include <QLabel>
#include <QPainter>

namespace steelyard::gui {

namespace {

QString stateWord(const stats::Snapshot* snapshot)
{
    if (snapshot == nullptr)
        return HeadlineBar::tr("Stopped");
    switch (snapshot->state) {
    case stats::EngineState::Starting:
        return HeadlineBar::tr("Starting");
    case stats::EngineState::Serving:
        return HeadlineBar::tr("Serving");
    case stats::EngineState::Draining:
        return HeadlineBar::tr("Draining");
    case stats::EngineState::Stopped:
        break;
    }
    return HeadlineBar::tr("Stopped");
}

/// ":8080", or ":8080 and 2 more"
QString ports(const stats::Snapshot& snapshot, QString* all)
{
    QStringList addresses;
    for (const stats::ListenerRow& listener : snapshot.listeners) {
        for (const std::string& address : listener.addresses)
            addresses << QString::fromStdString(address);
    }
    *all = addresses.join(u'\n');
    if (addresses.isEmpty())
        return HeadlineBar::tr("no listener");
    const QString first = addresses.first().mid(addresses.first().lastIndexOf(u':'));
    const int others = static_cast<int>(addresses.size()) - 1;
    return others == 0 ? HeadlineBar::tr("on %1").arg(first)
                       : HeadlineBar::tr("on %1 and %n more", nullptr, others).arg(first);
}

} // namespace

HeadlineBar::HeadlineBar(QWidget* parent)
    : QWidget(parent)
{
    auto* layout = new QGridLayout(this);
    const int unit = fontMetrics().averageCharWidth();
    layout->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    layout->setHorizontalSpacing(4 * unit);
    layout->setVerticalSpacing(0);
    static const char* const kNames[FigureCount] = {"state", "servers", "requests",   "errors",
                                                    "p99",   "own",     "connections"};
    for (int i = 0; i < FigureCount; ++i) {
        m_values[i] = new QLabel(this);
        m_units[i] = new QLabel(this);
        m_values[i]->setObjectName(QStringLiteral("headline-%1").arg(QLatin1String(kNames[i])));
        m_units[i]->setObjectName(QStringLiteral("headline-%1-unit").arg(QLatin1String(kNames[i])));
        m_units[i]->setMinimumWidth(11 * unit);
        layout->addWidget(m_values[i], 0, i);
        layout->addWidget(m_units[i], 1, i);
    }
    layout->setColumnStretch(FigureCount, 1);
    setFonts(1);
    show(nullptr);
}

void HeadlineBar::setFonts(double scale)
{
    QFont value = font();
    value.setPointSizeF(value.pointSizeF() * 1.45 * scale);
    value.setWeight(QFont::DemiBold);
    QFont unit = font();
    unit.setPointSizeF(unit.pointSizeF() * scale);
    for (int i = 0; i < FigureCount; ++i) {
        m_values[i]->setFont(value);
        m_units[i]->setFont(unit);
    }
}

void HeadlineBar::setLarge(bool large)
{
    setFonts(large ? 1.8 : 1);
}

void HeadlineBar::set(Figure figure, const QString& value, const QString& unit, const QString& tip,
                      const QColor& ink)
{
    m_values[figure]->setText(value);
    m_units[figure]->setText(unit);
    m_values[figure]->setAccessibleName(tr("%1 %2").arg(value, unit));
    m_values[figure]->setToolTip(tip);
    m_units[figure]->setToolTip(tip);
    m_inks[figure] = ink;
}

void HeadlineBar::show(const stats::Snapshot* snapshot)
{
    const Theme& colors = theme();
    if (snapshot == nullptr) {
        for (int i = 0; i < FigureCount; ++i)
            set(static_cast<Figure>(i), {}, {}, {}, colors.muted);
        set(State, stateWord(nullptr), tr("no engine"), {}, colors.muted);
        restyle();
        return;
    }
    QString addresses;
    const QString where = ports(*snapshot, &addresses);
    const bool serving = snapshot->state == stats::EngineState::Serving;
    set(State, stateWord(snapshot), where, addresses, serving ? colors.good : colors.warning);
    int up = 0;
    int all = 0;
    bool poolDown = false;
    for (const stats::PoolRow& pool : snapshot->pools) {
        up += pool.selectable;
        poolDown = poolDown || pool.allDown;
        for (const stats::BackendRow& server : pool.backends)
            all += server.ghost || standsBy(server) ? 0 : 1;
    }
    set(Servers, tr("%1 / %2").arg(up).arg(all), tr("in service"),
        tr("%1 of %2 servers take new requests").arg(up).arg(all),
        poolDown   ? colors.danger
        : up < all ? colors.warning
                   : colors.text);
    set(Requests, figures::rate(snapshot->requestsPerSecond), tr("requests/s"),
        tr("%1 requests since the start").arg(figures::count(snapshot->totals.requests)),
        colors.text);
    const bool failing = snapshot->errorsPerSecond > 0.01 * snapshot->requestsPerSecond &&
                         snapshot->errorsPerSecond > 0;
    set(Errors, figures::errorPercent(snapshot->errorsPerSecond, snapshot->requestsPerSecond),
        tr("errors"),
        tr("%1 failed requests a second; %2 since the start")
            .arg(figures::rate(snapshot->errorsPerSecond),
                 figures::count(snapshot->totals.errors())),
        failing ? colors.danger : colors.text);
    set(Slowest, figures::latency(snapshot->latency.p99), tr("p99"),
        tr("As clients see it, last 10 s: p50 %1, p95 %2, p99 %3")
            .arg(figures::latency(snapshot->latency.p50), figures::latency(snapshot->latency.p95),
                 figures::latency(snapshot->latency.p99)),
        colors.text);
    set(Own, figures::latency(snapshot->own.p50), tr("added here"),
        tr("Time that Steelyard itself adds: p50 %1, p99 %2")
            .arg(figures::latency(snapshot->own.p50), figures::latency(snapshot->own.p99)),
        colors.text);
    set(Connections, figures::count(snapshot->connections), tr("connections"),
        tr("Open client connections"), colors.text);
    restyle();
}

void HeadlineBar::setStale(bool stale, double silentSeconds)
{
    m_stale = stale;
    if (stale) {
        m_values[State]->setText(tr("No data"));
        m_units[State]->setText(tr("for %1").arg(figures::span(silentSeconds)));
        m_values[State]->setToolTip(
            tr("The engine is silent. The figures are the last ones known."));
    }
    restyle();
}

void HeadlineBar::restyle()
{
    for (int i = 0; i < FigureCount; ++i) {
        QPalette colors = palette();
        colors.setColor(QPalette::WindowText,
                        m_stale ? (i == State ? theme().warning : theme().muted) : m_inks[i]);
        m_values[i]->setPalette(colors);
        colors.setColor(QPalette::WindowText, theme().muted);
        m_units[i]->setPalette(colors);
    }
}

void HeadlineBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), theme().surface);
    painter.setPen(theme().border);
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

} // namespace steelyard::gui
