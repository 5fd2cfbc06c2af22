#include "models/address_check.h"

#include <QCoreApplication>
#include <QHostAddress>
#include <QRegularExpression>

namespace steelyard::gui {

namespace {

struct AddressCheck
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::AddressCheck)
};

bool isHostName(const QString& host)
{
    static const QRegularExpression kName(
        QStringLiteral("^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
                       "(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$"));
    static const QRegularExpression kDigits(QStringLiteral("^[0-9.]+$"));
    return kName.match(host).hasMatch() && !kDigits.match(host).hasMatch();
}

bool isIpv4(const QString& host)
{
    // QHostAddress takes "127.1" too; a configuration file does not.
    QHostAddress address;
    return host.count(u'.') == 3 && address.setAddress(host) &&
           address.protocol() == QAbstractSocket::IPv4Protocol;
}

bool isIpv6(const QString& host)
{
    QHostAddress address;
    return address.setAddress(host) && address.protocol() == QAbstractSocket::IPv6Protocol;
}

} // namespace

QString addressProblem(const QString& text)
{
    if (text.isEmpty())
        return AddressCheck::tr("An address is needed, such as 127.0.0.1:9001.");
    const qsizetype colon = text.lastIndexOf(u':');
    if (colon <= 0 || text.endsWith(u']'))
        return AddressCheck::tr("A port is missing, such as :9001.");
    bool isNumber = false;
    const int port = text.mid(colon + 1).toInt(&isNumber);
    if (!isNumber || port < 1 || port > 65535)
        return AddressCheck::tr("The port must be a number from 1 to 65535.");
    const QString host = text.left(colon);
    if (host.startsWith(u'[') && host.endsWith(u']')) {
        return isIpv6(host.mid(1, host.size() - 2)) ? QString()
                                                    : AddressCheck::tr("This is no IPv6 address.");
    }
    if (host.contains(u':'))
        return AddressCheck::tr("An IPv6 address stands in brackets, such as [::1]:9001.");
    if (isIpv4(host) || isHostName(host))
        return {};
    return AddressCheck::tr("This is neither an IP address nor a host name.");
}

QString serverNameProblem(const QString& name, const QStringList& taken)
{
    static const QRegularExpression kName(QStringLiteral("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"));
    if (name.isEmpty())
        return AddressCheck::tr("A name is needed.");
    if (!kName.match(name).hasMatch()) {
        return AddressCheck::tr(
            "Letters, digits, dots, dashes and underscores; a letter or digit first.");
    }
    if (taken.contains(name))
        return AddressCheck::tr("The pool has a server of this name already.");
    return {};
}

} // namespace steelyard::gui
