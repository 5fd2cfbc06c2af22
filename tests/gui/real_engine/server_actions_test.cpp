/// What the inspector, the dialogs and the copied commands do, seen at the servers behind a real
/// engine.

#include "clients.h"
#include "pages/inspector_pane.h"
#include "pages/servers_page.h"
#include "stage.h"
#include "support/test_main.h"
#include "widgets/latency_histogram.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QFileInfo>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QProcess>
#include <QSlider>

#include <algorithm>

using namespace steelyard;
using M = gui::ServersModel;

namespace {

constexpr std::size_t kMany = 400; ///< answers that shares are taken of

/// Runs the clipboard's text in a shell, with our steelyardctl first.
int runClipboard()
{
    QProcess shell;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    const QString folder = QFileInfo(QStringLiteral(STEELYARDCTL_PATH)).absolutePath();
    environment.insert(QStringLiteral("PATH"),
                       folder + u':' + environment.value(QStringLiteral("PATH")));
    shell.setProcessEnvironment(environment);
    bool ended = false;
    QObject::connect(&shell, &QProcess::finished, &shell, [&ended] { ended = true; });
    shell.start(QStringLiteral("/bin/sh"),
                {QStringLiteral("-ec"), QApplication::clipboard()->text()});
    // The engine's control thread answers while this one waits.
    return QTest::qWaitFor([&ended] { return ended; }, 10000) ? shell.exitCode() : -1;
}

/// The lines of a configuration's text that do not name these servers.
QString without(const QString& text, const QStringList& names)
{
    QStringList lines;
    for (const QString& line : text.split(u'\n')) {
        const bool named = std::any_of(names.begin(), names.end(), [&](const QString& name) {
            return line.contains(QStringLiteral("{ name: %1,").arg(name));
        });
        if (!named)
            lines << line;
    }
    return lines.join(u'\n');
}

QString addressOf(const QString& text, const QString& name)
{
    for (const QString& line : text.split(u'\n')) {
        if (line.contains(QStringLiteral("{ name: %1,").arg(name)))
            return line.section(u'"', 1, 1);
    }
    return {};
}

} // namespace

class ServerActionsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sliderMovesTheTraffic();
    void pastedServersGetTraffic();
    void editedAddressTakesTheTrafficElsewhere();
    void copiedCommandDoesTheSame();
};

void ServerActionsTest::sliderMovesTheTraffic()
{
    const test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text()));
    const test::Clients clients(console.port(), 3);
    console.window.actionRegistry().action(QStringLiteral("inspector"))->trigger();
    console.select(QStringLiteral("shop/a"));
    auto* slider = console.window.findChild<QSlider*>(QStringLiteral("weight-slider"));
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_End); // 256
    QTest::keyClick(slider, Qt::Key_Return);
    QTRY_COMPARE(console.banner(), QStringLiteral("Weight of shop/a is 256, was 100."));
    const TimePoint shown = console.toldAt;
    QTRY_VERIFY(clients.sentSince(shown).size() >= kMany);
    QVERIFY(qAbs(test::shareOf(clients.sentSince(shown), QStringLiteral("a")) - 256 / 456.) < 0.03);
    // And the engine tells how long its answers took.
    const auto* histogram =
        console.window.findChild<gui::LatencyHistogram*>(QStringLiteral("latency-histogram"));
    const auto answers = [histogram] {
        double count = 0;
        for (const auto& [micros, number] : histogram->counts())
            count += number;
        return count;
    };
    QTRY_VERIFY(answers() >= kMany / 2.);
    QVERIFY(answers() <= static_cast<double>(servers.requests(QStringLiteral("a"))));
}

