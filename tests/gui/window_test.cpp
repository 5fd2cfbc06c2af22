/// The real window with a simulated engine: what the operator does arrives at the engine, is told
/// in words, and can be taken back.

#include "app/main_window.h"
#include "app/theme.h"
#include "charts/chart_view.h"
#include "charts/time_chart.h"
#include "fake_session.h"
#include "pages/servers_page.h"
#include "support/test_main.h"
#include "widgets/banner.h"

#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QRegularExpression>
#include <QSpinBox>
#include <QTest>
#include <QToolBar>
#include <QToolButton>
#include <QTreeView>

using namespace steelyard;
using namespace steelyard::gui;

class WindowTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void clickOnDrainReachesTheEngineAndUndoTakesItBack();
    void keyForDrainReturnsWhatIsDrained();
    void weightIsEditedInPlace();
    void quickWeightStepsAddUpAndUndoAsOne();
    void lastServerInServiceIsAskedForAndNotUndoable();
    void engineThatRefusesWithoutForceIsAskedAbout();
    void cancelledQuestionSendsNothing();
    void poolRowMeansAllItsServers();
    void refusalSaysWhyAndWhatToDo();
    void algorithmBoxSendsAndFollows();
    void addServerDialogChecksAndAdds();
    void removedServerComesBackByUndo();
    void removedServerComesBackInItsState();
    void refusedUndoKeepsTheStackAndSaysWhy();
    void partlyRefusedUndoIsCompletedLater();
    void quickUndosTakeBackOneEditEach();
    void undoThatWouldEmptyThePoolIsAsked();
    void silentEngineGreysTheFigures();
    void disabledActionSaysWhy();
    void lastActionIsCopiedAsCommand();
    void pressOnAnEmptyChartDoesNotCrash();
    void paletteFindsAndRuns();
    void closingWhileServingAsks();
    void selectionSurvivesTicksAndSorting();

private:
    [[nodiscard]] test::FakeEngineClient& engine() { return m_session->engine(); }

    [[nodiscard]] QAction* action(const char* id)
    {
        return m_window->actionRegistry().action(QLatin1String(id));
    }

    [[nodiscard]] QString banner() { return m_window->banner()->text(); }

    void select(const char* id) { m_window->serversPage()->select(QLatin1String(id)); }

    void clickTool(const char* id);
    [[nodiscard]] QStringList sent();

    template <typename T>
    [[nodiscard]] T* find(const char* name)
    {
        return m_window->findChild<T*>(QLatin1String(name));
    }

    std::unique_ptr<test::FakeSession> m_session;
    std::unique_ptr<MainWindow> m_window;
    double m_now = 1000;
};

void WindowTest::init()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support).*")));
    m_session = std::make_unique<test::FakeSession>();
    m_window = std::make_unique<MainWindow>(*m_session, [this] { return m_now; });
    m_window->resize(1366, 768);
    m_window->show();
    m_session->openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    engine().received.clear();
}

void WindowTest::cleanup()
{
    m_window.reset();
    m_session.reset();
}

void WindowTest::clickTool(const char* id)
{
    auto* button = find<QToolButton>(qPrintable(QStringLiteral("tool-") + QLatin1String(id)));
    QVERIFY(button != nullptr);
    QTest::mouseClick(button, Qt::LeftButton);
}

QStringList WindowTest::sent()
{
    QStringList lines;
    for (const engine::Command& command : engine().received) {
        QString line = command.name;
        for (const QJsonValue& value : command.arguments)
            line += u' ' + value.toVariant().toString();
        lines << line;
    }
    return lines;
}

void WindowTest::clickOnDrainReachesTheEngineAndUndoTakesItBack()
{
    select("shop/a");
    clickTool("drain");
    QCOMPARE(sent(), QStringList{QStringLiteral("drain shop/a")});
    QTRY_COMPARE(banner(), QStringLiteral("Drained shop/a."));
    QTRY_VERIFY(m_window->feed().shown()->pools[0].backends[0].admin == AdminState::Draining);
    auto* undo = find<QPushButton>("banner-action");
    QVERIFY(undo->isVisible());
    QTest::mouseClick(undo, Qt::LeftButton);
    QCOMPARE(sent().last(), QStringLiteral("ready shop/a"));
    QTRY_VERIFY(engine().server(QStringLiteral("shop/a"))->admin == AdminState::Ready);
}

