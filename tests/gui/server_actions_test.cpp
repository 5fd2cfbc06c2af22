/// Actions on several servers at once, each action as a command for a shell, and the dialogs that
/// add and change servers: in the real window with a simulated engine.

#include "app/main_window.h"
#include "fake_session.h"
#include "pages/servers_page.h"
#include "shell_words.h"
#include "support/test_main.h"
#include "widgets/banner.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <QTreeView>
#include <QTreeWidget>

using namespace steelyard;
using namespace steelyard::gui;

class ServerActionsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void severalRowsAreOneEdit();
    void weightStepsOfSeveralRowsAreOneEdit();
    void weightsAtTheirEndAreSaid();
    void partlyDoneSaysWhichNotAndWhy();
    void lastWeightIsAskedFor();
    void everyActionsCommandSaysWhatIsSent_data();
    void everyActionsCommandSaysWhatIsSent();
    void commandsNameTheSocketAndAreQuoted();
    void menuAndPaletteCopyCommands();
    void pastedLinesAreAddedAsOneEdit();
    void pastedLineWithAProblemIsNamed();
    void editDialogSendsWhatDiffersAndUndoesIt();
    void removedServerComesBackWithItsKeys();
    void poolsAreAddedAndRemoved();

private:
    [[nodiscard]] test::FakeEngineClient& engine() { return m_session->engine(); }

    [[nodiscard]] QAction* action(const QString& id)
    {
        return m_window->actionRegistry().action(id);
    }

    [[nodiscard]] QString banner() { return m_window->banner()->text(); }

    template <typename T>
    [[nodiscard]] T* find(const char* name)
    {
        return m_window->findChild<T*>(QLatin1String(name));
    }

    void select(const QStringList& ids);
    void tick();

    std::unique_ptr<test::FakeSession> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void ServerActionsTest::init()
{
    m_session = std::make_unique<test::FakeSession>();
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->resize(1366, 768);
    m_window->show();
    m_session->openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    engine().received.clear();
}

void ServerActionsTest::cleanup()
{
    m_window.reset();
    m_session.reset();
}

void ServerActionsTest::select(const QStringList& ids)
{
    // By mouse: the first with a click, the others with Ctrl.
    QTreeView* view = m_window->serversPage()->view();
    for (const QString& id : ids) {
        m_window->serversPage()->view()->clearSelection();
        m_window->serversPage()->select(id);
        const QPoint at = view->visualRect(view->currentIndex()).center();
        m_window->serversPage()->view()->clearSelection();
        QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, at);
        if (id == ids.first())
            continue;
        for (const QString& before : ids.mid(0, ids.indexOf(id))) {
            const QAbstractItemModel* model = view->model();
            for (int group = 0; group < model->rowCount(); ++group) {
                const QModelIndex pool = model->index(group, 0);
                for (int row = 0; row < model->rowCount(pool); ++row) {
                    const QModelIndex server = model->index(row, 0, pool);
                    if (server.data(ServersModel::IdRole) == before) {
                        QTest::mouseClick(view->viewport(), Qt::LeftButton, Qt::ControlModifier,
                                          view->visualRect(server).center());
                    }
                }
            }
        }
    }
    QStringList selected = m_window->serversPage()->selectedServers();
    selected.sort();
    QCOMPARE(selected, ids);
}

void ServerActionsTest::tick()
{
    engine().advance();
    m_window->feed().tick();
}

void ServerActionsTest::severalRowsAreOneEdit()
{
    select({QStringLiteral("shop/a"), QStringLiteral("shop/b")});
    action(QStringLiteral("drain"))->trigger();
    QTRY_COMPARE(banner(), QStringLiteral("Drained 2 servers."));
    QCOMPARE(m_window->hand().undoStack().count(), 1);
    action(QStringLiteral("undo"))->trigger();
    QTRY_VERIFY(engine().server(QStringLiteral("shop/a"))->admin == AdminState::Ready);
    QTRY_VERIFY(engine().server(QStringLiteral("shop/b"))->admin == AdminState::Ready);
}

