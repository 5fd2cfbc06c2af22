/// Gates that hold for the whole window: names for screen readers, Tab order, no cut texts, every
/// action once, themes, and a seeded monkey.

#include "app/main_window.h"
#include "app/theme.h"
#include "fake_session.h"
#include "pages/servers_page.h"
#include "support/test_main.h"

#include <QAbstractButton>
#include <QAccessible>
#include <QComboBox>
#include <QElapsedTimer>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QSet>
#include <QSpinBox>
#include <QTest>
#include <QTimer>
#include <QToolButton>
#include <QTreeView>

#include <random>

using namespace steelyard;
using namespace steelyard::gui;

class GatesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void everyControlHasAnAccessibleName();
    void everyControlHasAnObjectName();
    void tabReachesEveryControlAndComesBack();
    void noTextIsCut();
    void everyActionRunsOnce();
    void everyIconIsThere();
    void noShortcutIsTakenTwice();
    void themesSwitchWhileRunning();
    void seededMonkeyFindsNoCrash();

private:
    [[nodiscard]] QList<QWidget*> controls() const;
    void closeDialogs();
    std::unique_ptr<test::FakeSession> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void GatesTest::init()
{
    m_session = std::make_unique<test::FakeSession>();
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->resize(1366, 768);
    m_window->show();
    m_session->openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    m_window->actionRegistry().action(QStringLiteral("inspector"))->trigger();
    m_window->serversPage()->select(QStringLiteral("shop/a"));
}

void GatesTest::cleanup()
{
    m_window.reset();
    m_session.reset();
}

void GatesTest::closeDialogs()
{
    for (QWidget* widget : QApplication::topLevelWidgets()) {
        if (widget != m_window.get() && widget->isVisible())
            widget->close();
    }
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
}

QList<QWidget*> GatesTest::controls() const
{
    QList<QWidget*> result;
    for (auto* widget : m_window->findChildren<QWidget*>()) {
        const bool internal = widget->objectName().startsWith(QLatin1String("qt_"));
        if (widget->isVisible() && widget->isEnabled() && (widget->focusPolicy() & Qt::TabFocus) &&
            !internal)
            result << widget;
    }
    return result;
}

void GatesTest::everyControlHasAnAccessibleName()
{
    for (const QString& page : m_window->pageNames()) {
        m_window->showPage(page);
        for (QWidget* widget : controls()) {
            QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
            const QString name =
                interface == nullptr ? QString() : interface->text(QAccessible::Name);
            QVERIFY2(!name.isEmpty(),
                     qPrintable(page + u' ' + widget->objectName() + u' ' +
                                QLatin1String(widget->metaObject()->className()) + u' ' +
                                widget->parentWidget()->objectName() + u' ' +
                                QLatin1String(widget->parentWidget()->metaObject()->className())));
        }
    }
}

void GatesTest::everyControlHasAnObjectName()
{
    for (const QString& page : m_window->pageNames()) {
        m_window->showPage(page);
        for (const QWidget* widget : controls())
            QVERIFY2(!widget->objectName().isEmpty(), widget->metaObject()->className());
    }
}

void GatesTest::tabReachesEveryControlAndComesBack()
{
    for (const QString& page : m_window->pageNames()) {
        m_window->showPage(page);
        QApplication::processEvents();
        m_window->showSample(page);
        QApplication::processEvents();
        const QList<QWidget*> wanted = controls();
        QWidget* start = m_window->findChild<QWidget*>(QStringLiteral("pages"));
        start->setFocus();
        QSet<QWidget*> reached;
        for (int i = 0; i < 200; ++i) {
            QWidget* focused = QApplication::focusWidget();
            QVERIFY(focused != nullptr);
            if (reached.contains(focused) && focused == start)
                break;
            reached.insert(focused);
            QTest::keyClick(focused, Qt::Key_Tab);
        }
        for (QWidget* widget : wanted)
            QVERIFY2(reached.contains(widget), qPrintable(page + u' ' + widget->objectName()));
    }
}

