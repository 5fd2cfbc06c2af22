/// Pools and their servers as outlines.
#include "config/http_words.h"
#include "config/outline_parts.h"
#include "config/values.h"

#include <algorithm>

namespace steelyard::config::outlines {

using Kind = Outline::Kind;

namespace {

Outline healthCheckOutline(const HealthCheck& check)
{
    const HealthCheck standard;
    std::vector<Outline> all;
    const bool http = check.type == HealthCheck::Type::Http;
    all.push_back(value("type", http ? "http" : "tcp", false));
    if (http) {
        std::vector<std::string> ranges;
        for (const auto& [first, last] : check.expectStatus) {
            ranges.push_back(std::to_string(first) +
                             (first == last ? "" : '-' + std::to_string(last)));
        }
        Outline status = texts("status", std::move(ranges));
        status.isDefault = check.expectStatus == standard.expectStatus;
        all.push_back(text("method", check.method, check.method == standard.method));
        all.push_back(text("path", check.path));
        all.push_back(text("host", check.host, check.host.empty()));
        all.push_back(fields("headers", check.headers));
        all.push_back(
            block("expect", {std::move(status), fields("header", check.expectHeaders),
                             text("body_contains", check.expectBody, check.expectBody.empty())}));
    }
    if (check.port)
        all.push_back(value("port", std::to_string(*check.port), false));
    all.push_back(duration("interval", check.interval, standard.interval));
    // Its default depends on the interval.
    all.push_back(duration("fast_interval", check.fastInterval,
                           std::min(standard.fastInterval, check.interval)));
    all.push_back(duration("timeout", check.timeout, standard.timeout));
    all.push_back(number("fall", check.fall, standard.fall));
    all.push_back(number("rise", check.rise, standard.rise));
    all.push_back(share("jitter", check.jitter, standard.jitter));
    return present("health_check", std::move(all));
}

Outline affinityOutline(const Affinity& affinity)
{
    std::vector<Outline> all{
        text("key", affinityKeyText(affinity.key), affinity.key == AffinityKey{})};
    if (affinity.boundedLoad)
        all.push_back(value("bounded_load", shareText(*affinity.boundedLoad)));
    return block("affinity", std::move(all));
}

Outline outlierOutline(const OutlierDetection& outliers)
{
    const OutlierDetection standard;
    std::vector<Outline> all{
        number("consecutive_errors", outliers.consecutiveErrors, standard.consecutiveErrors),
        share("error_rate", outliers.errorRate, standard.errorRate),
        number("min_requests", outliers.minRequests, standard.minRequests),
        duration("window", outliers.window, standard.window)};
    if (outliers.latencyFactor)
        all.push_back(value("latency_factor", numberText(*outliers.latencyFactor)));
    all.push_back(duration("eject_for", outliers.ejectFor, standard.ejectFor));
    all.push_back(duration("max_eject_for", outliers.maxEjectFor, standard.maxEjectFor));
    all.push_back(share("max_ejected", outliers.maxEjected, standard.maxEjected));
    all.push_back(value("mode", outliers.observe ? "observe" : "enforce", !outliers.observe));
    return present("outlier_detection", std::move(all));
}

std::string_view wordOf(Stickiness::WhenDraining whenDraining)
{
    switch (whenDraining) {
    case Stickiness::WhenDraining::Keep:
        break;
    case Stickiness::WhenDraining::Repin:
        return "repin";
    case Stickiness::WhenDraining::Cut:
        return "cut";
    }
    return "keep";
}

Outline stickinessOutline(const Stickiness& stickiness)
{
    const Stickiness standard;
    return present("stickiness",
                   {text("cookie", stickiness.cookie, stickiness.cookie == standard.cookie),
                    duration("idle", stickiness.idle, standard.idle),
                    duration("max", stickiness.max, standard.max),
                    value("when_draining", std::string(wordOf(stickiness.whenDraining)),
                          stickiness.whenDraining == standard.whenDraining)});
}

Outline backendOutline(const Backend& backend)
{
    const Backend standard;
    std::vector<Outline> all{
        text("address", backend.address.text()), number("weight", backend.weight, standard.weight),
        value("state", std::string(toString(backend.state)), backend.state == standard.state)};
    if (backend.maxRequests)
        all.push_back(value("max_requests", std::to_string(*backend.maxRequests)));
    all.push_back(flag("backup", backend.backup, standard.backup));
    return named(backend.name, std::move(all));
}

} // namespace

Outline ofPool(const Pool& pool)
{
    const Pool standard;
    const PoolTimeouts& times = pool.timeouts;
    std::vector<Outline> all;
    all.push_back(value("algorithm", std::string(toString(pool.algorithm)),
                        pool.algorithm == standard.algorithm));
    all.push_back(affinityOutline(pool.affinity));
    if (pool.healthCheck)
        all.push_back(healthCheckOutline(*pool.healthCheck));
    if (pool.outlierDetection)
        all.push_back(outlierOutline(*pool.outlierDetection));
    if (pool.stickiness)
        all.push_back(stickinessOutline(*pool.stickiness));
    all.push_back(block("drain", {duration("timeout", pool.drainTimeout, standard.drainTimeout)}));
    if (pool.slowStart) {
        const SlowStart usual;
        all.push_back(
            present("slow_start", {duration("window", pool.slowStart->window, usual.window),
                                   share("from", pool.slowStart->from, usual.from)}));
    }
    all.push_back(block("retry", {number("attempts", pool.retry.attempts, standard.retry.attempts),
                                  share("budget", pool.retry.budget, standard.retry.budget)}));
    all.push_back(block("timeouts", {duration("connect", times.connect, standard.timeouts.connect),
                                     duration("response_header", times.responseHeader,
                                              standard.timeouts.responseHeader),
                                     duration("idle", times.idle, standard.timeouts.idle),
                                     duration("queue", times.queue, standard.timeouts.queue)}));
    all.push_back(
        block("keep_alive", {number("max_idle", pool.keepAlive.maxIdle, standard.keepAlive.maxIdle),
                             duration("idle", pool.keepAlive.idle, standard.keepAlive.idle)}));
    all.push_back(
        value("when_all_down", pool.failOpen ? "fail-open" : "fail-closed", !pool.failOpen));
    Outline backends{Kind::Items, "backends", {}, false, {}};
    for (const Backend& backend : pool.backends)
        backends.children.push_back(backendOutline(backend));
    all.push_back(std::move(backends));
    return named(pool.name, std::move(all));
}

} // namespace steelyard::config::outlines
