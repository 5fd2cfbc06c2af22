/// Health checks and outlier detection for HAProxy. Thread: any.
#include "config/http_words.h"
#include "interop/haproxy_parts.h"
#include "interop/haproxy_words.h"

#include <algorithm>
#include <cmath>

namespace steelyard::interop::haproxy {

namespace {

void writeExpect(Writer& out, const config::HealthCheck& check, const Place& place)
{
    std::string ranges;
    for (const auto& [first, last] : check.expectStatus) {
        ranges += (ranges.empty() ? "" : ",") + std::to_string(first);
        if (first != last)
            ranges += '-' + std::to_string(last);
    }
    out.line("http-check expect status " + ranges);
    out.notes.exact(place / "status", "http-check expect status");
    for (const auto& [name, value] : check.expectHeaders) {
        out.line("http-check expect hdr name " + quoted(config::lowered(name)) + " value " +
                 (value.empty() ? "-m reg ^$" : quoted(value)));
    }
    if (!check.expectHeaders.empty())
        out.notes.exact(place / "header", "http-check expect hdr");
    if (!check.expectBody.empty()) {
        out.line("http-check expect string " + quoted(check.expectBody));
        out.notes.exact(place / "body_contains", "http-check expect string");
    }
}

void writeHttpCheck(Writer& out, const config::HealthCheck& check, const Place& place)
{
    out.line("option httpchk");
    std::string words =
        "http-check send meth " + quoted(check.method) + " uri " + quoted(check.path) +
        " ver HTTP/1.1 hdr Host " +
        (check.host.empty() ? quoted("%[bc_dst]:%[bc_dst_port]") : quoted(plainFormat(check.host)));
    for (const auto& [name, value] : check.headers)
        words += " hdr " + quoted(name) + ' ' + quoted(plainFormat(value));
    out.line(words);
    out.notes.exact(place / "method", "http-check send");
    out.notes.exact(place / "path", "http-check send");
    if (!check.host.empty())
        out.notes.exact(place / "host", "http-check send");
    if (!check.headers.empty())
        out.notes.exact(place / "headers", "http-check send");
    writeExpect(out, check, place / "expect");
}

std::string checkWords(Writer& out, const config::HealthCheck& check, const Place& place)
{
    std::string words = "check inter " + timeText(check.interval) + " fastinter " +
                        timeText(check.fastInterval) + " fall " + std::to_string(check.fall) +
                        " rise " + std::to_string(check.rise);
    if (check.port) {
        words += " port " + std::to_string(*check.port);
        out.notes.exact(place / "port", "port");
    }
    out.line("timeout check " + timeText(check.timeout));
    out.notes.near(place, "check; HAProxy serves from a server before its first check");
    out.notes.exact(place / "type", check.type == config::HealthCheck::Type::Http
                                        ? "option httpchk"
                                        : "check: connects");
    out.notes.exact(place / "interval", "inter");
    out.notes.exact(place / "fast_interval", "fastinter");
    out.notes.exact(place / "timeout", "timeout check");
    out.notes.exact(place / "fall", "fall");
    out.notes.exact(place / "rise", "rise");
    out.notes.near(place / "jitter", "spread-checks: whole percents, the same for all pools (the "
                                     "largest)");
    return words;
}

std::string outlierWords(Writer& out, const config::Pool& pool, const Place& place)
{
    const config::OutlierDetection& outliers = *pool.outlierDetection;
    if (!judges(pool)) {
        out.notes.dropped(place, outliers.observe
                                     ? "HAProxy does not only tell: mode observe is off"
                                     : "HAProxy knows no error rates, only errors in a row");
        return {};
    }
    std::string words;
    if (!pool.healthCheck) {
        words = "check inter " + timeText(outliers.ejectFor) + " fall 1 rise 1 ";
        out.comment("Only outlier detection needs these checks: they bring a server back.");
    }
    words += "observe layer7 error-limit " + std::to_string(outliers.consecutiveErrors) +
             " on-error mark-down";
    out.notes.near(place / "consecutive_errors",
                   "observe layer7, error-limit; answers 5xx count but for 501 and 505");
    out.notes.near(place / "eject_for", pool.healthCheck
                                            ? "out until the health checks find it well"
                                            : "back with the next check, which connects");
    for (const char* key : {"error_rate", "min_requests", "window"})
        out.notes.dropped(place / key, "HAProxy counts errors in a row only");
    if (outliers.latencyFactor)
        out.notes.dropped(place / "latency_factor", "HAProxy does not judge by latency");
    out.notes.dropped(place / "max_eject_for", "ejections do not grow");
    out.notes.dropped(place / "max_ejected", "all servers may be out at once");
    return words;
}

} // namespace

bool judges(const config::Pool& pool)
{
    return pool.outlierDetection && !pool.outlierDetection->observe &&
           pool.outlierDetection->consecutiveErrors > 0;
}

std::string writeHealth(Writer& out, const config::Pool& pool, const Place& place)
{
    std::string words;
    if (pool.healthCheck) {
        if (pool.healthCheck->type == config::HealthCheck::Type::Http)
            writeHttpCheck(out, *pool.healthCheck, place / "health_check");
        words = checkWords(out, *pool.healthCheck, place / "health_check");
    }
    if (pool.outlierDetection) {
        const std::string more = outlierWords(out, pool, place / "outlier_detection");
        words += (words.empty() || more.empty() ? "" : " ") + more;
    }
    return words;
}

} // namespace steelyard::interop::haproxy
