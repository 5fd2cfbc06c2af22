/// The configuration as text, with the real engine: what is applied is what clients get, what is
/// refused changes nothing, what is exported is what runs. In this process and in another.

#include "clients.h"
#include "daemon.h"
#include "dialogs/export_dialog.h"
#include "pages/config_page.h"
#include "stage.h"
#include "support/test_main.h"
#include "widgets/code_editor.h"
#include "widgets/notice_bar.h"

#include <QComboBox>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSaveFile>
#include <QTcpServer>
#include <QToolButton>

using namespace steelyard;

class ConfigOfTheEngineTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void appliedTextIsWhatClientsGet();
    void badTextChangesNothingAndSaysWhy();
    void changedFileIsReloadedAndEditsComeBack();
    void keptEditsAreWrittenOverAfterAQuestion();
    void anotherProcessIsEditedTheSameWay();
    void exportIsOfWhatRunsNow();
    void labServerThatDiesGoesDown();

private:
    static void showConfig(test::Console& console);
    static void type(test::Console& console, const QString& before, const QString& after);
    static void writeByRename(const QString& path, const QString& text);

    static gui::CodeEditor* editor(const test::Console& console)
    {
        return console.window.configPage()->editor();
    }

    static QString diff(const test::Console& console)
    {
        return console.window.findChild<QPlainTextEdit*>(QStringLiteral("config-diff"))
            ->toPlainText();
    }
};

void ConfigOfTheEngineTest::showConfig(test::Console& console)
{
    QTest::keyClick(&console.window, Qt::Key_5, Qt::AltModifier);
    QTRY_VERIFY(editor(console)->text().contains(QLatin1String("# The shop.")));
}

void ConfigOfTheEngineTest::type(test::Console& console, const QString& before,
                                 const QString& after)
{
    gui::CodeEditor* editor = ConfigOfTheEngineTest::editor(console);
    editor->moveCursor(QTextCursor::Start);
    QVERIFY(editor->findNext(before));
    QTest::keyClicks(editor, after);
}

void ConfigOfTheEngineTest::writeByRename(const QString& path, const QString& text)
{
    QSaveFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text.toUtf8());
    QVERIFY(file.commit());
}

void ConfigOfTheEngineTest::appliedTextIsWhatClientsGet()
{
    const test::Servers servers;
    test::Console console;
    const QString text = servers.text();
    const QString path = servers.write(text);
    console.open(path);
    test::Clients clients(console.port(), 2);
    QTRY_VERIFY(servers.requests(QStringLiteral("a")) > 20);
    showConfig(console);
    QCOMPARE(editor(console)->text(), text);
    type(console, QStringLiteral("weight: 100"), QStringLiteral("weight: 100, state: maintenance"));
    QTRY_VERIFY(diff(console).contains(QLatin1String("state: maintenance")));
    const QString mine = editor(console)->text();
    console.click("config-apply-config");
    QTRY_COMPARE(console.banner(), QStringLiteral("Applied the configuration."));
    const TimePoint applied = console.toldAt;
    QTRY_VERIFY(clients.sentSince(applied).size() >= 200);
    QCOMPARE(test::countOf(clients.sentSince(applied), QStringLiteral("a")), 0);
    QTRY_VERIFY(diff(console).isEmpty());
    QCOMPARE(test::Servers::read(path), text); // not yet
    console.click("config-save");
    QTRY_COMPARE(console.banner(), QStringLiteral("Saved."));
    QCOMPARE(test::Servers::read(path), mine);
    QCOMPARE(test::Servers::read(path + u'~'), text);

    const quint64 served = servers.requests(QStringLiteral("a"));
    console.clickTool("undo");
    QTRY_VERIFY(servers.requests(QStringLiteral("a")) > served + 20);
    QTRY_COMPARE(editor(console)->text(), text);
    clients.stop();
    QCOMPARE(clients.failures(), 0);
}

