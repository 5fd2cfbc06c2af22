/// How the window offers its actions (menus, toolbar, context menu) and the dialogs behind them.

#include "app/main_window.h"
#include "app/session.h"
#include "charts/time_chart.h"
#include "pages/charts_pane.h"
#include "pages/config_page.h"
#include "pages/events_pane.h"
#include "pages/inspector_pane.h"
#include "pages/requests_page.h"
#include "pages/routes_page.h"
#include "pages/servers_page.h"
#include "widgets/code_editor.h"

#include <QApplication>
#include <QComboBox>
#include <QFileDialog>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QSaveFile>
#include <QStackedWidget>
#include <QTableView>
#include <QToolBar>
#include <QTreeView>

namespace steelyard::gui {

void MainWindow::buildMenus()
{
    menuBar()->setObjectName(QStringLiteral("menu-bar"));
    QMenu* menu = nullptr;
    QString group;
    const QStringList rulesBefore{QStringLiteral("save"),           QStringLiteral("start"),
                                  QStringLiteral("quit"),           QStringLiteral("filter"),
                                  QStringLiteral("palette"),        QStringLiteral("preferences"),
                                  QStringLiteral("next-pane"),      QStringLiteral("theme-light"),
                                  QStringLiteral("wallboard"),      QStringLiteral("check-now"),
                                  QStringLiteral("remove"),         QStringLiteral("chart-reset"),
                                  QStringLiteral("chart-range-60"), QStringLiteral("chart-table")};
    for (const ActionSpec& spec : m_actions.specs()) {
        if (spec.group != group) {
            group = spec.group;
            menu = menuBar()->addMenu(group);
            menu->setObjectName(QStringLiteral("menu-") + plainText(group).toLower());
            menu->setToolTipsVisible(true);
            connect(menu, &QMenu::aboutToShow, this, [this] {
                refreshActions();
                m_serversPage->setMenuOpen(true);
            });
            connect(menu, &QMenu::aboutToHide, this, [this] { m_serversPage->setMenuOpen(false); });
        }
        if (rulesBefore.contains(spec.id))
            menu->addSeparator();
        menu->addAction(m_actions.action(spec.id));
        addAction(m_actions.action(spec.id)); // its keys hold while the menu bar is hidden
        if (spec.id == QLatin1String("remove"))
            addCopyMenu(menu);
    }
}

void MainWindow::buildToolBar()
{
    m_toolBar->setAccessibleName(tr("Main toolbar"));
    m_toolBar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_toolBar->setMovable(false);
    m_toolBar->setContextMenuPolicy(Qt::PreventContextMenu);
    const int side = fontMetrics().height() * 5 / 4;
    m_toolBar->setIconSize(QSize(side, side));
    const auto add = [this](const char* id) {
        m_toolBar->addAction(m_actions.action(QLatin1String(id)));
    };
    add("start");
    add("stop");
    m_toolBar->addSeparator();
    for (const char* id : {"add-server", "drain", "return", "maintenance", "check-now"})
        add(id);
    m_toolBar->addSeparator();
    for (const char* id : {"undo", "pause", "palette"})
        add(id);
    m_actions.action(QStringLiteral("add-server"))->setIconText(tr("Server"));
    m_actions.action(QStringLiteral("palette"))->setIconText(tr("Commands"));
    for (QAction* action : m_toolBar->actions()) {
        QWidget* button = m_toolBar->widgetForAction(action);
        if (button == nullptr || action->isSeparator())
            continue;
        button->setObjectName(QStringLiteral("tool-") + action->objectName());
        button->setAccessibleName(plainText(action->text()));
        button->setFocusPolicy(Qt::TabFocus);
    }
}

void MainWindow::refreshActions()
{
    QAction* drain = m_actions.action(QStringLiteral("drain"));
    QAction* putBack = m_actions.action(QStringLiteral("return"));
    const QKeySequence drainKey(QStringLiteral("Ctrl+D"));
    const QKeySequence returnKey(QStringLiteral("Ctrl+Shift+D"));
    // Ctrl+D drains, and returns what is drained: one key for the pair.
    const bool allOut = m_actions.obstacle(QStringLiteral("return")).isEmpty() &&
                        !m_actions.obstacle(QStringLiteral("drain")).isEmpty();
    drain->setShortcuts(allOut ? QList<QKeySequence>() : QList<QKeySequence>{drainKey});
    putBack->setShortcuts(allOut ? QList<QKeySequence>{drainKey, returnKey}
                                 : QList<QKeySequence>{returnKey});
    const bool running = m_session.client() != nullptr;
    m_actions.action(QStringLiteral("start"))->setVisible(!running);
    QAction* stop = m_actions.action(QStringLiteral("stop"));
    stop->setVisible(running);
    stop->setText(m_session.ownsEngine() || !running ? tr("S&top") : tr("&Disconnect"));
    const QString undo = m_operator.undoStack().undoText();
    m_actions.action(QStringLiteral("undo"))
        ->setText(undo.isEmpty() ? tr("&Undo") : tr("&Undo: %1").arg(undo));
    m_actions.action(QStringLiteral("undo"))->setIconText(tr("Undo"));
    const QString redo = m_operator.undoStack().redoText();
    m_actions.action(QStringLiteral("redo"))
        ->setText(redo.isEmpty() ? tr("&Redo") : tr("&Redo: %1").arg(redo));
    m_actions.refresh();
}

void MainWindow::openMenu(const QPoint& at)
{
    refreshActions();
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("server-menu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    for (const char* id : {"drain", "return", "maintenance", "", "check-now", "edit-weight",
                           "edit-server", "", "add-server", "remove", "expire", "", "inspector"}) {
        if (*id == '\0')
            menu->addSeparator();
        else
            menu->addAction(m_actions.action(QLatin1String(id)));
    }
    addCopyMenu(menu);
    m_serversPage->setMenuOpen(true);
    connect(menu, &QObject::destroyed, m_serversPage,
            [page = m_serversPage] { page->setMenuOpen(false); });
    menu->popup(at);
}

