/// How the window looks and is looked at: preferences and what is kept of them, the wallboard, the
/// figures in the status bar, the layout put back.

#include "app/main_window.h"
#include "app/theme.h"
#include "fake_session.h"
#include "support/test_main.h"

#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QLabel>
#include <QListWidget>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>
#include <QTest>
#include <QToolBar>
#include <QToolButton>

using namespace steelyard;
using namespace steelyard::gui;

class ViewTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void preferencesHoldAtOnceAndForTheNextTime();
    void themeOfTheDesktopIsOneOfTheThemes();
    void wallboardShowsOnlyFiguresAndComesBack();
    void figuresOfTheStatusBarOpenTheEngine();
    void lateSnapshotsAreToldAsLag();
    void layoutIsPutBack();

private:
    [[nodiscard]] test::FakeEngineClient& engine() { return m_session->engine(); }

    [[nodiscard]] QAction* action(const char* id)
    {
        return m_window->actionRegistry().action(QLatin1String(id));
    }

    template <typename T>
    [[nodiscard]] T* find(const char* name)
    {
        return m_window->findChild<T*>(QLatin1String(name));
    }

    std::unique_ptr<test::FakeSession> m_session;
    std::unique_ptr<MainWindow> m_window;
    double m_now = 1000;
};

void ViewTest::init()
{
    QSettings().clear();
    m_session = std::make_unique<test::FakeSession>();
    m_window = std::make_unique<MainWindow>(*m_session, [this] { return m_now; });
    m_window->resize(1366, 768);
    m_window->show();
    m_session->openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
}

void ViewTest::cleanup()
{
    m_window.reset();
    m_session.reset();
    QSettings().clear();
    applyTheme(*qApp, ThemeName::Light);
}

void ViewTest::preferencesHoldAtOnceAndForTheNextTime()
{
    QTest::keyClick(m_window.get(), Qt::Key_Comma, Qt::ControlModifier);
    auto* themes = find<QComboBox>("preferences-theme");
    QVERIFY(themes != nullptr);
    QCOMPARE(themes->currentData().toString(), QStringLiteral("system"));
    themes->setCurrentIndex(themes->findData(QStringLiteral("high-contrast")));
    QVERIFY(theme().name == ThemeName::HighContrast);
    auto* intervals = find<QComboBox>("preferences-interval");
    QCOMPARE(intervals->currentData().toInt(), 1000);
    intervals->setCurrentIndex(intervals->findData(250));
    QCOMPARE(m_window->feed().interval(), 250);
    QCOMPARE(find<QComboBox>("interval")->currentData().toInt(), 250); // the status bar's too
    QTest::mouseClick(find<QPushButton>("preferences-close"), Qt::LeftButton);
    QTRY_VERIFY(find<QDialog>("preferences-dialog") == nullptr);
    QCOMPARE(QSettings().value(QStringLiteral("theme")).toString(),
             QStringLiteral("high-contrast"));
    MainWindow next(*m_session);
    QCOMPARE(next.feed().interval(), 250);
}

void ViewTest::themeOfTheDesktopIsOneOfTheThemes()
{
    action("theme-dark")->trigger();
    action("preferences")->trigger();
    auto* themes = find<QComboBox>("preferences-theme");
    QCOMPARE(themes->currentData().toString(), QStringLiteral("dark"));
    themes->setCurrentIndex(themes->findData(QStringLiteral("system")));
    QVERIFY(theme().name == startTheme());
    QCOMPARE(QSettings().value(QStringLiteral("theme")).toString(), QStringLiteral("system"));
}

void ViewTest::wallboardShowsOnlyFiguresAndComesBack()
{
    action("inspector")->trigger();
    auto* figure = find<QLabel>("headline-requests");
    const double size = figure->font().pointSizeF();
    QTest::keyClick(m_window.get(), Qt::Key_F11);
    const QList<QWidget*> around{m_window->menuBar(),
                                 m_window->statusBar(),
                                 find<QToolBar>("toolbar"),
                                 find<QListWidget>("pages"),
                                 find<QDockWidget>("events-dock"),
                                 find<QDockWidget>("inspector-dock")};
    for (const QWidget* widget : around)
        QVERIFY2(!widget->isVisible(), qPrintable(widget->objectName()));
    QVERIFY(m_window->windowState().testFlag(Qt::WindowFullScreen));
    QVERIFY(figure->font().pointSizeF() > 1.5 * size);
    QVERIFY(figure->isVisible());
    // The keys of hidden menus hold, and so does the way back.
    QTest::keyClick(m_window.get(), Qt::Key_2, Qt::AltModifier);
    QCOMPARE(find<QListWidget>("pages")->currentRow(), 1);
    QTest::keyClick(m_window.get(), Qt::Key_Escape);
    for (const QWidget* widget : around)
        QTRY_VERIFY2(widget->isVisible(), qPrintable(widget->objectName()));
    QVERIFY(!m_window->windowState().testFlag(Qt::WindowFullScreen));
    QCOMPARE(figure->font().pointSizeF(), size);
}

void ViewTest::figuresOfTheStatusBarOpenTheEngine()
{
    m_window->feed().tick();
    for (const char* name : {"cpu", "engine-lag"}) {
        auto* figure = find<QToolButton>(name);
        QVERIFY(figure->isVisible());
        QTest::mouseClick(figure, Qt::LeftButton);
        auto* dialog = find<QDialog>("engine-dialog");
        QVERIFY2(dialog != nullptr && dialog->isVisible(), name);
        QCOMPARE(find<QLabel>("engine-workers")->text(), QStringLiteral("2"));
        QCOMPARE(find<QLabel>("engine-listeners")->text(), QStringLiteral("web at 127.0.0.1:8080"));
        engine().state().workers = 3; // it follows
        engine().advance();
        m_window->feed().tick();
        QCOMPARE(find<QLabel>("engine-workers")->text(), QStringLiteral("3"));
        engine().state().workers = 2;
        engine().advance();
        m_window->feed().tick();
        QTest::mouseClick(find<QPushButton>("engine-close"), Qt::LeftButton);
        QTRY_VERIFY(find<QDialog>("engine-dialog") == nullptr);
    }
}

void ViewTest::lateSnapshotsAreToldAsLag()
{
    engine().advance();
    m_now += 0.25;
    engine().advance();
    m_window->feed().tick();
    QCOMPARE(find<QToolButton>("engine-lag")->text(), QStringLiteral("Lag 0 ms"));
    m_now += 0.45; // 200 ms late
    engine().advance();
    m_now += 0.25;
    engine().advance();
    m_window->feed().tick();
    QCOMPARE(find<QToolButton>("engine-lag")->text(), QStringLiteral("Lag 200 ms"));
}

void ViewTest::layoutIsPutBack()
{
    auto* events = find<QDockWidget>("events-dock");
    m_window->addDockWidget(Qt::LeftDockWidgetArea, events);
    find<QToolBar>("toolbar")->hide();
    action("wallboard")->trigger();
    action("reset-layout")->trigger();
    QVERIFY(m_window->menuBar()->isVisible());
    QVERIFY(find<QToolBar>("toolbar")->isVisible());
    QVERIFY(events->isVisible());
    QVERIFY(m_window->dockWidgetArea(events) == Qt::BottomDockWidgetArea);
}

STEELYARD_TEST(ViewTest)
#include "view_test.moc"
