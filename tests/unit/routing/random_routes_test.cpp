#include "base/random.h"
#include "config/values.h"
#include "routing/explain.h"
#include "routing/router.h"
#include "routing/unreachable.h"
#include "support/test_main.h"
#include "unit/routing/naive_matcher.h"

#include <QTest>

#include <chrono>
#include <string>

using namespace steelyard;
using namespace steelyard::routing;
using namespace steelyard::routing::test;
using PathKind = config::PathMatch::Kind;
using FieldKind = config::FieldMatch::Kind;

namespace {

/// Routes and requests over an alphabet so small that they meet, and that many routes compete.
class Maker
{
public:
    explicit Maker(std::uint64_t seed)
        : m_random(seed)
    {
    }

    config::Route route()
    {
        config::Route made;
        config::RouteMatch& match = made.match;
        if (oneIn(2))
            match.host = (oneIn(2) ? "*." : "") + hostName();
        switch (m_random.below(5)) {
        case 0:
            match.path = {PathKind::Exact, path()};
            break;
        case 1:
        case 2:
            match.path = {PathKind::Prefix, path()};
            break;
        case 3:
            match.path = {PathKind::Regex, expression()};
            break;
        default:
            break;
        }
        if (oneIn(4))
            match.methods = oneIn(2) ? std::vector<std::string>{"GET"}
                                     : std::vector<std::string>{"POST", "GET"};
        match.headers = fields();
        match.query = fields();
        match.cookies = fields();
        while (oneIn(5))
            match.clients.push_back(config::parseCidr(clientRange()).value());
        return made;
    }

    OwnedRequest request()
    {
        OwnedRequest made;
        made.method = oneIn(2) ? "GET" : oneIn(2) ? "POST" : "PUT";
        made.host = oneIn(8) ? "" : hostName();
        made.target = oneIn(20) ? "*" : path();
        for (std::uint32_t i = 0, count = m_random.below(3); made.target != "*" && i < count; ++i)
            made.target += (i == 0 ? "?" : "&") + fieldName() + (oneIn(6) ? "" : "=" + value());
        for (std::uint32_t i = 0, count = m_random.below(4); i < count; ++i)
            made.lines.emplace_back(oneIn(2) ? fieldName() : upper(fieldName()), value());
        while (oneIn(2)) {
            std::string cookies;
            for (std::uint32_t i = 0, count = 1 + m_random.below(2); i < count; ++i) {
                const std::string text = value();
                cookies +=
                    (i == 0 ? "" : "; ") + fieldName() + '=' + (oneIn(4) ? '"' + text + '"' : text);
            }
            made.lines.emplace_back(oneIn(2) ? "Cookie" : "cookie", cookies);
        }
        made.client = pick(
            {"10.0.0.1", "10.1.0.1", "192.168.0.1", "fd00::1", "fd00:1::1", "::ffff:10.0.0.1"});
        return made;
    }

    bool oneIn(std::uint32_t n) { return m_random.below(n) == 0; }

private:
    std::string pick(std::initializer_list<const char*> words)
    {
        return words.begin()[m_random.below(static_cast<std::uint32_t>(words.size()))];
    }

    std::string hostName() { return pick({"lab", "a.lab", "b.lab", "a.a.lab", "b.a.lab"}); }

    std::string fieldName() { return pick({"k", "m"}); }

    std::string value() { return pick({"1", "2", "12"}); }

    std::string clientRange()
    {
        return pick(
            {"10.0.0.0/8", "10.0.0.0/16", "10.0.0.1", "fd00::/16", "fd00::1", "::/0", "0.0.0.0/0"});
    }

    std::string path()
    {
        std::string out;
        for (std::uint32_t i = 0, segments = m_random.below(4); i < segments; ++i)
            out += '/' + pick({"a", "ab", "v1"});
        return out.empty() || oneIn(5) ? out + '/' : out;
    }

    std::string expression()
    {
        return pick({"/a.*", "/a/.*", "/a/ab/v[0-9]", "/(a|ab)/v1", "/[^/]+", ".*", "/a/a(b|c)?",
                     "/ab/(a|v1)/?", "/v1(/.*)?", "/a/a/a"});
    }

    static std::string upper(std::string text)
    {
        for (char& c : text)
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        return text;
    }

    std::vector<config::FieldMatch> fields()
    {
        std::vector<config::FieldMatch> out;
        for (const char* name : {"k", "m"}) {
            if (!oneIn(5))
                continue;
            switch (m_random.below(3)) {
            case 0:
                out.push_back({name, FieldKind::Exact, value()});
                break;
            case 1:
                out.push_back({name, FieldKind::Regex, pick({"1.*", "[12]", ".*2"})});
                break;
            default:
                out.push_back({name, FieldKind::Present, {}});
                break;
            }
        }
        return out;
    }