void ConfigOfTheEngineTest::badTextChangesNothingAndSaysWhy()
{
    const test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text()));
    test::Clients clients(console.port(), 2);
    const quint16 port = console.port();
    showConfig(console);
    QTcpServer foreign;
    QVERIFY(foreign.listen(QHostAddress::LocalHost));
    type(console, QStringLiteral("127.0.0.1:0"),
         QStringLiteral("127.0.0.1:%1").arg(foreign.serverPort()));
    const QString mine = editor(console)->text();
    QTest::keyClick(editor(console), Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_VERIFY(console.banner().contains(QLatin1String("was refused, nothing changed")));
    QVERIFY(console.banner().contains(QString::number(foreign.serverPort())));
    QCOMPARE(console.port(), port);
    const TimePoint told = Clock::now();
    QTRY_VERIFY(clients.sentSince(told).size() >= 50);
    QCOMPARE(editor(console)->text(), mine);
    clients.stop();
    QCOMPARE(clients.failures(), 0);
}

void ConfigOfTheEngineTest::changedFileIsReloadedAndEditsComeBack()
{
    const test::Servers servers;
    test::Console console;
    const QString text = servers.text();
    const QString path = servers.write(text);
    console.open(path);
    console.select(QStringLiteral("shop/c"));
    console.clickTool("maintenance");
    QTRY_COMPARE(console.state(QStringLiteral("shop/c")), QStringLiteral("Maintenance"));
    showConfig(console);
    QTRY_VERIFY(editor(console)->text().contains(QLatin1String("state: maintenance")));
    type(console, QStringLiteral("# The end."), QStringLiteral("# Mine."));
    const QString mine = editor(console)->text();
    QString other = text;
    other.replace(other.indexOf(QLatin1String("weight: 100")), 11, QStringLiteral("weight: 30"));
    writeByRename(path, other);
    auto* notice = console.window.findChild<gui::NoticeBar*>(QStringLiteral("config-notice"));
    QTRY_VERIFY(notice->text().contains(QLatin1String("changed by another program")));
    QCOMPARE(editor(console)->text(), mine);
    console.click("config-notice-first");
    QTRY_COMPARE(console.banner(), QStringLiteral("Reloaded the file."));
    // The file, with what was clicked before: that is what runs.
    QTRY_VERIFY(editor(console)->text().contains(QLatin1String("weight: 30")) &&
                editor(console)->text().contains(QLatin1String("state: maintenance")));
    QTRY_VERIFY(diff(console).isEmpty());
    QTest::keyClick(editor(console), Qt::Key_Z, Qt::ControlModifier);
    QTest::keyClick(editor(console), Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(editor(console)->text(), mine);
}

void ConfigOfTheEngineTest::keptEditsAreWrittenOverAfterAQuestion()
{
    const test::Servers servers;
    test::Console console;
    const QString text = servers.text();
    const QString path = servers.write(text);
    console.open(path);
    showConfig(console);
    type(console, QStringLiteral("weight: 100"), QStringLiteral("weight: 20"));
    const QString mine = editor(console)->text();
    writeByRename(path, text + QStringLiteral("# by another program\n"));
    auto* notice = console.window.findChild<gui::NoticeBar*>(QStringLiteral("config-notice"));
    QTRY_VERIFY(!notice->text().isEmpty());
    console.click("config-notice-second");
    QTest::keyClick(editor(console), Qt::Key_S, Qt::ControlModifier);
    QTRY_VERIFY(console.question() != nullptr);
    QVERIFY(console.question()->text().contains(QLatin1String("was changed since it was loaded")));
    QVERIFY(test::Servers::read(path).contains(QLatin1String("by another program")));
    QTest::mouseClick(console.question()->findChild<QPushButton*>(QStringLiteral("question-verb")),
                      Qt::LeftButton);
    QTRY_COMPARE(test::Servers::read(path), mine);
    QVERIFY(test::Servers::read(path + u'~').contains(QLatin1String("by another program")));
}

void ConfigOfTheEngineTest::anotherProcessIsEditedTheSameWay()
{
    const test::Servers servers;
    const QString socket = servers.path(QStringLiteral("engine.sock"));
    const QString path = servers.write(servers.text());
    test::Daemon daemon(path, socket);
    QTRY_VERIFY(daemon.ready());
    test::Console console;
    console.session.attach(socket);
    QTRY_COMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Up"));
    test::Clients clients(console.port(), 2);
    showConfig(console);
    type(console, QStringLiteral("weight: 100"), QStringLiteral("weight: 100, state: maintenance"));
    const QString mine = editor(console)->text();
    QTest::keyClick(editor(console), Qt::Key_S, Qt::ControlModifier);
    QTRY_COMPARE(console.banner(), QStringLiteral("Saved."));
    const TimePoint saved = console.toldAt;
    QCOMPARE(test::Servers::read(path), mine);
    QTRY_VERIFY(clients.sentSince(saved).size() >= 200);
    QCOMPARE(test::countOf(clients.sentSince(saved), QStringLiteral("a")), 0);
    // The lab is not here, and says so.
    QTest::keyClick(&console.window, Qt::Key_6, Qt::AltModifier);
    auto* why = console.window.findChild<QLabel*>(QStringLiteral("lab-why"));
    QVERIFY(why->isVisible() && why->text().contains(QLatin1String("another process")));
    clients.stop();
    QCOMPARE(clients.failures(), 0);
}

void ConfigOfTheEngineTest::exportIsOfWhatRunsNow()
{
    const test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text()));
    console.select(QStringLiteral("shop/b"));
    console.clickTool("maintenance");
    QTRY_COMPARE(console.state(QStringLiteral("shop/b")), QStringLiteral("Maintenance"));
    console.window.hand().setWeight(QStringLiteral("shop/c"), 17);
    QTRY_COMPARE(console.cell(QStringLiteral("shop/c"), gui::ServersModel::Weight),
                 QStringLiteral("17"));
    QTest::keyClick(&console.window, Qt::Key_E, Qt::ControlModifier);
    gui::ExportDialog* dialog = nullptr;
    QTRY_VERIFY((dialog = console.window.findChild<gui::ExportDialog*>()) != nullptr);
    auto* verdict = dialog->findChild<QLabel*>(QStringLiteral("export-verdict"));
    const auto line = [&](const QString& word) {
        for (const QString& each : dialog->text().split(u'\n')) {
            if (each.contains(word))
                return each;
        }
        return QString();
    };
    QVERIFY2(line(QStringLiteral("server b ")).contains(QLatin1String("disabled")),
             qPrintable(dialog->text()));
    QVERIFY(line(QStringLiteral("server c ")).contains(QLatin1String("weight 17")));
    // The real checkers, where they are installed.
    for (const char* target : {"haproxy", "nginx", "yaml"}) {
        dialog->choose(QLatin1String(target));
        QTRY_VERIFY_WITH_TIMEOUT(!verdict->text().startsWith(QLatin1String("Being")), 12000);
        QVERIFY2(verdict->text().contains(QLatin1String("accepts it")) ||
                     verdict->text().contains(QLatin1String("is not installed here")),
                 qPrintable(verdict->text() + u'\n' + verdict->toolTip()));
    }
    dialog->reject();
}

void ConfigOfTheEngineTest::labServerThatDiesGoesDown()
{
    test::Console console;
    console.session.startDemo();
    const QString id = QStringLiteral("shop/shop-1");
    QTRY_COMPARE(console.state(id), QStringLiteral("Up"));
    QTest::keyClick(&console.window, Qt::Key_6, Qt::AltModifier);
    auto* conduct = console.window.findChild<QComboBox*>(QStringLiteral("lab-shop-1-conduct"));
    QVERIFY(conduct != nullptr && conduct->isVisible());
    conduct->setFocus();
    QTest::keyClick(conduct, Qt::Key_Down);
    QTRY_COMPARE_WITH_TIMEOUT(console.state(id), QStringLiteral("Down"), 15000);
    console.click("lab-reset");
    QTRY_COMPARE_WITH_TIMEOUT(console.state(id), QStringLiteral("Up"), 15000);
}

STEELYARD_TEST(ConfigOfTheEngineTest)
#include "config_test.moc"
