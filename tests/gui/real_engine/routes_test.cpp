/// What the Routes page says of a request is what the engine would do with it.

#include "models/routes_model.h"
#include "pages/routes_page.h"
#include "stage.h"
#include "support/test_main.h"

#include <QLabel>
#include <QTableView>

using namespace steelyard;
using M = gui::RoutesModel;

class RoutesOfTheEngineTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void routesAreListedTestedAndMarked();
};

void RoutesOfTheEngineTest::routesAreListedTestedAndMarked()
{
    const test::Servers servers;
    test::Console console;
    QString text = servers.text();
    const QString routes = QStringLiteral(R"(    routes:
      - { name: everything, pool: shop }
      - name: beta
        match: { path: { prefix: /api }, headers: { x-beta: "1" } }
        reply: { status: 418 }
      - { name: api, match: { path: { prefix: /api } }, pool: shop }
      - { name: late, match: { path: { prefix: /api/ } }, pool: shop }
)");
    const qsizetype from = text.indexOf(QLatin1String("    routes:"));
    const qsizetype to = text.indexOf(QLatin1String("pools:"));
    QVERIFY2(from > 0 && to > from, qPrintable(text));
    text.replace(from, to - from, routes);
    console.open(servers.write(text));
    console.window.showPage(QStringLiteral("routes"));
    gui::RoutesPage* page = console.window.routesPage();
    const QAbstractItemModel* rows = page->table()->model();
    QTRY_COMPARE(rows->rowCount(), 4);
    const auto cell = [&](int row, int column) {
        return rows->index(row, column).data().toString();
    };
    QCOMPARE(cell(0, M::Name), QStringLiteral("beta"));
    QCOMPARE(cell(0, M::Match), QStringLiteral("/api/*, header x-beta = 1"));
    QCOMPARE(cell(0, M::Action), QStringLiteral("reply 418"));
    QCOMPARE(cell(1, M::Name), QStringLiteral("api"));
    QCOMPARE(cell(2, M::Verdict), QStringLiteral("never reached: api takes all of it"));
    QCOMPARE(cell(3, M::Name), QStringLiteral("everything"));

    page->test(QStringLiteral("curl http://shop.lab/api/cart -H 'X-Beta: 1'"));
    QTRY_VERIFY(rows->index(0, 0).data(M::WonRole).toBool());
    QVERIFY(cell(1, M::Verdict).startsWith(QLatin1String("less specific than 'beta'")));
    page->test(QStringLiteral("/api"));
    QTRY_VERIFY(rows->index(1, 0).data(M::WonRole).toBool());
    QCOMPARE(cell(0, M::Verdict), QStringLiteral("header x-beta is absent"));
}

STEELYARD_TEST(RoutesOfTheEngineTest)
#include "routes_test.moc"
