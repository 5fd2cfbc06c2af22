#include "http/cookies.h"
#include "http/query.h"
#include "support/test_main.h"

#include <QTest>

namespace steelyard::http::test {
namespace {

const std::string kNone = "(none)";

std::string cookie(std::initializer_list<const char*> lines, const char* name)
{
    HeaderList headers;
    headers.add("X-Cookie", "a=wrong");
    for (const char* line : lines)
        headers.add("cooKIE", line);
    return std::string(findCookie(headers, name).value_or(kNone));
}

std::string parameter(const char* target, const char* name)
{
    std::string buffer = "old";
    const auto found = findParameter(target, name);
    return found ? std::string(decodeParameter(*found, buffer)) : kNone;
}

} // namespace

class CookiesQueryTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aCookieIsFoundByItsWholeName()
    {
        for (const char* line : {"a=1", "b=2; a=1", "b=2;a=1", "a=1;", "; a=1", ";;a=1;;",
                                 "  a=1  ", "a = 1", "\ta\t=\t1\t;c=3", "a=\"1\"", "a= \"1\" ; c",
                                 "c; a=1", "aa=2; a=1", "a=1; a=2", "A=2; a=1", "=; a=1"})
            QCOMPARE(cookie({line}, "a"), std::string("1"));
        for (const char* line : {"", ";", "a", "aa=1", "A=1", "b=a=1", "b=\"x\"; c", " "})
            QCOMPARE(cookie({line}, "a"), kNone);
    }

    void aCookiesValueIsWhatIsBetweenEqualsAndSemicolon()
    {
        QCOMPARE(cookie({"a="}, "a"), std::string());
        QCOMPARE(cookie({"a=; b=2"}, "a"), std::string());
        QCOMPARE(cookie({"a=\"\""}, "a"), std::string());
        QCOMPARE(cookie({"a=\""}, "a"), std::string("\""));
        QCOMPARE(cookie({"a=\"x"}, "a"), std::string("\"x"));
        QCOMPARE(cookie({"a=x=y=="}, "a"), std::string("x=y=="));
        QCOMPARE(cookie({"a=x y"}, "a"), std::string("x y"));
        QCOMPARE(cookie({"a=\"x;y\""}, "a"), std::string("\"x")); // no cookie-octet: it ends there
        QCOMPARE(cookie({"a=%41,b"}, "a"), std::string("%41,b"));
    }

    void cookiesMayStandOnSeveralLines()
    {
        QCOMPARE(cookie({"b=1", "c=2; a=3"}, "a"), std::string("3"));
        QCOMPARE(cookie({"a=1", "a=2"}, "a"), std::string("1"));
        QCOMPARE(cookie({}, "a"), kNone);
        HeaderList headers;
        headers.add("Cookie", "a=1");
        headers.add("Cookie", "a=2");
        headers.fields().front().removed = true;
        QCOMPARE(std::string(findCookie(headers, "a").value_or("")), std::string("2"));
    }

    void aParameterIsComparedAndReadDecoded()
    {
        for (const char* target : {"/?a=1", "/x?b=2&a=1", "/?a=1&a=2", "/?&&a=1&", "/?%61=1",
                                   "/?a=%31", "?a=1", "/?A=2&a=1", "/?aa=2&a=1", "/?b&a=1"})
            QCOMPARE(parameter(target, "a"), std::string("1"));
        for (const char* target :
             {"/", "/?", "/a=1", "/?b=a=1", "/?aa=1", "/?A=1", "/?;a=1", "*", "/?%2561=1", "/?=a"})
            QCOMPARE(parameter(target, "a"), kNone);
        for (const char* target : {"/?a", "/?a=", "/?a&a=1", "/?b&a"})
            QCOMPARE(parameter(target, "a"), std::string());
        QCOMPARE(parameter("/?a+b=c+d%2B%2f%00", "a b"), std::string("c d+/\0", 6));
        QCOMPARE(parameter("/?%C3%a9=%c3%A9", "\xc3\xa9"), std::string("\xc3\xa9"));
        QCOMPARE(parameter("/?a=x=y?z", "a"), std::string("x=y?z"));
        QCOMPARE(parameter("/?a=1;b=2", "a"), std::string("1;b=2"));
        QCOMPARE(parameter("/?=1", ""), std::string("1"));
    }

    void whatIsNoEncodingStays()
    {
        QCOMPARE(parameter("/?a=%", "a"), std::string("%"));
        QCOMPARE(parameter("/?a=%4", "a"), std::string("%4"));
        QCOMPARE(parameter("/?a=%zz%4g%%41", "a"), std::string("%zz%4g%A"));
        QCOMPARE(parameter("/?%=1", "%"), std::string("1"));
    }
};

} // namespace steelyard::http::test

using steelyard::http::test::CookiesQueryTest;
STEELYARD_TEST(CookiesQueryTest)
#include "cookies_query_test.moc"
