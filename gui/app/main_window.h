/// The console's window: puts models, pages and actions together. It talks to a Session and to
/// nothing else of the engine. Thread: main.
#pragma once

#include "actions/action_registry.h"
#include "actions/operator.h"
#include "models/console_feed.h"
#include "models/events_model.h"
#include "models/servers_model.h"

#include <QMainWindow>
#include <QPointer>

class QComboBox;
class QDockWidget;
class QLabel;
class QListWidget;
class QMenu;
class QStackedWidget;
class QToolBar;
class QToolButton;

namespace steelyard::gui {

class Banner;
class ChartsPane;
class ConfigPage;
class EngineDialog;
class EventsPane;
class HeadlineBar;
class InspectorPane;
class LabPage;
class OverviewPage;
class RequestsPage;
class RoutesPage;
class ServersPage;
class Session;
class StartPage;

class MainWindow : public QMainWindow
{
    Q_OBJECT

public:
    explicit MainWindow(Session& session, ConsoleFeed::Seconds now = {}, QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] ActionRegistry& actionRegistry() { return m_actions; }

    [[nodiscard]] ConsoleFeed& feed() { return m_feed; }

    [[nodiscard]] Operator& hand() { return m_operator; }

    [[nodiscard]] ServersPage* serversPage() const { return m_serversPage; }

    [[nodiscard]] RequestsPage* requestsPage() const { return m_requestsPage; }

    [[nodiscard]] InspectorPane* inspector() const { return m_inspector; }

    [[nodiscard]] RoutesPage* routesPage() const { return m_routesPage; }

    [[nodiscard]] ChartsPane* chartsPage() const { return m_chartsPage; }

    /// The charts of the page that is open; null when it has none.
    [[nodiscard]] ChartsPane* visibleCharts() const;

    [[nodiscard]] ConfigPage* configPage() const { return m_configPage; }

    [[nodiscard]] Banner* banner() const { return m_banner; }

    /// Names for --page and for the pictures, in the order of the list.
    [[nodiscard]] QStringList pageNames() const;
    /// False: there is no such page.
    bool showPage(const QString& name);
    /// For pictures: something selected on that page, where it says more so.
    void showSample(const QString& page);
    void resetLayout();
    void openFile(const QString& path);

protected:
    void closeEvent(QCloseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void buildWindow();
    void buildStatusBar();
    void buildActions();
    void addFileActions();
    void addEditActions();
    void addViewActions();
    void addChartActions();
    void addServerActions();
    void addHelpActions();
    void addConfigActions();
    void connectConfigPage();
    void buildMenus();
    void buildToolBar();
    void connectAll();

    void takeClient();
    void showSnapshot();
    void showStanding(const stats::Snapshot* snapshot);
    void showStale(bool stale, double seconds);
    void tell(engine::Outcome outcome, const QString& text, const QString& hint, bool undoable);
    void refreshActions();
    void inspectSelection();
    void openMenu(const QPoint& at);
    void whenFree(const QString& verb, std::function<void()> proceed);
    void chooseFile();
    void save();
    void saveAs();
    void applyConfig(std::function<void()> then = {});
    void exportConfig();
    void writeCopy(const QString& path);
    // main_window_servers.cpp
    void connectServers();
    void addServer();
    void showMoment(qint64 wallMs);
    void setChartsPaused(bool paused);
    void saveCharts(bool picture);
    void writeFile(const QString& path, const QByteArray& bytes);
    [[nodiscard]] QString chartsObstacle() const;
    void editServer();
    void addPool();
    void openServerDialog(bool changes, const ServerDraft& server);
    void pasteServers();
    void copyText(const QString& commands);
    void copyAsCommands(const QString& action);
    void fillCopyMenu(QMenu* menu);
    QMenu* addCopyMenu(QMenu* into);
    // main_window_view.cpp
    void buildFigures();
    void showFigures(const stats::Snapshot* snapshot);
    void showEngine();
    void showPreferences();
    void setWallboard(bool on);
    void nextPane();
    void setTheme(const QString& word);
    void remember(const QString& path);
    [[nodiscard]] QString selectionObstacle() const;
    [[nodiscard]] QString clientObstacle() const;

    Session& m_session;
    ConsoleFeed m_feed;
    ServersModel m_servers;
    EventsModel m_events;
    Operator m_operator;
    ActionRegistry m_actions;

    HeadlineBar* m_headline;
    Banner* m_banner;
    QStackedWidget* m_outer; ///< start page or console
    QListWidget* m_pageList;
    QStackedWidget* m_pages;
    StartPage* m_startPage = nullptr;
    OverviewPage* m_overviewPage = nullptr;
    ServersPage* m_serversPage = nullptr;
    RequestsPage* m_requestsPage = nullptr;
    RoutesPage* m_routesPage = nullptr;
    ChartsPane* m_chartsPage = nullptr;
    QList<ChartsPane*> m_chartPanes; ///< of all pages
    ConfigPage* m_configPage = nullptr;
    LabPage* m_labPage = nullptr;
    EventsPane* m_eventsPane;
    QDockWidget* m_eventsDock;
    InspectorPane* m_inspector;
    QDockWidget* m_inspectorDock;
    QToolBar* m_toolBar;
    QToolButton* m_configState;
    QToolButton* m_lag;
    QToolButton* m_load;
    QComboBox* m_interval;
    bool m_inspectorOpen = false; ///< to be shown again when an engine is there
    QPointer<EngineDialog> m_engineDialog;
    QByteArray m_beforeWallboard; ///< where the panes were
    bool m_wallboard = false;
    bool m_closing = false;
};

} // namespace steelyard::gui
