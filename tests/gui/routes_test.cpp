/// The Routes page: what may be pasted, and what the page asks and shows.

#include "app/main_window.h"
#include "fake_session.h"
#include "models/curl_line.h"
#include "models/routes_model.h"
#include "pages/routes_page.h"
#include "support/test_main.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QTest>

using namespace steelyard;
using namespace steelyard::gui;

class RoutesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void curlLinesAreRead_data();
    void curlLinesAreRead();
    void wrongLinesSayWhy();
    void routesStandInTheirPrecedence();
    void testerMarksWinnerAndLosers();
    void pastedCurlDecidesTheMethod();
    void wrongClientIsToldAndNotAsked();

private:
    [[nodiscard]] QJsonObject lastAsked() const;

    [[nodiscard]] QString cell(int row, int column) const
    {
        return m_window->routesPage()->table()->model()->index(row, column).data().toString();
    }

    template <typename T>
    [[nodiscard]] T* find(const char* name) const
    {
        return m_window->findChild<T*>(QLatin1String(name));
    }

    std::unique_ptr<test::FakeSession> m_session;
    std::unique_ptr<MainWindow> m_window;

    void open();

private Q_SLOTS:

    void cleanup()
    {
        m_window.reset();
        m_session.reset();
    }
};

void RoutesTest::open()
{
    m_session = std::make_unique<test::FakeSession>();
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->resize(1366, 768);
    m_window->show();
    m_session->openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    m_window->showPage(QStringLiteral("routes"));
    QTRY_COMPARE(m_window->routesPage()->table()->model()->rowCount(), 4);
}

QJsonObject RoutesTest::lastAsked() const
{
    for (qsizetype i = m_session->engine().received.size() - 1; i >= 0; --i) {
        const engine::Command& command = m_session->engine().received.at(i);
        if (command.name == QLatin1String("route"))
            return command.arguments;
    }
    return {};
}

void RoutesTest::curlLinesAreRead_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("headers");
    const auto row = [](const char* line, const char* method, const char* url,
                        const char* headers) {
        QTest::newRow(line) << QString::fromLatin1(line) << QString::fromLatin1(method)
                            << QString::fromLatin1(url) << QString::fromLatin1(headers);
    };
    row("", "", "", "");
    row("/api/x?y=1", "", "/api/x?y=1", "");
    row("shop.lab/api", "", "http://shop.lab/api", "");
    row("https://shop.lab/api", "", "https://shop.lab/api", "");
    row("curl shop.lab", "GET", "http://shop.lab", "");
    row("curl -X delete 'http://shop.lab/a b' -s", "DELETE", "http://shop.lab/a b", "");
    row("curl -XPUT http://s/ -H 'X-Beta: 1' -H \"X-Q: a\\\"b\"", "PUT", "http://s/",
        "X-Beta=1 X-Q=a\"b");
    row("curl -sSLHx-a:1 http://s/", "GET", "http://s/", "x-a=1");
    row("curl --request=PATCH --url=http://s/p", "PATCH", "http://s/p", "");
    row("curl 'http://s/' \\\n  -H 'Accept: */*' \\\n  --data-raw '{\"a\":1}' --compressed", "POST",
        "http://s/", "Accept=*/*");
    row("curl -I http://s/", "HEAD", "http://s/", "");
    row("curl -G -d q=1 -d r=2 http://s/find", "GET", "http://s/find?q=1&r=2", "");
    row("curl -b cohort=b -A me -e http://from/ http://s/", "GET", "http://s/",
        "Cookie=cohort=b User-Agent=me Referer=http://from/");
    row("curl -o out.txt -w '%{http_code}' --max-time 3 -u me:secret http://s/", "GET", "http://s/",
        "");
    row("curl --json {} http://s/", "POST", "http://s/", "Content-Type=application/json");
    row("curl -d '-X' http://s/", "POST", "http://s/", "");
}

void RoutesTest::curlLinesAreRead()
{
    QFETCH(QString, line);
    const AskedRequest request = askedRequest(line);
    QTEST(request.method, "method");
    QTEST(request.url, "url");
    QStringList told;
    for (const auto& [name, value] : request.headers)
        told << name + u'=' + value;
    QTEST(told.join(u' '), "headers");
}

