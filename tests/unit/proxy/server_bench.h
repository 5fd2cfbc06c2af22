/// HTTP/1 connections of clients over real sockets, with fake backends. Thread: one loop's.
#pragma once

#include "unit/proxy/peer.h"

#include <memory>
#include <string>
#include <utility>

namespace steelyard::proxy {

class ServerBench : public FakeBench
{
public:
    explicit ServerBench(const std::function<void(config::Listener&)>& adjust = {})
        : FakeBench(1,
                    [&](config::Config& config) {
                        if (adjust)
                            adjust(config.listeners[0]);
                    })
        , state(std::make_shared<ListenerState>(1))
    {
    }

    /// `receiveBuffer`: of both ends, 0: the system's.
    std::unique_ptr<Peer> connect(int buffer = 0)
    {
        net::TcpPair pair;
        if (!pair.valid)
            qFatal("no connection");
        if (buffer > 0) {
            for (const int fd : pair.fd) {
                ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
                ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
            }
        }
        state->share->total.fetch_add(1);
        state->share->held[0].value.fetch_add(1);
        auto transport = net::adoptTcp(std::exchange(pair.fd[0], -1));
        (new H1ServerConnection(worker, std::move(transport), 0, state,
                                net::SocketAddress::fromNumeric("192.0.2.7", 1234)))
            ->start();
        return std::make_unique<Peer>(std::exchange(pair.fd[1], -1));
    }

    /// The stream of the nth request, once it is complete.
    FakeBackendStream* served(std::size_t n)
    {
        const auto& streams = servers().streams;
        const bool there = until([&] {
            if (streams.size() < n)
                return false;
            streams[n - 1]->opens();
            return streams[n - 1]->ends == 1;
        });
        return there ? streams[n - 1].get() : nullptr;
    }

    std::shared_ptr<ListenerState> state;
};

inline const std::string kGet = "GET / HTTP/1.1\r\nHost: lab\r\n\r\n";

inline std::string bodyOf(const std::string& response)
{
    const std::size_t end = response.find("\r\n\r\n");
    return end == std::string::npos ? std::string() : response.substr(end + 4);
}

} // namespace steelyard::proxy
