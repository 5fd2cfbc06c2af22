/// The page Lab with the demo's real servers: what is set there is what they do.

#include "app/main_window.h"
#include "fake_session.h"
#include "lab/demo.h"
#include "support/test_main.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <QTest>

using namespace steelyard;
using namespace steelyard::gui;

class LabTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void withoutADemoItOffersOne();
    void serversDoWhatIsSet();
    void trafficIsSet();
    void asAtFirst();
    void demoThatEndsIsLetGo();

private:
    void show();

    template <typename T>
    [[nodiscard]] T* find(const char* name) const
    {
        return m_window->findChild<T*>(QLatin1String(name));
    }

    [[nodiscard]] lab::DemoServer& shop1() const
    {
        return *m_demo->backend(QStringLiteral("shop"), QStringLiteral("shop-1"));
    }

    std::unique_ptr<lab::Demo> m_demo;
    std::unique_ptr<test::FakeSession> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void LabTest::init()
{
    m_demo = std::make_unique<lab::Demo>();
    QVERIFY(m_demo->start(0));
    m_session = std::make_unique<test::FakeSession>();
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->resize(1366, 768);
    m_window->show();
}

void LabTest::cleanup()
{
    m_window.reset();
    m_session.reset();
    m_demo.reset();
}

void LabTest::show()
{
    m_session->theDemo = m_demo.get();
    m_session->openFile(QStringLiteral("demo.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    QTest::keyClick(m_window.get(), Qt::Key_6, Qt::AltModifier);
    QVERIFY(find<QDoubleSpinBox>("lab-rate")->isVisible());
}

void LabTest::withoutADemoItOffersOne()
{
    m_session->owns = false;
    m_session->attach({});
    m_window->showPage(QStringLiteral("lab"));
    auto* start = find<QPushButton>("lab-start");
    QVERIFY(start->isVisible());
    QVERIFY(find<QLabel>("lab-why")->text().contains(QLatin1String("another process")));
    QTest::mouseClick(start, Qt::LeftButton);
    QCOMPARE(m_session->path(), QStringLiteral("demo.yaml"));
}

void LabTest::serversDoWhatIsSet()
{
    show();
    QCOMPARE(find<QDoubleSpinBox>("lab-shop-1-latency")->value(), 4.0);
    QCOMPARE(find<QDoubleSpinBox>("lab-api-2-errors")->value(), 1.5);
    auto* slider = find<QSlider>("lab-shop-1-latency-slider");
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_PageUp);
    QCOMPARE(shop1().latency(), 54);
    auto* errors = find<QDoubleSpinBox>("lab-shop-1-errors");
    errors->setFocus();
    errors->selectAll();
    QTest::keyClicks(errors, QStringLiteral("12.5"));
    QTest::keyClick(errors, Qt::Key_Return);
    QCOMPARE(shop1().errorShare(), 0.125);
    QCOMPARE(find<QSlider>("lab-shop-1-errors-slider")->value(), 125);
    auto* conduct = find<QComboBox>("lab-shop-1-conduct");
    conduct->setFocus();
    QTest::keyClick(conduct, Qt::Key_Down);
    QVERIFY(shop1().refusing());
    QTest::keyClick(conduct, Qt::Key_Down);
    QVERIFY(!shop1().refusing() && shop1().hanging());
    QVERIFY(!m_demo->backend(QStringLiteral("shop"), QStringLiteral("shop-2"))->hanging());
}

void LabTest::trafficIsSet()
{
    show();
    QCOMPARE(find<QDoubleSpinBox>("lab-rate")->value(), double(m_demo->loadRate()));
    auto* slider = find<QSlider>("lab-rate-slider");
    QTest::keyClick(slider, Qt::Key_End);
    QCOMPARE(m_demo->loadRate(), 5000);
    QTest::keyClick(slider, Qt::Key_Home);
    QCOMPARE(m_demo->loadRate(), 0);
}

void LabTest::asAtFirst()
{
    show();
    find<QSlider>("lab-rate-slider")->setValue(900);
    find<QDoubleSpinBox>("lab-api-2-errors")->setValue(40);
    find<QDoubleSpinBox>("lab-api-2-latency")->setValue(300);
    find<QComboBox>("lab-api-2-conduct")->setCurrentIndex(1);
    QTest::mouseClick(find<QPushButton>("lab-reset"), Qt::LeftButton);
    const lab::DemoServer& server =
        *m_demo->backend(QStringLiteral("api"), QStringLiteral("api-2"));
    QCOMPARE(server.errorShare(), 0.015);
    QCOMPARE(server.latency(), 8);
    QVERIFY(!server.refusing());
    QCOMPARE(m_demo->loadRate(), 200);
}

void LabTest::demoThatEndsIsLetGo()
{
    show();
    auto* rate = find<QDoubleSpinBox>("lab-rate");
    m_session->theDemo = nullptr;
    m_demo.reset(); // as a session that stops: the page has not heard of it yet
    rate->setValue(rate->value() + 100);
    find<QDoubleSpinBox>("lab-shop-1-latency")->setValue(100);
    find<QComboBox>("lab-shop-1-conduct")->setCurrentIndex(1);
    m_session->engine().advance();
    m_window->feed().tick();
    QVERIFY(find<QPushButton>("lab-start")->isVisible());
    // And another demo is another one.
    m_demo = std::make_unique<lab::Demo>();
    QVERIFY(m_demo->start(0));
    m_session->theDemo = m_demo.get();
    m_session->engine().advance();
    m_window->feed().tick();
    QCOMPARE(find<QDoubleSpinBox>("lab-shop-1-latency")->value(), 4.0);
    find<QDoubleSpinBox>("lab-shop-1-latency")->setValue(70);
    QCOMPARE(shop1().latency(), 70);
}

STEELYARD_TEST(LabTest)
#include "lab_test.moc"
