#include "dialogs/server_dialog.h"

#include "app/theme.h"
#include "models/address_check.h"
#include "models/address_lines.h"
#include "models/servers_model.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace steelyard::gui {

ServerDialog::ServerDialog(const ServersModel& servers, Kind kind, const ServerDraft& server,
                           QWidget* parent)
    : QDialog(parent)
    , m_servers(servers)
    , m_adds(kind == Kind::Add)
    , m_before(server)
    , m_pool(new QComboBox(this))
    , m_name(new QLineEdit(this))
    , m_address(new QLineEdit(this))
    , m_weight(new QSpinBox(this))
    , m_limit(new QSpinBox(this))
    , m_backup(new QCheckBox(tr("&Backup: only while no other can be used"), this))
    , m_problem(new QLabel(this))
    , m_copy(new QPushButton(tr("&Copy as command"), this))
    , m_accept(new QPushButton(m_adds ? tr("Add server") : tr("Change server"), this))
{
    setWindowTitle(m_adds ? tr("Add server") : tr("Edit %1").arg(server.id()));
    build();
    m_pool->setCurrentText(server.pool);
    m_name->setText(server.name);
    m_address->setText(server.address);
    m_weight->setValue(server.weight);
    m_limit->setValue(server.maxRequests);
    m_backup->setChecked(server.backup);
    m_pool->setEnabled(m_adds);
    m_name->setEnabled(m_adds);
    suggestName();
    check();
}

void ServerDialog::build()
{
    setObjectName(QStringLiteral("add-server-dialog"));
    m_pool->setObjectName(QStringLiteral("add-pool"));
    m_pool->addItems(m_servers.pools());
    m_name->setObjectName(QStringLiteral("add-name"));
    m_name->setAccessibleName(tr("Name of the server"));
    m_address->setObjectName(QStringLiteral("add-address"));
    m_address->setAccessibleName(tr("Address and port of the server"));
    m_address->setPlaceholderText(QStringLiteral("127.0.0.1:9001"));
    m_address->setMinimumWidth(fontMetrics().averageCharWidth() * 36);
    m_weight->setObjectName(QStringLiteral("add-weight"));
    m_weight->setRange(0, 256);
    m_weight->setToolTip(tr("0 to 256; 0 takes no new work"));
    m_limit->setObjectName(QStringLiteral("add-limit"));
    m_limit->setRange(0, 1'000'000);
    m_limit->setSpecialValueText(tr("no limit"));
    m_limit->setToolTip(tr("Requests in flight at once; further ones wait"));
    m_backup->setObjectName(QStringLiteral("add-backup"));
    m_problem->setObjectName(QStringLiteral("add-problem"));
    m_problem->setWordWrap(true);
    m_problem->setMinimumHeight(fontMetrics().height() * 2);
    m_copy->setObjectName(QStringLiteral("add-copy"));
    m_copy->setToolTip(tr("Put the steelyardctl command that does the same on the clipboard"));
    m_accept->setObjectName(QStringLiteral("add-accept"));

    auto* form = new QFormLayout;
    form->addRow(tr("&Pool"), m_pool);
    form->addRow(tr("A&ddress"), m_address);
    form->addRow(tr("&Name"), m_name);
    form->addRow(tr("&Weight"), m_weight);
    form->addRow(tr("&At once"), m_limit);
    form->addRow(QString(), m_backup);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(QStringLiteral("add-cancel"));
    buttons->addButton(m_copy, QDialogButtonBox::ActionRole);
    buttons->addButton(m_accept, QDialogButtonBox::AcceptRole);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    m_accept->setDefault(true);
    m_address->setFocus();
    setTabOrder(m_pool, m_address);
    setTabOrder(m_address, m_name);
    setTabOrder(m_name, m_weight);

    connect(m_pool, &QComboBox::currentIndexChanged, this, [this] {
        suggestName();
        check();
    });
    for (QLineEdit* field : {m_name, m_address})
        connect(field, &QLineEdit::textChanged, this, &ServerDialog::check);
    for (QSpinBox* field : {m_weight, m_limit})
        connect(field, &QSpinBox::valueChanged, this, &ServerDialog::check);
    connect(m_backup, &QCheckBox::toggled, this, &ServerDialog::check);
    connect(m_copy, &QPushButton::clicked, this, [this] { Q_EMIT commandWanted(draft()); });
    connect(buttons, &QDialogButtonBox::accepted, this, &ServerDialog::finish);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

ServerDraft ServerDialog::draft() const
{
    return {m_pool->currentText(), m_name->text().trimmed(), m_address->text().trimmed(),
            m_weight->value(),     m_limit->value(),         m_backup->isChecked()};
}

QStringList ServerDialog::takenNames() const
{
    QStringList names;
    for (const QString& id : m_servers.serversOf(m_pool->currentText()))
        names << id.section(u'/', 1);
    return names;
}

void ServerDialog::suggestName()
{
    // Typed names are left alone.
    if (m_adds && !m_name->isModified())
        m_name->setText(freeServerName(takenNames()));
}

void ServerDialog::check()
{
    QString problem = addressProblem(m_address->text().trimmed());
    const bool untouched = m_adds && m_address->text().isEmpty() && !m_address->isModified();
    if (problem.isEmpty() && m_adds)
        problem = serverNameProblem(m_name->text().trimmed(), takenNames());
    QString hint = m_adds || draft() == m_before
                       ? tr("HOST:PORT; an IPv6 address stands in brackets.")
                       : QString();
    if (!m_adds && problem.isEmpty() && draft().address != m_before.address)
        hint = tr("At another address it starts as one that is not checked yet.");
    const bool good = problem.isEmpty();
    const bool ready = good && (m_adds || !(draft() == m_before));
    m_accept->setEnabled(ready);
    m_accept->setToolTip(good && !ready ? tr("Nothing is changed yet") : problem);
    m_copy->setEnabled(ready);
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText, untouched || good ? theme().muted : theme().danger);
    m_problem->setPalette(colors);
    m_problem->setText(untouched || good ? hint : problem);
}

void ServerDialog::finish()
{
    Q_EMIT chosen(draft());
    accept();
}

} // namespace steelyard::gui
