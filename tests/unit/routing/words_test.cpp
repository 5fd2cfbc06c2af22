#include "config/values.h"
#include "routing/words.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using config::FieldMatch;
using config::PathMatch;

class WordsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void matchIsToldInFull();
    void actionIsTold();
    void moreSpecificComesFirstAndEqualsKeepTheirOrder();
};

void WordsTest::matchIsToldInFull()
{
    config::RouteMatch match;
    QCOMPARE(routing::matchText(match), std::string("everything"));
    match.methods = {"GET", "POST"};
    QCOMPARE(routing::matchText(match), std::string("GET|POST"));
    match.host = "*.shop.lab";
    match.path = {PathMatch::Kind::Prefix, "/api"};
    match.headers = {{"x-beta", FieldMatch::Kind::Exact, "1"},
                     {"x-debug", FieldMatch::Kind::Present, ""}};
    match.query = {{"v", FieldMatch::Kind::Regex, "[0-9]+"}};
    match.cookies = {{"cohort", FieldMatch::Kind::Exact, "b"}};
    match.clients = {config::parseCidr("10.0.0.0/8").value()};
    QCOMPARE(routing::matchText(match),
             std::string("GET|POST *.shop.lab/api/*, header x-beta = 1, header x-debug, "
                         "query v like [0-9]+, cookie cohort = b, from 10.0.0.0/8"));
    match = {};
    match.path = {PathMatch::Kind::Regex, "/a.*"};
    QCOMPARE(routing::matchText(match), std::string("path like /a.*"));
    match.path = {PathMatch::Kind::Prefix, "/"};
    QCOMPARE(routing::matchText(match), std::string("/*"));
    match.path = {PathMatch::Kind::Exact, "/pot"};
    QCOMPARE(routing::matchText(match), std::string("/pot"));
}

void WordsTest::actionIsTold()
{
    config::Route route;
    route.action = std::string("shop");
    QCOMPARE(routing::actionText(route), std::string("pool shop"));
    route.action = config::Split{{}, {{"shop", 90}, {"next", 10}}};
    QCOMPARE(routing::actionText(route), std::string("split over shop (90), next (10)"));
    route.action = config::Redirect{"/new", 308};
    QCOMPARE(routing::actionText(route), std::string("redirect 308 to /new"));
    route.action = config::FixedReply{418, "", "text/plain"};
    QCOMPARE(routing::actionText(route), std::string("reply 418"));
}

void WordsTest::moreSpecificComesFirstAndEqualsKeepTheirOrder()
{
    std::vector<config::Route> routes(4);
    routes[1].match.path = {PathMatch::Kind::Prefix, "/api"};
    routes[2].match.path = {PathMatch::Kind::Exact, "/api"};
    QCOMPARE(routing::precedence(routes), (std::vector<std::size_t>{2, 1, 0, 3}));
}

STEELYARD_TEST(WordsTest)
#include "words_test.moc"
