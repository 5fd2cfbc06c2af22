#include "config/values.h"
#include "routing/unreachable.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using config::FieldMatch;
using config::PathMatch;
using routing::unreachableRoutes;
using Pairs = std::vector<std::pair<int, int>>;
constexpr auto kAny = PathMatch::Kind::Any;
constexpr auto kExact = PathMatch::Kind::Exact;
constexpr auto kPrefix = PathMatch::Kind::Prefix;
constexpr auto kRegex = PathMatch::Kind::Regex;

namespace {

config::Route route(std::string host, PathMatch::Kind kind, std::string path = {},
                    std::vector<FieldMatch> headers = {}, std::vector<std::string> methods = {})
{
    config::Route made;
    made.match.host = std::move(host);
    made.match.path = {kind, std::move(path)};
    made.match.headers = std::move(headers);
    made.match.methods = std::move(methods);
    return made;
}

config::Route from(std::vector<const char*> ranges)
{
    config::Route made;
    for (const char* range : ranges)
        made.match.clients.push_back(config::parseCidr(range).value());
    return made;
}

const std::vector<FieldMatch> kPresent{{"x", FieldMatch::Kind::Present, ""}};
const std::vector<FieldMatch> kOne{{"x", FieldMatch::Kind::Exact, "1"}};
const std::vector<FieldMatch> kDigit{{"x", FieldMatch::Kind::Regex, "[0-9]"}};
const std::vector<FieldMatch> kOther{{"y", FieldMatch::Kind::Exact, "1"}};

} // namespace

class UnreachableTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void duplicatesNameTheFirst()
    {
        QCOMPARE(unreachableRoutes({
                     route("a.lab", kAny),               // 0
                     route("a.lab", kPrefix, "/"),       // 1: as wide as 0
                     route("a.lab", kExact, "/"),        // 2
                     route("a.lab", kExact, "/x/../"),   // 3: as 2
                     route("a.lab", kPrefix, "/api"),    // 4
                     route("a.lab", kPrefix, "/%61pi/"), // 5: as 4
                     route("b.lab", kPrefix, "/api"),    // 6
                     route("A.lab", kAny),               // 7: as 0
                     route("*.a.lab", kAny),             // 8
                     route("a.lab", kRegex, "/x.*"),     // 9
                     route("a.lab", kRegex, "/x.*"),     // 10: as 9
                 }),
                 (Pairs{{1, 0}, {3, 2}, {5, 4}, {7, 0}, {10, 9}}));
        // The prefix "/" does not take "*", so what has no path is reached still.
        QCOMPARE(unreachableRoutes({route("", kPrefix, "/"), route("", kAny)}), Pairs{});
    }

    void equallyManyConditionsThatAskForNoLessAreHidden()
    {
        const auto at = [](const std::vector<FieldMatch>& headers) {
            return route("", kPrefix, "/a", headers);
        };
        QCOMPARE(unreachableRoutes({at(kPresent), at(kOne), at(kDigit), at(kOther)}),
                 (Pairs{{1, 0}, {2, 0}}));
        QCOMPARE(unreachableRoutes({at(kDigit), at(kOne)}), (Pairs{{1, 0}}));
        QCOMPARE(unreachableRoutes({at(kOne), at(kDigit), at(kPresent)}), Pairs{});
        // More conditions go first, wherever they stand in the file.
        QCOMPARE(unreachableRoutes({at({}), at(kOne), route("", kPrefix, "/a", kOne, {"GET"})}),
                 Pairs{});
        QCOMPARE(unreachableRoutes({route("", kAny, "", {}, {"GET", "POST"}),
                                    route("", kAny, "", {}, {"POST"}),
                                    route("", kAny, "", {}, {"PUT", "GET"})}),
                 (Pairs{{1, 0}}));
        QCOMPARE(unreachableRoutes({from({"10.0.0.0/8", "fd00::/8"}), from({"10.1.0.0/16"}),
                                    from({"fd00::1", "10.2.0.0/16"}), from({"10.0.0.0/7"}),
                                    from({"10.0.0.1", "11.0.0.1"})}),
                 (Pairs{{1, 0}, {2, 0}, {4, 3}}));
    }

    void anExpressionBelowAPrefixIsHiddenByIt()
    {
        QCOMPARE(unreachableRoutes({
                     route("", kRegex, "/api/v[0-9]+"),       // 0
                     route("", kPrefix, "/api"),              // 1: goes before expressions
                     route("", kRegex, "/apix?/v1"),          // 2: more than /api/...
                     route("a.lab", kRegex, "/api/v1"),       // 3: another host
                     route("", kRegex, "/(api|other)/v1"),    // 4
                     route("", kRegex, ".*"),                 // 5
                     route("", kRegex, "/api"),               // 6: the prefix itself is not seen
                     route("", kRegex, "/api/v1", kOne),      // 7: also with conditions
                     route("", kPrefix, "/deep/down", kOne),  // 8
                     route("", kRegex, "/deep/down/x"),       // 9: not without the condition
                     route("", kRegex, "/deep/down/y", kOne), // 10
                     route("", kRegex, "(?i)/API/v1"),        // 11: /API/v1 too
                     route("", kRegex, "(/api/a|/api/b)/.*"), // 12
                 }),
                 (Pairs{{0, 1}, {7, 1}, {10, 8}, {12, 1}}));
    }
};

STEELYARD_TEST(UnreachableTest)
#include "unreachable_test.moc"
