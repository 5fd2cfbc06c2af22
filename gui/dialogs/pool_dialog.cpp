#include "dialogs/pool_dialog.h"

#include "app/theme.h"
#include "models/address_check.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace steelyard::gui {

PoolDialog::PoolDialog(const QStringList& taken, QWidget* parent)
    : QDialog(parent)
    , m_taken(taken)
    , m_name(new QLineEdit(this))
    , m_algorithm(new QComboBox(this))
    , m_problem(new QLabel(this))
    , m_copy(new QPushButton(tr("&Copy as command"), this))
    , m_accept(new QPushButton(tr("Add pool"), this))
{
    setObjectName(QStringLiteral("pool-dialog"));
    setWindowTitle(tr("Add pool"));
    m_name->setObjectName(QStringLiteral("pool-name"));
    m_name->setAccessibleName(tr("Name of the pool"));
    m_name->setMinimumWidth(fontMetrics().averageCharWidth() * 30);
    m_algorithm->setObjectName(QStringLiteral("pool-algorithm"));
    for (const Algorithm each : kAlgorithms) {
        const std::string_view word = toString(each);
        m_algorithm->addItem(QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size())),
                             int(each));
    }
    m_algorithm->setCurrentIndex(m_algorithm->findData(int(Algorithm::PowerOfTwo)));
    m_problem->setObjectName(QStringLiteral("pool-problem"));
    m_problem->setWordWrap(true);
    m_problem->setMinimumHeight(fontMetrics().height() * 2);
    m_copy->setObjectName(QStringLiteral("pool-copy"));
    m_accept->setObjectName(QStringLiteral("pool-accept"));

    auto* form = new QFormLayout;
    form->addRow(tr("&Name"), m_name);
    form->addRow(tr("&Algorithm"), m_algorithm);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(QStringLiteral("pool-cancel"));
    buttons->addButton(m_copy, QDialogButtonBox::ActionRole);
    buttons->addButton(m_accept, QDialogButtonBox::AcceptRole);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    m_accept->setDefault(true);
    m_name->setFocus();
    connect(m_name, &QLineEdit::textChanged, this, &PoolDialog::check);
    connect(m_copy, &QPushButton::clicked, this,
            [this] { Q_EMIT commandWanted(m_name->text().trimmed(), algorithm()); });
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT chosen(m_name->text().trimmed(), algorithm());
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    check();
}

Algorithm PoolDialog::algorithm() const
{
    return static_cast<Algorithm>(m_algorithm->currentData().toInt());
}

void PoolDialog::check()
{
    const QString name = m_name->text().trimmed();
    const QString problem = m_taken.contains(name) ? tr("There is a pool of this name already.")
                                                   : serverNameProblem(name, {});
    const bool quiet = problem.isEmpty() || m_name->text().isEmpty();
    m_accept->setEnabled(problem.isEmpty());
    m_copy->setEnabled(problem.isEmpty());
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText, quiet ? theme().muted : theme().danger);
    m_problem->setPalette(colors);
    m_problem->setText(quiet ? tr("It gets requests once a route sends some to it.") : problem);
}

} // namespace steelyard::gui
