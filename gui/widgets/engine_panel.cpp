#include "widgets/engine_panel.h"

#include "app/theme.h"
#include "models/figures.h"

#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>

#include <algorithm>

namespace steelyard::gui {

namespace {

QString amount(std::uint64_t bytes)
{
    return QLocale().formattedDataSize(static_cast<qint64>(bytes), 1, QLocale::DataSizeSIFormat);
}

} // namespace

EnginePanel::EnginePanel(QWidget* parent)
    : QWidget(parent)
    , m_grid(new QGridLayout(this))
{
    setObjectName(QStringLiteral("engine-panel"));
    const int unit = fontMetrics().averageCharWidth();
    m_grid->setContentsMargins({});
    m_grid->setHorizontalSpacing(2 * unit);
    m_grid->setVerticalSpacing(unit / 2);
    m_grid->setColumnStretch(1, 1);
}

void EnginePanel::set(qsizetype row, const QString& name, const QString& value, bool alarm)
{
    if (row == m_lines.size()) {
        const Line line{new QLabel(this), new QLabel(this)};
        line.name->setAlignment(Qt::AlignLeft | Qt::AlignTop);
        line.name->setForegroundRole(QPalette::PlaceholderText);
        line.value->setWordWrap(true);
        line.value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        m_grid->addWidget(line.name, static_cast<int>(row), 0);
        m_grid->addWidget(line.value, static_cast<int>(row), 1);
        m_lines.append(line);
    }
    const Line& line = m_lines.at(row);
    line.name->setText(name);
    line.value->setText(value);
    line.value->setAccessibleName(tr("%1: %2").arg(name, value));
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText, m_stale ? theme().muted
                                          : alarm ? theme().warning
                                                  : theme().text);
    line.value->setPalette(colors);
    line.name->show();
    line.value->show();
}

void EnginePanel::show(const stats::Snapshot* snapshot)
{
    qsizetype row = 0;
    if (snapshot != nullptr) {
        for (const stats::ListenerRow& listener : snapshot->listeners) {
            QStringList addresses;
            for (const std::string& address : listener.addresses)
                addresses << QString::fromStdString(address);
            // From nine tenths on new clients may soon be turned away.
            const bool nearlyFull = listener.maxConnections > 0 &&
                                    listener.connections * 10.0 >= listener.maxConnections * 9.0;
            set(row++, tr("Listener %1").arg(QString::fromStdString(listener.name)),
                tr("%1, %2 of %3 connections")
                    .arg(addresses.join(QStringLiteral(", ")), figures::count(listener.connections),
                         figures::count(
                             static_cast<qulonglong>(std::max(0, listener.maxConnections)))),
                nearlyFull);
        }
        set(row++, tr("Running for"), figures::span(snapshot->uptimeSeconds));
        set(row++, tr("Served"),
            tr("%1 requests, %2 retries")
                .arg(figures::count(snapshot->totals.requests),
                     figures::count(snapshot->totals.retries)));
        set(row++, tr("Traffic"),
            tr("%1 in, %2 out")
                .arg(amount(snapshot->totals.bytesIn), amount(snapshot->totals.bytesOut)));
        set(row++, tr("Threads"),
            tr("%1 workers, CPU %2")
                .arg(QLocale().toString(snapshot->workers), figures::percent(snapshot->cpuShare)));
        const QString path = QString::fromStdString(snapshot->configPath);
        set(row++, tr("Configuration"),
            path.isEmpty()             ? tr("no file")
            : snapshot->unsavedChanges ? tr("%1, modified").arg(QFileInfo(path).fileName())
                                       : tr("%1, saved").arg(QFileInfo(path).fileName()));
    }
    for (; row < m_lines.size(); ++row) {
        m_lines.at(row).name->hide();
        m_lines.at(row).value->hide();
    }
}

QString EnginePanel::value(const QString& name) const
{
    for (const Line& line : m_lines) {
        if (!line.name->isHidden() && line.name->text() == name)
            return line.value->text();
    }
    return {};
}

void EnginePanel::setStale(bool stale)
{
    m_stale = stale;
    for (const Line& line : m_lines) {
        QPalette colors = palette();
        colors.setColor(QPalette::WindowText, stale ? theme().muted : theme().text);
        line.value->setPalette(colors);
    }
}

} // namespace steelyard::gui