void RoutesTest::wrongLinesSayWhy()
{
    for (const char* line :
         {"curl", "curl -X GET", "curl 'http://s/", "curl http://s/ -H", "http://s/a b"})
        QVERIFY2(!askedRequest(QLatin1String(line)).problem.isEmpty(), line);
}

void RoutesTest::routesStandInTheirPrecedence()
{
    open();
    const QStringList names{cell(0, RoutesModel::Name), cell(1, RoutesModel::Name),
                            cell(2, RoutesModel::Name), cell(3, RoutesModel::Name)};
    QCOMPARE(names, (QStringList{QStringLiteral("moved"), QStringLiteral("api"),
                                 QStringLiteral("everything"), QStringLiteral("again")}));
    QCOMPARE(cell(0, RoutesModel::Place), QStringLiteral("1"));
    QCOMPARE(cell(0, RoutesModel::Action), QStringLiteral("redirect 308 to /new"));
    QVERIFY(cell(0, RoutesModel::Verdict).isEmpty()); // nobody has asked yet
    QCOMPARE(cell(3, RoutesModel::Verdict),
             QStringLiteral("never reached: everything takes all of it"));
}

void RoutesTest::testerMarksWinnerAndLosers()
{
    open();
    m_window->actionRegistry().action(QStringLiteral("test-route"))->trigger();
    auto* request = find<QLineEdit>("route-request");
    QVERIFY(request->hasFocus());
    QTest::keyClicks(request, QStringLiteral("shop.lab/api/cart"));
    QTRY_COMPARE(find<QLabel>("route-verdict")->text(), QStringLiteral("Route 'api' wins"));
    QCOMPARE(lastAsked().value(QLatin1String("url")).toString(),
             QStringLiteral("http://shop.lab/api/cart"));
    QCOMPARE(lastAsked().value(QLatin1String("listener")).toString(), QStringLiteral("web"));
    const QAbstractItemModel* rows = m_window->routesPage()->table()->model();
    QVERIFY(rows->index(1, 0).data(RoutesModel::WonRole).toBool());
    QVERIFY(!rows->index(0, 0).data(RoutesModel::WonRole).toBool());
    QCOMPARE(cell(0, RoutesModel::Verdict), QStringLiteral("path /api/cart is not /old"));
    request->clear();
    QTRY_VERIFY(!rows->index(1, 0).data(RoutesModel::WonRole).toBool());
    QTRY_VERIFY(cell(0, RoutesModel::Verdict).isEmpty());
}

void RoutesTest::pastedCurlDecidesTheMethod()
{
    open();
    auto* method = find<QComboBox>("route-method");
    m_window->routesPage()->test(
        QStringLiteral("curl -X POST http://shop.lab/old -H 'X-Beta: 1' -b uid=7"));
    QVERIFY(!method->isEnabled());
    QTRY_COMPARE(find<QLabel>("route-verdict")->text(), QStringLiteral("Route 'moved' wins"));
    QCOMPARE(lastAsked().value(QLatin1String("method")).toString(), QStringLiteral("POST"));
    const QJsonArray headers{QJsonArray{QStringLiteral("X-Beta"), QStringLiteral("1")},
                             QJsonArray{QStringLiteral("Cookie"), QStringLiteral("uid=7")}};
    QCOMPARE(lastAsked().value(QLatin1String("headers")).toArray(), headers);
    m_window->routesPage()->test(QStringLiteral("/old"));
    QVERIFY(method->isEnabled());
    method->setCurrentText(QStringLiteral("DELETE"));
    QCOMPARE(lastAsked().value(QLatin1String("method")).toString(), QStringLiteral("DELETE"));
}

void RoutesTest::wrongClientIsToldAndNotAsked()
{
    open();
    auto* client = find<QLineEdit>("route-client");
    QTest::keyClicks(client, QStringLiteral("10.0.0.9"));
    m_window->routesPage()->test(QStringLiteral("/api"));
    QCOMPARE(lastAsked().value(QLatin1String("client")).toString(), QStringLiteral("10.0.0.9"));
    QTest::keyClicks(client, QStringLiteral("99"));
    QCOMPARE(find<QLabel>("route-verdict")->text(),
             QStringLiteral("10.0.0.999 is not an IP address"));
    QCoreApplication::processEvents();
    QVERIFY(find<QLabel>("route-verdict")->text().contains(QLatin1String("not an IP")));
}

STEELYARD_TEST(RoutesTest)
#include "routes_test.moc"
