#include "base/random.h"
#include "outlier_pool.h"
#include "support/test_main.h"

#include <QTest>

using namespace steelyard;
using namespace steelyard::health;

namespace {

/// How one server behaves in a random run.
enum class Nature
{
    Good,
    Bad,      ///< nothing but errors
    Flapping, ///< good and bad in turns of its own length
    Slow,
    Erratic ///< any of it, and sometimes it does not serve at all
};

struct Character
{
    Nature nature = Nature::Good;
    int turn = 1; ///< of Flapping, in steps
};

std::string describe(const OutlierEvent& event)
{
    return std::to_string(static_cast<int>(event.kind)) + " " + event.backend + " " + event.cause +
           " " + std::to_string(event.duration.count()) + " " + std::to_string(event.inRow) + "\n";
}

struct Story
{
    std::string events;
    int ejections = 0;
    std::string broken; ///< what did not hold
};

/// One run of 600 steps; what must always hold is checked at each.
Story run(std::uint64_t seed, int size, bool observe)
{
    RandomSource random(seed);
    config::OutlierDetection settings;
    settings.latencyFactor = 3;
    settings.observe = observe;
    settings.maxEjected = 0.2 + 0.2 * random.below(5);
    settings.ejectFor = milliseconds(1000 + 1000 * random.below(5));
    settings.maxEjectFor = settings.ejectFor * 3;
    const int limit = std::max(1, static_cast<int>(settings.maxEjected * size + 1e-9));
    OutlierPool pool(settings, size);
    std::vector<Character> characters;
    for (int i = 0; i < size; ++i) {
        characters.push_back(
            {static_cast<Nature>(random.below(5)), static_cast<int>(1 + random.below(40))});
    }
    Story story;
    for (int step = 0; step < 600; ++step) {
        for (std::size_t i = 0; i < pool.servers.size(); ++i) {
            OutlierPool::Server& server = pool.servers[i];
            Nature nature = characters[i].nature;
            if (nature == Nature::Erratic) {
                if (random.below(20) == 0)
                    server.serves = !server.serves;
                nature = static_cast<Nature>(random.below(4));
            }
            // What is ejected or does not serve gets a few late answers at most.
            const bool out = pool.ejected(i) || !server.serves;
            const int requests = static_cast<int>(random.below(out ? 2 : 12));
            const bool flapsDown = nature == Nature::Flapping && step / characters[i].turn % 2 == 1;
            if (nature == Nature::Bad || flapsDown)
                pool.fail(i, requests, random.below(2) == 0 ? Failure::Reset : Failure::Timeout);
            else
                pool.succeed(i, requests, nature == Nature::Slow ? 400 : 10);
            if (pool.ejected(i) && random.below(50) == 0) {
                const TimePoint started = pool.now - milliseconds(random.below(100));
                if (const auto event =
                        pool.detector.probeSucceeded(server.name, started, pool.now)) {
                    server.run = 0;
                    story.events += describe(*event);
                }
            }
        }
        const auto events = pool.updateAfter(milliseconds(random.below(4) == 0 ? 5 : 250));
        for (const OutlierEvent& event : events) {
            story.events += describe(event);
            story.ejections += event.kind == OutlierEvent::Kind::Ejected ? 1 : 0;
        }

        int serving = 0;
        int left = 0;
        for (std::size_t i = 0; i < pool.servers.size(); ++i) {
            serving += pool.servers[i].serves ? 1 : 0;
            left += pool.servers[i].serves && !pool.ejected(i) ? 1 : 0;
            if (const auto until = pool.detector.ejectedUntil(pool.servers[i].name)) {
                if (*until <= pool.now || *until > pool.now + settings.maxEjectFor)
                    story.broken = "an ejection outlasts its time";
            }
        }
        if (serving > 0 && left == 0)
            story.broken = "the last one in service was ejected";
        if (pool.ejectedCount() > limit)
            story.broken = "more than the limit are ejected";
        if (observe && pool.ejectedCount() > 0)
            story.broken = "observe ejects";
    }
    return story;
}

} // namespace

class OutlierPropertyTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void neverTheLastNeverTooManyNeverTooLong_data()
    {
        QTest::addColumn<int>("size");
        for (const int size : {1, 2, 3, 10})
            QTest::addRow("%d servers", size) << size;
    }

    void neverTheLastNeverTooManyNeverTooLong()
    {
        QFETCH(int, size);
        int ejections = 0;
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            const Story story = run(seed, size, seed % 10 == 0);
            QVERIFY2(story.broken.empty(),
                     (std::to_string(seed) + ": " + story.broken + "\n" + story.events).c_str());
            ejections += story.ejections;
        }
        // One alone is never ejected; the others' bad ones are, many times.
        QVERIFY2(size == 1 ? ejections == 0 : ejections > 200, std::to_string(ejections).c_str());
    }

    void theSameInputsGiveTheSameEvents()
    {
        for (std::uint64_t seed = 1; seed <= 20; ++seed)
            QCOMPARE(run(seed, 5, false).events, run(seed, 5, false).events);
    }
};

STEELYARD_TEST(OutlierPropertyTest)
#include "outlier_property_test.moc"
