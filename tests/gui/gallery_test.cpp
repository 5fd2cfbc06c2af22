/// Pictures of the window with the simulated engine, for people to look at: set STEELYARD_GALLERY
/// to a directory. Without it every page must still paint something.

#include "app/main_window.h"
#include "app/theme.h"
#include "fake_session.h"
#include "pages/servers_page.h"
#include "support/test_main.h"

#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QDir>
#include <QSlider>
#include <QTest>

using namespace steelyard;
using namespace steelyard::gui;

class GalleryTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyPagePaintsInEveryTheme();
};

void GalleryTest::everyPagePaintsInEveryTheme()
{
    const QString directory = qEnvironmentVariable("STEELYARD_GALLERY");
    for (const ThemeName name : {ThemeName::Light, ThemeName::Dark, ThemeName::HighContrast}) {
        applyTheme(*qApp, name);
        test::FakeSession session;
        MainWindow window(session);
        window.resize(1366, 768);
        window.show();
        const auto picture = [&](const QString& page, QWidget* what = nullptr) {
            QApplication::processEvents();
            const QImage image = (what == nullptr ? &window : what)->grab().toImage();
            QVERIFY2(what != nullptr || image.width() >= 1366, qPrintable(page));
            if (!directory.isEmpty())
                image.save(QDir(directory).filePath(page + u'-' + themeWord(name) +
                                                    QStringLiteral(".png")));
        };
        picture(QStringLiteral("start"));
        session.openFile(QStringLiteral("shop.yaml"));
        for (int second = 0; second < 70; ++second) {
            session.engine().advance(4);
            if (second == 40)
                session.engine().setHealth(QStringLiteral("api/b"), HealthState::Unhealthy,
                                           "connection refused");
            if (second == 50)
                session.engine().send({QStringLiteral("drain"),
                                       {{QStringLiteral("server"), QStringLiteral("shop/c")}}},
                                      [](const auto&) {});
            window.feed().sample();
        }
        window.feed().tick();
        for (const QString& page : window.pageNames()) {
            window.showPage(page);
            QApplication::processEvents();
            window.showSample(page);
            QApplication::processEvents();
            picture(page);
        }
        window.showPage(QStringLiteral("servers"));
        window.serversPage()->select(QStringLiteral("shop/b"));
        picture(QStringLiteral("servers-selected"));
        window.actionRegistry().action(QStringLiteral("inspector"))->trigger();
        QApplication::processEvents();
        picture(QStringLiteral("servers-inspected"));
        auto* slider = window.findChild<QSlider*>(QStringLiteral("weight-slider"));
        slider->setSliderDown(true);
        slider->setValue(180);
        picture(QStringLiteral("servers-slider"));
        slider->setValue(100);
        slider->setSliderDown(false);
        window.serversPage()->select(QStringLiteral("shop/c"));
        QApplication::processEvents();
        picture(QStringLiteral("servers-inspected-drained"));
        window.actionRegistry().action(QStringLiteral("inspector"))->trigger();
        window.serversPage()->select(QStringLiteral("shop/b"));
        QApplication::clipboard()->setText(
            QStringLiteral("10.0.0.1:8080\nweb-2=10.0.0.2:8080\nhttp://10.0.0.3/\n"
                           "server 10.0.0.4:8080 weight=5 max_fails=3 backup;\n10.0.0.5"));
        for (const char* id :
             {"add-server", "edit-server", "paste-servers", "add-pool", "new-balancer", "palette",
              "shortcuts", "about", "preferences", "engine-details", "stop", "export"}) {
            window.actionRegistry().action(QLatin1String(id))->trigger();
            QDialog* dialog = nullptr;
            QTRY_VERIFY2((dialog = window.findChild<QDialog*>()) != nullptr, id);
            picture(QLatin1String(id), dialog);
            dialog->reject();
            QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        }
        window.hand().drain({QStringLiteral("shop/b")});
        QTRY_VERIFY(window.hand().undoStack().canUndo());
        picture(QStringLiteral("servers-drained"));
        session.stop();
    }
    applyTheme(*qApp, ThemeName::Light);
}

STEELYARD_TEST(GalleryTest)
#include "gallery_test.moc"