void WindowTest::keyForDrainReturnsWhatIsDrained()
{
    select("shop/a");
    QTest::keyClick(m_window.get(), Qt::Key_D, Qt::ControlModifier);
    QTRY_COMPARE(banner(), QStringLiteral("Drained shop/a."));
    QTRY_VERIFY(!action("drain")->isEnabled());
    QTest::keyClick(m_window.get(), Qt::Key_D, Qt::ControlModifier);
    QCOMPARE(sent(), (QStringList{QStringLiteral("drain shop/a"), QStringLiteral("ready shop/a")}));
}

void WindowTest::weightIsEditedInPlace()
{
    select("shop/b");
    QTest::keyClick(m_window.get(), Qt::Key_F2);
    auto* editor = find<QSpinBox>("weightEditor");
    QVERIFY(editor != nullptr);
    QTest::keyClicks(editor, QStringLiteral("40"));
    engine().advance(4); // a tick must not throw away what is being typed
    m_window->feed().tick();
    QCOMPARE(editor->value(), 40);
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(sent(), QStringList{QStringLiteral("weight shop/b 40")});
    QTRY_COMPARE(m_window->feed().shown()->pools[0].backends[1].weight, 40);
    action("undo")->trigger();
    QCOMPARE(sent().last(), QStringLiteral("weight shop/b 100"));
}

void WindowTest::quickWeightStepsAddUpAndUndoAsOne()
{
    select("shop/b");
    for (int i = 0; i < 3; ++i)
        QTest::keyClick(m_window.get(), Qt::Key_Up, Qt::ControlModifier);
    QCOMPARE(sent().last(), QStringLiteral("weight shop/b 103"));
    QTRY_COMPARE(m_window->hand().undoStack().count(), 1);
    QTRY_VERIFY(action("undo")->isEnabled());
    QTRY_COMPARE(m_window->feed().shown()->pools[0].backends[1].weight, 103);
    action("undo")->trigger();
    QCOMPARE(sent().last(), QStringLiteral("weight shop/b 100"));
}

void WindowTest::lastServerInServiceIsAskedForAndNotUndoable()
{
    for (const char* id : {"shop/a", "shop/b"}) {
        const int before = m_window->feed().shown()->pools[0].selectable;
        select(id);
        action("drain")->trigger();
        QTRY_COMPARE(m_window->feed().shown()->pools[0].selectable, before - 1);
    }
    const int undoable = m_window->hand().undoStack().count();
    select("shop/c");
    action("drain")->trigger();
    QCOMPARE(sent().size(), 2);
    auto* question = find<QMessageBox>("question");
    QVERIFY(question != nullptr);
    QCOMPARE(question->defaultButton()->text().remove(u'&'), QStringLiteral("Cancel"));
    QVERIFY(question->informativeText().contains(QLatin1String("shop/c")));
    QTest::mouseClick(question->findChild<QPushButton*>(QStringLiteral("question-verb")),
                      Qt::LeftButton);
    QTRY_VERIFY(engine().server(QStringLiteral("shop/c"))->admin == AdminState::Draining);
    QVERIFY(engine().received.last().arguments.value(QLatin1String("force")).toBool());
    QTRY_VERIFY(banner().startsWith(QLatin1String("Drained shop/c")));
    QCOMPARE(m_window->hand().undoStack().count(), undoable);
}

void WindowTest::engineThatRefusesWithoutForceIsAskedAbout()
{
    // The console shows an older picture in which three servers are in service; the engine knows
    // better.
    m_window->feed().setPaused(true);
    for (const char* id : {"shop/a", "shop/b"})
        engine().server(QLatin1String(id))->admin = AdminState::Maintenance;
    engine().advance();
    select("shop/c");
    action("drain")->trigger();
    QTRY_VERIFY(find<QMessageBox>("question") != nullptr);
    QVERIFY(
        find<QMessageBox>("question")->text().contains(QLatin1String("last server in service")));
    QVERIFY(engine().server(QStringLiteral("shop/c"))->admin == AdminState::Ready);
    QTest::mouseClick(find<QPushButton>("question-verb"), Qt::LeftButton);
    QTRY_VERIFY(engine().server(QStringLiteral("shop/c"))->admin == AdminState::Draining);
}