    RandomSource m_random;
};

std::string shown(const OwnedRequest& request)
{
    std::string out =
        request.method + ' ' + request.host + ' ' + request.target + ' ' + request.client;
    for (const auto& [name, value] : request.lines)
        out += " | " + name + ": " + value;
    return out;
}

std::vector<config::Route> routesOf(Maker& make, int count)
{
    std::vector<config::Route> routes;
    for (int i = 0; i < count; ++i)
        routes.push_back(make.route());
    return routes;
}

} // namespace

class RandomRoutesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void agreesWithANaiveMatcher()
    {
        Maker make(21);
        int matched = 0;
        int requests = 0;
        for (int round = 0; round < 150; ++round) {
            // Up to 200, so that a host may have several blocks of expressions.
            const std::vector<config::Route> routes = routesOf(make, 1 + round % 40 * 5);
            const Router router(routes);
            for (int i = 0; i < 60; ++i) {
                OwnedRequest request = make.request();
                const int expected = naiveMatch(routes, request);
                const int got = router.match(request.view());
                QVERIFY2(got == expected, shown(request).c_str());
                matched += got >= 0 ? 1 : 0;
                ++requests;
            }
        }
        QVERIFY(matched > requests / 2);
        QVERIFY(matched < requests);
    }

    void explainingAgreesWithMatching()
    {
        Maker make(22);
        for (int round = 0; round < 40; ++round) {
            const std::vector<config::Route> routes = routesOf(make, 15);
            const Router router(routes);
            for (int i = 0; i < 30; ++i) {
                OwnedRequest request = make.request();
                const std::vector<Verdict> verdicts = explain(router, routes, request.view());
                const int winner = router.match(request.view());
                QCOMPARE(verdicts.size(), routes.size());
                for (std::size_t r = 0; r < routes.size(); ++r) {
                    const Verdict& verdict = verdicts[r];
                    QCOMPARE(verdict.won, static_cast<int>(r) == winner);
                    QVERIFY(!verdict.why.empty());
                    const bool matches = verdict.why.starts_with("less specific") ||
                                         verdict.why.starts_with("as specific");
                    QVERIFY2(verdict.won || matches == naiveMatches(routes[r].match, request),
                             (verdict.why + " | " + shown(request)).c_str());
                }
            }
        }
    }

    void noRequestReachesARouteThatIsCalledUnreachable()
    {
        Maker make(23);
        int claims = 0;
        for (int round = 0; round < 150; ++round) {
            const std::vector<config::Route> routes = routesOf(make, 60);
            const auto hidden = unreachableRoutes(routes);
            claims += static_cast<int>(hidden.size());
            for (int i = 0; i < 60; ++i) {
                OwnedRequest request = make.request();
                const int winner = naiveMatch(routes, request);
                for (const auto& [route, hider] : hidden) {
                    QVERIFY2(route != winner, shown(request).c_str());
                    const auto matches = [&](int index) {
                        return naiveMatches(routes[static_cast<std::size_t>(index)].match, request);
                    };
                    QVERIFY2(!matches(route) || matches(hider), shown(request).c_str());
                }
            }
        }
        QVERIFY(claims > 100);
    }

    void tenThousandRoutesOfEveryKindAgreeToo()
    {
        Maker make(24);
        std::vector<config::Route> routes;
        for (int i = 0; i < 10000; ++i) {
            config::Route route = make.route();
            // Most on a host of their own; the rest compete.
            if (!make.oneIn(50))
                route.match.host = "h" + std::to_string(i % 2000) + ".lab";
            routes.push_back(std::move(route));
        }
        const Router router(routes);
        for (int i = 0; i < 400; ++i) {
            OwnedRequest request = make.request();
            if (i % 2 == 0)
                request.host = "h" + std::to_string(i * 5 % 2000) + ".lab";
            QVERIFY2(router.match(request.view()) == naiveMatch(routes, request),
                     shown(request).c_str());
        }
        const auto start = std::chrono::steady_clock::now();
        const auto hidden = unreachableRoutes(routes);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        qInfo("%zu of 10,000 are unreachable, found in %.2f s", hidden.size(), took.count());
        QVERIFY(took.count() < 10);
    }
};

STEELYARD_TEST(RandomRoutesTest)
#include "random_routes_test.moc"
