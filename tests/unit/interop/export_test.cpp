/// Properties of every export: nothing of the source is passed over in silence, notes point into
/// the source, and the order of routes is the router's.
#include "config/outline.h"
#include "config/reader.h"
#include "exports.h"
#include "interop/routes.h"
#include "routing/specificity.h"
#include "support/test_main.h"
#include "unit/config/random_config.h"

#include <QFile>

#include <set>

namespace steelyard::interop::test {

namespace {

/// The paths of all nodes, and of the leaves that do not have their default.
void collect(const config::Outline& node, const std::string& path, std::set<std::string>& all,
             std::set<std::string>& leaves)
{
    using Kind = config::Outline::Kind;
    all.insert(path);
    if (node.kind == Kind::Mapping || node.kind == Kind::Items) {
        for (const config::Outline& child : node.children) {
            if (child.key != "name")
                collect(child, path.empty() ? child.key : path + '/' + child.key, all, leaves);
        }
    } else if (!node.isDefault) {
        leaves.insert(path);
    }
}

/// Is the place, or one around it, in the notes?
bool told(std::string path, const std::set<std::string>& places)
{
    while (!places.contains(path)) {
        const std::size_t slash = path.rfind('/');
        if (slash == std::string::npos)
            return false;
        path.resize(slash);
    }
    return true;
}

} // namespace

class ExportTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void everyKeyThatIsNotItsDefaultIsTold()
    {
        config::test::RandomConfig random(7);
        for (int i = 0; i < 200; ++i) {
            const config::Config config = random.next();
            std::set<std::string> all;
            std::set<std::string> leaves;
            collect(config::outlineOf(config), {}, all, leaves);
            leaves.erase("version");
            for (const char* target : {"haproxy", "nginx"}) {
                std::set<std::string> places;
                for (const ExportNote& note : findExportTarget(target)->write(config).notes) {
                    QVERIFY2(all.contains(note.where), (note.line() + ": no such place").c_str());
                    QVERIFY2(!note.text.empty() && note.text.find('\n') == std::string::npos,
                             note.line().c_str());
                    places.insert(note.where);
                }
                for (const std::string& leaf : leaves)
                    QVERIFY2(told(leaf, places), (std::string(target) + ": " + leaf).c_str());
            }
        }
    }

    void isTheSameEachTime()
    {
        config::test::RandomConfig random(8);
        for (int i = 0; i < 20; ++i) {
            const config::Config config = random.next();
            for (const ExportTarget& target : exportTargets()) {
                const Export once = target.write(config);
                const Export again = target.write(config);
                QVERIFY(once.text == again.text && once.notes == again.notes);
            }
        }
    }

    void notesAreInTheOrderOfTheSource()
    {
        const Export made = exported(
            Scene{.pool = "retry: { attempts: 2 }", .top = "workers: 3\n"}.text(), "haproxy");
        std::vector<std::string> places;
        for (const ExportNote& note : made.notes)
            places.push_back(note.where);
        const auto at = [&places](const char* place) {
            return std::find(places.begin(), places.end(), place) - places.begin();
        };
        QCOMPARE(at("workers"), 0);
        QVERIFY(at("listeners/web/bind") < at("listeners/web/headers/via"));
        QVERIFY(at("listeners/web/routes/api/pool") < at("pools/shop/algorithm"));
        QVERIFY(at("pools/shop/retry/attempts") < at("pools/shop/backends/a/address"));
        QVERIFY(at("pools/shop/backends/a/address") < at("pools/other/algorithm"));
        QVERIFY(at("pools/other/algorithm") < std::ssize(places));
    }

    void routesAreTriedInTheRoutersOrder()
    {
        config::test::RandomConfig random(9);
        for (int i = 0; i < 500; ++i) {
            for (const config::Listener& listener : random.next().listeners) {
                const auto ordered = inPrecedence(listener);
                QCOMPARE(ordered.size(), listener.routes.size());
                for (std::size_t k = 1; k < ordered.size(); ++k) {
                    const auto before = routing::specificityOf(ordered[k - 1]->match);
                    const auto after = routing::specificityOf(ordered[k]->match);
                    QVERIFY(before > after || (before == after && ordered[k - 1] < ordered[k]));
                }
            }
        }
    }

    void yamlReadsBackAsTheSame()
    {
        config::test::RandomConfig random(10);
        for (int i = 0; i < 50; ++i) {
            const config::Config config = random.next();
            const Export made = findExportTarget("yaml")->write(config);
            const config::ReadResult read = config::readText(made.text, "/etc");
            QVERIFY(read.config && *read.config == config);
            QCOMPARE(toldOf(made, ""), std::string("dropped")); // comments
        }
    }

    void namesStayDifferentWhereTheTargetKnowsFewerCharacters()
    {
        Names names;
        QCOMPARE(names.make("a-b.c"), std::string("a_b_c"));
        QCOMPARE(names.make("a_b-c"), std::string("a_b_c_2"));
        QCOMPARE(names.make("A_B_C"), std::string("a_b_c_3"));
        QCOMPARE(names.make("a_b_c_2"), std::string("a_b_c_2_2"));
    }

    void aLocationIsCutIntoItsParts()
    {
        const auto texts = [](const char* location) {
            std::string out;
            for (const LocationPart& part : locationParts({location, 308})) {
                constexpr const char* kNames[] = {"", "HOST", "PATH", "REST", "QUERY"};
                out += std::string("[") + kNames[static_cast<int>(part.kind)] + part.text + ']';
            }
            return out;
        };
        QCOMPARE(texts("/new"), std::string("[/new][QUERY]"));
        QCOMPARE(texts("https://{host}{path}#top"),
                 std::string("[https://][HOST][PATH][QUERY][#top]"));
        QCOMPARE(texts("/x{rest}?a=b"), std::string("[/x][REST][?a=b]"));
        QCOMPARE(texts("/{x}{path}?"), std::string("[/{x}][PATH]"));
    }

    void portsThatTheSystemChoosesBecomeFreeOnes()
    {
        config::Config config;
        config.admin.http = config::Address{"127.0.0.1", 8080};
        config.listeners.resize(1);
        config.listeners[0].binds = {{"127.0.0.1", 8081}};
        Ports ports(config);
        QCOMPARE(int(ports.next()), 8082);
        QCOMPARE(int(ports.next()), 8083);
    }

    void allTargetsTakeTheFileWithAllKeys()
    {
        QFile file(QStringLiteral(STEELYARD_RESOURCES "/examples/all-keys.yaml"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const std::string text = file.readAll().toStdString();
        for (const ExportTarget& target : exportTargets()) {
            const Export made = exported(text, target.name);
            QVERIFY(made.text.size() > 1000);
            QVERIFY(!made.notes.empty());
        }
        QVERIFY(findExportTarget("envoy") == nullptr);
    }
};

STEELYARD_TEST(ExportTest)

} // namespace steelyard::interop::test

#include "export_test.moc"
