#include "dialogs/engine_dialog.h"

#include "models/figures.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace steelyard::gui {

EngineDialog::EngineDialog(QWidget* parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("engine-dialog"));
    setWindowTitle(tr("Engine"));
    const std::array<QString, LineCount> titles{
        tr("State"),           tr("Serving for"), tr("Listeners"), tr("Configuration"),
        tr("Socket"),          tr("Workers"),     tr("CPU"),       tr("Late by"),
        tr("Added by itself"), tr("Connections"), tr("Requests")};
    const std::array<const char*, LineCount> names{"state",  "since",       "listeners", "file",
                                                   "socket", "workers",     "cpu",       "lag",
                                                   "own",    "connections", "requests"};
    auto* form = new QFormLayout;
    for (std::size_t i = 0; i < LineCount; ++i) {
        m_values[i] = new QLabel(this);
        m_values[i]->setObjectName(QStringLiteral("engine-") + QLatin1String(names[i]));
        m_values[i]->setTextInteractionFlags(Qt::TextSelectableByMouse);
        m_values[i]->setMinimumWidth(fontMetrics().averageCharWidth() * 40);
        form->addRow(titles[i], m_values[i]);
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setObjectName(QStringLiteral("engine-close"));
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addStretch(1);
    layout->addWidget(buttons);
}

void EngineDialog::show(const stats::Snapshot* snapshot, double lagSeconds, const QString& socket)
{
    if (snapshot == nullptr) {
        for (QLabel* value : m_values)
            value->setText(figures::nothing());
        m_values[State]->setText(tr("no engine is running"));
        return;
    }
    const auto set = [this](Line line, const QString& text) { m_values[line]->setText(text); };
    set(State, QString::fromLatin1(stats::toString(snapshot->state)));
    set(Since, figures::span(snapshot->uptimeSeconds));
    QStringList listeners;
    for (const stats::ListenerRow& listener : snapshot->listeners) {
        for (const std::string& address : listener.addresses) {
            listeners << tr("%1 at %2")
                             .arg(QString::fromStdString(listener.name),
                                  QString::fromStdString(address));
        }
    }
    set(Listeners, listeners.join(u'\n'));
    const QString file = QString::fromStdString(snapshot->configPath);
    set(File, tr("%1, version %2")
                  .arg(file.isEmpty() ? tr("no file") : file)
                  .arg(snapshot->configVersion));
    set(Socket, socket.isEmpty() ? tr("none: steelyardctl cannot reach it") : socket);
    set(Workers, figures::count(static_cast<qulonglong>(snapshot->workers)));
    set(Cpu, tr("%1 of one core, the whole process").arg(figures::percent(snapshot->cpuShare)));
    set(Lag, tr("%1 behind its beat of 250 ms").arg(figures::late(lagSeconds)));
    set(Own, tr("p50 %1, p95 %2, p99 %3")
                 .arg(figures::latency(snapshot->own.p50), figures::latency(snapshot->own.p95),
                      figures::latency(snapshot->own.p99)));
    set(Connections, figures::count(snapshot->connections));
    set(Requests, tr("%1 since the start, %2 failed")
                      .arg(figures::count(snapshot->totals.requests),
                           figures::count(snapshot->totals.errors())));
    resize(size().expandedTo(sizeHint())); // figures grow; it does not shrink under the reader
}

} // namespace steelyard::gui
