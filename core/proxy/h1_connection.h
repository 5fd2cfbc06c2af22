/// HTTP/1 on one transport, both sides' common part: reading (head, body, tunnel), writing (head,
/// framed body), and backpressure both ways (RFC 9112). H1ServerConnection and H1ClientConnection
/// add what differs: who may begin, what ends an exchange, whether the connection is used again.
///
/// Reading: bytes go into the worker's one buffer, are parsed there, and only what cannot be
/// consumed yet is copied into the message's reader. Writing: small pieces collect in a pooled
/// buffer until flush(); large ones go straight to the kernel behind it. Thread: worker. Owner:
/// itself; close() hands it to WorkerContext::bury().
#pragma once

#include "net/transport.h"
#include "proxy/stream.h"
#include "proxy/worker_context.h"

#include <memory>

namespace steelyard::proxy {

class H1Connection : public Stream, protected net::TransportHandler
{
public:
    /// Output above it: congested. Low mark: a quarter.
    static constexpr std::size_t kHighMark = 64 * std::size_t{1024};

    // Stream
    void setHandler(StreamHandler* handler) noexcept override { m_handler = handler; }

    void sendData(std::string_view bytes) override;
    void flush() override;

    [[nodiscard]] bool congested() const noexcept override
    {
        return m_output && m_output->size() >= kHighMark;
    }

    void setReading(bool reading) override;
    void startTunnel() override;

    [[nodiscard]] Refusal refusal() const noexcept override { return m_refusal; }

protected:
    /// Where the incoming side stands.
    enum class Input : std::uint8_t
    {
        Head, ///< between messages or inside a head
        Body,
        Complete, ///< a whole message was read; what follows belongs to the next one
        Tunnel,
        Ended, ///< nothing more will be delivered
    };

    H1Connection(WorkerContext& worker, std::unique_ptr<net::Transport> transport);
    ~H1Connection() override;

    // What the two sides do with the incoming message. None of these may destroy the connection but
    // by close().
    virtual void headArrived() = 0;
    virtual void messageEnded(const http::HeaderList& trailers) = 0;
    virtual void messageRefused(const http::ParseError& error) = 0;
    /// The peer sent FIN (or, error != 0, the connection broke).
    virtual void inputEnded(int error) = 0;
    /// Bytes are there in a state that does not consume them (Input::Complete): keep, drop or
    /// close.
    virtual void surplusArrived() = 0;
    /// All output has gone to the kernel.
    virtual void outputEmptied() = 0;

    /// May the next head be read now?
    [[nodiscard]] virtual bool wantsMessage() const noexcept { return true; }

    /// After the bytes of one turn were consumed.
    virtual void pumped() {}

    /// Parses the head with the reader of this side; consumed bytes in `used`.
    virtual http::ParseStatus parseHead(std::string_view bytes, std::size_t& used,
                                        http::ParseError& error) = 0;
    [[nodiscard]] virtual http::ChunkedDecoder& chunked() = 0;
    [[nodiscard]] virtual std::string&
    input() = 0; ///< the reader's unconsumed bytes; makes a reader if there is none
    [[nodiscard]] virtual bool hasReader() const noexcept = 0;

    void transportReadable() override;
    void transportWritable() override;

    /// Sets the incoming state after a head with that body.
    void beginBody(const http::Body& body);
    /// Consumes from what is buffered and from the transport until it would block, is paused, or
    /// has had its share of the turn.
    void pump();
    void sendTail(const http::HeaderList* trailers); ///< what ends the outgoing body
    [[nodiscard]] std::string& out();

    [[nodiscard]] bool outputPending() const noexcept { return m_output && m_output->size() > 0; }

    void close(); ///< buries this object; the transport closes with it

    [[nodiscard]] bool closed() const noexcept { return m_closed; }

    WorkerContext& m_worker;
    std::unique_ptr<net::Transport> m_transport;
    StreamHandler* m_handler = nullptr;
    std::unique_ptr<OutputBuffer> m_output;
    Refusal m_refusal;
    std::uint64_t m_inputLeft = 0; ///< of a body with Content-Length
    std::uint64_t m_outputLeft = 0;
    std::uint64_t m_received = 0; ///< bytes of this message's body
    int m_outputError =
        0; ///< errno of a failed write; reported as inputEnded() when nothing more can be read
    Input m_input = Input::Head;
    http::BodyKind m_inputBody = http::BodyKind::None;
    http::BodyKind m_outputBody = http::BodyKind::None;
    bool m_reading = true;
    bool m_wasCongested = false;
    bool m_pumping = false;
    bool m_closed = false;
    bool m_endAfterFlush = false; ///< send FIN when the output is empty

private:
    /// Consumes from the front of `bytes`; returns when no more can be used now.
    void consume(std::string_view& bytes);
    bool consumeHead(std::string_view& bytes);
    bool consumeBody(std::string_view& bytes);
    void writeThrough(std::string_view bytes, std::string_view after);
    void writeOut();
    void afterWrite();
    void outputFailed(int error);
};

} // namespace steelyard::proxy
