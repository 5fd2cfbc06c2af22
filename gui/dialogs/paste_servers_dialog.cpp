#include "dialogs/paste_servers_dialog.h"

#include "app/theme.h"
#include "models/servers_model.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace steelyard::gui {

PasteServersDialog::PasteServersDialog(const ServersModel& servers, const QString& pool,
                                       const QString& text, QWidget* parent)
    : QDialog(parent)
    , m_servers(servers)
    , m_pool(new QComboBox(this))
    , m_text(new QPlainTextEdit(this))
    , m_lines(new QTreeWidget(this))
    , m_summary(new QLabel(this))
    , m_copy(new QPushButton(tr("&Copy as commands"), this))
    , m_accept(new QPushButton(tr("Add servers"), this))
{
    setObjectName(QStringLiteral("paste-dialog"));
    setWindowTitle(tr("Add several servers"));
    const int unit = fontMetrics().averageCharWidth();
    m_pool->setObjectName(QStringLiteral("paste-pool"));
    m_pool->addItems(servers.pools());
    m_pool->setCurrentText(pool);
    m_text->setObjectName(QStringLiteral("paste-text"));
    m_text->setAccessibleName(tr("Addresses of the servers, one a line"));
    m_text->setPlaceholderText(
        QStringLiteral("10.0.0.1:8080\nweb-2=10.0.0.2:8080\nhttp://10.0.0.3:8080/\n"
                       "server 10.0.0.4:8080 weight=5 backup;"));
    m_text->setTabChangesFocus(true);
    m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_text->setMinimumSize(unit * 70, fontMetrics().height() * 8);
    m_text->setPlainText(text);
    m_lines->setObjectName(QStringLiteral("paste-lines"));
    m_lines->setAccessibleName(tr("What each line says"));
    m_lines->setHeaderLabels({tr("Line"), tr("Name"), tr("Address"), tr("Weight"), tr("Remark")});
    m_lines->setRootIsDecorated(false);
    m_lines->setTabKeyNavigation(false);
    m_lines->setSelectionMode(QAbstractItemView::NoSelection);
    m_lines->setMinimumHeight(fontMetrics().height() * 8);
    m_summary->setObjectName(QStringLiteral("paste-summary"));
    m_summary->setWordWrap(true);
    m_copy->setObjectName(QStringLiteral("paste-copy"));
    m_copy->setToolTip(tr("Put the steelyardctl commands that do the same on the clipboard"));
    m_accept->setObjectName(QStringLiteral("paste-accept"));

    auto* form = new QFormLayout;
    form->addRow(tr("&Pool"), m_pool);
    form->addRow(tr("&Servers"), m_text);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(QStringLiteral("paste-cancel"));
    buttons->addButton(m_copy, QDialogButtonBox::ActionRole);
    buttons->addButton(m_accept, QDialogButtonBox::AcceptRole);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_lines, 1);
    layout->addWidget(m_summary);
    layout->addWidget(buttons);
    m_accept->setDefault(true);
    m_text->setFocus();
    connect(m_text, &QPlainTextEdit::textChanged, this, &PasteServersDialog::check);
    connect(m_pool, &QComboBox::currentIndexChanged, this, &PasteServersDialog::check);
    connect(m_copy, &QPushButton::clicked, this, [this] { Q_EMIT commandWanted(drafts()); });
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT chosen(drafts());
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    check();
}

QList<ServerDraft> PasteServersDialog::drafts() const
{
    QList<ServerDraft> result;
    for (const AddressLine& line : m_read) {
        if (line.problem.isEmpty())
            result << line.server;
    }
    return result;
}

void PasteServersDialog::fill(const QList<AddressLine>& lines)
{
    m_lines->clear();
    for (const AddressLine& line : lines) {
        const bool good = line.problem.isEmpty();
        QString remark = good ? line.note : line.problem;
        if (good && line.server.backup)
            remark = remark.isEmpty() ? tr("backup") : tr("backup; %1").arg(remark);
        auto* item = new QTreeWidgetItem(m_lines, {QString::number(line.number), line.server.name,
                                                   line.server.address,
                                                   QString::number(line.server.weight), remark});
        item->setTextAlignment(0, Qt::AlignRight | Qt::AlignVCenter);
        item->setTextAlignment(3, Qt::AlignRight | Qt::AlignVCenter);
        item->setToolTip(4, remark);
        item->setForeground(4, good ? theme().muted : theme().danger);
    }
    for (int column = 0; column < 4; ++column)
        m_lines->resizeColumnToContents(column);
}

void PasteServersDialog::check()
{
    QStringList taken;
    for (const QString& id : m_servers.serversOf(m_pool->currentText()))
        taken << id.section(u'/', 1);
    m_read = readAddressLines(m_text->toPlainText(), m_pool->currentText(), taken);
    fill(m_read);
    const auto bad = std::find_if(m_read.begin(), m_read.end(),
                                  [](const AddressLine& line) { return !line.problem.isEmpty(); });
    const bool good = !m_read.isEmpty() && bad == m_read.end();
    m_accept->setEnabled(good);
    m_copy->setEnabled(good);
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText, bad == m_read.end() ? theme().muted : theme().danger);
    m_summary->setPalette(colors);
    const int count = static_cast<int>(m_read.size());
    m_summary->setText(
        m_read.isEmpty()      ? tr("One a line: addresses, URLs, or lines of nginx, HAProxy or "
                                        "Steelyard.")
        : bad != m_read.end() ? tr("Line %1: %2").arg(bad->number).arg(bad->problem)
        : count == 1          ? tr("One server for %1").arg(m_pool->currentText())
                              : tr("%1 servers for %2").arg(count).arg(m_pool->currentText()));
}

} // namespace steelyard::gui
