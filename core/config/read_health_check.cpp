/// The block `health_check` of a pool.
#include "config/draft.h"
#include "config/http_words.h"
#include "config/read_http.h"
#include "config/values.h"

#include <algorithm>
#include <array>

namespace steelyard::config {

namespace {

using namespace std::chrono_literals;

/// Of the fields to send.
Refusal sendRule(std::string_view name)
{
    constexpr std::string_view kWhy = "is written by the check itself";
    if (name == "host")
        return {kWhy, "use the key 'host' of health_check"};
    if (name == "content-length" || name == "transfer-encoding" || name == "connection")
        return {kWhy, "remove it"};
    return {};
}

Refusal expectRule(std::string_view /*name*/)
{
    return {};
}

void readStatus(const Node& node, StatusRanges& out, Findings& findings)
{
    StatusRanges ranges;
    for (const Node& item : oneOrMore(node, "status", "200-399", findings)) {
        const Node* scalar = scalarWithText(item, "status", findings);
        if (scalar == nullptr)
            continue;
        const auto range = parseStatusRange(scalar->text);
        if (range)
            ranges.push_back(range.value());
        else
            reportType(findings, *scalar, "status", range.error().detail, range.error().hint);
    }
    if (!ranges.empty())
        out = std::move(ranges);
}

void readExpect(const Node& node, HealthCheck& out, Findings& findings)
{
    const MappingReader in(node, sections::kExpect, findings);
    if (const Node* status = in.find("status"))
        readStatus(*status, out.expectStatus, findings);
    if (const Node* header = in.find("header")) {
        out.expectHeaders = readFields(*header, sections::kExpectHeaders, &expectRule, findings);
    }
    if (const Node* body = in.text("body_contains", out.expectBody);
        body != nullptr && out.method == "HEAD" && !out.expectBody.empty()) {
        findings.error(body->start, "the answer to HEAD has no body to look into",
                       "use method: GET or remove 'body_contains'");
    }
}

void readRequest(const MappingReader& in, HealthCheck& out)
{
    Findings& findings = in.findings();
    if (const Node* method = in.text("method", out.method);
        method != nullptr && (!isToken(out.method) || out.method == "CONNECT")) {
        findings.error(method->start, inQuotes(out.method) + " is not a method for a check",
                       "write for example GET or HEAD");
    }
    if (const Node* path = in.text("path", out.path)) {
        const auto allowed = [](char c) { return c > 0x20 && c < 0x7F && c != '#'; };
        if (!out.path.starts_with('/') || !std::all_of(out.path.begin(), out.path.end(), allowed)) {
            findings.error(path->start, inQuotes(out.path) + " is not a path",
                           "begin with / and percent-encode blanks, # and what is not ASCII");
        }
    }
    if (const Node* host = in.text("host", out.host)) {
        const bool good =
            isDnsName(out.host) || isIpLiteral(out.host) || parseAddress(out.host).ok();
        if (!good)
            findings.error(host->start, inQuotes(out.host) + " is not a host",
                           "write for example shop.lab");
    }
    if (const Node* headers = in.find("headers")) {
        out.headers = readFields(*headers, sections::kHealthHeaders, &sendRule, findings);
    }
    if (const Node* expect = in.find("expect"))
        readExpect(*expect, out, findings);
}

void readType(const MappingReader& in, HealthCheck& out)
{
    constexpr std::array<std::string_view, 2> kTypes{"http", "tcp"};
    const Node* type = in.find("type");
    if (type != nullptr && type->kind == Node::Kind::Scalar && type->text == "tls") {
        in.findings().error(type->start, "health check type 'tls' is not supported yet",
                            "use http or tcp");
        return;
    }
    std::size_t index = 0;
    if (in.choice("type", kTypes, index) == nullptr || index == 0)
        return;
    out.type = HealthCheck::Type::Tcp;
    for (const std::string_view key : {"method", "path", "host", "headers", "expect"}) {
        if (const Node* found = in.find(key)) {
            in.findings().error(found->start, inQuotes(key) + " has no meaning with type: tcp",
                                "remove it, or use type: http");
        }
    }
}

void readTiming(const MappingReader& in, HealthCheck& out)
{
    constexpr int kMostInARow = 100;
    in.duration("interval", out.interval, 10ms, 24h);
    // Whoever probes more often than every 500 ms does not want to be slowed down by the default.
    out.fastInterval = std::min(out.fastInterval, out.interval);
    if (const Node* fast = in.duration("fast_interval", out.fastInterval, 10ms, 24h);
        fast != nullptr && out.fastInterval > out.interval) {
        in.findings().warning(fast->start,
                              "'fast_interval' (" + durationText(out.fastInterval) +
                                  ") is longer than interval (" + durationText(out.interval) + ")",
                              "changes of state take longer to settle; make it shorter");
    }
    in.duration("timeout", out.timeout, 1ms, 1h);
    in.integer("fall", out.fall, 1, kMostInARow);
    in.integer("rise", out.rise, 1, kMostInARow);
    in.share("jitter", out.jitter, 0.0, 0.5);
}

} // namespace

HealthCheck readHealthCheck(const Node& node, Findings& findings)
{
    const MappingReader in(node, sections::kHealthCheck, findings);
    HealthCheck out;
    readType(in, out);
    if (out.type == HealthCheck::Type::Http)
        readRequest(in, out);
    int port = 0;
    if (in.integer("port", port, 1, 65535) != nullptr)
        out.port = static_cast<std::uint16_t>(port);
    readTiming(in, out);
    return out;
}

} // namespace steelyard::config
