// Which addresses lie in a range.
#include "routing/client_range.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;

namespace {

config::Cidr cidr(std::vector<std::uint8_t> bytes, int prefix)
{
    return {std::move(bytes), prefix};
}

bool in(const std::vector<config::Cidr>& ranges, const std::string& host)
{
    return routing::contains(ranges, IpAddress::from(std::string_view(host)));
}

} // namespace

class ClientRangeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void rangesContainTheirAddresses()
    {
        const std::vector<config::Cidr> ranges{
            cidr({10, 0, 0, 0}, 8), cidr({192, 168, 4, 128}, 25), cidr({127, 0, 0, 1}, 32),
            cidr({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 33)};
        QVERIFY(in(ranges, "10.255.0.1"));
        QVERIFY(!in(ranges, "11.0.0.1"));
        QVERIFY(in(ranges, "192.168.4.200"));
        QVERIFY(!in(ranges, "192.168.4.127"));
        QVERIFY(in(ranges, "127.0.0.1"));
        QVERIFY(!in(ranges, "127.0.0.2"));
        QVERIFY(in(ranges, "2001:db8:7fff::1"));
        QVERIFY(!in(ranges, "2001:db8:8000::1"));
        QVERIFY(!in(ranges, "::1"));
    }

    void aMappedAddressIsTheOneInside()
    {
        const std::vector<config::Cidr> four{cidr({10, 0, 0, 0}, 8)};
        QVERIFY(in(four, "::ffff:10.1.2.3"));
        QVERIFY(!in(four, "::ffff:11.1.2.3"));
        // And an IPv6 range does not take IPv4 in.
        const std::vector<config::Cidr> six{
            cidr({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0)};
        QVERIFY(!in(six, "10.1.2.3"));
        QVERIFY(in(six, "2001:db8::1"));
    }

    void prefixZeroIsEverybodyAndNothingIsNobody()
    {
        QVERIFY(in({cidr({0, 0, 0, 0}, 0)}, "203.0.113.9"));
        QVERIFY(!in({}, "203.0.113.9"));
        QVERIFY(!in({cidr({0, 0, 0, 0}, 0)}, "not an address"));
    }
};

STEELYARD_TEST(ClientRangeTest)

#include "client_range_test.moc"
