#include "base/ip_address.h"
#include "support/test_main.h"

#include <QTest>

#include <cstring>

#include <netinet/in.h>

using steelyard::IpAddress;

class IpAddressTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void literalsOfBothFamiliesAreRead()
    {
        const IpAddress v4 = IpAddress::from("10.1.2.3");
        QCOMPARE(QByteArray::fromStdString(std::string(v4.octets())),
                 QByteArray("\x0a\x01\x02\x03"));
        QCOMPARE(v4.text(), std::string("10.1.2.3"));
        const IpAddress v6 = IpAddress::from("FD00:0::1");
        QCOMPARE(int(v6.size), 16);
        QCOMPARE(v6.text(), std::string("fd00::1"));
        QVERIFY(v4 != v6);
        for (const char* wrong : {"", "10.1.2", "[::1]", "::1%lo", "10.1.2.3 ", "localhost",
                                  "0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:1"}) {
            QCOMPARE(int(IpAddress::from(wrong).size), 0);
            QCOMPARE(IpAddress::from(wrong).text(), std::string());
        }
    }

    void aMappedAddressIsItsIpv4Address()
    {
        QVERIFY(IpAddress::from("::ffff:10.1.2.3") == IpAddress::from("10.1.2.3"));
        QVERIFY(IpAddress::from("::ffff:0a01:0203") == IpAddress::from("10.1.2.3"));
        QCOMPARE(int(IpAddress::from("::10.1.2.3").size), 16);
        QCOMPARE(int(IpAddress::from("::fffe:10.1.2.3").size), 16);
    }

    void addressesOfTheKernelAreRead()
    {
        sockaddr_storage storage{};
        QCOMPARE(int(IpAddress::from(storage).size), 0);
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_addr.s_addr = htonl(0x7F000001);
        std::memcpy(&storage, &v4, sizeof v4);
        QCOMPARE(IpAddress::from(storage).text(), std::string("127.0.0.1"));
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_addr = in6addr_loopback;
        std::memcpy(&storage, &v6, sizeof v6);
        QCOMPARE(IpAddress::from(storage).text(), std::string("::1"));
        v6.sin6_addr = in6addr_any;
        v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xFF;
        v6.sin6_addr.s6_addr[15] = 9;
        std::memcpy(&storage, &v6, sizeof v6);
        QCOMPARE(IpAddress::from(storage).text(), std::string("0.0.0.9"));
    }
};

STEELYARD_TEST(IpAddressTest)
#include "ip_address_test.moc"
