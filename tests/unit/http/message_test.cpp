#include "http/field_line.h"
#include "http/message.h"
#include "support/test_main.h"

#include <QTest>

#include <algorithm>
#include <cctype>
#include <random>
#include <utility>

using namespace std::literals;

namespace steelyard::http::test {
namespace {

const std::vector<std::pair<std::string, FieldId>>& names()
{
    static const std::vector<std::pair<std::string, FieldId>> all = {
        {"connection", FieldId::Connection},
        {"content-length", FieldId::ContentLength},
        {"cookie", FieldId::Cookie},
        {"date", FieldId::Date},
        {"expect", FieldId::Expect},
        {"forwarded", FieldId::Forwarded},
        {"host", FieldId::Host},
        {"keep-alive", FieldId::KeepAlive},
        {"max-forwards", FieldId::MaxForwards},
        {"proxy-connection", FieldId::ProxyConnection},
        {"server", FieldId::Server},
        {"te", FieldId::TE},
        {"trailer", FieldId::Trailer},
        {"transfer-encoding", FieldId::TransferEncoding},
        {"upgrade", FieldId::Upgrade},
        {"via", FieldId::Via},
        {"x-forwarded-for", FieldId::XForwardedFor},
        {"x-forwarded-host", FieldId::XForwardedHost},
        {"x-forwarded-proto", FieldId::XForwardedProto},
        {"x-request-id", FieldId::XRequestId},
    };
    return all;
}

FieldId naiveFieldId(std::string name)
{
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
        return static_cast<char>(c < 128 ? std::tolower(c) : c);
    });
    for (const auto& [known, id] : names())
        if (known == name)
            return id;
    return FieldId::Other;
}

} // namespace

class MessageTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void fieldIdAgreesWithANaiveTable()
    {
        QVERIFY(fieldId("") == FieldId::Other);
        std::mt19937 random(3);
        for (const auto& [name, id] : names()) {
            QVERIFY2(fieldId(name) == id, name.c_str());
            for (int round = 0; round < 500; ++round) {
                std::string other = name;
                for (char& c : other)
                    if (random() % 2 == 0)
                        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
                QVERIFY2(fieldId(other) == id, other.c_str());
                other[random() % other.size()] = static_cast<char>(random());
                QVERIFY2(fieldId(other) == naiveFieldId(other), other.c_str());
                QVERIFY2(fieldId(name + other) == naiveFieldId(name + other), other.c_str());
            }
        }
    }

    void linesAreAddedFoundAndRemoved()
    {
        HeaderList list;
        list.add("A", "1");
        list.add("Host", "lab");
        list.add("a", "2");
        QVERIFY(list.find("a") == "1");
        QVERIFY(list.find(FieldId::Host) == "lab");
        QVERIFY(list.find("b").data() == nullptr);
        list.add("Empty", "");
        QVERIFY(list.find("empty").data() != nullptr && list.find("empty").empty());
        list.fields()[0].removed = true;
        QVERIFY(list.find("a") == "2");
        QCOMPARE(list.remove("A"), 1);
        QCOMPARE(list.remove("A"), 0);
        QVERIFY(list.find("a").data() == nullptr);
        QCOMPARE(list.remove(FieldId::Host), 1);
        QVERIFY(list.find("host").data() == nullptr);
        list.clear();
        QVERIFY(list.fields().empty());
    }

    void linesAddedAfterAnAssignedBlockKeepTheOldOnes()
    {
        HeaderList list;
        const std::string block = "A: one\r\n";
        std::vector<Field> fields{{0, 3, 3, 1, FieldId::Other, false}};
        list.assign(block, fields);
        QVERIFY(fields.empty());
        for (int i = 0; i < 200; ++i)
            list.add("N" + std::to_string(i), std::string(20, 'x'));
        QVERIFY(list.find("a") == "one");
        QVERIFY(list.find("n199") == std::string(20, 'x'));
        list.assign(block, fields);
        QVERIFY(list.fields().empty());
    }

    void valuesMayBeMadeOfTheListsOwnText()
    {
        HeaderList list;
        list.add("A", "b");
        for (int i = 0; i < 12;
             ++i) // doubles each time: the block must grow while it is being read
            list.setValue(list.fields()[0], {list.find("a"), list.find("a")});
        QVERIFY(list.find("a") == std::string(4096, 'b'));
        for (int i = 0; i < 40; ++i)
            list.add(list.name(list.fields()[0]), list.find("a").substr(0, 100));
        QCOMPARE(list.fields().size(), std::size_t{41});
        QVERIFY(list.value(list.fields().back()) == std::string(100, 'b'));
        QVERIFY(list.name(list.fields().back()) == "A");
    }

    void aClearedHeadIsLikeANewOne()
    {
        MessageHead head;
        head.headers.add("A", "b");
        head.status = 200;
        head.body = {BodyKind::Length, 3};
        head.keepAlive = false;
        head.upgradeWebSocket = true;
        head.maxForwards = 3;
        head.clear();
        QVERIFY(head.headers.fields().empty() && head.status == 0 &&
                head.body.kind == BodyKind::None);
        QVERIFY(head.keepAlive && !head.upgradeWebSocket && head.maxForwards == -1);
    }

    void idempotentMethodsAreKnown()
    {
        for (const std::string_view method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
            QVERIFY(isIdempotent(method));
        for (const std::string_view method : {"POST", "PATCH", "get", "", "CONNECT"})
            QVERIFY(!isIdempotent(method));
    }

    void comparisonIgnoresOnlyAsciiCase()
    {
        QVERIFY(equalsIgnoreCase("", ""));
        QVERIFY(equalsIgnoreCase("Ab-Z", "aB-z"));
        QVERIFY(!equalsIgnoreCase("ab", "abc"));
        QVERIFY(!equalsIgnoreCase("[", "{"));
        QVERIFY(!equalsIgnoreCase("\xc4", "\xe4"));
    }

    void fieldTextIsCheckedAtEveryPlaceAndLength()
    {
        for (std::size_t size = 1; size < 40; ++size) {
            for (int c = 0; c < 256; ++c) {
                const bool good = (c >= 32 && c != 127) || c == 9;
                std::string text(size, '\t'); // HTAB makes the eight-octet test doubt
                text[size / 2] = static_cast<char>(c);
                QCOMPARE(isFieldText(text), good);
                text.assign(size, '!');
                text[size - 1] = static_cast<char>(c);
                QCOMPARE(isFieldText(text), good);
            }
        }
    }
};

} // namespace steelyard::http::test

using steelyard::http::test::MessageTest;
STEELYARD_TEST(MessageTest)
#include "message_test.moc"
