/// The window's actions: what each is called, what it does, and when it cannot.

#include "app/main_window.h"
#include "app/session.h"
#include "dialogs/command_palette.h"
#include "dialogs/new_balancer_dialog.h"
#include "dialogs/shortcut_sheet.h"
#include "pages/config_page.h"
#include "pages/requests_page.h"
#include "pages/routes_page.h"
#include "pages/servers_page.h"
#include "widgets/code_editor.h"

#include <QApplication>
#include <QDockWidget>
#include <QMessageBox>
#include <QStackedWidget>

namespace steelyard::gui {

QString MainWindow::clientObstacle() const
{
    if (m_session.client() == nullptr)
        return tr("no engine is running");
    return m_session.client()->connected() ? QString() : tr("the engine cannot be reached");
}

void MainWindow::buildActions()
{
    addFileActions();
    addEditActions();
    addViewActions();
    addChartActions();
    addServerActions();
    addConfigActions();
    addHelpActions();
}

void MainWindow::addFileActions()
{
    const QString group = tr("&File");
    const auto running = [this] { return clientObstacle(); };
    m_actions.add(
        {QStringLiteral("demo"),
         group,
         tr("Try the &demo"),
         QStringLiteral("demo"),
         tr("Six servers and their traffic, live on this machine"),
         {},
         [this] { whenFree(tr("Stop and start the demo"), [this] { m_session.startDemo(); }); },
         {}});
    m_actions.add({QStringLiteral("new-balancer"),
                   group,
                   tr("Add &servers…"),
                   QStringLiteral("add"),
                   tr("Type the addresses of your servers, and balance"),
                   keys("Ctrl+N"),
                   [this] {
                       auto* dialog = new NewBalancerDialog(this);
                       dialog->setAttribute(Qt::WA_DeleteOnClose);
                       connect(dialog, &NewBalancerDialog::chosen, this,
                               [this](const QString& text) {
                                   whenFree(tr("Stop and start the new one"),
                                            [this, text] { m_session.openText(text); });
                               });
                       dialog->open();
                   },
                   {}});
    m_actions.add({QStringLiteral("open"),
                   group,
                   tr("&Open configuration…"),
                   QStringLiteral("open"),
                   tr("Start serving what a configuration file says"),
                   keys("Ctrl+O"),
                   [this] { chooseFile(); },
                   {}});
    m_actions.add({QStringLiteral("save"), group, tr("&Save"), QStringLiteral("save"),
                   tr("Write runtime changes into the file; comments and order stay"),
                   keys("Ctrl+S"), [this] { save(); }, running});
    m_actions.add({QStringLiteral("save-as"),
                   group,
                   tr("Save &as…"),
                   {},
                   tr("Write the configuration as it is now to another file"),
                   keys("Ctrl+Shift+S"),
                   [this] { saveAs(); },
                   running});
    m_actions.add({QStringLiteral("reload"), group, tr("&Reload the file"), QStringLiteral("reset"),
                   tr("Read the configuration file again; a wrong file changes nothing"),
                   keys("Ctrl+R"), [this] { m_operator.reload(); },
                   [this] {
                       const QString why = clientObstacle();
                       const bool fileless = m_session.ownsEngine() && m_session.path().isEmpty();
                       return why.isEmpty() && fileless ? tr("this configuration has no file")
                                                        : why;
                   },
                   false, true});
    m_actions.add({QStringLiteral("start"), group, tr("S&tart"), QStringLiteral("start"),
                   tr("Start serving again"), keys("Ctrl+Return"), [this] { m_session.restart(); },
                   [this] {
                       if (m_session.client() != nullptr)
                           return tr("it is running");
                       return m_session.canRestart() ? QString() : tr("open a configuration first");
                   }});
    m_actions.add(
        {QStringLiteral("stop"), group, tr("S&top"), QStringLiteral("stop"),
         tr("Stop accepting, let requests in flight finish, then stop"), keys("Ctrl+Shift+Return"),
         [this] { whenFree(tr("Stop serving"), [this] { m_session.stop(); }); },
         [this] { return m_session.client() == nullptr ? tr("nothing is running") : QString(); }});
    m_actions.add({QStringLiteral("quit"),
                   group,
                   tr("&Quit"),
                   QStringLiteral("close"),
                   tr("Close the console"),
                   keys("Ctrl+Q"),
                   [this] { close(); },
                   {}});
}

void MainWindow::addEditActions()
{
    const QString group = tr("&Edit");
    m_actions.add({QStringLiteral("undo"), group, tr("&Undo"), QStringLiteral("undo"),
                   tr("Take the last change back"), keys("Ctrl+Z"), [this] { m_operator.undo(); },
                   [this] {
                       return m_operator.undoStack().canUndo() ? QString()
                                                               : tr("there is nothing to undo");
                   }});
    m_actions.add(
        {QStringLiteral("redo"), group, tr("&Redo"), QStringLiteral("redo"),
         tr("Make the undone change again"), keys("Ctrl+Shift+Z"), [this] { m_operator.redo(); },
         [this] {
             return m_operator.undoStack().canRedo() ? QString() : tr("there is nothing to redo");
         }});
    m_actions.add({QStringLiteral("filter"), group, tr("&Filter"), QStringLiteral("filter"),
                   tr("Show only the servers or requests that contain a text; find in the text"),
                   keys("Ctrl+F"),
                   [this] {
                       if (m_pages->currentWidget() == m_requestsPage) {
                           m_requestsPage->focusFilter();
                           return;
                       }
                       if (m_pages->currentWidget() == m_configPage) {
                           m_configPage->focusFind();
                           return;
                       }
                       showPage(QStringLiteral("servers"));
                       m_serversPage->focusFilter();
                   },
                   [this] { return clientObstacle(); }});
    m_actions.add({QStringLiteral("copy-command"), group,
                   tr("&Copy last action as steelyardctl command"), QStringLiteral("copy"),
                   tr("Put the last action on the clipboard, as a command for scripts"),
                   keys("Ctrl+Shift+C"), [this] { copyText(m_operator.lastAsCommands()); },
                   [this] {
                       return m_operator.lastAsCommands().isEmpty() ? tr("no action was taken yet")
                                                                    : QString();
                   }});
    m_actions.add({QStringLiteral("palette"),
                   group,
                   tr("Co&mmands…"),
                   QStringLiteral("palette"),
                   tr("Find any command by a piece of its name"),
                   keys("Ctrl+K"),
                   [this] {
                       auto* palette = new CommandPalette(m_actions, this);
                       palette->setAttribute(Qt::WA_DeleteOnClose);
                       connect(palette, &CommandPalette::commandWanted, this,
                               &MainWindow::copyAsCommands);
                       palette->open();
                   },
                   {}});
    m_actions.add({QStringLiteral("preferences"),
                   group,
                   tr("&Preferences…"),
                   {},
                   tr("Theme, and how often the figures are refreshed"),
                   keys("Ctrl+,"),
                   [this] { showPreferences(); },
                   {}});
}

void MainWindow::addViewActions()
{
    const QString group = tr("&View");
    const auto running = [this] { return clientObstacle(); };
    m_actions.add({QStringLiteral("page-overview"), group, tr("&Overview"),
                   QStringLiteral("overview"), tr("The whole at a glance"), keys("Alt+1"),
                   [this] { showPage(QStringLiteral("overview")); }, running});
    m_actions.add({QStringLiteral("page-servers"), group, tr("&Servers"), QStringLiteral("servers"),
                   tr("Every server, and what to do with it"), keys("Alt+2"),
                   [this] { showPage(QStringLiteral("servers")); }, running});
    m_actions.add({QStringLiteral("page-requests"), group, tr("Re&quests"),
                   QStringLiteral("requests"), tr("Who asked for what, and why it went there"),
                   keys("Alt+3"), [this] { showPage(QStringLiteral("requests")); }, running});
    m_actions.add({QStringLiteral("page-routes"), group, tr("&Routes"), QStringLiteral("routes"),
                   tr("Which route takes which request, and a tester"), keys("Alt+4"),
                   [this] { showPage(QStringLiteral("routes")); }, running});
    m_actions.add({QStringLiteral("page-charts"), group, tr("&Charts"), QStringLiteral("charts"),
                   tr("Traffic, errors and latency over time"), keys("Alt+7"),
                   [this] { showPage(QStringLiteral("charts")); }, running});
    m_actions.add({QStringLiteral("page-config"), group, tr("&Config"), QStringLiteral("config"),
                   tr("The configuration as text: edit, compare, apply"), keys("Alt+5"),
                   [this] {
                       showPage(QStringLiteral("config"));
                       m_configPage->editor()->setFocus(Qt::ShortcutFocusReason);
                   },
                   running});
    m_actions.add({QStringLiteral("page-lab"), group, tr("&Lab"), QStringLiteral("lab"),
                   tr("The demo's servers and traffic, to be made slow, faulty or dead"),
                   keys("Alt+6"), [this] { showPage(QStringLiteral("lab")); }, running});
    m_actions.add({QStringLiteral("test-route"),
                   group,
                   tr("&Test a request…"),
                   {},
                   tr("Type or paste a request and see which route takes it"),
                   keys("Ctrl+T"),
                   [this] {
                       showPage(QStringLiteral("routes"));
                       m_routesPage->focusTester();
                   },
                   running});
    m_actions.add({QStringLiteral("next-pane"),
                   group,
                   tr("&Next pane"),
                   {},
                   tr("Move the keyboard to the next pane"),
                   keys("F6"),
                   [this] { nextPane(); },
                   running});
    m_actions.add({QStringLiteral("events"), group, tr("&Events"), QStringLiteral("events"),
                   tr("Show or hide the events"), keys("Ctrl+Shift+E"),
                   [this] { m_eventsDock->setVisible(m_eventsDock->isHidden()); }, running});
    m_actions.add(
        {QStringLiteral("inspector"),
         group,
         tr("&Inspector"),
         {},
         tr("Show or hide the selected server closely: why, drain, pinned clients, last probe"),
         keys("Ctrl+I"),
         [this] { m_inspectorDock->setVisible(m_inspectorDock->isHidden()); },
         running});
    QAction* pause =
        m_actions.add({QStringLiteral("pause"), group, tr("&Pause view"), QStringLiteral("pause"),
                       tr("Hold the figures still; serving goes on"), keys("Ctrl+P"),
                       [this] {
                           const bool paused =
                               m_actions.action(QStringLiteral("pause"))->isChecked();
                           m_feed.setPaused(paused);
                           m_requestsPage->setPaused(paused);
                           setChartsPaused(paused);
                       },
                       running, true});
    pause->setObjectName(QStringLiteral("pause"));
    m_actions.add({QStringLiteral("theme-light"),
                   group,
                   tr("&Light theme"),
                   {},
                   tr("Dark on light"),
                   {},
                   [this] { setTheme(QStringLiteral("light")); },
                   {}});
    m_actions.add({QStringLiteral("theme-dark"),
                   group,
                   tr("&Dark theme"),
                   {},
                   tr("Light on dark"),
                   {},
                   [this] { setTheme(QStringLiteral("dark")); },
                   {}});
    m_actions.add({QStringLiteral("theme-high-contrast"),
                   group,
                   tr("&High contrast theme"),
                   {},
                   tr("White on black, strong lines"),
                   {},
                   [this] { setTheme(QStringLiteral("high-contrast")); },
                   {}});
    m_actions.add({QStringLiteral("engine-details"), group, tr("Engine &details…"),
                   QStringLiteral("info"), tr("Since when, where, with what, and what it costs"),
                   keys("Ctrl+Shift+I"), [this] { showEngine(); }, running});
    m_actions.add({QStringLiteral("wallboard"),
                   group,
                   tr("&Wallboard"),
                   {},
                   tr("Only figures and pages, on the whole screen; F11 or Esc comes back"),
                   keys("F11"),
                   [this] { setWallboard(!m_wallboard); },
                   running});
    m_actions.add({QStringLiteral("reset-layout"),
                   group,
                   tr("&Reset layout"),
                   {},
                   tr("Put panes and toolbar back where they were at first"),
                   {},
                   [this] { resetLayout(); },
                   {}});
}

void MainWindow::addHelpActions()
{
    const QString group = tr("&Help");
    m_actions.add({QStringLiteral("shortcuts"),
                   group,
                   tr("&Keyboard shortcuts"),
                   QStringLiteral("help"),
                   tr("Every key on one sheet"),
                   keys("F1", "?"),
                   [this] {
                       auto* sheet = new ShortcutSheet(m_actions, this);
                       sheet->setAttribute(Qt::WA_DeleteOnClose);
                       sheet->open();
                   },
                   {}});
    m_actions.add({QStringLiteral("about"),
                   group,
                   tr("&About Steelyard"),
                   QStringLiteral("info"),
                   tr("Version and licence"),
                   {},
                   [this] {
                       auto* box = new QMessageBox(this);
                       box->setAttribute(Qt::WA_DeleteOnClose);
                       box->setObjectName(QStringLiteral("about-box"));
                       box->setWindowTitle(tr("About Steelyard"));
                       box->setIconPixmap(windowIcon().pixmap(QSize(64, 64), devicePixelRatioF()));
                       box->setText(tr("Steelyard %1").arg(QApplication::applicationVersion()));
                       box->setInformativeText(
                           tr("A layer 7 load balancer for the workstation.\nGPL-3.0-or-later."));
                       box->open();
                   },
                   {}});
}

} // namespace steelyard::gui
