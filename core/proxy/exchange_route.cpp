// From the request to its pool: limits, the route, redirects and fixed replies, the side of a
// split, the client's pin, and what the request is changed to before it is sent on.
#include "base/hash.h"
#include "http/cookies.h"
#include "proxy/exchange.h"
#include "routing/affinity.h"
#include "routing/client_range.h"
#include "routing/edits.h"
#include "runtime/stickiness.h"

namespace steelyard::proxy {

void Exchange::route()
{
    const auto& listeners = m_snapshot->listeners;
    if (m_info.listenerSlot < listeners.size())
        m_listener = listeners[m_info.listenerSlot].get();
    if (m_listener == nullptr) {
        reply(Cause::Shutdown);
        return;
    }
    const auto& limits = m_listener->settings.limits;
    if (limits && limits->requestsPerSecond && m_info.ticket != nullptr && *m_info.ticket) {
        const Duration wait = m_info.ticket->request(*limits, m_started);
        if (wait.count() > 0) {
            m_retryAfter = retryAfterSeconds(wait);
            reply(Cause::RateLimited);
            return;
        }
    }
    if (http::viaShowsLoop(*m_request, m_snapshot->pseudonym)) {
        reply(Cause::LoopDetected);
        return;
    }
    if (m_request->maxForwards == 0) {
        reply(Cause::MaxForwards);
        return;
    }
    const int index = m_listener->router->match(asked());
    if (index == routing::Router::kNone) {
        reply(Cause::NoRoute);
        return;
    }
    takeRoute(index);
}

routing::Request Exchange::asked() const
{
    return {m_request->method(), m_request->host(), m_request->target(), &m_request->headers,
            m_info.ip};
}

void Exchange::takeRoute(int index)
{
    m_route = &m_listener->settings.routes[static_cast<std::size_t>(index)];
    if (m_listener->routePools[static_cast<std::size_t>(index)].empty()) {
        answerByRoute();
        return;
    }
    if (!choosePool(index)) {
        reply(Cause::NoServer, 0, "every side of the split has weight 0");
        return;
    }
    m_idempotent = http::isIdempotent(m_request->method());
    m_retriesLeft = m_pool->settings->retry.attempts;
    findKey();
    prepareRequest();
    if (m_phase == Phase::Done)
        return;
    startMirror(index);
    tryNext();
}

void Exchange::answerByRoute()
{
    if (const auto* redirect = std::get_if<config::Redirect>(&m_route->action)) {
        const std::string location =
            routing::redirectLocation(*redirect, m_route->match.path, asked());
        makeReply(Cause::Redirect, redirect->status, m_worker.httpDate(), m_ownHead);
        m_ownHead.headers.add("Location", location);
        m_ownHead.body = {http::BodyKind::Length, 0};
        routing::applyEdits(m_route->responseHeaders, m_ownHead.headers);
        sendReply(m_ownHead, {}, Cause::Redirect);
        return;
    }
    const auto& fixed = std::get<config::FixedReply>(m_route->action);
    makeReply(Cause::FixedReply, fixed.status, m_worker.httpDate(), m_ownHead);
    if (!fixed.body.empty())
        m_ownHead.headers.add("Content-Type", fixed.contentType);
    m_ownHead.body = {http::BodyKind::Length, fixed.body.size()};
    routing::applyEdits(m_route->responseHeaders, m_ownHead.headers);
    sendReply(m_ownHead, fixed.body, Cause::FixedReply);
}

// ---- the pool

bool Exchange::choosePool(int route)
{
    const std::vector<int>& pools = m_listener->routePools[static_cast<std::size_t>(route)];
    const auto poolOf = [&](std::size_t side) {
        return m_snapshot->pools[static_cast<std::size_t>(pools[side])].get();
    };
    const auto* split = std::get_if<config::Split>(&m_route->action);
    if (split == nullptr) {
        m_pool = poolOf(0);
        (void)findPin(*m_pool);
        return true;
    }
    // Persistence beats the weights of a split, 0 too.
    for (std::size_t side = 0; side < pools.size(); ++side) {
        if (findPin(*poolOf(side))) {
            m_pool = poolOf(side);
            return true;
        }
    }
    std::uint64_t bits = m_worker.random.next();
    if (split->key) {
        const auto key = routing::affinityKey(*split->key, asked(), m_worker.scratch);
        if (key)
            bits = hashBytes(*key);
    }
    const int side = routing::splitSide(*split, bits);
    if (side < 0)
        return false;
    m_pool = poolOf(static_cast<std::size_t>(side));
    return true;
}

void Exchange::findKey()
{
    const Algorithm algorithm = m_pool->settings->algorithm;
    if (!balancing::usesKey(algorithm))
        return;
    if (algorithm == Algorithm::ClientIpHash) {
        m_key = hashBytes(m_info.ip.octets());
        m_hasKey = m_info.ip.size != 0;
        return;
    }
    const auto key =
        routing::affinityKey(m_pool->settings->affinity.key, asked(), m_worker.scratch);
    m_hasKey = key.has_value();
    m_key = key ? hashBytes(*key) : 0;
}

// ---- stickiness

/// Is the client pinned to a server of this pool that it may go to now?
bool Exchange::findPin(const runtime::Pool& pool)
{
    const auto& settings = pool.settings->stickiness;
    if (!settings || !m_snapshot->sessions || !m_worker.tokens)
        return false;
    const auto cookie = http::findCookie(m_request->headers, settings->cookie);
    if (!cookie)
        return false;
    const auto token = m_worker.tokens->decode(*cookie);
    if (!token)
        return false;
    const auto found = pool.byTag.find(token->backend);
    if (found == pool.byTag.end())
        return false; // of another pool, or of a server that was removed
    m_token = token;
    const runtime::EpochSeconds now = m_snapshot->sessions->clock.seconds(m_started);
    const runtime::PinAge age = runtime::pinAge(*token, *settings, now);
    if (age == runtime::PinAge::Expired)
        return false;
    const runtime::Backend& backend = pool.backends[found->second];
    const runtime::BackendState& state = *backend.state;
    const bool anybody = pool.candidates.failedOpen(); // health is not asked for
    const auto whenDraining = state.admitsPins.load(std::memory_order_relaxed)
                                  ? settings->whenDraining
                                  : config::Stickiness::WhenDraining::Repin;
    if (backend.address.size == 0 ||
        !runtime::followsPin(
            state.admin.load(std::memory_order_relaxed),
            anybody ? HealthState::Healthy : state.health.load(std::memory_order_relaxed),
            !anybody && state.ejected.load(std::memory_order_relaxed), whenDraining))
        return false;
    if (!m_snapshot->sessions->table.see(*token, now, runtime::pinExpires(*token, *settings)))
        return false;
    m_pin = static_cast<int>(found->second);
    m_renewPin = age == runtime::PinAge::Refresh;
    return true;
}

/// Pins the client to the server that answers, where it is not yet.
void Exchange::writePin(http::MessageHead& head)
{
    const auto& settings = m_pool->settings->stickiness;
    if (!settings || !m_snapshot->sessions || !m_worker.tokens || (m_atPin && !m_renewPin))
        return;
    runtime::Sessions& sessions = *m_snapshot->sessions;
    const runtime::EpochSeconds now = sessions.clock.seconds(m_worker.loop.now());
    runtime::SessionToken token;
    if (m_atPin) {
        token = *m_token;
        token.refreshed = now;
    } else {
        token = runtime::newPin(m_backendNow->tag, now);
        if (m_token)
            sessions.table.forget(m_token->id);
    }
    (void)sessions.table.see(token, now, runtime::pinExpires(token, *settings));
    m_worker.scratch.clear();
    runtime::appendSetCookie(*settings, token, m_worker.tokens->encode(token), now, false,
                             m_worker.scratch);
    head.headers.add("Set-Cookie", m_worker.scratch);
}

// ---- what is sent on

void Exchange::prepareRequest()
{
    if (!http::removeHopByHop(*m_request)) {
        reply(Cause::BadRequest, 400, "Connection names a field that must not be removed");
        return;
    }
    const config::ForwardingHeaders& wanted = m_listener->settings.headers;
    http::Forwarding forwarding;
    forwarding.xForwardedFor = wanted.xForwardedFor;
    forwarding.xForwardedProto = wanted.xForwardedProto;
    forwarding.xForwardedHost = wanted.xForwardedHost;
    forwarding.forwarded = wanted.forwarded;
    forwarding.xRequestId = wanted.xRequestId;
    forwarding.via = wanted.via;
    forwarding.clientAddress = m_info.address;
    forwarding.proto = "http";
    forwarding.pseudonym = m_snapshot->pseudonym;
    forwarding.trusted = routing::contains(m_snapshot->trustedProxies, m_info.ip);
    std::string requestId;
    if (wanted.xRequestId) {
        requestId = m_worker.newRequestId();
        forwarding.requestId = requestId;
    }
    http::applyForwarding(*m_request, forwarding);
    routing::applyRewrite(*m_route, *m_request, m_worker.scratch);
    routing::applyEdits(m_route->requestHeaders, m_request->headers);
}

void Exchange::startMirror(int route)
{
    const int index = m_listener->mirrorPools[static_cast<std::size_t>(route)];
    if (index < 0)
        return;
    constexpr double kAll = 18446744073709551616.0; // 2^64
    if (static_cast<double>(m_worker.random.next()) >= m_route->mirror->share * kAll)
        return;
    Mirror::begin(m_worker, m_snapshot, *m_snapshot->pools[static_cast<std::size_t>(index)],
                  *m_request, m_mirror);
}

} // namespace steelyard::proxy
