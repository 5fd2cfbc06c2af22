/// HTTP/1 towards a backend: sends requests, receives responses, one at a time; kept idle in the
/// ConnectionCache between them when both messages ended cleanly and nothing surplus came (RFC
/// 9112 9.2, 9.3: a surplus response must never be taken for the next request's), or when its
/// client went before it was made: then nothing was sent on it. Thread: worker. Owner: itself.
#pragma once

#include "proxy/h1_connection.h"

namespace steelyard::proxy {

class H1ClientConnection final : public H1Connection, public ListHook<H1ClientConnection>
{
public:
    H1ClientConnection(WorkerContext& worker, std::unique_ptr<net::Transport> transport,
                       ConnectionCache::Endpoint* endpoint, config::KeepAlive keepAlive,
                       bool connecting);
    ~H1ClientConnection() override;

    /// A kept connection goes to a new exchange.
    void leaveCache();
    /// Is it known that the peer has closed or sent something while it was idle?
    [[nodiscard]] bool isKnownStale() const noexcept;
    /// The same by looking (one system call).
    [[nodiscard]] bool isStale();
    void closeIdle();

    /// Null: its endpoint is no longer kept.
    [[nodiscard]] ConnectionCache::Endpoint* endpoint() const noexcept { return m_endpoint; }

    void forgetEndpoint() noexcept { m_endpoint = nullptr; }

    [[nodiscard]] int maxIdle() const noexcept { return m_keepAlive.maxIdle; }

    // Stream
    void sendHead(http::MessageHead& head) override;
    void sendEnd(const http::HeaderList* trailers) override;
    void finished() override;
    void reset() override;

private:
    void headArrived() override;
    void messageEnded(const http::HeaderList& trailers) override;
    void messageRefused(const http::ParseError& error) override;
    void inputEnded(int error) override;

    void surplusArrived() override {} // stays unread in the reader, which rules re-use out

    void outputEmptied() override;

    void pumped() override;
    http::ParseStatus parseHead(std::string_view bytes, std::size_t& used,
                                http::ParseError& error) override;

    http::ChunkedDecoder& chunked() override { return m_reader->chunked; }

    std::string& input() override;

    bool hasReader() const noexcept override { return m_reader != nullptr; }

    void transportReadable() override;
    void transportWritable() override;

    void settle(); ///< after an exchange: keep or close
    void becomeSpare();
    void becomeIdle();
    static void idleExpired(void* self);

    std::unique_ptr<ResponseReader> m_reader;
    ConnectionCache::Endpoint* m_endpoint;
    config::KeepAlive m_keepAlive;
    net::Timer m_idleTimer;
    bool m_connecting;
    bool m_spare = false;    ///< being made for the cache: who wanted it has gone
    bool m_idle = false;     ///< in the cache
    bool m_finished = false; ///< the exchange is done with the stream
    bool m_headRequest = false;
    bool m_requestSent = false; ///< the request is complete on our side
    bool m_responseRead = false;
    bool m_reusable = false; ///< what the response said of the connection
};

} // namespace steelyard::proxy
