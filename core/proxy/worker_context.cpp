#include "proxy/worker_context.h"

#include "proxy/exchange.h"
#include "proxy/h1_client_connection.h"
#include "proxy/h1_server_connection.h"
#include "proxy/mirror.h"

#include <array>
#include <ctime>
#include <random>

namespace steelyard::proxy {

WorkerContext::WorkerContext(int workerIndex, net::EventDispatcher& dispatcher,
                             stats::WorkerCounters& own)
    : index(workerIndex)
    , loop(dispatcher)
    , wheel(dispatcher.wheel())
    , counters(own)
    , random((static_cast<std::uint64_t>(std::random_device{}()) << 32U) ^
             static_cast<std::uint64_t>(workerIndex))
    , readBuffer(kReadSize)
    , exchanges(256)
    , cache(*this)
    , m_burial(&WorkerContext::emptyGraves, this)
{
}

WorkerContext::~WorkerContext()
{
    emptyGraves(this);
}

runtime::WorkerQueue& WorkerContext::queueOf(const runtime::PoolState& pool)
{
    auto& queue = m_queues[pool.queue.get()];
    if (!queue)
        queue = std::make_unique<runtime::WorkerQueue>(pool.queue, index);
    return *queue;
}

void WorkerContext::pokeQueue(const runtime::RequestQueue* queue)
{
    if (queue != nullptr) {
        const auto found = m_queues.find(queue);
        if (found != m_queues.end())
            found->second->poked();
        return;
    }
    // poked() may add a queue: not while iterating.
    std::vector<runtime::WorkerQueue*> all;
    all.reserve(m_queues.size());
    for (const auto& [shared, own] : m_queues)
        all.push_back(own.get());
    for (runtime::WorkerQueue* each : all)
        each->poked();
}

void WorkerContext::bury(std::unique_ptr<Stream> stream)
{
    m_streamGraves.push_back(std::move(stream));
    loop.defer(m_burial);
}

void WorkerContext::bury(std::unique_ptr<Exchange> exchange)
{
    m_exchangeGraves.push_back(std::move(exchange));
    loop.defer(m_burial);
}

void WorkerContext::bury(std::unique_ptr<Mirror> mirror)
{
    m_mirrorGraves.push_back(std::move(mirror));
    loop.defer(m_burial);
}

void WorkerContext::emptyGraves(void* self)
{
    auto& worker = *static_cast<WorkerContext*>(self);
    worker.m_mirrorGraves.clear(); // destroying one buries nothing
    // Destroying one may bury another.
    while (!worker.m_streamGraves.empty() || !worker.m_exchangeGraves.empty()) {
        worker.m_streams.swap(worker.m_streamGraves);
        worker.m_streams.clear();
        worker.m_exchanges.swap(worker.m_exchangeGraves);
        for (std::unique_ptr<Exchange>& exchange : worker.m_exchanges)
            worker.exchanges.give(std::move(exchange));
        worker.m_exchanges.clear();
    }
}

std::string_view WorkerContext::httpDate()
{
    const std::time_t second = std::time(nullptr);
    if (second != m_dateSecond) {
        m_dateSecond = second;
        std::array<char, 40> text{};
        std::tm utc{};
        gmtime_r(&second, &utc);
        // strftime would follow the locale; RFC 9110 5.6.7 wants English.
        static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        const int length =
            std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                          kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                          kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                          utc.tm_hour, utc.tm_min, utc.tm_sec);
        m_date.assign(text.data(), static_cast<std::size_t>(length));
    }
    return m_date;
}

std::string WorkerContext::newRequestId()
{
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string id(32, '0');
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < id.size(); ++i) {
        if (i % 16 == 0)
            bits = random.next();
        id[i] = kDigits[bits & 0xFU];
        bits >>= 4U;
    }
    return id;
}

} // namespace steelyard::proxy
