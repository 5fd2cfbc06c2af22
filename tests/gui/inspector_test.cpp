/// The inspector: what it tells of the selected server, what it asks, and the question before
/// sessions are ended.

#include "app/main_window.h"
#include "app/theme.h"
#include "fake_session.h"
#include "pages/inspector_pane.h"
#include "pages/servers_page.h"
#include "support/test_main.h"
#include "widgets/banner.h"
#include "widgets/latency_histogram.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSlider>
#include <QStatusBar>
#include <QStyleOptionSlider>
#include <QTest>
#include <QToolButton>
#include <QTreeView>
#include <QWheelEvent>

using namespace steelyard;
using namespace steelyard::gui;

class InspectorTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void tellsStateAndWhy();
    void drainIsFollowedUntilItIsSafeToStop();
    void probeIsShownWordForWordAndAskedAgainWhenNew();
    void expiringAsksFirst();
    void weightSlidWithAPreview();
    void weightByKeyRestsBeforeItIsSent();
    void wheelOverTheSliderChangesNothing();
    void latencyOfTheServerIsDrawn();
    void openAlgorithmListShowsWhatEachWouldBring();

private:
    [[nodiscard]] QVariant previewOf(const char* id)
    {
        const QAbstractItemModel* model = m_window->serversPage()->view()->model();
        const QModelIndex pool = model->index(0, ServersModel::State);
        for (int row = 0; row < model->rowCount(pool); ++row) {
            const QModelIndex server = model->index(row, ServersModel::Share, pool);
            if (server.data(ServersModel::IdRole).toString() == QLatin1String(id))
                return server.data(ServersModel::PreviewShareRole);
        }
        return {};
    }

    [[nodiscard]] QSlider* slider()
    {
        return m_window->findChild<QSlider*>(QStringLiteral("weight-slider"));
    }

    [[nodiscard]] test::FakeEngineClient& engine() { return m_session->engine(); }

    [[nodiscard]] QString text(const char* name) const
    {
        return m_window->findChild<QLabel*>(QLatin1String(name))->text();
    }

    [[nodiscard]] int probesAsked()
    {
        int count = 0;
        for (const engine::Command& command : engine().received)
            count += command.name == QLatin1String("probe") ? 1 : 0;
        return count;
    }

    void tick()
    {
        engine().advance();
        m_window->feed().tick();
    }

    std::unique_ptr<test::FakeSession> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void InspectorTest::init()
{
    m_session = std::make_unique<test::FakeSession>();
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->resize(1366, 768);
    m_window->show();
    m_session->openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    m_window->actionRegistry().action(QStringLiteral("inspector"))->trigger();
    QVERIFY(m_window->inspector()->isVisible());
}

void InspectorTest::cleanup()
{
    m_window.reset();
    m_session.reset();
}

void InspectorTest::tellsStateAndWhy()
{
    QVERIFY(m_window->findChild<QLabel*>(QStringLiteral("inspector-hint"))->isVisible());
    stats::BackendRow* server = engine().server(QStringLiteral("shop/b"));
    server->ejected = true;
    server->ejectedSecondsLeft = 24;
    server->reason = "5 errors in a row";
    tick();
    m_window->serversPage()->select(QStringLiteral("shop/b"));
    QCOMPARE(text("inspector-name"), QStringLiteral("shop/b"));
    QCOMPARE(text("inspector-state"), QStringLiteral("Down, back in 24 s: 5 errors in a row"));
    QCOMPARE(text("inspector-why"),
             QStringLiteral("Why: 5 errors in a row\nGets no new requests: ejected"));
    QCOMPARE(text("inspector-pinned"), QStringLiteral("Pinned: 41"));
    m_window->serversPage()->select(QStringLiteral("api/a"));
    QVERIFY(!m_window->findChild<QLabel*>(QStringLiteral("inspector-pinned"))->isVisible());
}

void InspectorTest::drainIsFollowedUntilItIsSafeToStop()
{
    stats::BackendRow* server = engine().server(QStringLiteral("shop/a"));
    server->admin = AdminState::Draining;
    server->inFlight = 5;
    server->drainSecondsLeft = 30;
    m_window->serversPage()->select(QStringLiteral("shop/a"));
    tick(); // the simulation finishes one in each step
    const auto* bar = m_window->findChild<QProgressBar*>(QStringLiteral("inspector-progress"));
    QVERIFY(bar->isVisible());
    QCOMPARE(text("inspector-drain"), QStringLiteral("In flight: 4, closed in 30 s"));
    QCOMPARE(bar->value(), 0);
    tick();
    QCOMPARE(bar->value(), 1);
    QCOMPARE(bar->maximum(), 4);
    for (int i = 0; i < 3; ++i)
        tick();
    QCOMPARE(text("inspector-drain"), QStringLiteral("Nothing is in flight: it is safe to stop."));
    QVERIFY(!bar->isVisible());
}

