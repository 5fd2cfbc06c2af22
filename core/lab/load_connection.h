/// One keep-alive connection of the load generator: one request at a time, its answer read to the
/// end and dropped. Thread: the generator's loop. Owner: itself, from creation until the connection
/// ends; the generator keeps a list.
#pragma once

#include "base/clock.h"
#include "http/chunked.h"
#include "http/h1_parser.h"
#include "http/message.h"
#include "lab/load_generator.h"
#include "net/transport.h"

#include <QBasicTimer>
#include <QObject>

#include <cstdint>
#include <memory>
#include <string>

namespace steelyard::lab {

class LoadConnection final : public QObject, private net::TransportHandler
{
public:
    LoadConnection(std::unique_ptr<net::Transport> transport, LoadGenerator& generator);
    ~LoadConnection() override;

    /// Sends a request that was due at `due`; the connection must be new or idle.
    void send(const LoadTarget& target, TimePoint due);

private:
    enum class State : std::uint8_t
    {
        Idle,
        Head,
        Body,
        Ended
    };

    void transportReadable() override;
    void transportWritable() override;
    void timerEvent(QTimerEvent* event) override;

    void flush();
    void take(bool peerEnded);
    bool readHead();
    bool readBody(bool peerEnded);
    void complete();
    void end();

    std::unique_ptr<net::Transport> m_transport;
    LoadGenerator& m_generator;
    State m_state = State::Idle;
    std::string m_method;
    std::string m_output;
    std::size_t m_written = 0;
    std::string m_input;
    http::HeadParser m_parser{http::HeadParser::Kind::Response};
    http::ChunkedDecoder m_chunks;
    http::MessageHead m_head;
    std::uint64_t m_bodyLeft = 0;
    TimePoint m_due{};
    QBasicTimer m_deadline;
};

} // namespace steelyard::lab
