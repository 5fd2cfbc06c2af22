#include "clients.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace steelyard::test {

namespace {

constexpr char kRequest[] = "GET /work HTTP/1.1\r\nHost: shop\r\n\r\n";
constexpr timeval kPatience{20, 0};
constexpr milliseconds kPause{1}; ///< between two requests: load, not a flood

/// The field's value; empty when there is none.
std::string valueOf(const std::string& head, const std::string& field)
{
    const std::size_t at = head.find("\r\n" + field + ": ");
    if (at == std::string::npos)
        return {};
    const std::size_t from = at + 2 + field.size() + 2;
    return head.substr(from, head.find("\r\n", from) - from);
}

} // namespace

/// One socket; blocking, with a limit to its patience.
struct Clients::Connection
{
    explicit Connection(quint16 port)
        : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
        open = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    }

    ~Connection() { ::close(fd); }

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// False: no whole answer came.
    bool exchange(Answer& answer)
    {
        constexpr auto kLength = static_cast<ssize_t>(sizeof(kRequest) - 1);
        if (!open || ::send(fd, kRequest, sizeof(kRequest) - 1, MSG_NOSIGNAL) != kLength)
            return open = false;
        std::string input;
        std::size_t end = std::string::npos;
        while ((end = input.find("\r\n\r\n")) == std::string::npos) {
            if (!more(input))
                return open = false;
        }
        const std::string head = input.substr(0, end + 2);
        const std::size_t whole = end + 4 + std::stoul("0" + valueOf(head, "Content-Length"));
        while (input.size() < whole) {
            if (!more(input))
                return open = false;
        }
        answer.status = std::stoi(head.substr(9, 3));
        answer.server = QString::fromStdString(valueOf(head, "X-Server"));
        open = valueOf(head, "Connection") != "close";
        return true;
    }

    bool more(std::string& input) const
    {
        char buffer[4096];
        const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
        if (got <= 0)
            return false;
        input.append(buffer, static_cast<std::size_t>(got));
        return true;
    }

    int fd;
    bool open = false;
};

Clients::Clients(quint16 port, int count)
    : m_port(port)
    , m_sent(static_cast<std::size_t>(count))
{
    for (std::size_t i = 0; i < m_sent.size(); ++i)
        m_threads.emplace_back([this, i] { run(i); });
}

Clients::~Clients()
{
    stop();
}

void Clients::stop()
{
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
    }
    m_end.notify_all();
    for (std::thread& thread : m_threads)
        thread.join();
    m_threads.clear();
}

void Clients::run(std::size_t client)
{
    std::unique_ptr<Connection> connection;
    while (!m_ending) {
        if (!connection || !connection->open)
            connection = std::make_unique<Connection>(m_port);
        Answer answer;
        {
            const std::lock_guard lock(m_mutex);
            answer.sent = m_sent[client] = Clock::now();
        }
        const bool whole = connection->exchange(answer);
        if (!whole)
            ++m_failures;
        std::unique_lock lock(m_mutex);
        m_sent[client] = {};
        answer.received = Clock::now();
        if (whole)
            m_answers.push_back(answer);
        m_end.wait_for(lock, kPause, [this] { return m_ending.load(); });
    }
}

std::vector<Clients::Answer> Clients::answers() const
{
    const std::lock_guard lock(m_mutex);
    return m_answers;
}

std::vector<Clients::Answer> Clients::sentSince(TimePoint from) const
{
    const std::lock_guard lock(m_mutex);
    std::vector<Answer> result;
    std::copy_if(m_answers.begin(), m_answers.end(), std::back_inserter(result),
                 [&](const Answer& answer) { return answer.sent >= from; });
    return result;
}

int Clients::waiting(milliseconds least) const
{
    const std::lock_guard lock(m_mutex);
    const TimePoint before = Clock::now() - least;
    return static_cast<int>(std::count_if(m_sent.begin(), m_sent.end(), [&](TimePoint sent) {
        return sent != TimePoint{} && sent <= before;
    }));
}

int countOf(const std::vector<Clients::Answer>& answers, const QString& server)
{
    return static_cast<int>(
        std::count_if(answers.begin(), answers.end(),
                      [&](const Clients::Answer& answer) { return answer.server == server; }));
}

double shareOf(const std::vector<Clients::Answer>& answers, const QString& server)
{
    return answers.empty() ? 0 : countOf(answers, server) / static_cast<double>(answers.size());
}

} // namespace steelyard::test