void WindowTest::cancelledQuestionSendsNothing()
{
    select("shop"); // the whole pool
    action("maintenance")->trigger();
    auto* question = find<QMessageBox>("question");
    QVERIFY(question != nullptr);
    QTest::keyClick(question, Qt::Key_Escape);
    QTRY_VERIFY(find<QMessageBox>("question") == nullptr);
    QVERIFY(sent().isEmpty());
}

void WindowTest::poolRowMeansAllItsServers()
{
    select("shop");
    clickTool("check-now");
    QCOMPARE(sent().size(), 3);
    QTRY_COMPARE(banner(), QStringLiteral("Checking 3 servers now."));
}

void WindowTest::refusalSaysWhyAndWhatToDo()
{
    m_window->hand().add({ServerDraft{QStringLiteral("nowhere"), QStringLiteral("a"),
                                      QStringLiteral("127.0.0.1:1")}});
    QTRY_COMPARE(banner(), QStringLiteral("There is no such pool."));
    QCOMPARE(m_window->hand().undoStack().count(), 0);
}

void WindowTest::algorithmBoxSendsAndFollows()
{
    auto* box = find<QComboBox>("algorithm");
    select("api/a");
    QCOMPARE(box->currentText(), QStringLiteral("power-of-two"));
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Home);
    QCOMPARE(sent(), QStringList{QStringLiteral("algorithm round-robin api")});
    QTRY_VERIFY(m_window->feed().shown()->pools[1].algorithm == Algorithm::RoundRobin);
    select("shop/a");
    QCOMPARE(box->currentText(), QStringLiteral("least-connections"));
}

void WindowTest::addServerDialogChecksAndAdds()
{
    action("add-server")->trigger();
    auto* address = find<QLineEdit>("add-address");
    auto* accept = find<QPushButton>("add-accept");
    QVERIFY(!accept->isEnabled());
    QTest::keyClicks(address, QStringLiteral("127.0.0.1"));
    QVERIFY(!accept->isEnabled());
    QVERIFY(!find<QLabel>("add-problem")->text().isEmpty());
    QTest::keyClicks(address, QStringLiteral(":9009"));
    QVERIFY(accept->isEnabled());
    QTest::mouseClick(accept, Qt::LeftButton);
    QTRY_COMPARE(banner(), QStringLiteral("Added shop/d."));
    QTRY_COMPARE(m_window->feed().shown()->pools[0].backends.size(), std::size_t(4));
}

void WindowTest::removedServerComesBackByUndo()
{
    select("shop/c");
    QTest::keyClick(m_window->serversPage()->view(), Qt::Key_Delete);
    QTRY_VERIFY(engine().server(QStringLiteral("shop/c")) == nullptr);
    QTRY_VERIFY(action("undo")->isEnabled());
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    QTRY_VERIFY(engine().server(QStringLiteral("shop/c")) != nullptr);
    QCOMPARE(engine().server(QStringLiteral("shop/c"))->address, std::string("127.0.0.1:9003"));
}

void WindowTest::removedServerComesBackInItsState()
{
    select("shop/c");
    clickTool("maintenance");
    QTRY_VERIFY(action("undo")->isEnabled());
    QTest::keyClick(m_window->serversPage()->view(), Qt::Key_Delete);
    QTRY_VERIFY(engine().server(QStringLiteral("shop/c")) == nullptr);
    QTRY_COMPARE(m_window->hand().undoStack().count(), 2);
    action("undo")->trigger();
    QTRY_VERIFY(engine().server(QStringLiteral("shop/c")) != nullptr);
    QVERIFY(engine().server(QStringLiteral("shop/c"))->admin == AdminState::Maintenance);
    QCOMPARE(m_window->hand().lastAsCommands(),
             QStringLiteral("steelyardctl add shop c=127.0.0.1:9003 --weight 100 "
                            "--state maintenance"));
}

