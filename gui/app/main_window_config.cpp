/// The window's part in the page Config: apply, save, and the export of what runs.

#include "app/main_window.h"
#include "app/session.h"
#include "dialogs/export_dialog.h"
#include "pages/config_page.h"
#include "widgets/banner.h"

#include <QFileInfo>
#include <QJsonObject>
#include <QPointer>
#include <QStackedWidget>
#include <QStatusBar>

namespace steelyard::gui {

void MainWindow::addConfigActions()
{
    const QString group = tr("&Tools");
    m_actions.add({QStringLiteral("apply-config"),
                   group,
                   tr("&Apply"),
                   QStringLiteral("check"),
                   tr("Run what the text on the page Config says; a wrong one changes nothing"),
                   {QKeySequence(QStringLiteral("Ctrl+Shift+A"))},
                   [this] { applyConfig(); },
                   [this] {
                       const QString why = clientObstacle();
                       if (!why.isEmpty())
                           return why;
                       return m_pages->currentWidget() == m_configPage
                                  ? m_configPage->obstacle()
                                  : tr("open the page Config first");
                   }});
    m_actions.add(
        {QStringLiteral("discard-edits"),
         group,
         tr("Dis&card edits"),
         QStringLiteral("reset"),
         tr("Back to what runs; undo in the editor brings the edits back"),
         {QKeySequence(QStringLiteral("Ctrl+Shift+X"))},
         [this] {
             showPage(QStringLiteral("config"));
             m_configPage->discard();
         },
         [this] { return m_configPage->hasEdits() ? QString() : tr("nothing is edited"); }});
    m_actions.add({QStringLiteral("next-problem"),
                   group,
                   tr("&Next mistake"),
                   {},
                   tr("Go to the next mistake in the text"),
                   {QKeySequence(QStringLiteral("F8"))},
                   [this] {
                       showPage(QStringLiteral("config"));
                       m_configPage->nextProblem();
                   },
                   [this] { return clientObstacle(); }});
    m_actions.add({QStringLiteral("export"),
                   group,
                   tr("&Export…"),
                   QStringLiteral("export"),
                   tr("What runs now, for HAProxy or nginx or as a file of its own"),
                   {QKeySequence(QStringLiteral("Ctrl+E"))},
                   [this] { exportConfig(); },
                   [this] { return clientObstacle(); }});
}

void MainWindow::connectConfigPage()
{
    connect(m_configPage, &ConfigPage::stateChanged, this, &MainWindow::refreshActions);
    connect(m_configPage, &ConfigPage::reloadWanted, &m_operator, &Operator::reload);
    connect(m_configPage, &ConfigPage::noticed, this, [this](const QString& text) {
        if (m_pages->currentWidget() == m_configPage)
            return;
        // An answer that is being read stays.
        if (m_banner->text().isEmpty())
            tell(engine::Outcome::Nothing, text, tr("See the page Config."), false);
        else
            statusBar()->showMessage(text, 8000);
    });
}

void MainWindow::applyConfig(std::function<void()> then)
{
    m_operator.apply(m_configPage->textToApply(), m_configPage->running(), std::move(then));
}

/// On the page Config what is typed is applied first: the file never says what cannot run.
void MainWindow::save()
{
    const auto write = [this] {
        if (m_session.ownsEngine() && m_session.path().isEmpty())
            saveAs();
        else
            m_operator.save();
    };
    if (m_pages->currentWidget() != m_configPage || !m_configPage->hasEdits()) {
        write();
        return;
    }
    const QString why = m_configPage->obstacle();
    if (why.isEmpty())
        applyConfig(write);
    else
        tell(engine::Outcome::Refused, tr("Not saved: %1").arg(why), {}, false);
}

void MainWindow::exportConfig()
{
    if (m_session.client() == nullptr)
        return;
    const auto make = [this](const engine::CommandResult& result) {
        const QString running = result.data.value(QLatin1String("running")).toString();
        if (result.outcome != engine::Outcome::Done || running.isEmpty()) {
            tell(engine::Outcome::Refused,
                 tr("The engine did not give its configuration: %1").arg(result.text), result.hint,
                 false);
            return;
        }
        const QString path = result.data.value(QLatin1String("path")).toString();
        auto* dialog = new ExportDialog(
            running, path.isEmpty() ? QStringLiteral(".") : QFileInfo(path).path(), this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        connect(dialog, &ExportDialog::told, this,
                [this](engine::Outcome outcome, const QString& text, const QString& hint) {
                    tell(outcome, text, hint, false);
                });
        dialog->open();
    };
    m_session.client()->send({QStringLiteral("config"), {}},
                             [self = QPointer(this), make](const engine::CommandResult& result) {
                                 if (self)
                                     make(result);
                             });
}

} // namespace steelyard::gui