void InspectorTest::probeIsShownWordForWordAndAskedAgainWhenNew()
{
    m_window->serversPage()->select(QStringLiteral("shop/a"));
    QTRY_VERIFY(m_window->inspector()->transcript()->toPlainText().startsWith(
        QLatin1String("> GET /health HTTP/1.1\n> Host: 127.0.0.1:9001")));
    const int before = probesAsked();
    tick();
    QCOMPARE(probesAsked(), before); // the same probe, older
    engine().server(QStringLiteral("shop/a"))->probe.ageSeconds = 0;
    tick();
    QCOMPARE(probesAsked(), before + 1);
    m_window->actionRegistry().action(QStringLiteral("inspector"))->trigger(); // hidden
    QCoreApplication::processEvents();
    engine().server(QStringLiteral("shop/a"))->probe.ageSeconds = 0;
    tick();
    QCOMPARE(probesAsked(), before + 1);
}

void InspectorTest::expiringAsksFirst()
{
    m_window->serversPage()->select(QStringLiteral("shop/a"));
    auto* expire = m_window->findChild<QToolButton*>(QStringLiteral("inspector-expire"));
    QTest::mouseClick(expire, Qt::LeftButton);
    auto* question = m_window->findChild<QMessageBox*>(QStringLiteral("question"));
    QVERIFY(question != nullptr);
    QVERIFY(question->informativeText().contains(QLatin1String("shop/a: 40 clients pinned")));
    QCOMPARE(question->defaultButton()->text().remove(u'&'), QStringLiteral("Cancel"));
    QTest::keyClick(question, Qt::Key_Escape);
    QTRY_VERIFY(m_window->findChild<QMessageBox*>(QStringLiteral("question")) == nullptr);
    QCOMPARE(engine().server(QStringLiteral("shop/a"))->pinned, 40U);
    QTest::mouseClick(expire, Qt::LeftButton);
    QTest::mouseClick(m_window->findChild<QPushButton*>(QStringLiteral("question-verb")),
                      Qt::LeftButton);
    QTRY_COMPARE(engine().server(QStringLiteral("shop/a"))->pinned, 0U);
    QTRY_COMPARE(m_window->banner()->text(), QStringLiteral("Expired the sessions of shop/a."));
    QVERIFY(!m_window->hand().undoStack().canUndo());
    QCOMPARE(m_window->hand().lastAsCommands(), QStringLiteral("steelyardctl expire shop/a"));
    m_window->feed().tick();
    QTRY_VERIFY(!expire->isEnabled());
}

void InspectorTest::weightSlidWithAPreview()
{
    m_window->serversPage()->select(QStringLiteral("shop/a"));
    QCOMPARE(slider()->value(), 100);
    QStyleOptionSlider option;
    option.initFrom(slider());
    const int length = slider()->style()->pixelMetric(QStyle::PM_SliderLength, &option, slider());
    const int span = slider()->width() - length;
    const auto at = [&](int weight) {
        return QPoint(length / 2 + span * weight / 256, slider()->height() / 2);
    };
    QTest::mousePress(slider(), Qt::LeftButton, {}, at(100));
    QMouseEvent move(QEvent::MouseMove, at(200), slider()->mapToGlobal(at(200)), Qt::LeftButton,
                     Qt::LeftButton, {});
    QApplication::sendEvent(slider(), &move);
    const int weight = slider()->value();
    QVERIFY(qAbs(weight - 200) <= 3);
    QVERIFY(engine().server(QStringLiteral("shop/a"))->weight == 100); // only a preview
    QCOMPARE(previewOf("shop/a").toDouble(), weight / (weight + 200.0));
    QCOMPARE(previewOf("shop/b").toDouble(), 100 / (weight + 200.0));
    QVERIFY(text("inspector-shares").startsWith(QLatin1String("Then: a 50 %, b 25 %, c 25 %.")));
    tick(); // what comes meanwhile does not move what is in hand
    QCOMPARE(slider()->value(), weight);
    QTest::mouseRelease(slider(), Qt::LeftButton, {}, at(200));
    QVERIFY(!previewOf("shop/a").isValid());
    QTRY_COMPARE(engine().server(QStringLiteral("shop/a"))->weight, weight);
    QTRY_VERIFY(m_window->hand().undoStack().canUndo());
    tick();
    QCOMPARE(slider()->value(), weight);
    m_window->actionRegistry().action(QStringLiteral("undo"))->trigger();
    QTRY_COMPARE(slider()->value(), 100);
}