void WindowTest::refusedUndoKeepsTheStackAndSaysWhy()
{
    select("shop/a");
    clickTool("drain");
    QTRY_COMPARE(banner(), QStringLiteral("Drained shop/a."));
    std::vector<stats::BackendRow>& servers = engine().state().pools[0].backends;
    const stats::BackendRow gone = servers.front();
    servers.erase(servers.begin()); // by somebody else
    const QUndoStack& stack = m_window->hand().undoStack();
    action("undo")->trigger();
    QTRY_COMPARE(banner(), QStringLiteral("Not undone: There is no server shop/a."));
    QCOMPARE(stack.index(), 1);
    QVERIFY(action("undo")->isEnabled());
    QVERIFY(!action("redo")->isEnabled());
    servers.insert(servers.begin(), gone);
    action("undo")->trigger();
    QTRY_COMPARE(stack.index(), 0);
    QVERIFY(engine().server(QStringLiteral("shop/a"))->admin == AdminState::Ready);

    servers.erase(servers.begin());
    action("redo")->trigger();
    QTRY_COMPARE(banner(), QStringLiteral("Not made again: There is no server shop/a."));
    QCOMPARE(stack.index(), 0);
    QVERIFY(action("redo")->isEnabled());
}

void WindowTest::partlyRefusedUndoIsCompletedLater()
{
    m_window->hand().maintain({QStringLiteral("shop/a"), QStringLiteral("api/a")});
    QTRY_COMPARE(m_window->hand().undoStack().index(), 1);
    std::vector<stats::BackendRow>& servers = engine().state().pools[0].backends;
    const stats::BackendRow gone = servers.front();
    servers.erase(servers.begin());
    action("undo")->trigger();
    QTRY_COMPARE(banner(), QStringLiteral("Done for 1 of 2. There is no server shop/a."));
    QCOMPARE(m_window->hand().undoStack().index(), 1);
    QVERIFY(engine().server(QStringLiteral("api/a"))->admin == AdminState::Ready);
    servers.insert(servers.begin(), gone);
    engine().received.clear();
    action("undo")->trigger();
    QTRY_COMPARE(m_window->hand().undoStack().index(), 0);
    QCOMPARE(sent(), QStringList{QStringLiteral("ready shop/a")});
    engine().received.clear();
    action("redo")->trigger();
    QTRY_COMPARE(m_window->hand().undoStack().index(), 1);
    QCOMPARE(sent(), (QStringList{QStringLiteral("maintenance shop/a"),
                                  QStringLiteral("maintenance api/a")}));
}

void WindowTest::quickUndosTakeBackOneEditEach()
{
    for (const char* id : {"shop/a", "api/a"}) {
        select(id);
        clickTool("maintenance");
        QTRY_COMPARE(banner(), QStringLiteral("%1 is in maintenance.").arg(QLatin1String(id)));
    }
    engine().received.clear();
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    QTRY_COMPARE(m_window->hand().undoStack().index(), 0);
    QCOMPARE(sent(), (QStringList{QStringLiteral("ready api/a"), QStringLiteral("ready shop/a")}));
}

void WindowTest::undoThatWouldEmptyThePoolIsAsked()
{
    engine().server(QStringLiteral("shop/a"))->admin = AdminState::Maintenance;
    engine().advance();
    m_window->feed().tick();
    select("shop/a");
    clickTool("return");
    QTRY_COMPARE(banner(), QStringLiteral("Returned shop/a to service."));
    for (const char* id : {"shop/b", "shop/c"})
        engine().server(QLatin1String(id))->admin = AdminState::Maintenance;
    engine().advance();
    m_window->feed().tick();
    const QUndoStack& stack = m_window->hand().undoStack();
    action("undo")->trigger();
    auto* question = find<QMessageBox>("question");
    QVERIFY(question != nullptr);
    QTest::keyClick(question, Qt::Key_Escape);
    QTRY_VERIFY(find<QMessageBox>("question") == nullptr);
    QCOMPARE(stack.index(), 1);
    action("undo")->trigger();
    QVERIFY(find<QMessageBox>("question") != nullptr);
    QTest::mouseClick(find<QPushButton>("question-verb"), Qt::LeftButton);
    QTRY_COMPARE(stack.index(), 0);
    QVERIFY(engine().server(QStringLiteral("shop/a"))->admin == AdminState::Maintenance);
}

