/// Micro-benchmarks: parsing heads, and writing them anew.
#include "http/h1_parser.h"
#include "http/h1_writer.h"

#include <string>

#include <benchmark/benchmark.h>

namespace steelyard::http {

namespace {

const std::string kShort = "GET /items/42?x=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n";

/// What a browser sends, with 1 KiB of cookies.
const std::string kBrowser =
    "GET /items/42?x=1 HTTP/1.1\r\nHost: shop.example\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Referer: http://shop.example/a/page\r\nDNT: 1\r\nConnection: keep-alive\r\n"
    "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n"
    "Upgrade-Insecure-Requests: 1\r\nCache-Control: max-age=0\r\nCookie: session=" +
    std::string(1000, 'c') + "; theme=dark\r\n\r\n";

const std::string kReply =
    "HTTP/1.1 200 OK\r\nServer: load\r\nDate: Tue, 24 Nov 2026 08:00:00 GMT\r\n"
    "Content-Type: text/plain\r\nContent-Length: 1024\r\nCache-Control: no-cache\r\n\r\n";

void parse(benchmark::State& state, HeadParser::Kind kind, const std::string& text)
{
    HeadParser parser(kind);
    MessageHead head;
    for ([[maybe_unused]] auto each : state) {
        if (parser.parse(text, head, "GET") != ParseStatus::Done) {
            state.SkipWithError("not parsed");
            break;
        }
        benchmark::DoNotOptimize(head);
        parser.reset();
        head.clear();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void write(benchmark::State& state, HeadParser::Kind kind, const std::string& text)
{
    HeadParser parser(kind);
    MessageHead head;
    if (parser.parse(text, head, "GET") != ParseStatus::Done)
        state.SkipWithError("not parsed");
    std::string out;
    for ([[maybe_unused]] auto each : state) {
        out.clear();
        if (kind == HeadParser::Kind::Request)
            writeRequestHead(head, {}, out);
        else
            writeResponseHead(head, {}, out);
        benchmark::DoNotOptimize(out.data());
    }
}

BENCHMARK_CAPTURE(parse, request_short, HeadParser::Kind::Request, kShort);
BENCHMARK_CAPTURE(parse, request_browser, HeadParser::Kind::Request, kBrowser);
BENCHMARK_CAPTURE(parse, reply, HeadParser::Kind::Response, kReply);
BENCHMARK_CAPTURE(write, request_browser, HeadParser::Kind::Request, kBrowser);
BENCHMARK_CAPTURE(write, reply, HeadParser::Kind::Response, kReply);

} // namespace

} // namespace steelyard::http
