/// HTTP/1 towards a client: receives requests one after the other (pipelined ones wait), sends the
/// responses in order, decides about keep-alive, and owns the client's deadlines: header, body
/// progress, keep-alive, lingering close. An idle one holds no buffer, no parser and no exchange.
/// Thread: worker. Owner: itself.
#pragma once

#include "base/ip_address.h"
#include "proxy/client_limits.h"
#include "proxy/h1_connection.h"

#include <array>

namespace steelyard::proxy {

class H1ServerConnection final : public H1Connection, public ListHook<H1ServerConnection>
{
public:
    H1ServerConnection(WorkerContext& worker, std::unique_ptr<net::Transport> transport,
                       std::uint32_t listenerSlot, std::shared_ptr<ListenerState> listenerState,
                       const net::SocketAddress& peer);
    ~H1ServerConnection() override;

    void start();
    /// The engine stops or the listener was removed: an idle connection closes now, a busy one
    /// after its response.
    void drain();

    // Stream
    void sendHead(http::MessageHead& head) override;
    void sendEnd(const http::HeaderList* trailers) override;

    void closeAfter() override { m_keepAlive = false; }

    void finished() override;
    void reset() override;

private:
    void headArrived() override;
    void messageEnded(const http::HeaderList& trailers) override;
    void messageRefused(const http::ParseError& error) override;
    void inputEnded(int error) override;

    void surplusArrived() override {} // the next request waits in the reader

    void outputEmptied() override;

    /// A client that does not take its answers gets no further requests read.
    bool wantsMessage() const noexcept override { return !congested(); }

    void pumped() override;
    void transportWritable() override;
    http::ParseStatus parseHead(std::string_view bytes, std::size_t& used,
                                http::ParseError& error) override;

    http::ChunkedDecoder& chunked() override { return m_reader->chunked; }

    std::string& input() override;

    bool hasReader() const noexcept override { return m_reader != nullptr; }

    void beginExchange(const http::ParseError* refused);
    void nextRequest();
    void closeAfterOutput();
    void linger();
    void arm(milliseconds delay);
    /// Idle at the end: may it ask once more? While another engine serves the port the client loses
    /// nothing by that, where a close could cross its request.
    [[nodiscard]] bool mayAskOnceMore() const noexcept;
    /// How long nothing may move between requests; keep_alive: 0 means no second request, not no
    /// time for the first.
    [[nodiscard]] milliseconds idleLimit() const noexcept;
    void expired();
    [[nodiscard]] const config::Listener& settings() const noexcept;
    [[nodiscard]] bool ending() const noexcept; ///< no further request is wanted
    /// Counts this connection for its client; false: it has too many, and was answered so.
    [[nodiscard]] bool admitted();

    /// What follows once the exchange is done.
    enum class After : std::uint8_t
    {
        Exchange, ///< it is not done
        Discard,  ///< read the rest of a request that was answered early, within bounds, then go on
        Flush,    ///< close when the output is sent
        Linger, ///< FIN is sent: drop what comes until the peer's FIN, so that no RST destroys the
                ///< response
    };

    std::unique_ptr<RequestReader> m_reader;
    std::shared_ptr<ListenerState> m_listenerState;
    net::Timer m_timer;
    std::uint32_t m_listenerSlot;
    IpAddress m_peer;
    ClientLimits::Ticket m_ticket;   ///< of the listener's limits; empty: none
    std::array<char, 46> m_peerText; ///< INET6_ADDRSTRLEN
    std::uint8_t m_peerTextSize;
    After m_after = After::Exchange;
    http::Version m_version = http::Version::Http11;
    bool m_keepAlive = true;
    bool m_headRequest = false;
    bool m_expectContinue = false; ///< the client waits for 100 before it sends the body
    bool m_headerTimer = false;    ///< the header deadline of this request runs
    bool m_peerEnded =
        false; ///< FIN seen: no more requests, but answers are still wanted (RFC 9112 9.6)
    bool m_headSent = false;
};

} // namespace steelyard::proxy
