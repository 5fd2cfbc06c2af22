#include "proxy/replies.h"

#include "http/h1_writer.h"

namespace steelyard::proxy {

namespace {

constexpr std::array<ReplyRule, kCauses> kRules{{
    {0, "", ""},
    {400, "bad_request", "The request is not valid HTTP."},
    {408, "request_timeout", "The request did not arrive in time."},
    {499, "client_aborted", ""},
    {404, "no_route", "No route of this listener matches the request."},
    {308, "redirect", ""},
    {200, "fixed_reply", ""},
    {508, "loop_detected", "The request has already passed through this load balancer."},
    {200, "max_forwards", ""},
    {503, "no_server", "No server of the pool is available."},
    {502, "connect_failed", "The server could not be reached."},
    {504, "connect_timeout", "The server did not accept a connection in time."},
    {502, "server_reset", "The server closed the connection without an answer."},
    {502, "bad_response", "The server's answer is not valid HTTP."},
    {504, "response_timeout", "The server did not answer in time."},
    {502, "response_cut", ""},
    {504, "idle_timeout", "Nothing moved for too long."},
    {503, "drain_deadline", "The server was taken out of service."},
    {503, "shutdown", "The load balancer is stopping."},
    {503, "out_of_resources", "The load balancer is out of descriptors."},
    {503, "queue_timeout", "Every server was busy for too long."},
    {503, "queue_full", "Every server is busy and too many requests wait."},
    {429, "rate_limited", "Too many requests from this address."},
    {429, "connection_limit", "Too many connections from this address."},
}};

} // namespace

const ReplyRule& rule(Cause cause) noexcept
{
    return kRules[static_cast<std::size_t>(cause)];
}

std::string makeReply(Cause cause, int status, std::string_view date, http::MessageHead& head)
{
    const ReplyRule& entry = rule(cause);
    head.clear();
    head.status = status != 0 ? status : entry.status;
    std::string body;
    if (*entry.text != '\0') {
        body = std::to_string(head.status);
        body += ' ';
        body += http::reasonPhrase(head.status);
        body += ": ";
        body += entry.text;
        body += '\n';
    }
    head.headers.add(http::FieldId::Date, "Date", date);
    if (!body.empty())
        head.headers.add("Content-Type", "text/plain; charset=utf-8");
    if (head.status == 503)
        head.headers.add("Retry-After", "1");
    head.body = {http::BodyKind::Length, body.size()};
    return body;
}

} // namespace steelyard::proxy
