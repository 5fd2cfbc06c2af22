/// The configuration's file and the engine's life: save, save as, reload, stop, start, and what
/// cannot be opened.

#include "clients.h"
#include "stage.h"
#include "support/test_main.h"

#include <QFileDialog>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QTcpServer>
#include <QTcpSocket>

using namespace steelyard;
using M = gui::ServersModel;

namespace {

/// A port that nobody holds at the moment.
quint16 freePort()
{
    QTcpServer server;
    return server.listen(QHostAddress::LocalHost) ? server.serverPort() : 0;
}

bool accepts(quint16 port)
{
    QTcpSocket socket;
    socket.connectToHost(QStringLiteral("127.0.0.1"), port);
    return socket.waitForConnected(2000);
}

QString bindTo(quint16 port)
{
    return QStringLiteral("127.0.0.1:%1").arg(port);
}

} // namespace

class FileTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void saveChangesNothingButTheEdit();
    void saveAsWritesWhatRunsWithItsComments();
    void reloadTakesWhatOthersWroteAndKeepsWhatWasClicked();
    void stopAndStart();
    void fileThatCannotBeBoundLeavesTheRunningOne();
    void fileThatFailsOnceTheOldOneStoppedBringsItBack();
    void fileOnTheSamePortTakesOver();
    void engineThatIsNotThereLeavesTheRunningOne();

private:
    static void weigh(test::Console& console, const QString& id, int weight);
    static void answerYes(test::Console& console);
};

void FileTest::weigh(test::Console& console, const QString& id, int weight)
{
    console.doubleClick(id, M::Weight);
    auto* editor = console.window.findChild<QWidget*>(QStringLiteral("weightEditor"));
    QVERIFY(editor != nullptr);
    QTest::keyClicks(editor, QString::number(weight));
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(console.cell(id, M::Weight), QString::number(weight));
}

void FileTest::answerYes(test::Console& console)
{
    QTRY_VERIFY(console.question() != nullptr);
    QTest::mouseClick(console.question()->findChild<QPushButton*>(QStringLiteral("question-verb")),
                      Qt::LeftButton);
}

void FileTest::saveChangesNothingButTheEdit()
{
    const test::Servers servers;
    test::Console console;
    const QString text = servers.text();
    const QString path = servers.write(text);
    console.open(path);
    weigh(console, QStringLiteral("shop/b"), 7);
    QCOMPARE(test::Servers::read(path), text);
    console.click("config-state");
    QTRY_COMPARE(console.banner(), QStringLiteral("Saved."));
    QString expected = text;
    const qsizetype at =
        expected.indexOf(QLatin1String("100"), text.indexOf(QLatin1String("name: b,")));
    expected.replace(at, 3, QStringLiteral("7"));
    QCOMPARE(test::Servers::read(path), expected);
    QVERIFY(!console.session.client()->latest()->unsavedChanges);
}

void FileTest::saveAsWritesWhatRunsWithItsComments()
{
    const test::Servers servers;
    test::Console console;
    const QString text = servers.text();
    const QString path = servers.write(text);
    console.open(path);
    weigh(console, QStringLiteral("shop/c"), 12);
    QTest::keyClick(&console.window, Qt::Key_S, Qt::ControlModifier | Qt::ShiftModifier);
    auto* dialog = console.window.findChild<QFileDialog*>(QStringLiteral("save-dialog"));
    QVERIFY(dialog != nullptr);
    const QString copy = servers.path(QStringLiteral("copy.yaml"));
    auto* name = dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
    QVERIFY(name != nullptr);
    name->setText(copy);
    QTest::keyClick(name, Qt::Key_Return);
    QTRY_COMPARE(console.banner(), QStringLiteral("Saved as %1.").arg(copy));
    QString expected = text;
    const qsizetype at =
        expected.indexOf(QLatin1String("100"), text.indexOf(QLatin1String("name: c,")));
    expected.replace(at, 3, QStringLiteral("12"));
    QCOMPARE(test::Servers::read(copy), expected);
    QCOMPARE(test::Servers::read(path), text);
}

void FileTest::reloadTakesWhatOthersWroteAndKeepsWhatWasClicked()
{
    const test::Servers servers;
    test::Console console;
    const QString text = servers.text();
    console.open(servers.write(text));
    test::Clients clients(console.port(), 2);
    console.select(QStringLiteral("shop/b"));
    console.clickTool("drain");
    QTRY_COMPARE(console.state(QStringLiteral("shop/b")), QStringLiteral("Maintenance"));

    QString wrong = text;
    servers.write(wrong.replace(QLatin1String("weight: 100"), QLatin1String("weight: heavy")));
    QTest::keyClick(&console.window, Qt::Key_R, Qt::ControlModifier);
    QTRY_VERIFY(console.banner().contains(QLatin1String("nothing changed")));
    QVERIFY(console.banner().contains(QLatin1String("shop.yaml:")));
    QCOMPARE(console.cell(QStringLiteral("shop/a"), M::Weight), QStringLiteral("100"));

    QString changed = text;
    changed.replace(changed.indexOf(QLatin1String("100")), 3, QStringLiteral("30"));
    servers.write(changed);
    QTest::keyClick(&console.window, Qt::Key_R, Qt::ControlModifier);
    QTRY_COMPARE(console.banner(), QStringLiteral("Reloaded the file."));
    QTRY_COMPARE(console.cell(QStringLiteral("shop/a"), M::Weight), QStringLiteral("30"));
    QCOMPARE(console.state(QStringLiteral("shop/b")), QStringLiteral("Maintenance"));
    clients.stop();
    QCOMPARE(clients.failures(), 0);
}

