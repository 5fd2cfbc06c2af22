#include "config/values.h"
#include "routing/explain.h"
#include "routing/router.h"
#include "support/test_main.h"
#include "unit/routing/requests.h"

#include <QTest>

#include <functional>

using namespace steelyard;
using namespace steelyard::routing;
using config::FieldMatch;
using config::PathMatch;
using config::Route;
using steelyard::routing::test::OwnedRequest;
using PathKind = PathMatch::Kind;
using FieldKind = FieldMatch::Kind;

namespace {

Route named(std::string name, const std::function<void(config::RouteMatch&)>& ask = {})
{
    Route route;
    route.name = std::move(name);
    if (ask)
        ask(route.match);
    return route;
}

OwnedRequest fullRequest()
{
    OwnedRequest request;
    request.method = "POST";
    request.host = "www.shop.lab:8080";
    request.target = "/api/v1?debug=1&name=a+b%21&debug=2";
    request.lines = {{"X-Beta", "1"}, {"x-list", "one"}, {"X-LIST", "two"}, {"Cookie", "cohort=b"}};
    request.client = "10.1.2.3";
    return request;
}

config::Cidr range(const char* text)
{
    return config::parseCidr(text).value();
}

void hostExact(config::RouteMatch& m)
{
    m.host = "www.shop.lab";
}

void hostWildcard(config::RouteMatch& m)
{
    m.host = "*.shop.lab";
}

void hostWiderWildcard(config::RouteMatch& m)
{
    m.host = "*.lab";
}

void pathExact(config::RouteMatch& m)
{
    m.path = {PathKind::Exact, "/api/v1"};
}

void pathPrefix(config::RouteMatch& m)
{
    m.path = {PathKind::Prefix, "/api/v1/"};
}

void pathShorter(config::RouteMatch& m)
{
    m.path = {PathKind::Prefix, "/api"};
}

void pathRegex(config::RouteMatch& m)
{
    m.path = {PathKind::Regex, "/api/v[0-9]+"};
}

void pathRoot(config::RouteMatch& m)
{
    m.path = {PathKind::Prefix, "/"};
}

void method(config::RouteMatch& m)
{
    m.methods = {"PUT", "POST"};
}

void twoHeaders(config::RouteMatch& m)
{
    m.headers = {{"x-beta", FieldKind::Exact, "1"}, {"x-list", FieldKind::Present, ""}};
}

void oneHeader(config::RouteMatch& m)
{
    m.headers = {{"x-beta", FieldKind::Exact, "1"}};
}

void twoParameters(config::RouteMatch& m)
{
    m.query = {{"debug", FieldKind::Regex, "[0-9]"}, {"name", FieldKind::Exact, "a b!"}};
}

void oneParameter(config::RouteMatch& m)
{
    m.query = {{"debug", FieldKind::Exact, "1"}};
}

void cookie(config::RouteMatch& m)
{
    m.cookies = {{"cohort", FieldKind::Exact, "b"}};
}

void client(config::RouteMatch& m)
{
    m.clients = {range("192.168.0.0/16"), range("10.0.0.0/8")};
}

void nothing(config::RouteMatch&)
{
}

/// From the most to the least specific for fullRequest().
const std::vector<std::pair<const char*, void (*)(config::RouteMatch&)>>& ladder()
{
    static const std::vector<std::pair<const char*, void (*)(config::RouteMatch&)>> steps{
        {"exact host", hostExact},
        {"wildcard", hostWildcard},
        {"wider wildcard", hostWiderWildcard},
        {"exact path", pathExact},
        {"longer prefix", pathPrefix},
        {"prefix", pathShorter},
        {"expression", pathRegex},
        {"method", method},
        {"two headers", twoHeaders},
        {"one header", oneHeader},
        {"two parameters", twoParameters},
        {"one parameter", oneParameter},
        {"cookie", cookie},
        {"client", client},
        {"nothing", nothing}};
    return steps;
}

} // namespace

class PrecedenceTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theOrderOfPrecedenceIsAsDocumentedWhateverTheOrderInTheFile()
    {
        const auto& steps = ladder();
        OwnedRequest request = fullRequest();
        for (std::size_t more = 0; more < steps.size(); ++more) {
            for (std::size_t less = more + 1; less < steps.size(); ++less) {
                const Route first = named(steps[more].first, steps[more].second);
                const Route second = named(steps[less].first, steps[less].second);
                const Router forward({first, second});
                const Router backward({second, first});
                QVERIFY2(forward.match(request.view()) == 0, first.name.c_str());
                QVERIFY2(backward.match(request.view()) == 1, second.name.c_str());
            }
        }
        std::vector<Route> all;
        for (auto step = steps.rbegin(); step != steps.rend(); ++step)
            all.push_back(named(step->first, step->second));
        // The most specific one is taken away each time: the next must win.
        while (!all.empty()) {
            QCOMPARE(Router(all).match(request.view()), static_cast<int>(all.size()) - 1);
            all.pop_back();
        }
    }

    void amongEqualsTheFirstInTheFileWins()
    {
        OwnedRequest request = fullRequest();
        for (const auto& [name, ask] : ladder())
            QCOMPARE(Router({named("a", ask), named("b", ask)}).match(request.view()), 0);
        // Equally wide: no path, and the prefix "/".
        QCOMPARE(Router({named("a", pathRoot), named("b")}).match(request.view()), 0);
        QCOMPARE(Router({named("b"), named("a", pathRoot)}).match(request.view()), 0);
    }

    void whatDoesNotMatchIsPassedOverToTheNextLessSpecific()
    {
        const auto both = [](auto one, auto other) {
            return [one, other](config::RouteMatch& m) {
                one(m);
                other(m);
            };
        };
        const Router router({named("any"), named("short", pathShorter),
                             named("expression", both(pathRegex, cookie)),
                             named("deep", both(pathPrefix, oneHeader)),
                             named("exact", both(pathExact, method)),
                             named("host", both(hostExact, client))});
        OwnedRequest request = fullRequest();
        QCOMPARE(router.match(request.view()), 5);
        request.client = "11.0.0.1";
        QCOMPARE(router.match(request.view()), 4);
        request.method = "GET";
        QCOMPARE(router.match(request.view()), 3);
        request.lines.erase(request.lines.begin());
        QCOMPARE(router.match(request.view()), 1); // a prefix goes before an expression
        request.target = "/other";
        QCOMPARE(router.match(request.view()), 0);
    }

    void headersAreFoundInAnyCaseAndOnAnyLine()
    {
        const auto asks = [](FieldKind kind, const char* text) {
            return Router({named("a", [&](config::RouteMatch& m) {
                m.headers = {{"x-list", kind, text}};
            })});
        };
        OwnedRequest request = fullRequest();
        for (const char* text : {"one", "two"})
            QCOMPARE(asks(FieldKind::Exact, text).match(request.view()), 0);
        for (const char* text : {"", "ONE", "one, two", "on"})
            QCOMPARE(asks(FieldKind::Exact, text).match(request.view()), Router::kNone);
        QCOMPARE(asks(FieldKind::Regex, "t.o").match(request.view()), 0);
        QCOMPARE(asks(FieldKind::Regex, "(?i)ONE").match(request.view()), 0);
        for (const char* text : {"t", "w", "one.*two", "("})
            QCOMPARE(asks(FieldKind::Regex, text).match(request.view()), Router::kNone);
        QCOMPARE(asks(FieldKind::Present, "").match(request.view()), 0);
        request.lines = {{"X-Lists", "one"}, {"x-lis", "one"}};
        QCOMPARE(asks(FieldKind::Present, "").match(request.view()), Router::kNone);
        request.lines = {{"x-list", ""}};
        QCOMPARE(asks(FieldKind::Present, "").match(request.view()), 0);
        QCOMPARE(asks(FieldKind::Exact, "").match(request.view()), 0);
        Request without = request.view();
        without.headers = nullptr;
        QCOMPARE(asks(FieldKind::Present, "").match(without), Router::kNone);
        http::HeaderList removed;
        removed.add("x-list", "one");
        (void)removed.remove("x-list");
        without.headers = &removed;
        QCOMPARE(asks(FieldKind::Present, "").match(without), Router::kNone);
    }

    void clientsOfBothFamiliesAreCompared()
    {
        const auto taken = [](const char* client, const char* wanted) {
            OwnedRequest request;
            request.client = client;
            return Router({named("a", [&](config::RouteMatch& m) {
                       m.clients = {range(wanted)};
                   })}).match(request.view()) == 0;
        };
        QVERIFY(taken("10.1.2.3", "10.0.0.0/8"));
        QVERIFY(taken("10.1.2.3", "10.1.2.3"));
        QVERIFY(taken("10.1.2.3", "0.0.0.0/0"));
        QVERIFY(taken("::ffff:10.1.2.3", "10.0.0.0/8"));
        QVERIFY(taken("10.1.2.3", "::ffff:10.0.0.0/104"));
        QVERIFY(taken("10.1.2.129", "10.1.2.130/30"));
        QVERIFY(taken("fd00::1", "fd00::/8"));
        QVERIFY(taken("fd00:0:0:1::1", "fd00:0:0:0::/63"));
        QVERIFY(taken("::1", "::/0"));
        QVERIFY(!taken("11.1.2.3", "10.0.0.0/8"));
        QVERIFY(!taken("10.1.2.132", "10.1.2.130/30"));
        QVERIFY(!taken("10.1.2.3", "::/0"));
        QVERIFY(!taken("::1", "0.0.0.0/0"));
        QVERIFY(!taken("fd00:0:0:2::1", "fd00:0:0:0::/63"));
        QVERIFY(!taken("", "0.0.0.0/0"));
        QVERIFY(!taken("", "::/0"));
    }

    void expressionsMatchTheWholeNormalPathWithoutTheQuery()
    {
        const Router router({named("any"), named("regex", [](config::RouteMatch& m) {
                                 m.path = {PathKind::Regex, "/v[0-9]+/items|/caf%C3%A9"};
                             })});
        const auto match = [&router](std::string_view target) {
            return router.match({"GET", "h", target, nullptr, {}});
        };
        for (const char* target :
             {"/v1/items", "/v22/items?x=/y", "/x/../v1/items", "/%761/items", "/caf\xc3\xa9"})
            QCOMPARE(match(target), 1);
        for (const char* target :
             {"/v1/items/", "/v/items", "/x/v1/items", "/v1/itemsx", "/?/v1/items", "*"})
            QCOMPARE(match(target), 0);
    }

    void everyRouteSaysWhyItWonOrLost()
    {
        const std::vector<Route> routes{
            named("any"),
            named("post", method),
            named("host", [](config::RouteMatch& m) { m.host = "other.lab"; }),
            named("below", [](config::RouteMatch& m) { m.host = "*.other.lab"; }),
            named("exact",
                  [](config::RouteMatch& m) {
                      m.path = {PathKind::Exact, "/a"};
                  }),
            named("prefix",
                  [](config::RouteMatch& m) {
                      m.path = {PathKind::Prefix, "/api/v"};
                  }),
            named("regex",
                  [](config::RouteMatch& m) {
                      m.path = {PathKind::Regex, "/b.*"};
                  }),
            named("get", [](config::RouteMatch& m) { m.methods = {"GET"}; }),
            named("absent",
                  [](config::RouteMatch& m) {
                      m.headers = {{"x-other", FieldKind::Present, ""}};
                  }),
            named("header",
                  [](config::RouteMatch& m) {
                      m.headers = {{"x-beta", FieldKind::Exact, "2"}};
                  }),
            named("parameter",
                  [](config::RouteMatch& m) {
                      m.query = {{"name", FieldKind::Regex, "c.*"}};
                  }),
            named("cookie",
                  [](config::RouteMatch& m) {
                      m.cookies = {{"cohort", FieldKind::Exact, "a"}};
                  }),
            named("client", [](config::RouteMatch& m) { m.clients = {range("192.168.0.0/16")}; }),
            named("winner", pathShorter),
            named("later", pathShorter)};
        OwnedRequest request = fullRequest();
        const Router router(routes);
        const std::vector<Verdict> verdicts = explain(router, routes, request.view());
        const std::vector<std::string> expected{
            "less specific than 'winner' by its path",
            "less specific than 'winner' by its path",
            "host 'www.shop.lab' is not 'other.lab'",
            "host 'www.shop.lab' is not below 'other.lab'",
            "path /api/v1 is not /a",
            "/api/v is no prefix of path /api/v1",
            "path /api/v1 does not match '/b.*'",
            "method POST is not GET",
            "header x-other is absent",
            "header x-beta is '1', not '2'",
            "query parameter name is 'a b!', which does not match 'c.*'",
            "cookie cohort is 'b', not 'a'",
            "client 10.1.2.3 is not in 192.168.0.0/16",
            "the most specific of the 4 that match",
            "as specific as 'winner', which is before it"};
        QCOMPARE(verdicts.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            QCOMPARE(QByteArray::fromStdString(verdicts[i].why),
                     QByteArray::fromStdString(expected[i]));
            QCOMPARE(verdicts[i].won, routes[i].name == "winner");
        }
        const std::vector<Route> one{named("any", hostExact)};
        const Router only(one);
        QCOMPARE(explain(only, one, request.view())[0].why,
                 std::string("the only one that matches"));
        request.host = "x";
        const std::vector<Verdict> none = explain(only, one, request.view());
        QVERIFY(!none[0].won);
        QCOMPARE(none[0].why, std::string("host 'x' is not 'www.shop.lab'"));
    }
};

STEELYARD_TEST(PrecedenceTest)
#include "precedence_test.moc"