void InspectorTest::weightByKeyRestsBeforeItIsSent()
{
    m_window->serversPage()->select(QStringLiteral("shop/a"));
    slider()->setFocus();
    const auto weights = [this] {
        QList<int> sent;
        for (const engine::Command& command : engine().received) {
            if (command.name == QLatin1String("weight"))
                sent << command.arguments.value(QLatin1String("weight")).toInt();
        }
        return sent;
    };
    QTest::keyClick(slider(), Qt::Key_PageUp);
    QTest::keyClick(slider(), Qt::Key_Right);
    QVERIFY(weights().isEmpty());
    QVERIFY(previewOf("shop/a").isValid());
    QTest::keyClick(slider(), Qt::Key_Escape);
    QCOMPARE(slider()->value(), 100);
    QVERIFY(!previewOf("shop/a").isValid());
    QTest::keyClick(slider(), Qt::Key_Right);
    QTest::keyClick(slider(), Qt::Key_Return);
    QTRY_COMPARE(weights(), QList<int>{101});
    QTest::keyClick(slider(), Qt::Key_PageUp);
    QTest::keyClick(slider(), Qt::Key_PageUp);
    QTRY_COMPARE(weights(), (QList<int>{101, 121})); // after a rest, once
    // Another server: what was in hand is not its.
    QTest::keyClick(slider(), Qt::Key_Right);
    m_window->serversPage()->select(QStringLiteral("shop/b"));
    QCOMPARE(slider()->value(), 100);
    QVERIFY(!previewOf("shop/a").isValid());
}

void InspectorTest::wheelOverTheSliderChangesNothing()
{
    m_window->serversPage()->select(QStringLiteral("shop/a"));
    m_window->serversPage()->view()->setFocus();
    QWheelEvent wheel(QPointF(5, 5), slider()->mapToGlobal(QPointF(5, 5)), {}, {0, 120}, {}, {},
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(slider(), &wheel);
    QCOMPARE(slider()->value(), 100);
    slider()->setFocus();
    QApplication::sendEvent(slider(), &wheel);
    QVERIFY(slider()->value() > 100);
}

void InspectorTest::latencyOfTheServerIsDrawn()
{
    const auto* histogram =
        m_window->findChild<LatencyHistogram*>(QStringLiteral("latency-histogram"));
    m_window->serversPage()->select(QStringLiteral("shop/a"));
    QTRY_VERIFY(histogram->counts().size() > 20);
    QVERIFY(histogram->accessibleName().contains(QLatin1String("half within")));
    const QImage image = const_cast<LatencyHistogram*>(histogram)->grab().toImage();
    int painted = 0;
    for (int x = 0; x < image.width(); ++x) {
        for (int y = 0; y < image.height(); ++y)
            painted += image.pixelColor(x, y) == theme().series[0] ? 1 : 0;
    }
    QVERIFY(painted > image.width() * image.height() / 50);
    m_window->actionRegistry().action(QStringLiteral("inspector"))->trigger(); // hidden
    QCoreApplication::processEvents();
    engine().received.clear();
    tick();
    for (const engine::Command& command : engine().received)
        QVERIFY(command.name != QLatin1String("latency"));
}

void InspectorTest::openAlgorithmListShowsWhatEachWouldBring()
{
    m_window->serversPage()->select(QStringLiteral("shop/a"));
    engine().server(QStringLiteral("shop/a"))->weight = 50;
    tick();
    QComboBox* box = m_window->serversPage()->algorithmBox();
    box->showPopup();
    QTRY_VERIFY(box->view()->isVisible());
    const auto choose = [&](const char* word) {
        box->view()->setCurrentIndex(box->model()->index(box->findText(QLatin1String(word)), 0));
    };
    choose("round-robin");
    QCOMPARE(previewOf("shop/a").toDouble(), 0.2);
    choose("first");
    QCOMPARE(previewOf("shop/a").toDouble(), 1.0);
    QCOMPARE(previewOf("shop/b").toDouble(), 0.0);
    QVERIFY(m_window->statusBar()->currentMessage().startsWith(
        QLatin1String("first: a 100 %, b 0 %, c 0 %.")));
    box->hidePopup();
    QTRY_VERIFY(!previewOf("shop/a").isValid());
    QVERIFY(m_window->statusBar()->currentMessage().isEmpty());
}

STEELYARD_TEST(InspectorTest)
#include "inspector_test.moc"