void ServerActionsTest::weightStepsOfSeveralRowsAreOneEdit()
{
    select({QStringLiteral("shop/a"), QStringLiteral("shop/b")});
    for (int i = 0; i < 3; ++i)
        QTest::keyClick(m_window.get(), Qt::Key_Up, Qt::ControlModifier);
    QTRY_COMPARE(engine().server(QStringLiteral("shop/b"))->weight, 103);
    QTRY_COMPARE(banner(), QStringLiteral("Weight +1 for 2 servers."));
    QTRY_COMPARE(m_window->hand().undoStack().count(), 1);
    action(QStringLiteral("undo"))->trigger();
    QTRY_COMPARE(engine().server(QStringLiteral("shop/a"))->weight, 100);
    QTRY_COMPARE(engine().server(QStringLiteral("shop/b"))->weight, 100);
    QTRY_COMPARE(m_window->hand().undoStack().index(), 0);
}

void ServerActionsTest::weightsAtTheirEndAreSaid()
{
    engine().server(QStringLiteral("shop/a"))->weight = 256;
    tick();
    m_window->hand().stepWeight({QStringLiteral("shop/a")}, 1);
    QCOMPARE(banner(), QStringLiteral("shop/a stays at weight 256. Weights go from 0 to 256."));
    m_window->hand().stepWeight({QStringLiteral("shop/a"), QStringLiteral("shop/b")}, 1);
    QTRY_COMPARE(banner(),
                 QStringLiteral("Weight of shop/b is 101, was 100; shop/a stays at weight 256."));
    QCOMPARE(m_window->hand().undoStack().count(), 1);
}

void ServerActionsTest::partlyDoneSaysWhichNotAndWhy()
{
    // Somebody else has removed one of them, and the console does not know yet.
    m_window->feed().setPaused(true);
    auto& servers = engine().state().pools[0].backends;
    servers.erase(servers.begin());
    m_window->hand().stepWeight({QStringLiteral("shop/a"), QStringLiteral("shop/b")}, -1);
    QTRY_COMPARE(banner(), QStringLiteral("Done for 1 of 2. shop/a: There is no such server."));
    QCOMPARE(m_window->hand().undoStack().count(), 1);
}

void ServerActionsTest::lastWeightIsAskedFor()
{
    for (const char* id : {"shop/b", "shop/c"})
        engine().server(QLatin1String(id))->admin = AdminState::Maintenance;
    tick();
    m_window->hand().setWeight(QStringLiteral("shop/a"), 0);
    auto* question = find<QMessageBox>("question");
    QVERIFY(question != nullptr);
    QTest::mouseClick(find<QPushButton>("question-verb"), Qt::LeftButton);
    QTRY_COMPARE(engine().server(QStringLiteral("shop/a"))->weight, 0);
    QVERIFY(!m_window->hand().undoStack().canUndo());
    const auto parsed = test::ctlInvocation(m_window->hand().lastAsCommands());
    QVERIFY(parsed.ok());
    QCOMPARE(parsed.value().command.arguments, engine().received.last().arguments);
}

void ServerActionsTest::everyActionsCommandSaysWhatIsSent_data()
{
    QTest::addColumn<QString>("id");
    test::FakeSession session; // init() comes after this
    MainWindow window(session);
    for (const ActionSpec& spec : window.actionRegistry().specs()) {
        if (spec.scriptable)
            QTest::newRow(qPrintable(spec.id)) << spec.id;
    }
}

