/// Models and proxies under random ticks, watched by QAbstractItemModelTester; figures, badges,
/// checks of input.

#include "app/command_line.h"
#include "fake_engine_client.h"
#include "models/address_check.h"
#include "models/badge.h"
#include "models/console_feed.h"
#include "models/events_model.h"
#include "models/figures.h"
#include "models/history.h"
#include "models/servers_model.h"
#include "models/servers_proxy.h"
#include "support/test_main.h"

#include <QAbstractItemModelTester>
#include <QLocale>
#include <QSignalSpy>
#include <QTest>

#include <random>

using namespace steelyard;
using namespace steelyard::gui;

class ModelsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void serversModelHoldsUnderRandomTicks();
    void aTickWithoutStructureChangeIsDataChangedOnly();
    void sortingIsFrozenWhileAnEditorIsOpen();
    void poolsKeepTheirOrderUnderDescendingSort();
    void filterFindsByAddress();
    void aWeightEditOnlyAsks();
    void eventsAreBoundedAndNewestFirst();
    void historyIsBoundedAndForgetsGoneServers();
    void feedMarksASilentEngine();
    void pausedViewKeepsItsSnapshot();
    void badgesFollowBothAxes();
    void badgeTellsOfEjectionSlowStartAndBackups();
    void cellsTellLimitsQueuesPinsAndNotes();
    void figuresReadWell();
    void addressesAreCheckedAsTyped();
    void commandLineIsRead();
};

