/// What a theme must not lose: bands, frames, ground lines. Looked at in the painted pixels.

#include "app/main_window.h"
#include "app/theme.h"
#include "fake_session.h"
#include "pages/servers_page.h"
#include "support/test_main.h"
#include "widgets/sparkline.h"

#include <QComboBox>
#include <QHeaderView>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <QTreeWidget>

using namespace steelyard;
using namespace steelyard::gui;

namespace {

/// Red, green and blue each within a shade or two: anti-aliased lines.
bool isNear(const QColor& a, const QColor& b)
{
    return qAbs(a.red() - b.red()) < 24 && qAbs(a.green() - b.green()) < 24 &&
           qAbs(a.blue() - b.blue()) < 24;
}

} // namespace

class LookTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void poolRowIsOneBandInEveryTheme_data();
    void poolRowIsOneBandInEveryTheme();
    void boxesHaveAFrame_data();
    void boxesHaveAFrame();
    void sparklineShowsItsWholeWidth();
    void shortcutSheetShowsWholeTextsWithoutMnemonics();

    void cleanup() { applyTheme(*qApp, ThemeName::Light); }

private:
    static void eachTheme();
    static QImage pictureOf(QWidget& widget);
};

void LookTest::eachTheme()
{
    QTest::addColumn<QString>("name");
    for (const char* name : {"light", "dark", "high-contrast"})
        QTest::newRow(name) << QString(QLatin1String(name));
}

QImage LookTest::pictureOf(QWidget& widget)
{
    QImage image(widget.size(), QImage::Format_RGB32);
    widget.render(&image);
    return image;
}

void LookTest::poolRowIsOneBandInEveryTheme_data()
{
    eachTheme();
}

void LookTest::poolRowIsOneBandInEveryTheme()
{
    QFETCH(QString, name);
    applyTheme(*qApp, *themeFrom(name));
    test::FakeSession session;
    MainWindow window(session);
    window.resize(1366, 768);
    window.show();
    session.openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QTreeView* view = window.serversPage()->view();
    // The focus, come by key, has a line around it and no more.
    QTest::keyClick(view, Qt::Key_End);
    QTest::keyClick(view, Qt::Key_Home);
    view->clearSelection();
    const QRect row = view->visualRect(view->model()->index(0, 0));
    const QImage image = pictureOf(*view->viewport());
    const int y = row.bottom() - 2; // below all text
    for (int x = 1; x < image.width() - 1; ++x) {
        const bool sparkline = x > view->columnViewportPosition(ServersModel::Requests) &&
                               x < view->columnViewportPosition(ServersModel::Active);
        if (!sparkline)
            QVERIFY2(image.pixelColor(x, y) == theme().window, qPrintable(QString::number(x)));
    }
}

void LookTest::boxesHaveAFrame_data()
{
    eachTheme();
}

void LookTest::boxesHaveAFrame()
{
    QFETCH(QString, name);
    applyTheme(*qApp, *themeFrom(name));
    QComboBox combo;
    combo.addItem(QStringLiteral("round-robin"));
    QSpinBox spin;
    QPlainTextEdit text;
    QPushButton button(QStringLiteral("Cancel"));
    for (QWidget* widget : std::initializer_list<QWidget*>{&combo, &spin, &text, &button}) {
        widget->resize(widget->sizeHint());
        const QImage image = pictureOf(*widget);
        const char* kind = widget->metaObject()->className();
        const int middle = image.height() / 2;
        QVERIFY2(isNear(image.pixelColor(0, middle), theme().controlLine()), kind);
        QVERIFY2(isNear(image.pixelColor(image.width() - 1, middle), theme().controlLine()), kind);
        QVERIFY2(isNear(image.pixelColor(image.width() / 2, 0), theme().controlLine()), kind);
    }
}

void LookTest::sparklineShowsItsWholeWidth()
{
    for (const QList<float>& values : {QList<float>{}, QList<float>{1, 2, 3}}) {
        QImage image(60, 20, QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter painter(&image);
        paintSparkline(painter, image.rect(), values, 60, Qt::black);
        painter.end();
        for (int x = 0; x < image.width(); ++x)
            QVERIFY(image.pixelColor(x, image.height() - 1) != QColor(Qt::white));
        QCOMPARE(image.pixelColor(2, 10), QColor(Qt::white));
    }
}

void LookTest::shortcutSheetShowsWholeTextsWithoutMnemonics()
{
    test::FakeSession session;
    MainWindow window(session);
    window.show();
    window.actionRegistry().action(QStringLiteral("shortcuts"))->trigger();
    auto* tree = window.findChild<QTreeWidget*>(QStringLiteral("shortcuts"));
    QVERIFY(tree != nullptr);
    QVERIFY(tree->topLevelItemCount() > 3);
    for (int i = 0; i < tree->topLevelItemCount(); ++i)
        QVERIFY(!tree->topLevelItem(i)->text(0).contains(u'&'));
    QTRY_VERIFY(tree->viewport()->width() > 0);
    const QAbstractItemView* view = tree;
    for (int column = 0; column < 3; ++column)
        QVERIFY(view->sizeHintForColumn(column) <= tree->columnWidth(column));
    const QTreeWidgetItem* first = tree->topLevelItem(0)->child(0);
    QVERIFY(tree->fontMetrics().horizontalAdvance(first->text(0)) < tree->columnWidth(0));
    QVERIFY(tree->header()->length() <= tree->viewport()->width());
}

STEELYARD_TEST(LookTest)
#include "look_test.moc"