void ServerActionsTest::everyActionsCommandSaysWhatIsSent()
{
    QFETCH(QString, id);
    const QStringList both{QStringLiteral("shop/a"), QStringLiteral("shop/b")};
    if (id == QLatin1String("return")) {
        for (const QString& server : both)
            engine().server(server)->admin = AdminState::Maintenance;
    }
    if (id == QLatin1String("algorithm-least-connections"))
        engine().state().pools[0].algorithm = Algorithm::Random;
    tick();
    select(both);
    m_window->actionRegistry().refresh();
    QVERIFY(action(id)->isEnabled());
    const ActionSpec* spec = nullptr;
    for (const ActionSpec& each : m_window->actionRegistry().specs()) {
        if (each.id == id)
            spec = &each;
    }
    const QString lines = m_window->hand().asCommands(spec->run);
    QVERIFY(engine().received.isEmpty()); // a rehearsal does nothing
    QVERIFY(find<QMessageBox>("question") == nullptr);
    QList<engine::Command> told;
    for (const QString& line : lines.split(u'\n')) {
        const auto parsed = test::ctlInvocation(line);
        QVERIFY2(parsed.ok(), qPrintable(line));
        told << parsed.value().command;
    }
    action(id)->trigger();
    if (auto* yes = find<QPushButton>("question-verb"))
        QTest::mouseClick(yes, Qt::LeftButton);
    QTRY_COMPARE(engine().received.size(), told.size());
    for (qsizetype i = 0; i < told.size(); ++i) {
        QCOMPARE(told[i].name, engine().received[i].name);
        QCOMPARE(told[i].arguments, engine().received[i].arguments);
    }
}

void ServerActionsTest::commandsNameTheSocketAndAreQuoted()
{
    m_session->socket = QStringLiteral("/run/it's here/steelyard.sock");
    m_session->restart();
    const ServerDraft server{
        QStringLiteral("shop"), QStringLiteral("d"), QStringLiteral("[::1]:9001"), 7, 12, true};
    Operator& hand = m_window->hand();
    const auto added = test::ctlInvocation(hand.asCommands([&] { hand.add({server}); }));
    QVERIFY(added.ok());
    QCOMPARE(added.value().socket, m_session->socket);
    hand.add({server});
    QCOMPARE(added.value().command.arguments, engine().received.last().arguments);
    QTRY_VERIFY(engine().server(server.id()) != nullptr);
    tick();
    ServerDraft other = server;
    other.address = QStringLiteral("[::2]:80");
    other.backup = false;
    const auto edited = test::ctlInvocation(hand.asCommands([&] { hand.edit(other); }));
    QVERIFY(edited.ok());
    QCOMPARE(edited.value().command.arguments,
             (QJsonObject{{QStringLiteral("server"), QStringLiteral("shop/d")},
                          {QStringLiteral("address"), QStringLiteral("[::2]:80")},
                          {QStringLiteral("backup"), false}}));
}

void ServerActionsTest::menuAndPaletteCopyCommands()
{
    select({QStringLiteral("shop/a"), QStringLiteral("shop/b")});
    auto* menu = find<QMenu>("copy-menu");
    QVERIFY(menu != nullptr);
    Q_EMIT menu->aboutToShow();
    auto* copy = menu->findChild<QAction*>(QStringLiteral("copy-drain"));
    QVERIFY(copy != nullptr);
    QVERIFY(menu->findChild<QAction*>(QStringLiteral("copy-return")) == nullptr); // not now
    copy->trigger();
    QCOMPARE(QApplication::clipboard()->text(),
             QStringLiteral("steelyardctl drain shop/a\nsteelyardctl drain shop/b"));
    QCOMPARE(banner(), QStringLiteral("Copied: steelyardctl drain shop/a and 1 more"));
    QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
    auto* text = find<QLineEdit>("palette-text");
    QTest::keyClicks(text, QStringLiteral("use random"));
    QTest::keyClick(text, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QApplication::clipboard()->text(),
             QStringLiteral("steelyardctl algorithm shop random"));
    QVERIFY(engine().received.isEmpty());
}

