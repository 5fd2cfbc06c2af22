/// Somebody who has read nothing: tries the demo, sees traffic, drains a server, sees the others
/// take its share and that it is safe to stop, takes it back, changes the algorithm, exports. By
/// mouse and keyboard only, on what is there to be seen. Runs in an X server's window
/// (ctest: gui_newcomer_x11).

#include "models/history.h"
#include "stage.h"
#include "support/test_main.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QTreeView>

using namespace steelyard;
using M = gui::ServersModel;

class NewcomerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void firstMinutes();
};

namespace {

double shareOf(const test::Console& console, const QString& id)
{
    // "24.8 %", the actual one first
    return QLocale().toDouble(console.cell(id, M::Share).section(u' ', 0, 0));
}

} // namespace

void NewcomerTest::firstMinutes()
{
    if (QGuiApplication::platformName() == QLatin1String("offscreen"))
        QSKIP("in an X server's window: gui_newcomer_x11");
    const QTemporaryDir folder;
    const QString one = QStringLiteral("shop/shop-1");
    test::Console console;
    console.click("start-demo");
    QTRY_COMPARE(console.headline(), QStringLiteral("Serving"));
    QTRY_COMPARE(console.state(one), QStringLiteral("Up"));

    // Charts move: there are points, and the newest tell of traffic.
    const gui::History& history = console.window.feed().history();
    QTRY_VERIFY_WITH_TIMEOUT(history.size() >= 3, 10000);
    QTRY_VERIFY(history.values(QString(), &gui::History::Sample::requests, 1).value(0) > 50);
    QTRY_VERIFY_WITH_TIMEOUT(shareOf(console, one) > 10, 10000);
    const double before = shareOf(console, one);

    console.select(one);
    console.clickTool("drain");
    QTRY_COMPARE(console.banner(), QStringLiteral("Drained shop/shop-1."));
    QTest::keyClick(&console.window, Qt::Key_I, Qt::ControlModifier);
    auto* drain = console.window.findChild<QLabel*>(QStringLiteral("inspector-drain"));
    QTRY_VERIFY_WITH_TIMEOUT(
        drain->isVisible() && drain->text().contains(QLatin1String("safe to stop")), 35000);
    QTRY_VERIFY_WITH_TIMEOUT(shareOf(console, one) < before / 2, 15000);

    console.clickTool("undo");
    QTRY_COMPARE(console.state(one), QStringLiteral("Up"));
    QTRY_VERIFY_WITH_TIMEOUT(shareOf(console, one) > before / 2, 15000);

    auto* box = console.window.findChild<QComboBox*>(QStringLiteral("algorithm"));
    QTest::mouseClick(box, Qt::LeftButton);
    QTRY_VERIFY(box->view()->isVisible());
    QTest::keyClicks(box->view(), QStringLiteral("round-robin"));
    QTest::keyClick(box->view(), Qt::Key_Return);
    QTRY_COMPARE(console.banner(), QStringLiteral("shop now uses round-robin."));
    QTRY_VERIFY(!box->view()->isVisible());
    QApplication::setActiveWindow(&console.window); // there is no window manager to do it

    QTest::keyClick(&console.window, Qt::Key_E, Qt::ControlModifier);
    QTRY_VERIFY(console.window.findChild<QDialog*>(QStringLiteral("export-dialog")) != nullptr);
    console.click("export-copy");
    QTRY_VERIFY(QApplication::clipboard()->text().contains(QLatin1String("balance roundrobin")));
    console.click("export-save");
    QFileDialog* files = nullptr;
    QTRY_VERIFY((files = console.window.findChild<QFileDialog*>()) != nullptr);
    auto* name = files->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
    const QString path = folder.filePath(QStringLiteral("haproxy.cfg"));
    name->setText(path);
    QTest::keyClick(name, Qt::Key_Return);
    QTRY_COMPARE(console.banner(), QStringLiteral("Exported to %1.").arg(path));
    QVERIFY(test::Servers::read(path).contains(QLatin1String("balance roundrobin")));
}

STEELYARD_TEST(NewcomerTest)
#include "newcomer_test.moc"