void GatesTest::noTextIsCut()
{
    m_session->engine().advance(8);
    m_window->feed().tick();
    for (const QString& page : m_window->pageNames()) {
        m_window->showPage(page);
        QApplication::processEvents();
        for (const auto* label : m_window->findChildren<QLabel*>()) {
            if (!label->isVisible() || label->wordWrap() || label->text().isEmpty())
                continue;
            QVERIFY2(label->width() >= label->sizeHint().width(),
                     qPrintable(page + QStringLiteral(": ") + label->text()));
        }
        for (const auto* button : m_window->findChildren<QAbstractButton*>()) {
            if (!button->isVisible() || button->text().isEmpty())
                continue;
            QVERIFY2(button->width() >= button->sizeHint().width() - 1,
                     qPrintable(page + QStringLiteral(": ") + button->text()));
        }
        for (const auto* box : m_window->findChildren<QComboBox*>()) {
            if (box->isVisible())
                QVERIFY2(box->width() >= box->sizeHint().width(), qPrintable(box->objectName()));
        }
    }
    const QTreeView* view = m_window->serversPage()->view();
    for (int column = 0; column < view->model()->columnCount(); ++column) {
        const QString title = view->model()->headerData(column, Qt::Horizontal).toString();
        QVERIFY2(view->columnWidth(column) >= view->fontMetrics().horizontalAdvance(title),
                 qPrintable(title));
    }
}

void GatesTest::everyActionRunsOnce()
{
    QFileDialog
        probe; // makes sure the dialogs below are Qt's own: offscreen has none of the platform's
    Q_UNUSED(probe)
    for (const ActionSpec& spec : m_window->actionRegistry().specs()) {
        if (spec.id == QLatin1String("quit"))
            continue; // closing is tested with the window
        if (m_session->client() == nullptr)
            m_session->openFile(QStringLiteral("shop.yaml"));
        m_window->showPage(QStringLiteral("servers"));
        m_window->serversPage()->select(QStringLiteral("shop/a"));
        m_window->actionRegistry().refresh();
        QVERIFY2(!spec.tip.isEmpty() && !spec.text.isEmpty(), qPrintable(spec.id));
        m_window->actionRegistry().action(spec.id)->trigger();
        QApplication::processEvents();
        closeDialogs();
        m_window->setWindowState(Qt::WindowNoState);
    }
    QVERIFY(m_window->isVisible());
}

void GatesTest::everyIconIsThere()
{
    for (const ActionSpec& spec : m_window->actionRegistry().specs()) {
        if (spec.icon.isEmpty())
            continue;
        const QIcon icon = m_window->actionRegistry().action(spec.id)->icon();
        QVERIFY2(!icon.isNull(), qPrintable(spec.icon));
        const QImage image = icon.pixmap(24, 24).toImage();
        bool drawn = false;
        for (int y = 0; y < image.height() && !drawn; ++y) {
            for (int x = 0; x < image.width() && !drawn; ++x)
                drawn = qAlpha(image.pixel(x, y)) > 100;
        }
        QVERIFY2(drawn, qPrintable(spec.icon));
    }
}

void GatesTest::noShortcutIsTakenTwice()
{
    QHash<QString, QString> owner;
    for (const ActionSpec& spec : m_window->actionRegistry().specs()) {
        for (const QKeySequence& keys : spec.shortcuts) {
            QVERIFY2(!owner.contains(keys.toString()),
                     qPrintable(spec.id + u' ' + owner.value(keys.toString())));
            owner.insert(keys.toString(), spec.id);
        }
    }
}

void GatesTest::themesSwitchWhileRunning()
{
    for (const char* word : {"theme-dark", "theme-high-contrast", "theme-light"}) {
        m_window->actionRegistry().action(QLatin1String(word))->trigger();
        m_session->engine().advance(4);
        m_window->feed().tick();
        QApplication::processEvents();
        QCOMPARE(m_window->palette().color(QPalette::Window), theme().window);
        const QImage image = m_window->grab().toImage();
        const QColor corner = image.pixelColor(image.width() - 2, image.height() - 2);
        QCOMPARE(corner.lightness() < 128, theme().name != ThemeName::Light);
    }
}