void ServerActionsTest::pastedLinesAreAddedAsOneEdit()
{
    QApplication::clipboard()->setText(
        QStringLiteral("10.0.0.1:80\nserver 10.0.0.2:80 weight=5 backup;\n"));
    select({QStringLiteral("api/a")});
    action(QStringLiteral("paste-servers"))->trigger();
    auto* lines = find<QTreeWidget>("paste-lines");
    QVERIFY(lines != nullptr);
    QCOMPARE(lines->topLevelItemCount(), 2); // the clipboard's
    QCOMPARE(find<QComboBox>("paste-pool")->currentText(), QStringLiteral("api"));
    auto* text = find<QPlainTextEdit>("paste-text");
    text->moveCursor(QTextCursor::End);
    QTest::keyClicks(text, QStringLiteral("web-9 http://10.0.0.3/"));
    QCOMPARE(lines->topLevelItem(2)->text(1), QStringLiteral("web-9"));
    QCOMPARE(find<QLabel>("paste-summary")->text(), QStringLiteral("3 servers for api"));
    QTest::mouseClick(find<QPushButton>("paste-copy"), Qt::LeftButton);
    QCOMPARE(QApplication::clipboard()->text().count(u'\n'), 2);
    QVERIFY(test::ctlInvocation(QApplication::clipboard()->text().section(u'\n', 1, 1)).ok());
    QTest::mouseClick(find<QPushButton>("paste-accept"), Qt::LeftButton);
    QTRY_COMPARE(banner(), QStringLiteral("Added 3 servers."));
    QCOMPARE(engine().server(QStringLiteral("api/web-9"))->address, std::string("10.0.0.3:80"));
    QCOMPARE(engine().server(QStringLiteral("api/e"))->weight, 5);
    QVERIFY(engine().server(QStringLiteral("api/e"))->backup);
    QCOMPARE(m_window->hand().undoStack().count(), 1);
    action(QStringLiteral("undo"))->trigger();
    QTRY_VERIFY(engine().server(QStringLiteral("api/web-9")) == nullptr);
    QTRY_COMPARE(engine().state().pools[1].backends.size(), std::size_t(3));
}

void ServerActionsTest::pastedLineWithAProblemIsNamed()
{
    QApplication::clipboard()->setText(QStringLiteral("Dear Sir or Madam"));
    action(QStringLiteral("paste-servers"))->trigger();
    auto* text = find<QPlainTextEdit>("paste-text");
    QCOMPARE(text->toPlainText(), QString()); // that was no address
    auto* accept = find<QPushButton>("paste-accept");
    QVERIFY(!accept->isEnabled());
    text->insertPlainText(QStringLiteral("10.0.0.1:80\n10.0.0.2")); // keyClicks knows no new line
    QCOMPARE(find<QLabel>("paste-summary")->text(),
             QStringLiteral("Line 2: A port is missing, such as :9001."));
    QCOMPARE(find<QTreeWidget>("paste-lines")->topLevelItem(1)->text(4),
             QStringLiteral("A port is missing, such as :9001."));
    QVERIFY(!accept->isEnabled());
    QTest::keyClicks(text, QStringLiteral(":81"));
    QVERIFY(accept->isEnabled());
}

