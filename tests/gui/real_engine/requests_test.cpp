/// What the Requests page shows is what the engine recorded of the requests that really came.

#include "clients.h"
#include "pages/requests_page.h"
#include "stage.h"
#include "support/test_main.h"
#include "widgets/decision_picture.h"

#include <QTableView>

using namespace steelyard;

class RequestsOfTheEngineTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void selectedRequestIsExplained();
};

void RequestsOfTheEngineTest::selectedRequestIsExplained()
{
    const test::Servers servers;
    test::Console console;
    console.open(servers.write(servers.text()));
    console.select(QStringLiteral("shop/c"));
    console.clickTool("maintenance");
    QTRY_COMPARE(console.state(QStringLiteral("shop/c")), QStringLiteral("Maintenance"));
    const test::Clients clients(console.port(), 2);
    console.window.showPage(QStringLiteral("requests"));
    QTableView* table = console.window.requestsPage()->table();
    QTRY_VERIFY(table->model()->rowCount() > 0);
    table->selectRow(0);
    const gui::DecisionPicture* picture = console.window.requestsPage()->picture();
    QTRY_VERIFY(!picture->text().isEmpty());
    for (const char* part :
         {"GET shop/work from 127.0.0.1", "Answered with 200", "Pool shop by round-robin",
          "Rule: in turn by the weighted schedule", "; chosen",
          "c could not be chosen: in maintenance", "Attempt at ", "first byte after "})
        QVERIFY2(picture->text().contains(QLatin1String(part)), qPrintable(picture->text()));
}

STEELYARD_TEST(RequestsOfTheEngineTest)
#include "requests_test.moc"