void MainWindow::chooseFile()
{
    auto* dialog = new QFileDialog(this, tr("Open configuration"), QString(),
                                   tr("Configurations (*.yaml *.yml);;All files (*)"));
    dialog->setObjectName(QStringLiteral("open-dialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setOption(QFileDialog::ReadOnly); // who opens a file does not delete others
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openFile);
    dialog->open();
}

void MainWindow::saveAs()
{
    auto* dialog = new QFileDialog(this, tr("Save configuration as"), QString(),
                                   tr("Configurations (*.yaml *.yml)"));
    dialog->setObjectName(QStringLiteral("save-dialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("yaml"));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString& path) { writeCopy(path); });
    dialog->open();
}

void MainWindow::writeCopy(const QString& path)
{
    if (m_session.client() == nullptr)
        return;
    m_session.client()->send(
        {QStringLiteral("config"), {}}, [this, path](const engine::CommandResult& result) {
            const QByteArray text = result.data.value(QLatin1String("saved")).toString().toUtf8();
            QSaveFile file(path);
            if (result.outcome != engine::Outcome::Done || text.isEmpty()) {
                tell(engine::Outcome::Refused,
                     tr("The engine did not give its configuration: %1").arg(result.text),
                     result.hint, false);
            } else if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() ||
                       !file.commit()) {
                tell(engine::Outcome::Refused,
                     tr("%1 was not written: %2").arg(path, file.errorString()), {}, false);
            } else {
                tell(engine::Outcome::Done, tr("Saved as %1").arg(path), {}, false);
                remember(path);
            }
        });
}

void MainWindow::nextPane()
{
    QWidget* main = m_pages->currentWidget();
    if (main == m_serversPage)
        main = m_serversPage->view();
    else if (main == m_requestsPage)
        main = m_requestsPage->table();
    else if (main == m_routesPage)
        main = m_routesPage->table();
    else if (main == m_chartsPage)
        main = m_chartsPage->charts().first();
    else if (main == m_configPage)
        main = m_configPage->editor();
    const QList<QWidget*> panes{m_pageList, main, m_inspector->transcript(), m_eventsPane->table()};
    const QWidget* focused = QApplication::focusWidget();
    qsizetype at = -1;
    for (qsizetype i = 0; i < panes.size(); ++i) {
        if (focused != nullptr && (panes.at(i) == focused || panes.at(i)->isAncestorOf(focused)))
            at = i;
    }
    for (qsizetype step = 1; step <= panes.size(); ++step) {
        QWidget* next = panes.at((at + step) % panes.size());
        if (!next->isVisible())
            continue;
        if (next->focusPolicy() == Qt::NoFocus)
            next = next->nextInFocusChain();
        next->setFocus(Qt::ShortcutFocusReason);
        return;
    }
}

} // namespace steelyard::gui
