#include "base/random.h"
#include "runtime/session_token.h"
#include "support/test_main.h"

#include <QCryptographicHash>
#include <QMessageAuthenticationCode>
#include <QTest>

#include <set>

using namespace steelyard;
using namespace steelyard::runtime;

namespace {

StickinessKey keyOf(std::uint8_t byte)
{
    std::array<std::uint8_t, StickinessKey::kSize> bytes{};
    bytes.fill(byte);
    return StickinessKey(bytes);
}

SessionToken sample()
{
    SessionToken token;
    token.backend = 0x0102030405060708;
    for (std::size_t i = 0; i < token.id.bytes.size(); ++i)
        token.id.bytes[i] = static_cast<std::uint8_t>(0xF0 + i);
    token.issued = 1'795'000'000;
    token.refreshed = 1'795'000'900;
    return token;
}

std::string textOf(TokenCodec& codec, const SessionToken& token)
{
    const TokenCodec::Text text = codec.encode(token);
    return {text.data(), text.size()};
}

} // namespace

class SessionTokenTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void decodingGivesWhatWasEncoded()
    {
        TokenCodec codec(keyOf(7));
        RandomSource random(3);
        for (int i = 0; i < 1000; ++i) {
            SessionToken token;
            token.backend = random.next();
            token.id = SessionId::random();
            token.issued = static_cast<EpochSeconds>(random.next());
            token.refreshed = static_cast<EpochSeconds>(random.next());
            const auto decoded = codec.decode(textOf(codec, token));
            QVERIFY(decoded && *decoded == token);
        }
    }

    /// Against Qt's HMAC, SHA-256 and base64url: another implementation of each.
    void theFormatIsAsDocumented()
    {
        TokenCodec codec(keyOf(7));
        const std::string text = textOf(codec, sample());
        const QByteArray bytes = QByteArray::fromBase64(
            QByteArray::fromStdString(text),
            QByteArray::Base64UrlEncoding | QByteArray::AbortOnBase64DecodingErrors);
        QCOMPARE(bytes.size(), 45);
        const QByteArray body = QByteArray::fromHex("010102030405060708f0f1f2f3f4f5f6f7f8f9fafb"
                                                    "6afd86c06afd8a44");
        QCOMPARE(bytes.left(29).toHex(), body.toHex());
        QCOMPARE(bytes.mid(29), QMessageAuthenticationCode::hash(body, QByteArray(32, '\x07'),
                                                                 QCryptographicHash::Sha256)
                                    .left(16));
        const QByteArray tag = QMessageAuthenticationCode::hash(
            QByteArray("bshop\0a", 7), QByteArray(32, '\x07'), QCryptographicHash::Sha256);
        QCOMPARE(codec.backendTag("shop", "a"), tag.left(8).toHex().toULongLong(nullptr, 16));
    }

    void everyChangedBitIsNoticed()
    {
        TokenCodec codec(keyOf(7));
        const std::string text = textOf(codec, sample());
        const QByteArray bytes =
            QByteArray::fromBase64(QByteArray::fromStdString(text), QByteArray::Base64UrlEncoding);
        for (int bit = 0; bit < 45 * 8; ++bit) {
            QByteArray changed = bytes;
            changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
            const std::string forged =
                changed.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals)
                    .toStdString();
            QCOMPARE(forged.size(), TokenCodec::kTextSize);
            QVERIFY2(!codec.decode(forged), std::to_string(bit).c_str());
        }
    }

    void whatIsNoTokenIsRefused()
    {
        TokenCodec codec(keyOf(7));
        const std::string text = textOf(codec, sample());
        QVERIFY(codec.decode(text));
        QVERIFY(!codec.decode(""));
        QVERIFY(!codec.decode(text.substr(1)));
        QVERIFY(!codec.decode(text + "A"));
        QVERIFY(!codec.decode(text + "="));
        for (const char c : {'=', '+', '/', ' ', '.', '\0', '\xff'}) {
            std::string other = text;
            other[5] = c;
            QVERIFY(!codec.decode(other));
        }
        RandomSource random(5);
        for (int i = 0; i < 10'000; ++i) {
            std::string noise(60, ' ');
            for (char& c : noise)
                c = static_cast<char>(random.below(256));
            QVERIFY(!codec.decode(noise));
        }
    }

    void anotherKeyRefusesAndNamesOtherwise()
    {
        TokenCodec codec(keyOf(7));
        TokenCodec same(keyOf(7));
        TokenCodec other(keyOf(8));
        const std::string text = textOf(codec, sample());
        QVERIFY(same.decode(text));
        QVERIFY(!other.decode(text));
        QCOMPARE(same.backendTag("shop", "a"), codec.backendTag("shop", "a"));
        QVERIFY(other.backendTag("shop", "a") != codec.backendTag("shop", "a"));
        QVERIFY(codec.backendTag("shop", "a") != codec.backendTag("shop", "b"));
        QVERIFY(codec.backendTag("sho", "pa") != codec.backendTag("shop", "a"));
    }

    void idsDiffer()
    {
        std::set<SessionId> ids;
        for (int i = 0; i < 1000; ++i)
            ids.insert(SessionId::random());
        QCOMPARE(ids.size(), std::size_t{1000});
        QCOMPARE(sample().id.hex(), std::string("f0f1f2f3f4f5f6f7f8f9fafb"));
    }

    void theClockGoesOnFromTheStart()
    {
        const TimePoint start{std::chrono::hours(5)};
        const SessionClock clock(
            start, std::chrono::system_clock::time_point(std::chrono::seconds(1'795'000'000)));
        QCOMPARE(clock.seconds(start), 1'795'000'000U);
        QCOMPARE(clock.seconds(start + milliseconds(1999)), 1'795'000'001U);
    }

    void costs()
    {
        TokenCodec codec(keyOf(7));
        const std::string text = textOf(codec, sample());
        constexpr int kTimes = 200'000;
        const auto nanosPer = [](auto f) {
            const TimePoint begin = Clock::now();
            for (int i = 0; i < kTimes; ++i)
                f();
            return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / kTimes;
        };
        int good = 0;
        const double decode = nanosPer([&] { good += codec.decode(text) ? 1 : 0; });
        const double encode = nanosPer([&] { good += codec.encode(sample())[0] != 0 ? 1 : 0; });
        const double fresh = nanosPer([&] { good += SessionId::random() == SessionId{} ? 0 : 1; });
        qInfo("decode and verify %.0f ns, encode %.0f ns, new id %.0f ns", decode, encode, fresh);
        QCOMPARE(good, 3 * kTimes);
    }
};

STEELYARD_TEST(SessionTokenTest)
#include "session_token_test.moc"
