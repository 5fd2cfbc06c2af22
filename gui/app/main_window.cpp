#include "app/main_window.h"

#include "app/icons.h"
#include "app/session.h"
#include "app/theme.h"
#include "dialogs/question_box.h"
#include "pages/charts_pane.h"
#include "pages/config_page.h"
#include "pages/events_pane.h"
#include "pages/inspector_pane.h"
#include "pages/lab_page.h"
#include "pages/overview_page.h"
#include "pages/requests_page.h"
#include "pages/routes_page.h"
#include "pages/servers_page.h"
#include "pages/start_page.h"
#include "widgets/banner.h"
#include "widgets/headline_bar.h"

#include <QApplication>
#include <QCloseEvent>
#include <QComboBox>
#include <QDockWidget>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTableView>
#include <QToolBar>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <utility>

namespace steelyard::gui {

namespace {

constexpr int kLayoutVersion = 2; // of the docks: an older layout is not restored

} // namespace

MainWindow::MainWindow(Session& session, ConsoleFeed::Seconds now, QWidget* parent)
    : QMainWindow(parent)
    , m_session(session)
    , m_feed(nullptr, std::move(now))
    , m_servers(m_feed.history())
    , m_operator(m_servers,
                 [this](const Question& question, std::function<void()> yes) {
                     askQuestion(this, question, std::move(yes));
                 })
    , m_headline(new HeadlineBar(this))
    , m_banner(new Banner(this))
    , m_outer(new QStackedWidget(this))
    , m_pageList(new QListWidget(this))
    , m_pages(new QStackedWidget(this))
    , m_eventsPane(new EventsPane(m_events, this))
    , m_eventsDock(new QDockWidget(tr("Events"), this))
    , m_inspector(nullptr)
    , m_inspectorDock(new QDockWidget(tr("Inspector"), this))
    , m_toolBar(new QToolBar(tr("Main toolbar"), this))
    , m_configState(new QToolButton(this))
    , m_lag(new QToolButton(this))
    , m_load(new QToolButton(this))
    , m_interval(new QComboBox(this))
{
    setObjectName(QStringLiteral("main-window"));
    setWindowTitle(tr("Steelyard"));
    setWindowIcon(applicationIcon());
    buildActions();
    buildWindow();
    buildStatusBar();
    buildMenus();
    buildToolBar();
    connectAll();
    resetLayout();
    const QSettings settings;
    if (settings.contains(QStringLiteral("geometry"))) {
        restoreGeometry(settings.value(QStringLiteral("geometry")).toByteArray());
        restoreState(settings.value(QStringLiteral("docks")).toByteArray(), kLayoutVersion);
        m_serversPage->restoreState(
            settings.value(QStringLiteral("servers-splitter")).toByteArray());
    }
    m_startPage->setRecentFiles(settings.value(QStringLiteral("recentFiles")).toStringList());
    takeClient();
}

MainWindow::~MainWindow()
{
    // Members die before children: let the children, which look at the members, go first and in
    // silence.
    disconnect(&m_operator.undoStack(), nullptr, this, nullptr);
    disconnect(m_serversPage, nullptr, this, nullptr);
    disconnect(m_pages, nullptr, this, nullptr);
    disconnect(m_configPage, nullptr, this, nullptr);
    disconnect(&m_feed, nullptr, this, nullptr);
    m_feed.setClient(nullptr);
    delete takeCentralWidget();
    delete m_eventsDock;
    delete m_inspectorDock;
}

void MainWindow::buildWindow()
{
    m_startPage = new StartPage(
        m_actions, {QStringLiteral("demo"), QStringLiteral("new-balancer"), QStringLiteral("open")},
        this);
    const auto makeCharts = [this](ChartsPane::Kind kind) {
        m_chartPanes << new ChartsPane(kind, m_feed.history(), m_servers, m_events, this);
        return m_chartPanes.last();
    };
    m_overviewPage = new OverviewPage(makeCharts(ChartsPane::Kind::Glance), this);
    m_serversPage = new ServersPage(m_servers, makeCharts(ChartsPane::Kind::Glance), this);
    m_chartsPage = makeCharts(ChartsPane::Kind::All);
    m_chartsPage->setObjectName(QStringLiteral("page-charts"));
    m_requestsPage = new RequestsPage(this);
    m_routesPage = new RoutesPage(this);
    m_configPage = new ConfigPage(m_actions, this);
    m_labPage = new LabPage(m_actions.action(QStringLiteral("demo")), this);
    for (ChartsPane* charts : m_chartPanes)
        connect(&m_feed, &ConsoleFeed::sampled, charts, &ChartsPane::refresh);
    connect(m_eventsPane, &EventsPane::momentChosen, this, &MainWindow::showMoment);

    m_pageList->setObjectName(QStringLiteral("pages"));
    m_pageList->setAccessibleName(tr("Pages"));
    m_pageList->setFrameShape(QFrame::NoFrame);
    m_pageList->setIconSize(QSize(fontMetrics().height() * 5 / 4, fontMetrics().height() * 5 / 4));
    m_pageList->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    for (const QString& name : pageNames()) {
        const QAction* action = m_actions.action(QStringLiteral("page-") + name);
        auto* item = new QListWidgetItem(action->icon(), plainText(action->text()), m_pageList);
        item->setToolTip(action->toolTip());
    }
    m_pageList->setFixedWidth(m_pageList->sizeHintForColumn(0) +
                              fontMetrics().averageCharWidth() * 3);
    m_pages->addWidget(m_overviewPage);
    m_pages->addWidget(m_serversPage);
    m_pages->addWidget(m_requestsPage);
    m_pages->addWidget(m_routesPage);
    m_pages->addWidget(m_configPage);
    m_pages->addWidget(m_labPage);
    m_pages->addWidget(m_chartsPage);

    auto* console = new QWidget(this);
    auto* row = new QHBoxLayout;
    row->setContentsMargins({});
    row->setSpacing(0);
    row->addWidget(m_pageList);
    row->addWidget(m_pages, 1);
    auto* column = new QVBoxLayout(console);
    column->setContentsMargins({});
    column->setSpacing(0);
    column->addWidget(m_headline);
    column->addLayout(row, 1);
    m_outer->addWidget(m_startPage);
    m_outer->addWidget(console);

    auto* central = new QWidget(this);
    auto* all = new QVBoxLayout(central);
    all->setContentsMargins({});
    all->setSpacing(0);
    all->addWidget(m_banner);
    all->addWidget(m_outer, 1);
    setCentralWidget(central);

    m_eventsDock->setObjectName(QStringLiteral("events-dock"));
    m_eventsDock->setWidget(m_eventsPane);
    m_eventsDock->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
    addDockWidget(Qt::BottomDockWidgetArea, m_eventsDock);
    m_inspector = new InspectorPane(m_servers, m_actions.action(QStringLiteral("expire")), this);
    m_inspectorDock->setObjectName(QStringLiteral("inspector-dock"));
    m_inspectorDock->setWidget(m_inspector);
    m_inspectorDock->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
    addDockWidget(Qt::RightDockWidgetArea, m_inspectorDock);
    m_toolBar->setObjectName(QStringLiteral("toolbar"));
    addToolBar(m_toolBar);
}

void MainWindow::buildStatusBar()
{
    statusBar()->setObjectName(QStringLiteral("status-bar"));
    statusBar()->setSizeGripEnabled(false);
    statusBar()->setContentsMargins(0, 0, fontMetrics().averageCharWidth(), 0);
    m_configState->setObjectName(QStringLiteral("config-state"));
    m_configState->setAutoRaise(true);
    m_interval->setObjectName(QStringLiteral("interval"));
    m_interval->setAccessibleName(tr("How often the figures are refreshed"));
    m_interval->setToolTip(tr("How often the figures are refreshed"));
    m_interval->setFrame(false);
    statusBar()->addPermanentWidget(m_configState);
    buildFigures();
    statusBar()->addPermanentWidget(m_interval);
}

void MainWindow::connectAll()
{
    connect(&m_session, &Session::clientChanged, this, &MainWindow::takeClient);
    connect(&m_session, &Session::failed, this, [this](const QString& text, const QString& detail) {
        m_banner->say(Banner::Tone::Error, detail.isEmpty() ? text : text + u'\n' + detail);
    });
    connect(&m_feed, &ConsoleFeed::updated, this, &MainWindow::showSnapshot);
    connect(&m_feed, &ConsoleFeed::staleChanged, this, &MainWindow::showStale);
    connect(&m_servers, &ServersModel::weightEdited, &m_operator, &Operator::setWeight);
    connect(&m_operator, &Operator::told, this, &MainWindow::tell);
    connect(&m_operator, &Operator::sent, &m_feed, &ConsoleFeed::expectChange);
    connect(&m_operator.undoStack(), &QUndoStack::indexChanged, this, &MainWindow::refreshActions);
    connect(m_serversPage, &ServersPage::selectionChanged, this, [this] {
        inspectSelection();
        refreshActions();
    });
    connect(m_serversPage, &ServersPage::algorithmChosen, &m_operator, &Operator::setAlgorithm);
    connect(m_serversPage, &ServersPage::menuWanted, this, &MainWindow::openMenu);
    connect(m_overviewPage, &OverviewPage::chosen, this, [this](const QString& id) {
        showPage(QStringLiteral("servers"));
        m_serversPage->select(id);
    });
    connect(m_startPage, &StartPage::fileChosen, this, &MainWindow::openFile);
    connect(m_pageList, &QListWidget::currentRowChanged, m_pages, &QStackedWidget::setCurrentIndex);
    connect(m_pages, &QStackedWidget::currentChanged, this, &MainWindow::refreshActions);
    connect(m_configState, &QToolButton::clicked, m_actions.action(QStringLiteral("save")),
            &QAction::trigger);
    connectConfigPage();
    connectServers();
    m_pageList->setCurrentRow(1);
}

QStringList MainWindow::pageNames() const
{
    return {QStringLiteral("overview"), QStringLiteral("servers"), QStringLiteral("requests"),
            QStringLiteral("routes"),   QStringLiteral("config"),  QStringLiteral("lab"),
            QStringLiteral("charts")};
}

bool MainWindow::showPage(const QString& name)
{
    const qsizetype at = pageNames().indexOf(name);
    if (at < 0)
        return false;
    m_pageList->setCurrentRow(static_cast<int>(at));
    return true;
}

void MainWindow::showSample(const QString& page)
{
    if (page == QLatin1String("requests"))
        m_requestsPage->table()->selectRow(0);
    if (page == QLatin1String("routes"))
        m_routesPage->test(QStringLiteral("http://shop.lab/api/cart"));
    if (page == QLatin1String("charts")) {
        m_chartsPage->moveCursor(-1);  // to the newest figures
        m_chartsPage->moveCursor(-10); // and back
    }
    if (page == QLatin1String("config"))
        m_configPage->showSample();
}

void MainWindow::resetLayout()
{
    setWallboard(false);
    removeDockWidget(m_eventsDock);
    addDockWidget(Qt::BottomDockWidgetArea, m_eventsDock);
    m_eventsDock->setFloating(false);
    m_eventsDock->show();
    // The table wants the width of a small screen: the inspector comes when it is called.
    removeDockWidget(m_inspectorDock);
    addDockWidget(Qt::RightDockWidgetArea, m_inspectorDock);
    m_inspectorDock->setFloating(false);
    m_inspectorDock->hide();
    m_toolBar->show();
    addToolBar(Qt::TopToolBarArea, m_toolBar);
    resizeDocks({m_eventsDock}, {fontMetrics().height() * 11}, Qt::Vertical);
    m_serversPage->restoreState({});
}

void MainWindow::openFile(const QString& path)
{
    whenFree(tr("Stop and open"), [this, path] { m_session.openFile(path); });
}

void MainWindow::takeClient()
{
    engine::EngineClient* client = m_session.client();
    if (client == nullptr)
        setWallboard(false); // the start page is no figure
    m_events.clear();
    m_servers.clear();
    m_operator.setClient(client, m_session.socketPath());
    if (client != nullptr) {
        connect(client, &engine::EngineClient::eventsArrived, &m_events, &EventsModel::add);
        connect(client, &engine::EngineClient::connectedChanged, this, [this] { showSnapshot(); });
        if (m_session.ownsEngine())
            m_banner->dismiss();
        if (!m_session.path().isEmpty())
            remember(m_session.path());
    }
    m_feed.setClient(client);
    for (ChartsPane* charts : m_chartPanes)
        charts->resetZoom();
    m_requestsPage->setClient(client);
    m_routesPage->setClient(client);
    m_configPage->setClient(client);
    m_inspector->setClient(client);
    m_outer->setCurrentIndex(client == nullptr ? 0 : 1);
    if (client != nullptr)
        m_serversPage->view()->setFocus();
    m_eventsDock->setVisible(client != nullptr);
    if (client == nullptr) {
        m_inspectorOpen = m_inspectorOpen || !m_inspectorDock->isHidden();
        m_inspectorDock->hide();
    } else if (std::exchange(m_inspectorOpen, false)) {
        m_inspectorDock->show();
    }
    m_interval->setVisible(client != nullptr);
    showSnapshot();
    setWindowTitle(client == nullptr ? tr("Steelyard")
                                     : tr("%1 — Steelyard").arg(m_session.title()));
    refreshActions();
}

void MainWindow::showSnapshot()
{
    const std::shared_ptr<const stats::Snapshot> snapshot = m_feed.shown();
    if (snapshot)
        m_servers.update(*snapshot);
    else
        m_servers.clear();
    m_headline->show(snapshot.get());
    m_overviewPage->show(snapshot.get());
    m_serversPage->refresh();
    m_inspector->refresh();
    m_routesPage->show(snapshot.get());
    m_configPage->show(snapshot.get());
    m_labPage->setDemo(m_session.demo(), m_session.client() != nullptr && !m_session.ownsEngine());
    showStanding(snapshot.get());
    const bool unsaved = snapshot && snapshot->unsavedChanges;
    m_configState->setVisible(snapshot != nullptr);
    m_configState->setText(unsaved ? tr("%1: modified").arg(m_session.title())
                                   : tr("%1: saved").arg(m_session.title()));
    if (snapshot && m_session.ownsEngine() && m_session.path().isEmpty()) {
        m_configState->setText(tr("%1: no file").arg(m_session.title()));
    }
    m_configState->setToolTip(unsaved
                                  ? tr("Runtime changes are not in the file yet. Click to save.")
                                  : tr("Click to save the configuration."));
    showFigures(snapshot.get());
    refreshActions();
}

void MainWindow::inspectSelection()
{
    m_inspector->showServer(m_serversPage->selectedServers().value(0));
}

void MainWindow::showStanding(const stats::Snapshot* snapshot)
{
    const engine::EngineClient* client = m_session.client();
    if (client != nullptr && !client->connected()) {
        m_banner->setStanding(Banner::Tone::Warning,
                              tr("Not connected to the %1. Trying again.").arg(m_session.title()),
                              true);
        return;
    }
    QStringList down;
    bool open = false;
    for (const stats::PoolRow& pool :
         snapshot == nullptr ? std::vector<stats::PoolRow>() : snapshot->pools) {
        if (!pool.allDown)
            continue;
        down << QString::fromStdString(pool.name);
        open = open || pool.failOpen;
    }
    const QString names = down.join(QLatin1String(", "));
    m_banner->setStanding(
        Banner::Tone::Error,
        down.isEmpty() ? QString()
        : open ? tr("No healthy server in %1: requests are sent anyway (fail-open).").arg(names)
               : tr("No server in service in %1: requests are answered with 503.").arg(names));
}

void MainWindow::showStale(bool stale, double seconds)
{
    if (!stale)
        m_headline->show(m_feed.shown().get());
    m_headline->setStale(stale, seconds);
    m_servers.setStale(stale);
    m_overviewPage->setStale(stale);
}

void MainWindow::tell(engine::Outcome outcome, const QString& text, const QString& hint,
                      bool undoable)
{
    const QString sentence = text.endsWith(u'.') || text.isEmpty() ? text : text + u'.';
    const QString all = hint.isEmpty() ? sentence : sentence + u' ' + hint;
    Banner::Tone tone = Banner::Tone::Done;
    if (outcome == engine::Outcome::Nothing)
        tone = Banner::Tone::Info;
    if (outcome == engine::Outcome::Partly)
        tone = Banner::Tone::Warning;
    if (outcome == engine::Outcome::Refused || outcome == engine::Outcome::Unreachable)
        tone = Banner::Tone::Error;
    m_banner->say(tone, all, undoable ? m_actions.action(QStringLiteral("undo")) : nullptr);
    statusBar()->showMessage(sentence, 8000);
    refreshActions();
}

void MainWindow::remember(const QString& path)
{
    constexpr qsizetype kMostRecent = 6;
    QSettings settings;
    QStringList recent = settings.value(QStringLiteral("recentFiles")).toStringList();
    recent.removeAll(path);
    recent.prepend(path);
    recent = recent.mid(0, kMostRecent);
    settings.setValue(QStringLiteral("recentFiles"), recent);
    m_startPage->setRecentFiles(recent);
}

void MainWindow::whenFree(const QString& verb, std::function<void()> proceed)
{
    const auto snapshot = m_feed.shown();
    if (!m_session.ownsEngine() || m_session.client() == nullptr || !snapshot) {
        proceed();
        return;
    }
    QStringList victims;
    for (const stats::ListenerRow& listener : snapshot->listeners) {
        victims << tr("%1, open connections: %2")
                       .arg(QString::fromStdString(listener.name))
                       .arg(listener.connections);
    }
    if (m_configPage->hasEdits())
        victims << tr("Config: what you typed and did not apply");
    askQuestion(
        this,
        {verb,
         tr("Steelyard is serving %1. Stopping ends it for its clients.").arg(m_session.title()),
         victims, verb},
        std::move(proceed));
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!m_closing && m_session.ownsEngine() && m_session.client() != nullptr && m_feed.shown()) {
        event->ignore();
        whenFree(tr("Stop and close"), [this] {
            m_closing = true;
            // The question box is still closing: leave its click first.
            QMetaObject::invokeMethod(this, &QWidget::close, Qt::QueuedConnection);
        });
        return;
    }
    if (!m_closing && m_configPage->hasEdits()) {
        event->ignore();
        askQuestion(this,
                    {tr("Close without applying"),
                     tr("What you typed on the page Config is lost when the console closes."),
                     {},
                     tr("Close without applying")},
                    [this] {
                        m_closing = true;
                        QMetaObject::invokeMethod(this, &QWidget::close, Qt::QueuedConnection);
                    });
        return;
    }
    setWallboard(false);
    QSettings settings;
    settings.setValue(QStringLiteral("geometry"), saveGeometry());
    if (m_session.client() != nullptr)
        settings.setValue(QStringLiteral("docks"), saveState(kLayoutVersion));
    settings.setValue(QStringLiteral("servers-splitter"), m_serversPage->saveState());
    QMainWindow::closeEvent(event);
}

} // namespace steelyard::gui
