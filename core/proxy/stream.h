/// The middle layer's interface: one request and its response as events, whatever the protocol
/// below. A codec makes streams of a connection (HTTP/1: one at a time; a multiplexed one: many at
/// once); the exchange knows only these. Both sides use the same two classes: towards a client the
/// stream receives the request and sends the response, towards a backend the other way round.
/// Thread: worker.
#pragma once

#include "http/message.h"

#include <cstdint>
#include <string_view>

namespace steelyard::proxy {

enum class StreamFailure : std::uint8_t
{
    ConnectFailed, ///< backend side: no connection came about; nothing was sent
    Closed,        ///< the peer ended before its message was complete
    Reset,         ///< the connection broke
    Malformed,     ///< the peer broke the protocol; the exchange answers with Stream::parseError()
    Timeout,       ///< client side: the request's body made no progress
};

/// Receives what a stream brings. Calls come from the loop; a handler may call its stream (and
/// others) in them. After streamEnd() or streamFailed() nothing more comes but streamDrained().
class StreamHandler
{
public:
    /// Backend side: the connection that was being made is there.
    virtual void streamOpened() {}

    /// A head. Backend side: may be informational (status below 200), then more follow. The head
    /// stays valid and may be changed until Stream::finished() or reset().
    virtual void streamHead(http::MessageHead& head) = 0;
    /// Bytes of the body, valid during the call.
    virtual void streamData(std::string_view bytes) = 0;
    /// The message is complete.
    virtual void streamEnd(const http::HeaderList& trailers) = 0;
    /// The handler ends the stream with reset().
    virtual void streamFailed(StreamFailure failure) = 0;
    /// The output fell below the low mark after congested() was true.
    virtual void streamDrained() = 0;
    /// Everything that had arrived has been handed over: a good moment to flush what was sent in
    /// the meantime.
    virtual void streamPause() = 0;

protected:
    ~StreamHandler() = default;
};

/// What was wrong with a refused message.
struct Refusal
{
    int status = 400;        ///< towards a client
    const char* reason = ""; ///< constant text, for logs
};

class Stream
{
public:
    virtual ~Stream() = default;

    virtual void setHandler(StreamHandler* handler) noexcept = 0;
    /// Sends a head; `head.body` says how the body will come. For a response, informational ones
    /// may come before.
    virtual void sendHead(http::MessageHead& head) = 0;
    virtual void sendData(std::string_view bytes) = 0;
    /// The message sent is complete. In a tunnel: no more bytes this way.
    virtual void sendEnd(const http::HeaderList* trailers) = 0;
    /// Hands what was sent to the kernel, in one call where possible. What a call to send...()
    /// leaves unflushed is small.
    virtual void flush() = 0;
    /// The output is above the high mark: send no more until streamDrained().
    [[nodiscard]] virtual bool congested() const noexcept = 0;
    /// Backpressure: stop or go on delivering streamData(). Delivery resumes from the loop, not
    /// from this call.
    virtual void setReading(bool reading) = 0;
    /// Both messages become plain bytes both ways (after a 101 was sent or received).
    virtual void startTunnel() = 0;

    /// No further message may follow on this connection: what came was not to be trusted. Before
    /// the head is sent.
    virtual void closeAfter() {}

    /// The exchange needs the stream no more; both messages may or may not be complete. The stream
    /// must not be used afterwards.
    virtual void finished() = 0;
    /// Gives up: the peer must not take what it got for complete. The stream must not be used
    /// afterwards.
    virtual void reset() = 0;
    [[nodiscard]] virtual Refusal refusal() const noexcept = 0;
};

} // namespace steelyard::proxy
