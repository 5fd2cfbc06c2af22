#include "exports.h"
#include "support/test_main.h"

namespace steelyard::interop::test {

namespace {

Export around(const std::string& bind, const std::string& top = "admin: { http: 127.0.0.1:9900 }\n")
{
    return exported("version: 1\n" + top + "listeners:\n  - name: web\n    bind: " + bind +
                        "\n    routes: [ { name: all, reply: { status: 200 } } ]\npools: []\n",
                    "keepalived");
}

} // namespace

class KeepalivedTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void anAddressThatOnlyThisMachineHasIsLeftToTheReader()
    {
        for (const char* bind : {"0.0.0.0:80", "127.0.0.1:80", "\"[::]:80\"", "\"[::1]:80\""}) {
            const Export made = around(bind);
            QVERIFY(hasLine(made.text, "$ADDRESS"));
            QVERIFY(made.text.find("$ADDRESS=192.0.2.10/24") != std::string::npos);
            QCOMPARE(toldOf(made, "listeners/web/bind"), std::string("approximated"));
        }
    }

    void addressesOfListenersMoveEachOnceAndTheOtherFamilyAlong()
    {
        const Export made =
            around("[ \"10.0.0.5:80\", \"10.0.0.5:81\", \"[2001:db8::5]:80\", \"10.0.0.6:80\" ]");
        QVERIFY(made.text.find("    virtual_ipaddress {\n        10.0.0.5/32\n        10.0.0.6/32\n"
                               "    }\n    virtual_ipaddress_excluded {\n        2001:db8::5/128\n"
                               "    }\n") != std::string::npos);
        QVERIFY(made.text.find("$ADDRESS") == std::string::npos);
    }

    void theScriptAsksTheAdminPortByAnAddress()
    {
        const auto asks = [](const Export& made, const char* url) {
            return made.text.find(std::string(" ") + url + "\"\n") != std::string::npos;
        };
        QVERIFY(asks(around("0.0.0.0:80"), "http://127.0.0.1:9900/readyz"));
        QVERIFY(asks(around("0.0.0.0:80", "admin: { http: \"0.0.0.0:99\" }\n"),
                     "http://127.0.0.1:99/readyz"));
        QVERIFY(
            asks(around("0.0.0.0:80", "admin: { http: \"[::]:99\" }\n"), "http://[::1]:99/readyz"));
        const Export off = around("0.0.0.0:80", "");
        QVERIFY(asks(off, "http://127.0.0.1:9900/readyz"));
        QCOMPARE(off.notes[0].line().substr(0, 13), std::string("approximated:"));
        QVERIFY(off.notes[0].text.find("admin.http is off") == 0);
    }
};

STEELYARD_TEST(KeepalivedTest)

} // namespace steelyard::interop::test

#include "keepalived_test.moc"