void FileTest::stopAndStart()
{
    const test::Servers servers;
    test::Console console;
    const quint16 port = freePort();
    console.open(servers.write(servers.text(bindTo(port))));
    QVERIFY(accepts(port));
    console.clickTool("stop");
    answerYes(console);
    QTRY_VERIFY(console.session.client() == nullptr);
    QVERIFY(!accepts(port));
    console.clickTool("start");
    QTRY_COMPARE(console.headline(), QStringLiteral("Serving"));
    const test::Clients clients(port, 1);
    QTRY_VERIFY(clients.answers().size() >= 10);
}

void FileTest::fileThatCannotBeBoundLeavesTheRunningOne()
{
    const test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text()));
    const quint16 port = console.port();
    test::Clients clients(port, 2);
    console.select(QStringLiteral("shop/a"));
    console.clickTool("drain");
    QTRY_COMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Maintenance"));

    QTcpServer foreign;
    QVERIFY(foreign.listen(QHostAddress::LocalHost));
    console.window.openFile(
        servers.write(servers.text(bindTo(foreign.serverPort())), QStringLiteral("other.yaml")));
    answerYes(console);
    QTRY_VERIFY(console.banner().startsWith(QLatin1String("other.yaml cannot start: ")));
    QVERIFY(console.banner().contains(bindTo(foreign.serverPort())));
    QVERIFY(console.banner().contains(QLatin1String("shop.yaml goes on")));
    const TimePoint told = Clock::now();
    QTRY_VERIFY(clients.sentSince(told).size() >= 20);
    // The very same engine: same port, same clicks.
    QCOMPARE(console.port(), port);
    QCOMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Maintenance"));
    clients.stop();
    QCOMPARE(clients.failures(), 0);

    // And what Start starts is still the one that ran.
    console.clickTool("stop");
    answerYes(console);
    QTRY_VERIFY(console.session.client() == nullptr);
    console.clickTool("start");
    QTRY_COMPARE(console.headline(), QStringLiteral("Serving"));
    QVERIFY(console.window.windowTitle().startsWith(QLatin1String("shop.yaml")));
}

void FileTest::fileThatFailsOnceTheOldOneStoppedBringsItBack()
{
    const test::Servers servers;
    test::Console console(true); // the control socket is wanted by both, too
    const quint16 port = freePort();
    console.open(servers.write(servers.text(bindTo(port))));
    const QString other = QStringLiteral("access_log: { path: /nowhere/at/all/access.log }\n") +
                          servers.text(bindTo(port));
    console.window.openFile(servers.write(other, QStringLiteral("other.yaml")));
    answerYes(console);
    QTRY_VERIFY(console.banner().startsWith(QLatin1String("other.yaml cannot start: ")));
    QVERIFY(console.banner().contains(QLatin1String("shop.yaml was started again")));
    QTRY_COMPARE(console.headline(), QStringLiteral("Serving"));
    const test::Clients clients(port, 1);
    QTRY_VERIFY(clients.answers().size() >= 10);
    QVERIFY(console.window.windowTitle().startsWith(QLatin1String("shop.yaml")));
}

void FileTest::fileOnTheSamePortTakesOver()
{
    const test::Servers servers;
    test::Console console(true);
    const quint16 port = freePort();
    console.open(servers.write(servers.text(bindTo(port))));
    QString other = servers.text(bindTo(port));
    other.replace(QLatin1String("weight: 100"), QLatin1String("weight: 50"));
    console.window.openFile(servers.write(other, QStringLiteral("other.yaml")));
    answerYes(console);
    QTRY_COMPARE(console.cell(QStringLiteral("shop/a"), M::Weight), QStringLiteral("50"));
    QVERIFY(console.window.windowTitle().startsWith(QLatin1String("other.yaml")));
    const test::Clients clients(port, 1);
    QTRY_VERIFY(clients.answers().size() >= 10);
}

void FileTest::engineThatIsNotThereLeavesTheRunningOne()
{
    const test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text()));
    const quint16 port = console.port();
    console.session.attach(servers.path(QStringLiteral("no.sock")));
    QTRY_VERIFY(console.banner().contains(QLatin1String("shop.yaml goes on")));
    QCOMPARE(console.port(), port);
    QVERIFY(accepts(port));
}

STEELYARD_TEST(FileTest)
#include "file_test.moc"
