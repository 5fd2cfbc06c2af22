/// What the window does with servers: the actions, the dialogs behind them, and each one as a
/// command for a shell.

#include "app/main_window.h"
#include "app/session.h"
#include "dialogs/paste_servers_dialog.h"
#include "dialogs/pool_dialog.h"
#include "dialogs/server_dialog.h"
#include "pages/inspector_pane.h"
#include "pages/servers_page.h"
#include "widgets/banner.h"

#include <QApplication>
#include <QClipboard>
#include <QMenu>
#include <QStackedWidget>
#include <QStatusBar>

#include <algorithm>

namespace steelyard::gui {

QString MainWindow::selectionObstacle() const
{
    const QString why = clientObstacle();
    if (!why.isEmpty())
        return why;
    if (m_pages->currentWidget() != m_serversPage)
        return tr("open the Servers page and select a server");
    return m_serversPage->selectedServers().isEmpty() ? tr("select a server first") : QString();
}

void MainWindow::addServerActions()
{
    const QString pool = tr("&Pool");
    m_actions.add({QStringLiteral("add-server"), pool, tr("Add &server…"), QStringLiteral("add"),
                   tr("Add a server to a pool, at run time"), keys("Ins"), [this] { addServer(); },
                   [this] {
                       const QString why = clientObstacle();
                       return why.isEmpty() && m_servers.pools().isEmpty() ? tr("there is no pool")
                                                                           : why;
                   }});
    m_actions.add(
        {QStringLiteral("paste-servers"), pool, tr("Add se&veral servers…"), QStringLiteral("add"),
         tr("Paste addresses, one a line, in whatever form they are at hand"), keys("Ctrl+Shift+V"),
         [this] { pasteServers(); },
         [this] {
             const QString why = clientObstacle();
             return why.isEmpty() && m_servers.pools().isEmpty() ? tr("there is no pool") : why;
         }});
    m_actions.add({QStringLiteral("add-pool"),
                   pool,
                   tr("Add &pool…"),
                   {},
                   tr("Add a pool; servers and a route to it come next"),
                   {},
                   [this] { addPool(); },
                   [this] { return clientObstacle(); }});
    m_actions.add({QStringLiteral("remove-pool"),
                   pool,
                   tr("&Remove pool"),
                   QStringLiteral("remove"),
                   tr("Take the current pool away, if no route uses it"),
                   {},
                   [this] { m_operator.removePool(m_serversPage->currentPool()); },
                   [this] {
                       const QString why = clientObstacle();
                       return why.isEmpty() && m_servers.pools().isEmpty() ? tr("there is no pool")
                                                                           : why;
                   },
                   false,
                   true});
    for (const Algorithm algorithm : kAlgorithms) {
        const std::string_view view = toString(algorithm);
        const QString word = QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
        m_actions.add({QStringLiteral("algorithm-") + word,
                       pool,
                       tr("Use %1").arg(word),
                       {},
                       tr("Balance the current pool by %1").arg(word),
                       {},
                       [this, algorithm] {
                           m_operator.setAlgorithm(m_serversPage->currentPool(), algorithm);
                       },
                       [this, algorithm] {
                           const QString why = clientObstacle();
                           if (!why.isEmpty())
                               return why;
                           const stats::PoolRow* row = m_servers.pool(m_serversPage->currentPool());
                           if (row == nullptr)
                               return tr("there is no pool");
                           return row->algorithm == algorithm
                                      ? tr("%1 uses it already").arg(m_serversPage->currentPool())
                                      : QString();
                       },
                       false,
                       true});
    }

    const QString group = tr("&Server");
    const auto selected = [this] { return m_serversPage->selectedServers(); };
    const auto obstacle = [this] { return selectionObstacle(); };
    // An action on servers is offered while it would change at least one of them.
    const auto unlessAll = [this, selected](AdminState state, const QString& already) {
        const QString why = selectionObstacle();
        if (!why.isEmpty())
            return why;
        for (const QString& id : selected()) {
            const stats::BackendRow* row = m_servers.server(id);
            if (row != nullptr && row->admin != state)
                return QString();
        }
        return already;
    };
    m_actions.add(
        {QStringLiteral("drain"), group, tr("&Drain"), QStringLiteral("drain"),
         tr("No new requests to the selected servers; what is in flight finishes"), keys("Ctrl+D"),
         [this, selected] { m_operator.drain(selected()); },
         [unlessAll] { return unlessAll(AdminState::Draining, tr("it is draining already")); },
         false, true});
    m_actions.add(
        {QStringLiteral("return"), group, tr("&Return"), QStringLiteral("return"),
         tr("Put the selected servers back into service"), keys("Ctrl+Shift+D"),
         [this, selected] { m_operator.putBack(selected()); },
         [unlessAll] { return unlessAll(AdminState::Ready, tr("it is in service already")); },
         false, true});
    m_actions.add(
        {QStringLiteral("maintenance"), group, tr("&Maintenance"), QStringLiteral("maintenance"),
         tr("Take the selected servers out of service at once"), keys("Ctrl+M"),
         [this, selected] { m_operator.maintain(selected()); },
         [unlessAll] {
             return unlessAll(AdminState::Maintenance, tr("it is in maintenance already"));
         },
         false, true});
    m_actions.add({QStringLiteral("check-now"), group, tr("&Check now"), QStringLiteral("check"),
                   tr("Probe the selected servers at once"), keys("F5"),
                   [this, selected] { m_operator.checkNow(selected()); }, obstacle, false, true});
    m_actions.add({QStringLiteral("edit-server"),
                   group,
                   tr("Edit &server…"),
                   {},
                   tr("Change its address, weight, limit, or whether it is a backup"),
                   keys("Shift+F2"),
                   [this] { editServer(); },
                   [this, obstacle] {
                       const QString why = obstacle();
                       if (!why.isEmpty())
                           return why;
                       return m_serversPage->selectedServers().size() == 1
                                  ? QString()
                                  : tr("select one server");
                   }});
    m_actions.add({QStringLiteral("edit-weight"), group, tr("&Edit weight"),
                   QStringLiteral("weight"),
                   tr("Type a weight from 0 to 256; the expected share is shown"), keys("F2"),
                   [this] { m_serversPage->editWeight(); },
                   [this, obstacle] {
                       const QString why = obstacle();
                       return !why.isEmpty() || m_serversPage->canEditWeight()
                                  ? why
                                  : tr("select a server, not a pool");
                   }});
    m_actions.add({QStringLiteral("weight-up"),
                   group,
                   tr("Weight &up"),
                   {},
                   tr("One more"),
                   keys("Ctrl+Up"),
                   [this, selected] { m_operator.stepWeight(selected(), 1); },
                   obstacle,
                   false,
                   true});
    m_actions.add({QStringLiteral("weight-down"),
                   group,
                   tr("Weight d&own"),
                   {},
                   tr("One less"),
                   keys("Ctrl+Down"),
                   [this, selected] { m_operator.stepWeight(selected(), -1); },
                   obstacle,
                   false,
                   true});
    m_actions.add({QStringLiteral("expire"),
                   group,
                   tr("E&xpire all sessions…"),
                   {},
                   tr("Let go of the clients that are pinned to the selected servers"),
                   {},
                   [this, selected] { m_operator.expire(selected()); },
                   [this, selected, obstacle] {
                       const QString why = obstacle();
                       if (!why.isEmpty())
                           return why;
                       for (const QString& id : selected()) {
                           const stats::BackendRow* row = m_servers.server(id);
                           if (row != nullptr && row->pinned > 0)
                               return QString();
                       }
                       return tr("no client is pinned there");
                   },
                   false,
                   true});
    m_actions.add({QStringLiteral("remove"), group, tr("Re&move"), QStringLiteral("remove"),
                   tr("Take the selected servers out of the configuration"), keys("Del"),
                   [this, selected] { m_operator.remove(selected()); }, obstacle, false, true});
}

void MainWindow::connectServers()
{
    connect(m_inspector, &InspectorPane::previewed, &m_servers, &ServersModel::setPreview);
    connect(m_inspector, &InspectorPane::weightChosen, &m_operator, &Operator::setWeight);
    connect(m_serversPage, &ServersPage::hinted, this, [this](const QString& text) {
        if (text.isEmpty())
            statusBar()->clearMessage();
        else
            statusBar()->showMessage(text);
    });
}

void MainWindow::addServer()
{
    openServerDialog(false, {m_serversPage->currentPool(), {}, {}});
}

void MainWindow::editServer()
{
    const stats::BackendRow* row = m_servers.server(m_serversPage->selectedServers().value(0));
    if (row != nullptr)
        openServerDialog(true, draftOf(*row));
}

void MainWindow::addPool()
{
    auto* dialog = new PoolDialog(m_servers.pools(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &PoolDialog::chosen, &m_operator, &Operator::addPool);
    connect(dialog, &PoolDialog::commandWanted, this,
            [this](const QString& name, Algorithm algorithm) {
                copyText(m_operator.asCommands([&] { m_operator.addPool(name, algorithm); }));
            });
    dialog->open();
}

void MainWindow::openServerDialog(bool changes, const ServerDraft& server)
{
    const auto act = [this, changes](const ServerDraft& wanted) {
        if (changes)
            m_operator.edit(wanted);
        else
            m_operator.add({wanted});
    };
    auto* dialog = new ServerDialog(
        m_servers, changes ? ServerDialog::Kind::Change : ServerDialog::Kind::Add, server, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ServerDialog::chosen, this, act);
    connect(dialog, &ServerDialog::commandWanted, this, [this, act](const ServerDraft& wanted) {
        copyText(m_operator.asCommands([&] { act(wanted); }));
    });
    dialog->open();
}

void MainWindow::pasteServers()
{
    // The clipboard is there at once when it has addresses, and only then.
    const QString clipboard = QApplication::clipboard()->text().left(100'000);
    const QList<AddressLine> lines = readAddressLines(clipboard, {}, {});
    const bool useful = std::any_of(lines.begin(), lines.end(),
                                    [](const AddressLine& line) { return line.problem.isEmpty(); });
    auto* dialog = new PasteServersDialog(m_servers, m_serversPage->currentPool(),
                                          useful ? clipboard : QString(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &PasteServersDialog::chosen, &m_operator, &Operator::add);
    connect(dialog, &PasteServersDialog::commandWanted, this,
            [this](const QList<ServerDraft>& servers) {
                copyText(m_operator.asCommands([&] { m_operator.add(servers); }));
            });
    dialog->open();
}

void MainWindow::copyText(const QString& commands)
{
    QApplication::clipboard()->setText(commands);
    const int more = static_cast<int>(commands.count(u'\n'));
    const QString first = commands.section(u'\n', 0, 0);
    m_banner->say(Banner::Tone::Info, more == 0
                                          ? tr("Copied: %1").arg(first)
                                          : tr("Copied: %1 and %n more", nullptr, more).arg(first));
}

void MainWindow::copyAsCommands(const QString& id)
{
    for (const ActionSpec& spec : m_actions.specs()) {
        if (spec.id == id && spec.scriptable)
            copyText(m_operator.asCommands(spec.run));
    }
}

void MainWindow::fillCopyMenu(QMenu* menu)
{
    menu->clear();
    refreshActions();
    for (const ActionSpec& spec : m_actions.specs()) {
        const QAction* action = m_actions.action(spec.id);
        if (!spec.scriptable || !action->isEnabled() || spec.group != tr("&Server"))
            continue;
        auto* copy = menu->addAction(plainText(action->text()),
                                     [this, id = spec.id] { copyAsCommands(id); });
        copy->setObjectName(QStringLiteral("copy-") + spec.id);
        copy->setToolTip(m_operator.asCommands(spec.run));
    }
    if (menu->isEmpty())
        menu->addAction(tr("Nothing to copy: %1").arg(selectionObstacle()))->setEnabled(false);
}

QMenu* MainWindow::addCopyMenu(QMenu* into)
{
    QMenu* menu = into->addMenu(tr("Cop&y as steelyardctl command"));
    menu->setObjectName(QStringLiteral("copy-menu"));
    menu->setToolTipsVisible(true);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] { fillCopyMenu(menu); });
    return menu;
}

} // namespace steelyard::gui
