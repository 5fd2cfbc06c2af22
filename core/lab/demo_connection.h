/// One client's connection to a demo backend: requests one after the other (RFC 9112 9.3), bodies
/// read and dropped. Thread: the backend's loop. Owner: itself, from creation until the connection
/// ends; its backend keeps a list.
#pragma once

#include "http/chunked.h"
#include "http/h1_parser.h"
#include "http/message.h"
#include "net/transport.h"

#include <QBasicTimer>
#include <QObject>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace steelyard::lab {

class DemoBackend;

class DemoConnection final : public QObject, private net::TransportHandler
{
public:
    DemoConnection(std::unique_ptr<net::Transport> transport, DemoBackend& backend);
    ~DemoConnection() override;

    /// Ends with RST; the backend has forgotten it already.
    void reset();

private:
    enum class State : std::uint8_t
    {
        Head,
        Body,
        Waiting,
        Writing,
        Ended
    };

    void transportReadable() override;
    void transportWritable() override;
    void timerEvent(QTimerEvent* event) override;

    void advance();
    bool readHead();
    bool skipBody();
    void takeRequest();
    void answer();
    void answer(int status, std::string_view type, std::string_view body);
    void flush();
    void end();
    [[nodiscard]] std::string describe(std::size_t size) const;

    std::unique_ptr<net::Transport> m_transport;
    DemoBackend& m_backend;
    State m_state = State::Head;
    std::string m_input;
    std::string m_output;
    std::size_t m_written = 0;
    http::HeadParser m_parser{http::HeadParser::Kind::Request};
    http::ChunkedDecoder m_chunks;
    http::MessageHead m_head;
    std::uint64_t m_bodyLeft = 0;
    QBasicTimer m_delay;
    bool m_failing = false; ///< this request gets 500
    bool m_hanging = false; ///< this request gets nothing
    bool m_closing = false; ///< end after what is being written
    bool m_peerEnded = false;
};

} // namespace steelyard::lab