void ServerActionsTest::editDialogSendsWhatDiffersAndUndoesIt()
{
    select({QStringLiteral("shop/b")});
    QTest::keyClick(m_window.get(), Qt::Key_F2, Qt::ShiftModifier);
    auto* address = find<QLineEdit>("add-address");
    auto* accept = find<QPushButton>("add-accept");
    QVERIFY(address != nullptr);
    QCOMPARE(address->text(), QStringLiteral("127.0.0.1:9002"));
    QVERIFY(!find<QLineEdit>("add-name")->isEnabled());
    QVERIFY(!accept->isEnabled()); // nothing is changed yet
    address->selectAll();
    QTest::keyClicks(address, QStringLiteral("nowhere"));
    QVERIFY(!accept->isEnabled());
    QCOMPARE(find<QLabel>("add-problem")->text(),
             QStringLiteral("A port is missing, such as :9001."));
    address->selectAll();
    QTest::keyClicks(address, QStringLiteral("127.0.0.1:9099"));
    find<QSpinBox>("add-limit")->setValue(8);
    find<QCheckBox>("add-backup")->setChecked(true);
    QVERIFY(accept->isEnabled());
    QTest::mouseClick(accept, Qt::LeftButton);
    QTRY_COMPARE(banner(), QStringLiteral("Changed shop/b."));
    QCOMPARE(engine().received.last().arguments,
             (QJsonObject{{QStringLiteral("server"), QStringLiteral("shop/b")},
                          {QStringLiteral("address"), QStringLiteral("127.0.0.1:9099")},
                          {QStringLiteral("max_requests"), 8},
                          {QStringLiteral("backup"), true}}));
    action(QStringLiteral("undo"))->trigger();
    QTRY_COMPARE(engine().server(QStringLiteral("shop/b"))->address, std::string("127.0.0.1:9002"));
    QCOMPARE(engine().server(QStringLiteral("shop/b"))->maxRequests, 0);
    QVERIFY(!engine().server(QStringLiteral("shop/b"))->backup);
}

void ServerActionsTest::removedServerComesBackWithItsKeys()
{
    stats::BackendRow* server = engine().server(QStringLiteral("shop/c"));
    server->maxRequests = 9;
    server->weight = 30;
    tick();
    m_window->hand().remove({QStringLiteral("shop/b"), QStringLiteral("shop/c")});
    QTRY_COMPARE(banner(), QStringLiteral("Removed 2 servers."));
    action(QStringLiteral("undo"))->trigger();
    QTRY_VERIFY(engine().server(QStringLiteral("shop/c")) != nullptr);
    QCOMPARE(engine().server(QStringLiteral("shop/c"))->maxRequests, 9);
    QCOMPARE(engine().server(QStringLiteral("shop/c"))->weight, 30);
}

void ServerActionsTest::poolsAreAddedAndRemoved()
{
    action(QStringLiteral("add-pool"))->trigger();
    auto* name = find<QLineEdit>("pool-name");
    auto* accept = find<QPushButton>("pool-accept");
    QVERIFY(!accept->isEnabled());
    QTest::keyClicks(name, QStringLiteral("shop"));
    QCOMPARE(find<QLabel>("pool-problem")->text(),
             QStringLiteral("There is a pool of this name already."));
    QTest::keyClicks(name, QStringLiteral("-2"));
    auto* algorithm = find<QComboBox>("pool-algorithm");
    algorithm->setCurrentIndex(algorithm->findText(QStringLiteral("maglev")));
    QTest::mouseClick(find<QPushButton>("pool-copy"), Qt::LeftButton);
    const auto told = test::ctlInvocation(QApplication::clipboard()->text());
    QVERIFY(told.ok());
    QTest::mouseClick(accept, Qt::LeftButton);
    QTRY_COMPARE(banner(), QStringLiteral("Added pool shop-2."));
    QCOMPARE(told.value().command.arguments, engine().received.last().arguments);
    QTRY_COMPARE(m_window->feed().shown()->pools.size(), std::size_t(3));
    action(QStringLiteral("undo"))->trigger();
    QTRY_COMPARE(m_window->feed().shown()->pools.size(), std::size_t(2));
    m_window->serversPage()->select(QStringLiteral("shop"));
    action(QStringLiteral("remove-pool"))->trigger();
    QTRY_COMPARE(banner(), QStringLiteral("A route uses it."));
    m_window->serversPage()->select(QStringLiteral("api"));
    action(QStringLiteral("remove-pool"))->trigger();
    QTRY_COMPARE(banner(), QStringLiteral("Removed pool api."));
}

STEELYARD_TEST(ServerActionsTest)
#include "server_actions_test.moc"