void ServerActionsTest::pastedServersGetTraffic()
{
    const test::Servers servers;
    test::Console console;
    const QString all = servers.text();
    const QStringList two{QStringLiteral("b"), QStringLiteral("c")};
    console.window.openFile(servers.write(without(all, two)));
    QTRY_COMPARE(console.cell(QStringLiteral("shop"), M::Server),
                 QStringLiteral("1 of 1 in service"));
    const test::Clients clients(console.port(), 3);
    QTRY_VERIFY(clients.answers().size() >= 50);
    QCOMPARE(test::countOf(clients.answers(), QStringLiteral("b")), 0);
    QApplication::clipboard()->setText(
        QStringLiteral("http://%1/\nserver c %2 weight 50")
            .arg(addressOf(all, QStringLiteral("b")), addressOf(all, QStringLiteral("c"))));
    console.window.actionRegistry().action(QStringLiteral("paste-servers"))->trigger();
    console.click("paste-accept");
    QTRY_COMPARE(console.banner(), QStringLiteral("Added 2 servers."));
    const TimePoint shown = console.toldAt;
    QTRY_VERIFY(clients.sentSince(shown).size() >= kMany);
    const auto answers = clients.sentSince(shown);
    QVERIFY(qAbs(test::shareOf(answers, QStringLiteral("a")) - 0.4) < 0.03);
    QVERIFY(qAbs(test::shareOf(answers, QStringLiteral("b")) - 0.4) < 0.03);
    QVERIFY(qAbs(test::shareOf(answers, QStringLiteral("c")) - 0.2) < 0.03);
    console.clickTool("undo");
    QTRY_COMPARE(console.cell(QStringLiteral("shop"), M::Server),
                 QStringLiteral("1 of 1 in service"));
}

void ServerActionsTest::editedAddressTakesTheTrafficElsewhere()
{
    const test::Servers servers;
    test::Console console;
    const QString all = servers.text();
    console.open(servers.write(all));
    const test::Clients clients(console.port(), 3);
    QTRY_VERIFY(test::countOf(clients.answers(), QStringLiteral("a")) > 20);
    console.select(QStringLiteral("shop/a"));
    QTest::keyClick(&console.window, Qt::Key_F2, Qt::ShiftModifier);
    auto* address = console.window.findChild<QLineEdit*>(QStringLiteral("add-address"));
    QVERIFY(address != nullptr);
    address->selectAll();
    QTest::keyClicks(address, addressOf(all, QStringLiteral("c")));
    console.click("add-accept");
    QTRY_COMPARE(console.banner(), QStringLiteral("Changed shop/a."));
    const TimePoint shown = console.toldAt;
    QTRY_VERIFY(clients.sentSince(shown).size() >= kMany);
    const auto answers = clients.sentSince(shown);
    QCOMPARE(test::countOf(answers, QStringLiteral("a")), 0);
    QVERIFY(qAbs(test::shareOf(answers, QStringLiteral("c")) - 2 / 3.) < 0.03);
    const TimePoint before = Clock::now();
    console.clickTool("undo");
    QTRY_VERIFY(console.toldAt > before);
    const TimePoint undone = console.toldAt;
    QTRY_VERIFY(test::countOf(clients.sentSince(undone), QStringLiteral("a")) > 20);
}

void ServerActionsTest::copiedCommandDoesTheSame()
{
    const test::Servers servers;
    test::Console console(true);
    console.open(servers.write(servers.text()));
    console.select(QStringLiteral("shop/a"));
    const auto copied = [&](const char* name) {
        auto* menu = console.window.findChild<QMenu*>(QStringLiteral("copy-menu"));
        Q_EMIT menu->aboutToShow();
        auto* action = menu->findChild<QAction*>(QStringLiteral("copy-") + QLatin1String(name));
        if (action != nullptr)
            action->trigger();
        return action != nullptr;
    };
    QVERIFY(copied("maintenance"));
    QCOMPARE(runClipboard(), 0);
    QTRY_COMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Maintenance"));
    QVERIFY(!console.window.hand().undoStack().canUndo()); // it was not the console's doing
    QVERIFY(copied("return"));
    QCOMPARE(runClipboard(), 0);
    QTRY_COMPARE(console.state(QStringLiteral("shop/a")), QStringLiteral("Up"));
    QVERIFY(copied("weight-up"));
    QCOMPARE(runClipboard(), 0);
    QTRY_COMPARE(console.cell(QStringLiteral("shop/a"), M::Weight), QStringLiteral("101"));
    QVERIFY(copied("remove"));
    QCOMPARE(runClipboard(), 0);
    QTRY_COMPARE(console.cell(QStringLiteral("shop"), M::Server),
                 QStringLiteral("2 of 2 in service"));
}

STEELYARD_TEST(ServerActionsTest)
#include "server_actions_test.moc"
