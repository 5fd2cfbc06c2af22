#include "dialogs/new_balancer_dialog.h"

#include "app/theme.h"
#include "config/writer.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace steelyard::gui {

NewBalancerDialog::NewBalancerDialog(QWidget* parent)
    : QDialog(parent)
    , m_addresses(new QPlainTextEdit(this))
    , m_port(new QSpinBox(this))
    , m_probe(new QCheckBox(tr("&Check their health over TCP"), this))
    , m_problem(new QLabel(this))
    , m_start(new QPushButton(tr("Start balancing"), this))
{
    setObjectName(QStringLiteral("new-balancer-dialog"));
    setWindowTitle(tr("Add servers"));
    m_addresses->setObjectName(QStringLiteral("new-addresses"));
    m_addresses->setAccessibleName(tr("Addresses of the servers, one a line"));
    m_addresses->setPlaceholderText(QStringLiteral("127.0.0.1:9001\n127.0.0.1:9002"));
    m_addresses->setTabChangesFocus(true);
    m_addresses->setMinimumSize(fontMetrics().averageCharWidth() * 44, fontMetrics().height() * 7);
    m_port->setObjectName(QStringLiteral("new-port"));
    m_port->setRange(1, 65535);
    m_port->setValue(8080);
    m_probe->setObjectName(QStringLiteral("new-probe"));
    m_probe->setChecked(true);
    m_problem->setObjectName(QStringLiteral("new-problem"));
    m_problem->setWordWrap(true);
    m_problem->setMinimumHeight(fontMetrics().height() * 2);
    m_start->setObjectName(QStringLiteral("new-accept"));

    auto* form = new QFormLayout;
    form->addRow(tr("&Servers"), m_addresses);
    form->addRow(tr("Listen on &port"), m_port);
    form->addRow(QString(), m_probe);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(QStringLiteral("new-cancel"));
    buttons->addButton(m_start, QDialogButtonBox::AcceptRole);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    m_start->setDefault(true);
    connect(m_addresses, &QPlainTextEdit::textChanged, this, &NewBalancerDialog::check);
    connect(buttons, &QDialogButtonBox::accepted, this, &NewBalancerDialog::finish);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    check();
}

QList<AddressLine> NewBalancerDialog::lines() const
{
    return readAddressLines(m_addresses->toPlainText(), {}, {});
}

void NewBalancerDialog::check()
{
    const QList<AddressLine> all = lines();
    QString problem;
    for (const AddressLine& line : all) {
        if (!line.problem.isEmpty() && problem.isEmpty())
            problem = tr("Line %1: %2").arg(line.number).arg(line.problem);
    }
    m_start->setEnabled(!all.isEmpty() && problem.isEmpty());
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText, problem.isEmpty() ? theme().muted : theme().danger);
    m_problem->setPalette(colors);
    m_problem->setText(
        !problem.isEmpty() ? problem
        : all.isEmpty()    ? tr("HOST:PORT, one a line.")
        : all.size() == 1
            ? tr("One server behind 127.0.0.1:%1").arg(m_port->value())
            : tr("%1 servers behind 127.0.0.1:%2").arg(all.size()).arg(m_port->value()));
}

void NewBalancerDialog::finish()
{
    config::Config made;
    config::Pool pool;
    pool.name = "servers";
    if (m_probe->isChecked()) {
        pool.healthCheck.emplace();
        pool.healthCheck->type = config::HealthCheck::Type::Tcp;
    }
    for (const AddressLine& line : lines()) {
        const QString& address = line.server.address;
        const qsizetype colon = address.lastIndexOf(u':');
        QString host = address.left(colon);
        if (host.startsWith(u'['))
            host = host.mid(1, host.size() - 2);
        config::Backend server;
        server.name = line.server.name.toStdString();
        server.address = {host.toStdString(),
                          static_cast<std::uint16_t>(address.mid(colon + 1).toInt())};
        server.weight = line.server.weight;
        if (line.server.maxRequests > 0)
            server.maxRequests = line.server.maxRequests;
        server.backup = line.server.backup;
        pool.backends.push_back(server);
    }
    config::Listener listener;
    listener.name = "web";
    listener.binds.push_back({"127.0.0.1", static_cast<std::uint16_t>(m_port->value())});
    config::Route everything;
    everything.name = "everything";
    everything.action = pool.name;
    listener.routes.push_back(everything);
    made.listeners.push_back(listener);
    made.pools.push_back(pool);
    Q_EMIT chosen(QString::fromStdString(config::writeText(made)));
    accept();
}

} // namespace steelyard::gui
