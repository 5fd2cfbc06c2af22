#include "routing/edits.h"
#include "support/test_main.h"

#include <QTest>

#include <array>

using namespace steelyard;
using namespace steelyard::routing;
using config::PathMatch;
using Kind = PathMatch::Kind;

namespace {

QByteArray rewritten(const char* target, Kind kind, const char* text, const char* replacement)
{
    std::string out = "what was there before";
    rewriteTarget(target, {kind, text}, replacement, out);
    return QByteArray::fromStdString(out);
}

QByteArray location(const char* text, const char* target, Kind kind = Kind::Any,
                    const char* matched = "", const char* host = "Shop.lab:8080")
{
    Request request;
    request.host = host;
    request.target = target;
    return QByteArray::fromStdString(redirectLocation({text, 308}, {kind, matched}, request));
}

/// The lines that are left, in order.
QByteArray lines(const http::HeaderList& headers)
{
    std::string out;
    for (const http::Field& field : headers.fields()) {
        if (!field.removed)
            out += std::string(headers.name(field)) + '=' + std::string(headers.value(field)) + ' ';
    }
    return QByteArray::fromStdString(out);
}

} // namespace

class EditsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aMatchedPrefixIsReplacedByWholeSegments()
    {
        for (const char* prefix : {"/api", "/api/", "/%61pi"}) {
            for (const char* replacement : {"/v2", "/v2/"}) {
                QCOMPARE(rewritten("/api/x/y?q=/api", Kind::Prefix, prefix, replacement),
                         QByteArray("/v2/x/y?q=/api"));
                QCOMPARE(rewritten("/api/", Kind::Prefix, prefix, replacement), QByteArray("/v2/"));
            }
            QCOMPARE(rewritten("/api", Kind::Prefix, prefix, "/v2"), QByteArray("/v2"));
            QCOMPARE(rewritten("/api?", Kind::Prefix, prefix, "/v2"), QByteArray("/v2?"));
            QCOMPARE(rewritten("/api", Kind::Prefix, prefix, "/v2/"), QByteArray("/v2/"));
            QCOMPARE(rewritten("/api/x", Kind::Prefix, prefix, "/"), QByteArray("/x"));
            QCOMPARE(rewritten("/api", Kind::Prefix, prefix, "/"), QByteArray("/"));
            QCOMPARE(rewritten("/api?x", Kind::Prefix, prefix, "/"), QByteArray("/?x"));
        }
        QCOMPARE(rewritten("/x", Kind::Prefix, "/", "/v2"), QByteArray("/v2/x"));
        QCOMPARE(rewritten("/", Kind::Prefix, "/", "/v2"), QByteArray("/v2/"));
        QCOMPARE(rewritten("/x?y", Kind::Any, "", "/v2"), QByteArray("/v2/x?y"));
    }

    void anExactPathIsReplacedWhole()
    {
        QCOMPARE(rewritten("/a/b?x=1", Kind::Exact, "/a/b", "/c"), QByteArray("/c?x=1"));
        QCOMPARE(rewritten("/a/b/", Kind::Exact, "/a/b/", "/c"), QByteArray("/c"));
        QCOMPARE(rewritten("/a/%62", Kind::Exact, "/a/b", "/"), QByteArray("/"));
    }

    // Forwarding the received spelling would let it undo the rewrite: /v2/../admin.
    void whatIsForwardedIsMadeOfTheNormalFormThatMatched()
    {
        for (const char* target : {"/%61pi/x", "/y/../api/x", "/api/./x", "/api/y/%2e%2e/x"})
            QCOMPARE(rewritten(target, Kind::Prefix, "/api", "/v2"), QByteArray("/v2/x"));
        QCOMPARE(rewritten("/api/a%2fb%20c/caf%c3%a9?%61", Kind::Prefix, "/api", "/v2"),
                 QByteArray("/v2/a%2Fb%20c/caf%C3%A9?%61"));
        // A "%" that begins no encoding does not become one either: the server would see "..".
        QCOMPARE(rewritten("/api/%2%65%2%65/admin", Kind::Prefix, "/api", "/v2"),
                 QByteArray("/v2/%252e%252e/admin"));
        QCOMPARE(rewritten("/api/100%", Kind::Prefix, "/api", "/v2"), QByteArray("/v2/100%25"));
    }

    void noRewriteMakesAHostOfAPath()
    {
        QCOMPARE(rewritten("/api//evil.lab/x", Kind::Prefix, "/api", "/"),
                 QByteArray("/evil.lab/x"));
        QCOMPARE(rewritten("/api///evil.lab", Kind::Prefix, "/api/", "/"), QByteArray("/evil.lab"));
        QCOMPARE(rewritten("/api//", Kind::Prefix, "/api", "/"), QByteArray("/"));
        QCOMPARE(rewritten("/api//x", Kind::Prefix, "/api", "/v2"), QByteArray("/v2//x"));
        QCOMPARE(rewritten("/.//evil.lab", Kind::Prefix, "/", "/"), QByteArray("/evil.lab"));
        QCOMPARE(rewritten("/x/..//evil.lab", Kind::Any, "", "/"), QByteArray("/evil.lab"));
        // It was so before, or the configuration says so.
        QCOMPARE(rewritten("//x", Kind::Prefix, "/", "/"), QByteArray("//x"));
        QCOMPARE(rewritten("/api/x", Kind::Prefix, "/api", "//cdn"), QByteArray("//cdn/x"));
    }

    void whatNamesNoPathStays()
    {
        QCOMPARE(rewritten("*", Kind::Any, "", "/v2"), QByteArray("*"));
        QCOMPARE(rewritten("/a/../b", Kind::Regex, "/.*", "/v2"), QByteArray("/a/../b"));
    }

    void aHeadIsRewrittenInPlace()
    {
        config::Route route;
        route.match.path = {Kind::Prefix, "/api"};
        route.rewrite = {"/v2", "api.internal"};
        http::MessageHead head;
        head.methodAt = head.headers.append("GET");
        head.methodSize = 3;
        head.targetAt = head.headers.append("/api/x?y");
        head.targetSize = 8;
        head.headers.add("Accept", "*/*");
        head.headers.add("host", "shop.lab");
        std::string buffer;
        applyRewrite(route, head, buffer);
        QCOMPARE(QByteArray::fromStdString(std::string(head.target())), QByteArray("/v2/x?y"));
        QCOMPARE(lines(head.headers), QByteArray("Accept=*/* host=api.internal "));
        // HTTP/1.0 without a Host.
        http::MessageHead bare;
        bare.targetAt = bare.headers.append("/other");
        bare.targetSize = 6;
        route.rewrite.path.reset();
        applyRewrite(route, bare, buffer);
        QCOMPARE(QByteArray::fromStdString(std::string(bare.target())), QByteArray("/other"));
        QCOMPARE(lines(bare.headers), QByteArray("Host=api.internal "));
        route.rewrite.host.reset();
        applyRewrite(route, bare, buffer);
        QCOMPARE(lines(bare.headers), QByteArray("Host=api.internal "));
    }

    void fieldsAreRemovedSetAndAddedInThisOrder()
    {
        http::HeaderList headers;
        for (const auto& [name, value] :
             std::array<std::pair<const char*, const char*>, 6>{{{"X-Debug", "1"},
                                                                 {"Server", "nginx"},
                                                                 {"x-lab", "a"},
                                                                 {"Keep", "k"},
                                                                 {"X-Lab", "b"},
                                                                 {"x-debug", "2"}}})
            headers.add(name, value);
        config::HeaderEdits edits;
        applyEdits(edits, headers);
        QCOMPARE(lines(headers),
                 QByteArray("X-Debug=1 Server=nginx x-lab=a Keep=k X-Lab=b x-debug=2 "));
        edits.remove = {"X-DEBUG", "absent"};
        edits.set = {{"X-LAB", "c"}, {"x-new", "n"}, {"x-debug", "set"}};
        edits.add = {{"x-new", "m"}, {"keep", "l"}};
        applyEdits(edits, headers);
        QCOMPARE(lines(headers), QByteArray("Server=nginx x-lab=c Keep=k x-new=n x-debug=set "
                                            "x-new=m keep=l "));
    }

    void aRedirectKeepsTheQueryUnlessItHasItsOwn()
    {
        QCOMPARE(location("/new", "/old"), QByteArray("/new"));
        QCOMPARE(location("/new", "/old?id=5&b"), QByteArray("/new?id=5&b"));
        QCOMPARE(location("/new#part", "/old?id=5"), QByteArray("/new?id=5#part"));
        QCOMPARE(location("/new?a=1", "/old?id=5"), QByteArray("/new?a=1"));
        QCOMPARE(location("/new?", "/old?id=5"), QByteArray("/new"));
        QCOMPARE(location("/new?#part", "/old?id=5"), QByteArray("/new#part"));
        QCOMPARE(location("https://new.lab", "/old?id=5"), QByteArray("https://new.lab?id=5"));
    }

    void aRedirectMayNameHostPathAndRest()
    {
        QCOMPARE(location("https://{host}{path}", "/a/b?c"), QByteArray("https://shop.lab/a/b?c"));
        QCOMPARE(location("https://{host}{path}", "/", Kind::Any, "", "[::1]:80"),
                 QByteArray("https://[::1]/"));
        QCOMPARE(location("https://docs.lab{rest}", "/docs/a?b", Kind::Prefix, "/docs/"),
                 QByteArray("https://docs.lab/a?b"));
        QCOMPARE(location("/new{rest}", "/docs", Kind::Prefix, "/docs"), QByteArray("/new"));
        QCOMPARE(location("/new{rest}", "/x", Kind::Exact, "/x"), QByteArray("/new"));
        QCOMPARE(location("/new{rest}", "/x", Kind::Regex, ".*"), QByteArray("/new"));
        QCOMPARE(location("{rest}", "/docs", Kind::Prefix, "/docs"), QByteArray("/"));
        QCOMPARE(location("{path}{path}/{", "/a"), QByteArray("/a/a/{"));
        QCOMPARE(location("/{other}/{path", "/a"), QByteArray("/{other}/{path"));
        QCOMPARE(location("https://x.lab{path}", "*"), QByteArray("https://x.lab"));
    }

    void noClientMakesARedirectPointToAHostOfItsOwn()
    {
        QCOMPARE(location("{rest}", "/old//evil.lab/x", Kind::Prefix, "/old"),
                 QByteArray("/evil.lab/x"));
        QCOMPARE(location("/{rest}", "/old/evil.lab/x", Kind::Prefix, "/old"),
                 QByteArray("/evil.lab/x"));
        QCOMPARE(location("{path}", "//evil.lab"), QByteArray("/evil.lab"));
        QCOMPARE(location("{path}", "/x/..//evil.lab"), QByteArray("/evil.lab"));
        QCOMPARE(location("{path}", "/\\evil.lab"), QByteArray("/%5Cevil.lab"));
        QCOMPARE(location("{path}", "/<\">"), QByteArray("/%3C%22%3E"));
        QCOMPARE(location("//cdn.lab{path}", "/x"), QByteArray("//cdn.lab/x"));
    }
};

STEELYARD_TEST(EditsTest)
#include "edits_test.moc"