/// 10 s with one seed; STEELYARD_MONKEY_SECONDS and STEELYARD_MONKEY_SEED ask for others.
void GatesTest::seededMonkeyFindsNoCrash()
{
    bool asked = false;
    const int seconds = qEnvironmentVariableIntValue("STEELYARD_MONKEY_SECONDS", &asked);
    const qint64 until = (asked ? seconds : 10) * 1000LL;
    const int seed = qEnvironmentVariableIntValue("STEELYARD_MONKEY_SEED", &asked);
    std::mt19937 random(asked ? static_cast<unsigned>(seed) : 20240611U);
    // A file dialog asks about a missing or existing file in an event loop of its own, inside the
    // key press that led there.
    QTimer answer;
    connect(&answer, &QTimer::timeout, this, [] {
        auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
        if (box != nullptr && qobject_cast<QFileDialog*>(box->parentWidget()) != nullptr)
            box->reject();
    });
    answer.start(20);
    QElapsedTimer clock;
    clock.start();
    const auto& specs = m_window->actionRegistry().specs();
    while (clock.elapsed() < until) {
        if (m_session->client() == nullptr)
            m_session->openFile(QStringLiteral("shop.yaml"));
        // There a monkey would delete and overwrite files, and be asked in a loop of its own.
        if (auto* files = qobject_cast<QFileDialog*>(QApplication::activeModalWidget()))
            files->close();
        QWidget* target = QApplication::activeModalWidget() != nullptr
                              ? QApplication::activeModalWidget()
                              : m_window.get();
        const QList<QWidget*> children = target->findChildren<QWidget*>();
        switch (random() % 6) {
        case 0: {
            const ActionSpec& spec =
                specs.at(static_cast<qsizetype>(random() % static_cast<unsigned>(specs.size())));
            if (spec.id != QLatin1String("quit"))
                m_window->actionRegistry().action(spec.id)->trigger();
            break;
        }
        case 1:
        case 2:
            if (!children.isEmpty()) {
                QWidget* child = children.at(
                    static_cast<qsizetype>(random() % static_cast<unsigned>(children.size())));
                const QPoint at(static_cast<int>(random() % 400), static_cast<int>(random() % 200));
                if (child->isVisible() && child->rect().contains(at)) {
                    QTest::mouseClick(child, random() % 8 == 0 ? Qt::RightButton : Qt::LeftButton,
                                      {}, at);
                }
            }
            break;
        case 3: {
            static const Qt::Key kKeys[] = {Qt::Key_Tab,    Qt::Key_Down,   Qt::Key_Up,
                                            Qt::Key_Return, Qt::Key_Escape, Qt::Key_Space,
                                            Qt::Key_F2,     Qt::Key_Delete, Qt::Key_7,
                                            Qt::Key_A,      Qt::Key_F6};
            QWidget* focused =
                QApplication::focusWidget() != nullptr ? QApplication::focusWidget() : target;
            QTest::keyClick(focused, kKeys[random() % std::size(kKeys)]);
            break;
        }
        case 4:
            m_session->engine().advance(static_cast<int>(random() % 8));
            if (random() % 10 == 0)
                m_session->engine().addPool("p" + std::to_string(random() % 50), 2);
            if (random() % 10 == 0)
                m_session->engine().removePool("p" + std::to_string(random() % 50));
            m_window->feed().sample();
            m_window->feed().tick();
            break;
        default:
            QApplication::processEvents();
            break;
        }
        if (random() % 25 == 0)
            closeDialogs();
        if (!m_window->isVisible())
            m_window->show();
    }
    closeDialogs();
    QVERIFY(m_window != nullptr);
}

STEELYARD_TEST(GatesTest)
#include "gates_test.moc"
