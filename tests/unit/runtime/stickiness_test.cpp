#include "http/cookies.h"
#include "runtime/stickiness.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::runtime;
using WhenDraining = config::Stickiness::WhenDraining;

namespace {

const config::Stickiness kDefaults; // idle 30 min, max 8 h
constexpr EpochSeconds kNow = 1'795'000'000;

SessionToken token(EpochSeconds age, EpochSeconds unused)
{
    return {77, {}, kNow - age, kNow - unused};
}

} // namespace

class StickinessTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aPinAgesByUseAndByLife()
    {
        QVERIFY(pinAge(token(0, 0), kDefaults, kNow) == PinAge::Fresh);
        QVERIFY(pinAge(token(899, 899), kDefaults, kNow) == PinAge::Fresh);
        QVERIFY(pinAge(token(900, 900), kDefaults, kNow) == PinAge::Refresh);
        QVERIFY(pinAge(token(1799, 1799), kDefaults, kNow) == PinAge::Refresh);
        QVERIFY(pinAge(token(1800, 1800), kDefaults, kNow) == PinAge::Expired);
        QVERIFY(pinAge(token(28'799, 10), kDefaults, kNow) == PinAge::Fresh);
        QVERIFY(pinAge(token(28'800, 10), kDefaults, kNow) == PinAge::Expired);
        // Another engine's clock is ahead.
        const SessionToken future{77, {}, kNow + 3600, kNow + 3600};
        QVERIFY(pinAge(future, kDefaults, kNow) == PinAge::Fresh);
    }

    void refreshingExtendsTheUseAndNotTheLife()
    {
        SessionToken pinned = token(28'000, 900);
        QCOMPARE(pinExpires(pinned, kDefaults), kNow + 800);
        pinned.refreshed = kNow;
        QCOMPARE(pinExpires(pinned, kDefaults), kNow + 800); // the life ends first
        QCOMPARE(pinExpires(token(0, 0), kDefaults), kNow + 1800);
        QVERIFY(pinAge(pinned, kDefaults, kNow + 799) != PinAge::Expired);
        QVERIFY(pinAge(pinned, kDefaults, kNow + 800) == PinAge::Expired);
    }

    void shortTimesAreWholeSeconds()
    {
        config::Stickiness settings;
        settings.idle = milliseconds(300);
        QVERIFY(pinAge(token(0, 0), settings, kNow) == PinAge::Fresh);
        QVERIFY(pinAge(token(1, 1), settings, kNow) == PinAge::Expired);
    }

    void whenAPinIsFollowed_data()
    {
        QTest::addColumn<int>("admin");
        QTest::addColumn<int>("health");
        QTest::addColumn<bool>("ejected");
        QTest::addColumn<int>("whenDraining");
        QTest::addColumn<bool>("follows");
        const std::pair<WhenDraining, const char*> ways[] = {{WhenDraining::Keep, "keep"},
                                                             {WhenDraining::Repin, "repin"},
                                                             {WhenDraining::Cut, "cut"}};
        for (const auto& [way, name] : ways) {
            const auto row = [&, w = way, n = name](const char* what, AdminState admin,
                                                    HealthState health, bool ejected,
                                                    bool follows) {
                QTest::addRow("%s, %s", n, what)
                    << static_cast<int>(admin) << static_cast<int>(health) << ejected
                    << static_cast<int>(w) << follows;
            };
            using A = AdminState;
            using H = HealthState;
            row("ready", A::Ready, H::Healthy, false, true);
            row("draining", A::Draining, H::Healthy, false, way == WhenDraining::Keep);
            row("maintenance", A::Maintenance, H::Healthy, false, false);
            row("down", A::Ready, H::Unhealthy, false, false);
            row("not checked yet", A::Ready, H::Checking, false, false);
            row("ejected", A::Ready, H::Healthy, true, false);
            row("draining and down", A::Draining, H::Unhealthy, false, false);
            row("draining and ejected", A::Draining, H::Healthy, true, false);
        }
    }

    void whenAPinIsFollowed()
    {
        QFETCH(int, admin);
        QFETCH(int, health);
        QFETCH(bool, ejected);
        QFETCH(int, whenDraining);
        QFETCH(bool, follows);
        QCOMPARE(followsPin(static_cast<AdminState>(admin), static_cast<HealthState>(health),
                            ejected, static_cast<WhenDraining>(whenDraining)),
                 follows);
    }

    void theCookieSaysHowLongAndToWhom()
    {
        TokenCodec codec(StickinessKey({}));
        const SessionToken pin = newPin(codec.backendTag("shop", "a"), kNow);
        QCOMPARE(pin.issued, kNow);
        QCOMPARE(pin.refreshed, kNow);
        const TokenCodec::Text text = codec.encode(pin);
        std::string cookie;
        appendSetCookie(kDefaults, pin, text, kNow, false, cookie);
        const std::string value(text.data(), text.size());
        QCOMPARE(cookie, "SYSERVER=" + value + "; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax");
        cookie.clear();
        config::Stickiness settings;
        settings.cookie = "pin";
        appendSetCookie(settings, token(28'000, 0), text, kNow, true, cookie);
        QCOMPARE(cookie, "pin=" + value + "; Path=/; Max-Age=800; HttpOnly; SameSite=Lax; Secure");
        // And it comes back whole.
        const std::string header = "a=1; SYSERVER=" + value;
        http::HeaderList fields;
        fields.add(http::FieldId::Cookie, "Cookie", header);
        const auto back = http::findCookie(fields, "SYSERVER");
        QVERIFY(back && codec.decode(*back) && *codec.decode(*back) == pin);
    }

    void aRestartedEngineFindsTheBackendByItsTag()
    {
        std::array<std::uint8_t, 32> bytes{};
        bytes.fill(9);
        TokenCodec before((StickinessKey(bytes)));
        const TokenCodec::Text text = before.encode(newPin(before.backendTag("shop", "b"), kNow));
        TokenCodec after((StickinessKey(bytes)));
        PinNames names;
        for (const char* name : {"a", "b", "c"})
            names[after.backendTag("shop", name)] = {"shop", name};
        const auto decoded = after.decode({text.data(), text.size()});
        QVERIFY(decoded);
        QCOMPARE(names.at(decoded->backend).second, std::string("b"));
    }

    void theBrowserShowsWhoIsWhere()
    {
        SessionTable table(10);
        const SessionToken known = newPin(1, kNow - 500);
        const SessionToken unknown = newPin(2, kNow - 100);
        QVERIFY(table.see(known, kNow - 20, pinExpires(known, kDefaults)));
        QVERIFY(table.see(unknown, kNow - 30, pinExpires(unknown, kDefaults)));
        const auto rows = sessionRows(table.list(10, kNow), {{1, {"shop", "a"}}}, kNow);
        QCOMPARE(rows.size(), std::size_t{2});
        QCOMPARE(rows[0].shortId, known.id.hex().substr(0, 8));
        QCOMPARE(rows[0].pool, std::string("shop"));
        QCOMPARE(rows[0].backend, std::string("a"));
        QCOMPARE(rows[0].ageSeconds, 500U);
        QCOMPARE(rows[0].idleSeconds, 20U);
        QCOMPARE(rows[0].leftSeconds, 1300U);
        QVERIFY(rows[1].pool.empty());
    }
};

STEELYARD_TEST(StickinessTest)
#include "stickiness_test.moc"
