/// Our dispatcher as the application's own: installed first, then timers, queued calls, a
/// QTcpServer and a QTcpSocket.
#include "net/event_dispatcher.h"

#include <QCoreApplication>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>

#include <cstdio>
#include <thread>

using steelyard::net::EventDispatcher;

int main(int argc, char** argv)
{
    QCoreApplication::setEventDispatcher(new EventDispatcher);
    QCoreApplication application(argc, argv);
    if (EventDispatcher::current() == nullptr) {
        std::fputs("the application runs on another dispatcher\n", stderr);
        return 1;
    }
    bool talked = false;
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    QTcpSocket client;
    QObject::connect(&server, &QTcpServer::newConnection,
                     [&server] { server.nextPendingConnection()->write("hello"); });
    QObject::connect(&client, &QTcpSocket::readyRead, [&client, &talked, &application] {
        if (client.bytesAvailable() < 5)
            return;
        talked = true;
        std::thread([&application] {
            QMetaObject::invokeMethod(
                &application, [] { QCoreApplication::exit(0); }, Qt::QueuedConnection);
        }).detach();
    });
    QTimer::singleShot(0,
                       [&] { client.connectToHost(QHostAddress::LocalHost, server.serverPort()); });
    QTimer::singleShot(10000, [] { QCoreApplication::exit(2); });
    const int code = QCoreApplication::exec();
    if (code != 0 || !talked)
        std::fputs("the sockets did not talk within 10 s\n", stderr);
    return code != 0 || !talked ? 1 : 0;
}
