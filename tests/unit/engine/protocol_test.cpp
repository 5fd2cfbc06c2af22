#include "engine/protocol.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard::engine::protocol;
using Status = MessageReader::Status;

namespace {

QJsonObject numbered(int number)
{
    return {{QStringLiteral("n"), number}, {QStringLiteral("text"), QStringLiteral("a\nb")}};
}

} // namespace

class ProtocolTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void messagesSplitAtEachByteAreTheSame()
    {
        const QByteArray stream = frame(numbered(1)) + frame(numbered(2)) + frame(numbered(3));
        for (qsizetype cut = 0; cut <= stream.size(); ++cut) {
            MessageReader reader(100);
            QJsonObject message;
            int seen = 0;
            for (const QByteArray& piece : {stream.left(cut), stream.mid(cut)}) {
                reader.feed(piece);
                while (reader.next(message) == Status::Message)
                    QCOMPARE(message, numbered(++seen));
            }
            QCOMPARE(seen, 3);
            QCOMPARE(reader.pending(), 0);
        }
    }

    void bytesOneByOneAreTheSame()
    {
        MessageReader reader(100);
        QJsonObject message;
        int seen = 0;
        for (const char byte : frame(numbered(1)) + frame(numbered(2))) {
            reader.feed(QByteArray(1, byte));
            if (reader.next(message) == Status::Message)
                QCOMPARE(message, numbered(++seen));
        }
        QCOMPARE(seen, 2);
    }

    void aMessageOfTheLimitPassesAndOneByteMoreDoesNot()
    {
        const QByteArray framed = frame(numbered(1));
        QJsonObject message;
        MessageReader enough(framed.size() - 1);
        enough.feed(framed);
        QCOMPARE(enough.next(message), Status::Message);
        MessageReader tooSmall(framed.size() - 2);
        tooSmall.feed(framed);
        QCOMPARE(tooSmall.next(message), Status::Bad);
        QVERIFY(tooSmall.problem().contains(QStringLiteral("longer than")));
    }

    void anEndlessMessageIsRefusedAtTheLimitAndKeepsNoMemory()
    {
        MessageReader reader(1000);
        QJsonObject message;
        Status status = Status::NeedMore;
        int pieces = 0;
        while (status == Status::NeedMore && pieces < 100) {
            reader.feed(QByteArray(100, 'x'));
            status = reader.next(message);
            ++pieces;
        }
        QCOMPARE(status, Status::Bad);
        QCOMPARE(pieces, 11);
        QCOMPARE(reader.pending(), 0);
        reader.feed(frame(numbered(1)));
        QCOMPARE(reader.next(message), Status::Bad);
        QCOMPARE(reader.pending(), 0);
    }

    void whatIsNoJsonObjectIsRefused_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("empty line") << QByteArray("\n");
        QTest::newRow("array") << QByteArray("[1]\n");
        QTest::newRow("number") << QByteArray("1\n");
        QTest::newRow("unfinished") << QByteArray("{\"a\":\n");
        QTest::newRow("two in a line") << QByteArray("{}{}\n");
        QTest::newRow("http") << QByteArray("GET / HTTP/1.1\r\n");
        QTest::newRow("nul bytes") << QByteArray("\0\0\0\n", 4);
        QTest::newRow("bad utf-8") << QByteArray("{\"a\":\"\xff\xfe\"}\n");
        QTest::newRow("deep") << QByteArray(100000, '[') + '\n';
    }

    void whatIsNoJsonObjectIsRefused()
    {
        QFETCH(QByteArray, line);
        MessageReader reader(kClientMessageLimit);
        QJsonObject message;
        reader.feed(line);
        QCOMPARE(reader.next(message), Status::Bad);
        QVERIFY(!reader.problem().isEmpty());
    }

    void aHelloOfAnotherVersionIsRefusedWithWords()
    {
        QVERIFY(helloProblem(hello(), QLatin1String("client")).isEmpty());
        QVERIFY(helloProblem(hello(QStringLiteral("x")), QLatin1String("engine")).isEmpty());
        const QString other = helloProblem({{QStringLiteral("steelyard"), QStringLiteral("2")}},
                                           QLatin1String("client"));
        QCOMPARE(
            other,
            QStringLiteral(
                "the client speaks protocol 2, this side speaks 1; use programs of one release"));
        QVERIFY(!helloProblem({}, QLatin1String("client")).isEmpty());
        QVERIFY(
            !helloProblem({{QStringLiteral("steelyard"), 1}}, QLatin1String("client")).isEmpty());
    }
};

STEELYARD_TEST(ProtocolTest)
#include "protocol_test.moc"