void WindowTest::silentEngineGreysTheFigures()
{
    auto* state = find<QLabel>("headline-state");
    QCOMPARE(state->text(), QStringLiteral("Serving"));
    engine().silent = true;
    m_now += 4;
    m_window->feed().tick();
    QCOMPARE(state->text(), QStringLiteral("No data"));
    QCOMPARE(find<QLabel>("headline-state-unit")->text(), QStringLiteral("for 4 s"));
    const QColor ink = find<QLabel>("headline-requests")->palette().color(QPalette::WindowText);
    QCOMPARE(ink, theme().muted);
    const QModelIndex group = m_window->serversPage()->view()->model()->index(0, 4);
    QCOMPARE(group.data(Qt::ForegroundRole).value<QColor>(), theme().muted);
    engine().silent = false;
    engine().advance();
    m_window->feed().tick();
    QCOMPARE(state->text(), QStringLiteral("Serving"));
}

void WindowTest::disabledActionSaysWhy()
{
    m_window->serversPage()->view()->clearSelection();
    QVERIFY(!action("drain")->isEnabled());
    QVERIFY(action("drain")->toolTip().contains(QLatin1String("select a server first")));
    select("shop");
    QVERIFY(action("edit-weight")->statusTip().contains(QLatin1String("not a pool")));
    m_session->stop();
    QVERIFY(action("drain")->statusTip().contains(QLatin1String("no engine is running")));
    for (const ActionSpec& spec : m_window->actionRegistry().specs()) {
        const QAction* each = m_window->actionRegistry().action(spec.id);
        QVERIFY2(each->isEnabled() || each->statusTip().startsWith(QLatin1String("Not now: ")),
                 qPrintable(spec.id));
    }
}

void WindowTest::lastActionIsCopiedAsCommand()
{
    select("api/b");
    action("maintenance")->trigger();
    QTRY_VERIFY(action("copy-command")->isEnabled());
    action("copy-command")->trigger();
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("steelyardctl maintenance api/b"));
}

void WindowTest::pressOnAnEmptyChartDoesNotCrash()
{
    // QTBUG-118669: a press where no chart item lies went through a null pointer.
    for (auto* view : m_window->findChildren<ChartView*>()) {
        for (const QPoint& at :
             {QPoint(1, 1), view->rect().center(), view->rect().bottomRight() - QPoint(1, 1)}) {
            QTest::mousePress(view->viewport(), Qt::LeftButton, {}, at);
            QTest::mouseRelease(view->viewport(), Qt::LeftButton, {}, at);
            QTest::mouseDClick(view->viewport(), Qt::LeftButton, {}, at);
        }
    }
}

void WindowTest::paletteFindsAndRuns()
{
    select("api/a");
    QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
    auto* text = find<QLineEdit>("palette-text");
    QVERIFY(text != nullptr);
    QTest::keyClicks(text, QStringLiteral("server check"));
    QCOMPARE(find<QListWidget>("palette-list")->count(), 1);
    QCOMPARE(find<QListWidget>("palette-list")->item(0)->text(),
             QStringLiteral("Server: Check now"));
    QTest::keyClick(text, Qt::Key_Return);
    QCOMPARE(sent(), QStringList{QStringLiteral("check-now api/a")});
}

void WindowTest::closingWhileServingAsks()
{
    m_window->close();
    QVERIFY(m_window->isVisible());
    auto* question = find<QMessageBox>("question");
    QVERIFY(question != nullptr);
    QVERIFY(question->informativeText().contains(QLatin1String("connection")));
    QTest::mouseClick(question->findChild<QPushButton*>(QStringLiteral("question-verb")),
                      Qt::LeftButton);
    QTRY_VERIFY(!m_window->isVisible());
}

void WindowTest::selectionSurvivesTicksAndSorting()
{
    select("shop/b");
    m_window->serversPage()->view()->sortByColumn(ServersModel::Requests, Qt::DescendingOrder);
    for (int i = 0; i < 20; ++i) {
        engine().advance(4);
        m_window->feed().tick();
        QCOMPARE(m_window->serversPage()->selectedServers(), QStringList{QStringLiteral("shop/b")});
    }
}

STEELYARD_TEST(WindowTest)
#include "window_test.moc"
