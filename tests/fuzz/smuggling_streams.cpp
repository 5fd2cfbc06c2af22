#include "fuzz/smuggling_streams.h"

#include <algorithm>
#include <cstdio>

namespace steelyard::fuzz {

namespace {

constexpr std::string_view kInside = "GET /smuggled HTTP/1.1\r\nHost: lab\r\n\r\n";

/// Something unusual here? Seldom enough that whole streams are valid often enough.
bool odd(Choices& choices)
{
    return choices.below(8) == 7;
}

template <std::size_t N>
std::string_view oddOr(Choices& choices, std::string_view plain, const std::string_view (&list)[N])
{
    return odd(choices) ? choices.of(list) : plain;
}

std::string hex(std::size_t number)
{
    char text[20];
    std::snprintf(text, sizeof text, "%zx", number);
    return text;
}

std::string contentFrom(Choices& choices)
{
    switch (choices.below(5)) {
    case 0:
        return {};
    case 1:
        return std::string(kInside);
    case 2:
        return "0\r\n\r\n" + std::string(kInside);
    case 3:
        return std::string(1 + choices.below(200), 'x');
    default:
        return std::string(choices.take(choices.below(24)));
    }
}

/// `content` coded in chunks, most of the time rightly.
std::string chunked(const std::string& content, Choices& choices)
{
    static constexpr std::string_view kExtensions[] = {
        "",  "",       "",  ";a=b",   ";a=\"b\\\"\"", " ;a",
        ";", ";a=b\n", " ", "\t;a=b", ";a\x01",       ";a=\"\r\n\""};
    static constexpr std::string_view kEnds[] = {"\r\n", "\r\n", "\r\n",     "\n",
                                                 "\r",   "",     "\r\n\r\n", "x\r\n"};
    static constexpr std::string_view kLast[] = {"0\r\n\r\n",
                                                 "0\r\n\r\n",
                                                 "0\r\n\r\n",
                                                 "00\r\n\r\n",
                                                 "0\r\nX-T: 1\r\n\r\n",
                                                 "0\n\r\n",
                                                 "0\r\n\n",
                                                 "0;e\r\n\r\n",
                                                 "0\r\nContent-Length: 3\r\n\r\n",
                                                 "0\r\nX : 1\r\n\r\n",
                                                 "0\r\n",
                                                 "-0\r\n\r\n",
                                                 "0x0\r\n\r\n",
                                                 "10000000000000000\r\n\r\n"};
    static constexpr std::string_view kPrefixes[] = {"",       "",   "",  "",  "0",
                                                     "000000", "0x", "+", " ", "00000000000000000"};
    std::string out;
    const std::size_t half = content.size() / (1 + choices.below(2));
    for (std::size_t at = 0; at < content.size();) {
        const std::size_t size = at == 0 ? std::max<std::size_t>(half, 1) : content.size() - at;
        out.append(oddOr(choices, "", kPrefixes)).append(hex(size));
        out.append(oddOr(choices, "", kExtensions)).append(oddOr(choices, "\r\n", kEnds));
        out.append(content, at, size).append(oddOr(choices, "\r\n", kEnds));
        at += size;
    }
    return out.append(oddOr(choices, "0\r\n\r\n", kLast));
}

std::string framingFrom(Choices& choices, std::string& body, const std::string& content)
{
    static constexpr std::string_view kCodings[] = {
        "Transfer-Encoding: chunked",
        "transfer-encoding:CHUNKED",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: \x0b"
        "chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: x",
        "Transfer_Encoding: chunked",
        "Transfer-Encoding:\tchunked ",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding:\r\n chunked",
        "X: y\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked;q=1",
        " Transfer-Encoding: chunked",
        "Transfer-Encoding\x01: chunked",
        "Transfer-Encoding: ,chunked"};
    const std::string length = std::to_string(content.size());
    body = content;
    const std::size_t kind = odd(choices) ? choices.below(16) : choices.below(9);
    if (kind <= 3)
        return "Content-Length: " + length + "\r\n";
    if (kind <= 7) {
        body = chunked(content, choices);
        return "Transfer-Encoding: chunked\r\n";
    }
    if (kind == 8) {
        body.clear();
        return {};
    }
    if (kind == 9)
        return {}; // content that nothing frames
    if (kind <= 11) {
        static constexpr std::string_view kWrong[] = {"+",  "-", " ", "0",
                                                      "0x", "",  "1", "18446744073709551616"};
        static constexpr std::string_view kAfter[] = {"", ",", " ", ", 0", "\x0b", "0", ".0", "\t"};
        return "Content-Length: " + std::string(choices.of(kWrong)) + length +
               std::string(choices.of(kAfter)) + "\r\n";
    }
    if (kind == 12)
        return "Content-Length: " + length +
               "\r\nContent-Length: " + std::to_string(choices.byte()) + "\r\n";
    if (choices.below(2) == 1)
        body = chunked(content, choices);
    std::string out(choices.of(kCodings));
    out += "\r\n";
    if (kind == 13)
        out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    if (kind == 14)
        out.insert(0, "Content-Length: " + length + "\r\n");
    return out;
}

std::string requestFrom(Choices& choices, int number)
{
    static constexpr std::string_view kMethods[] = {"GET", "POST",   "PUT",   "HEAD",  "OPTIONS",
                                                    "get", "DELETE", "QUERY", "TRACE", "CONNECT"};
    static constexpr std::string_view kVersions[] = {"HTTP/1.1", "HTTP/1.1", "HTTP/1.1",
                                                     "HTTP/1.0", "HTTP/1.2", "HTTP/2.0",
                                                     "http/1.1", "HTTP/1.1 "};
    static constexpr std::string_view kTargets[] = {
        "/",  "/", "/",           "http://lab/", "HTTPS://lab:80/", "//other/",
        "/#", "*", "http://lab?", "lab/",        "/\x80",           "http://a@lab/"};
    static constexpr std::string_view kLines[] = {"Connection: close",
                                                  "Connection: keep-alive",
                                                  "Connection: x-a, close",
                                                  "Connection: Host",
                                                  "Connection: Content-Length",
                                                  "Connection: transfer-encoding",
                                                  "Keep-Alive: timeout=5",
                                                  "Expect: 100-continue",
                                                  "Expect: x",
                                                  "Upgrade: websocket\r\nConnection: upgrade",
                                                  "Upgrade: h2c",
                                                  "X-A: 1",
                                                  "X-A : 1",
                                                  "X-A",
                                                  ": empty",
                                                  "X-A: a\r\n b",
                                                  "X-A: a\rb",
                                                  "X-A: a\nHost: other",
                                                  "Host: other",
                                                  "Host: lab",
                                                  "TE: trailers",
                                                  "Max-Forwards: 0",
                                                  "Max-Forwards: 3",
                                                  "Cookie: a=b; c=d",
                                                  "Content_Length: 0",
                                                  "Proxy-Connection: keep-alive"};
    static constexpr std::string_view kPlainMethods[] = {"GET", "POST", "PUT", "HEAD", "OPTIONS"};
    static constexpr std::string_view kPlainLines[] = {"X-A: 1", "Cookie: a=b; c=d",
                                                       "Connection: keep-alive",
                                                       "Expect: 100-continue", "TE: trailers"};
    std::string out(odd(choices) ? "\r\n" : "");
    std::string target(oddOr(choices, "/", kTargets));
    if (target != "*")
        target += std::to_string(number);
    out.append(odd(choices) ? choices.of(kMethods) : choices.of(kPlainMethods))
        .append(" ")
        .append(target)
        .append(" ");
    out.append(oddOr(choices, "HTTP/1.1", kVersions)).append("\r\n");
    if (choices.below(16) != 1)
        out += "Host: lab\r\n";
    for (std::size_t i = choices.below(3); i > 0; --i)
        out.append(odd(choices) ? choices.of(kLines) : choices.of(kPlainLines)).append("\r\n");
    std::string body;
    const std::string content = contentFrom(choices);
    out += framingFrom(choices, body, content);
    return out + "\r\n" + body;
}

} // namespace

std::string streamFrom(Choices& choices)
{
    std::string stream;
    const int requests = 1 + static_cast<int>(choices.below(3));
    for (int i = 1; i <= requests; ++i)
        stream += requestFrom(choices, i);
    for (std::size_t i = odd(choices) ? 1 + choices.below(3) : 0; i > 0; --i) {
        const std::size_t at = (choices.byte() * 256U + choices.byte()) % stream.size();
        const char byte = static_cast<char>(choices.byte());
        switch (choices.below(3)) {
        case 0:
            stream[at] = byte;
            break;
        case 1:
            stream.insert(at, 1, byte);
            break;
        default:
            stream.erase(at, 1);
        }
        if (stream.empty())
            stream = "\n";
    }
    return stream;
}

} // namespace steelyard::fuzz