void ModelsTest::serversModelHoldsUnderRandomTicks()
{
    test::FakeEngineClient engine(7);
    History history;
    ServersModel model(history);
    ServersProxy proxy;
    proxy.setSourceModel(&model);
    const QAbstractItemModelTester testModel(
        &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QAbstractItemModelTester testProxy(
        &proxy, QAbstractItemModelTester::FailureReportingMode::QtTest);
    std::mt19937 random(42);
    for (int round = 0; round < 200; ++round) {
        auto& pools = engine.state().pools;
        switch (random() % 8) {
        case 0:
            engine.addPool("pool" + std::to_string(round), static_cast<int>(random() % 5));
            break;
        case 1:
            if (pools.size() > 1)
                engine.removePool(pools[random() % pools.size()].name);
            break;
        case 2:
            if (!pools.empty() && !pools[0].backends.empty())
                pools[0].backends.erase(pools[0].backends.begin());
            break;
        case 3:
            proxy.sort(static_cast<int>(random() % ServersModel::ColumnCount),
                       random() % 2 == 0 ? Qt::AscendingOrder : Qt::DescendingOrder);
            break;
        case 4:
            proxy.setFilterText(random() % 2 == 0 ? QStringLiteral("a") : QString());
            break;
        default:
            break;
        }
        engine.advance();
        history.add(*engine.latest());
        model.update(*engine.latest());
        QCOMPARE(model.rowCount(), static_cast<int>(pools.size()));
        for (std::size_t i = 0; i < pools.size(); ++i) {
            const QModelIndex group = model.indexOf(QString::fromStdString(pools[i].name));
            QCOMPARE(model.rowCount(group), static_cast<int>(pools[i].backends.size()));
        }
    }
    model.clear();
    QCOMPARE(proxy.rowCount(), 0);
}

void ModelsTest::aTickWithoutStructureChangeIsDataChangedOnly()
{
    test::FakeEngineClient engine;
    History history;
    ServersModel model(history);
    model.update(*engine.latest());
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    engine.advance();
    model.update(*engine.latest());
    QCOMPARE(reset.count() + inserted.count(), 0);
    QCOMPARE(changed.count(), 1 + model.rowCount()); // the groups, and the servers of each
}

void ModelsTest::sortingIsFrozenWhileAnEditorIsOpen()
{
    test::FakeEngineClient engine;
    History history;
    ServersModel model(history);
    ServersProxy proxy;
    proxy.setSourceModel(&model);
    model.update(*engine.latest());
    proxy.sort(ServersModel::Weight, Qt::AscendingOrder);
    const auto first = [&] {
        const QModelIndex group = proxy.index(0, 0);
        return proxy.index(0, 0, group).data(ServersModel::IdRole).toString();
    };
    QCOMPARE(first(), QStringLiteral("shop/a"));
    proxy.freeze();
    engine.server(QStringLiteral("shop/a"))->weight = 200;
    engine.advance();
    model.update(*engine.latest());
    QCOMPARE(first(), QStringLiteral("shop/a"));
    proxy.thaw();
    QCOMPARE(first(), QStringLiteral("shop/b"));
}

void ModelsTest::poolsKeepTheirOrderUnderDescendingSort()
{
    test::FakeEngineClient engine;
    History history;
    ServersModel model(history);
    ServersProxy proxy;
    proxy.setSourceModel(&model);
    model.update(*engine.latest());
    proxy.sort(ServersModel::Requests, Qt::DescendingOrder);
    QCOMPARE(proxy.index(0, 0).data(ServersModel::IdRole).toString(), QStringLiteral("shop"));
    QCOMPARE(proxy.index(1, 0).data(ServersModel::IdRole).toString(), QStringLiteral("api"));
}

void ModelsTest::filterFindsByAddress()
{
    test::FakeEngineClient engine;
    History history;
    ServersModel model(history);
    ServersProxy proxy;
    proxy.setSourceModel(&model);
    model.update(*engine.latest());
    proxy.setFilterText(QStringLiteral(":9012"));
    QCOMPARE(proxy.rowCount(), 1);
    const QModelIndex group = proxy.index(0, 0);
    QCOMPARE(proxy.rowCount(group), 1);
    QCOMPARE(proxy.index(0, 0, group).data(ServersModel::IdRole).toString(),
             QStringLiteral("api/b"));
}

void ModelsTest::aWeightEditOnlyAsks()
{
    test::FakeEngineClient engine;
    History history;
    ServersModel model(history);
    model.update(*engine.latest());
    QSignalSpy edited(&model, &ServersModel::weightEdited);
    const QModelIndex weight = model.indexOf(QStringLiteral("shop/b"), ServersModel::Weight);
    QVERIFY(!model.setData(weight, 257, Qt::EditRole));
    QVERIFY(model.setData(weight, 50, Qt::EditRole));
    QCOMPARE(edited.count(), 1);
    QCOMPARE(edited.first().first().toString(), QStringLiteral("shop/b"));
    QCOMPARE(weight.data().toString(), QStringLiteral("100"));
    QVERIFY(!(model.flags(model.indexOf(QStringLiteral("shop"), ServersModel::Weight)) &
              Qt::ItemIsEditable));
    QCOMPARE(model.expectedShare(QStringLiteral("shop/b"), 200), 0.5);
}

void ModelsTest::eventsAreBoundedAndNewestFirst()
{
    EventsModel model;
    EventsProxy proxy;
    proxy.setSourceModel(&model);
    const QAbstractItemModelTester testModel(
        &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QAbstractItemModelTester testProxy(
        &proxy, QAbstractItemModelTester::FailureReportingMode::QtTest);
    for (quint64 sequence = 1; sequence <= 1500; sequence += 3) {
        QList<stats::Event> three;
        for (quint64 i = sequence; i < sequence + 3; ++i) {
            three.append({i, static_cast<qint64>(i),
                          i % 10 == 0 ? stats::Level::Error : stats::Level::Info, "engine", "x"});
        }
        model.add(three);
        model.add(three); // told twice: known already
    }
    QCOMPARE(model.rowCount(), EventsModel::kMaximum);
    QCOMPARE(model.events().first().sequence, quint64(1500));
    QCOMPARE(model.events().last().sequence, quint64(501));
    proxy.setLeast(stats::Level::Error);
    QCOMPARE(proxy.rowCount(), 100);
    proxy.setText(QStringLiteral("nowhere"));
    QCOMPARE(proxy.rowCount(), 0);
}

void ModelsTest::historyIsBoundedAndForgetsGoneServers()
{
    test::FakeEngineClient engine;
    History history;
    for (int i = 0; i < History::kSamples + 50; ++i) {
        engine.advance();
        history.add(*engine.latest());
    }
    QCOMPARE(history.size(), History::kSamples);
    const QList<float> values =
        history.values(QStringLiteral("shop/a"), &History::Sample::requests, 60);
    QCOMPARE(values.size(), 60);
    QCOMPARE(values.last(),
             static_cast<float>(engine.server(QStringLiteral("shop/a"))->requestsPerSecond));
    engine.removePool("shop");
    engine.advance();
    history.add(*engine.latest());
    QVERIFY(history.values(QStringLiteral("shop/a"), &History::Sample::requests, 60).isEmpty());
}

void ModelsTest::feedMarksASilentEngine()
{
    double now = 100;
    ConsoleFeed feed(nullptr, [&] { return now; });
    test::FakeEngineClient engine;
    feed.setClient(&engine);
    QVERIFY(!feed.stale());
    engine.silent = true;
    now += 2.9;
    feed.tick();
    QVERIFY(!feed.stale());
    now += 0.2;
    QSignalSpy stale(&feed, &ConsoleFeed::staleChanged);
    feed.tick();
    QVERIFY(feed.stale());
    QCOMPARE(stale.last().at(1).toDouble(), 3.1);
    engine.silent = false;
    engine.advance();
    feed.tick();
    QVERIFY(!feed.stale());
    QCOMPARE(stale.last().at(0).toBool(), false);
}

void ModelsTest::pausedViewKeepsItsSnapshot()
{
    ConsoleFeed feed;
    test::FakeEngineClient engine;
    feed.setClient(&engine);
    feed.setPaused(true);
    const auto before = feed.shown();
    engine.advance(4);
    feed.tick();
    QCOMPARE(feed.shown(), before);
    feed.setPaused(false);
    QCOMPARE(feed.shown(), engine.latest());
}

void ModelsTest::badgesFollowBothAxes()
{
    stats::BackendRow row;
    row.health = HealthState::Unhealthy;
    QCOMPARE(badgeOf(row), Badge::Down);
    row.pending = 1;
    row.needed = 2;
    QCOMPARE(badgeOf(row), Badge::Changing);
    QCOMPARE(badgeWord(row), QStringLiteral("Coming up 1/2"));
    row.health = HealthState::Healthy;
    QCOMPARE(badgeWord(row), QStringLiteral("Going down 1/2"));
    row.admin = AdminState::Draining;
    row.inFlight = 4;
    QCOMPARE(badgeWord(row), QStringLiteral("Draining, 4 left"));
    row.inFlight = 0;
    QCOMPARE(badgeWord(row), QStringLiteral("Safe to stop"));
    row.admin = AdminState::Maintenance;
    QCOMPARE(badgeOf(row), Badge::Maintenance);
}

void ModelsTest::badgeTellsOfEjectionSlowStartAndBackups()
{
    stats::BackendRow row;
    row.health = HealthState::Healthy;
    row.selectable = true;
    row.slowStart = 0.4;
    QCOMPARE(badgeOf(row), Badge::Changing);
    QCOMPARE(badgeWord(row), QStringLiteral("Slow start 40 %"));
    row.slowStart = 1;
    row.selectable = false;
    row.backup = true;
    QCOMPARE(badgeOf(row), Badge::Up);
    QCOMPARE(badgeDetail(row), QStringLiteral("standing by"));
    row.ejected = true;
    row.ejectedSecondsLeft = 24;
    row.reason = "5 errors in a row";
    QCOMPARE(badgeOf(row), Badge::Down);
    QCOMPARE(badgeWord(row), QStringLiteral("Down"));
    QCOMPARE(badgeDetail(row), QStringLiteral("back in 24 s: 5 errors in a row"));
    QVERIFY(!standsBy(row));
    row.admin = AdminState::Maintenance; // an ejected server can be taken out all the same
    QCOMPARE(badgeOf(row), Badge::Maintenance);
}

void ModelsTest::cellsTellLimitsQueuesPinsAndNotes()
{
    using M = ServersModel;
    test::FakeEngineClient engine;
    History history;
    ServersModel model(history);
    stats::PoolRow& pool = engine.state().pools[0];
    pool.backends[0].maxRequests = 8;
    pool.backends[0].inFlight = 8;
    pool.backends[1].backup = true;
    pool.backends[1].selectable = false;
    pool.backends[1].excluded = "a backup";
    pool.selectable = 2;
    pool.queued = 5;
    pool.onBackups = true;
    model.update(engine.state());
    const auto text = [&](const char* id, int column, int role = Qt::DisplayRole) {
        return model.indexOf(QLatin1String(id), column).data(role).toString();
    };
    QCOMPARE(text("shop/a", M::Active), QStringLiteral("8/8"));
    QVERIFY(model.indexOf(QStringLiteral("shop/a"), M::Active).data(M::AlarmRole).toBool());
    QCOMPARE(text("shop/a", M::Pinned), QStringLiteral("40"));
    QCOMPARE(text("shop", M::Pinned), QStringLiteral("123"));
    QCOMPARE(text("api", M::Pinned), figures::nothing());
    QCOMPARE(text("shop", M::LastProbe), QStringLiteral("on backups, 5 waiting for room"));
    QCOMPARE(text("shop", M::Server), QStringLiteral("2 of 2 in service, 1 spare"));
    QVERIFY(text("shop/b", M::State, Qt::ToolTipRole)
                .contains(QLatin1String("Gets no new requests: a backup")));
    QVERIFY(text("shop/b", M::Server, M::DetailRole).endsWith(QLatin1String(", backup")));
}

void ModelsTest::figuresReadWell()
{
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    QCOMPARE(figures::rate(12431.4), QStringLiteral("12,431"));
    QCOMPARE(figures::rate(42.46), QStringLiteral("42.5"));
    QCOMPARE(figures::rate(0.01), QStringLiteral("0"));
    QCOMPARE(figures::latency(42), QStringLiteral("42 µs"));
    QCOMPARE(figures::latency(8100), QStringLiteral("8.1 ms"));
    QCOMPARE(figures::latency(1200000), QStringLiteral("1.20 s"));
    QCOMPARE(figures::latency(0), figures::nothing());
    QCOMPARE(figures::tick(60, 60), QStringLiteral("60"));
    QCOMPARE(figures::tick(12000, 3000), QStringLiteral("12,000"));
    QCOMPARE(figures::tick(0.5, 0.25), QStringLiteral("0.50"));
    QCOMPARE(figures::tick(0, 0.25), QStringLiteral("0"));
    QCOMPARE(figures::latencyTick(300, 100), QStringLiteral("300 µs"));
    QCOMPARE(figures::latencyTick(600, 300), QStringLiteral("0.6 ms"));
    QCOMPARE(figures::latencyTick(45000, 15000), QStringLiteral("45 ms"));
    QCOMPARE(figures::latencyTick(1500000, 500000), QStringLiteral("1.5 s"));
    QCOMPARE(figures::errorPercent(2, 10000), QStringLiteral("0.02 %"));
    QCOMPARE(figures::span(200), QStringLiteral("3 min"));
}

void ModelsTest::addressesAreCheckedAsTyped()
{
    for (const char* good : {"127.0.0.1:9001", "[::1]:80", "lab-c.internal:65535", "localhost:1"}) {
        QVERIFY2(addressProblem(QLatin1String(good)).isEmpty(), good);
    }
    for (const char* bad : {"", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.1:80", "::1:80",
                            "[::1]", "[127.0.0.1]:80", "a b:80", "-x:80", ":80", "1.2.3.999:80"}) {
        QVERIFY2(!addressProblem(QLatin1String(bad)).isEmpty(), bad);
    }
    QVERIFY(serverNameProblem(QStringLiteral("web-3"), {}).isEmpty());
    QVERIFY(!serverNameProblem(QStringLiteral("web-3"), {QStringLiteral("web-3")}).isEmpty());
    QVERIFY(!serverNameProblem(QStringLiteral("a/b"), {}).isEmpty());
}

void ModelsTest::commandLineIsRead()
{
    const auto parse = [](const char* words) {
        return parseCommandLine(QString::fromLatin1(words).split(u' '));
    };
    const CommandLine line = parse("shop.yaml --theme dark --page overview --screenshot out");
    QCOMPARE(line.file, QStringLiteral("shop.yaml"));
    QVERIFY(line.theme == ThemeName::Dark);
    QCOMPARE(line.screenshotDirectory, QStringLiteral("out"));
    QVERIFY(line.problem.isEmpty());
    QVERIFY(parse("--attach --theme light").attachSocket.isEmpty());
    QCOMPARE(parse("--attach /run/x.sock").attachSocket, QStringLiteral("/run/x.sock"));
    for (const char* wrong :
         {"--theme pink", "--theme", "--nope", "a b", "--demo a", "--screenshot"}) {
        QVERIFY2(!parse(wrong).problem.isEmpty(), wrong);
    }
}

STEELYARD_TEST(ModelsTest)
#include "models_test.moc"
