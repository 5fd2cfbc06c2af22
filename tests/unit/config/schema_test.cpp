/// The JSON schema for editors, the reader's key tables, what the writer knows and the example of
/// all keys: four lists of the same keys, held together here.
#include "base/states.h"
#include "config/keys.h"
#include "config/outline.h"
#include "config/reader.h"
#include "config/yaml_tree.h"
#include "random_config.h"
#include "support/test_main.h"
#include "texts.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <algorithm>
#include <set>

namespace steelyard::config::test {

namespace {

using Paths = std::set<std::string>;

std::string joined(const std::string& path, const std::string& key)
{
    return path.empty() ? key : path + '.' + key;
}

QJsonObject resolved(const QJsonObject& schema, const QJsonObject& root)
{
    const QString reference = schema.value(QLatin1String("$ref")).toString();
    if (reference.isEmpty())
        return schema;
    return root.value(QLatin1String("$defs"))
        .toObject()
        .value(reference.section(QLatin1Char('/'), -1))
        .toObject();
}

/// Calls `found(path, schema)` for each property below.
template <typename Found>
void walkSchema(const QJsonObject& reference, const QJsonObject& root, const std::string& path,
                Found found)
{
    const QJsonObject schema = resolved(reference, root);
    const QJsonObject properties = schema.value(QLatin1String("properties")).toObject();
    for (auto property = properties.begin(); property != properties.end(); ++property) {
        const std::string below = joined(path, property.key().toStdString());
        const QJsonObject child = property.value().toObject();
        found(below, child, schema);
        walkSchema(child, root, below, found);
        const QJsonObject items = child.value(QLatin1String("items")).toObject();
        if (!items.isEmpty())
            walkSchema(items, root, below + "[]", found);
        const QJsonObject any = resolved(
            resolved(child, root).value(QLatin1String("additionalProperties")).toObject(), root);
        for (const QJsonValue form : any.value(QLatin1String("oneOf")).toArray())
            walkSchema(form.toObject(), root, below + ".*", found);
    }
}

/// Keys that the reader knows.
Paths readerPaths()
{
    Paths out;
    for (const Section* section : allSections()) {
        for (const Key& key : section->keys)
            out.insert(joined(std::string(section->path), std::string(key.name)));
    }
    return out;
}

/// Sections whose keys are names of header fields.
bool isFree(const std::string& path)
{
    return std::any_of(allSections().begin(), allSections().end(), [&](const Section* section) {
        return section->keys.empty() && section->path == path;
    });
}

void collectOutline(const Outline& node, const std::string& path, Paths& out)
{
    for (const Outline& child : node.children) {
        if (node.kind == Outline::Kind::Items) {
            collectOutline(child, path + "[]", out);
        } else if (node.kind == Outline::Kind::Mapping && isFree(path)) {
            collectOutline(child, joined(path, "*"), out);
        } else if (node.kind == Outline::Kind::Mapping) {
            out.insert(joined(path, child.key));
            collectOutline(child, joined(path, child.key), out);
        }
    }
}

void collectTree(const Node& node, const std::string& path, Paths& out)
{
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (node.kind == Node::Kind::Sequence) {
            collectTree(node.items[i], path + "[]", out);
        } else if (isFree(path)) {
            collectTree(node.items[i], joined(path, "*"), out);
        } else {
            out.insert(joined(path, node.keys[i].text));
            collectTree(node.items[i], joined(path, node.keys[i].text), out);
        }
    }
}

std::string difference(const Paths& a, const Paths& b)
{
    std::string out;
    for (const std::string& path : a) {
        if (!b.contains(path))
            out += path + ' ';
    }
    return out;
}

} // namespace

class SchemaTest final : public QObject
{
    Q_OBJECT

    QJsonObject m_schema;

private Q_SLOTS:

    void initTestCase()
    {
        QFile file(QStringLiteral(STEELYARD_RESOURCES "/steelyard.schema.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QJsonParseError error;
        m_schema = QJsonDocument::fromJson(file.readAll(), &error).object();
        QVERIFY2(error.error == QJsonParseError::NoError, qPrintable(error.errorString()));
    }

    void schemaAndReaderHaveTheSameKeys()
    {
        Paths schema;
        walkSchema(m_schema, m_schema, {},
                   [&](const std::string& path, const QJsonObject&, const QJsonObject&) {
                       schema.insert(path);
                   });
        QCOMPARE(difference(schema, readerPaths()), std::string());
        QCOMPARE(difference(readerPaths(), schema), std::string());
    }

    void everyKeyIsDescribedAndOptionalOnesHaveADefaultOrSayWhatAbsenceMeans()
    {
        walkSchema(m_schema, m_schema, {},
                   [&](const std::string& path, const QJsonObject& key, const QJsonObject& parent) {
                       const QString description =
                           key.value(QLatin1String("description")).toString();
                       QVERIFY2(!description.isEmpty(), path.c_str());
                       const QString name =
                           QString::fromStdString(path).section(QLatin1Char('.'), -1);
                       const bool required =
                           parent.value(QLatin1String("required")).toArray().contains(name);
                       const bool scalar = !key.contains(QLatin1String("properties"));
                       const bool oneOfSeveral = parent.contains(QLatin1String("oneOf")) ||
                                                 parent.contains(QLatin1String("maxProperties"));
                       QVERIFY2(required || !scalar || oneOfSeveral ||
                                    key.contains(QLatin1String("default")) ||
                                    description.contains(QLatin1String("bsent")),
                                path.c_str());
                   });
    }

    void theSchemasAlgorithmsAreTheEngines()
    {
        QJsonArray names;
        for (const Algorithm algorithm : kAlgorithms) {
            names << QString::fromUtf8(toString(algorithm).data(),
                                       static_cast<int>(toString(algorithm).size()));
        }
        walkSchema(m_schema, m_schema, {},
                   [&](const std::string& path, const QJsonObject& key, const QJsonObject&) {
                       if (path == "pools[].algorithm")
                           QCOMPARE(key.value(QLatin1String("enum")).toArray(), names);
                   });
    }

    void theWriterWritesEveryKeyAndNoOther()
    {
        Paths written;
        RandomConfig random(3);
        for (int i = 0; i < 200; ++i)
            collectOutline(outlineOf(random.next()), {}, written);
        QCOMPARE(difference(written, readerPaths()), std::string());
        QCOMPARE(difference(readerPaths(), written), std::string());
    }

    void theExampleOfAllKeysHasAllKeysEachWithAComment()
    {
        QVERIFY(readText(example("all-keys"), kExamples).config);
        std::string text;
        static_cast<void>(readFile(STEELYARD_RESOURCES "/examples/all-keys.yaml", &text));
        Paths shown;
        const Tree tree = parseYaml(text);
        collectTree(*tree.root, {}, shown);
        QCOMPARE(difference(readerPaths(), shown), std::string());

        // The first time a key stands in a line of its own, that line explains it; blocks are
        // explained by their keys.
        Paths explained;
        std::size_t begin = 0;
        while (begin < text.size()) {
            const std::size_t end = std::min(text.find('\n', begin), text.size());
            std::string line = text.substr(begin, end - begin);
            begin = end + 1;
            const std::size_t key = line.find_first_not_of(" -");
            const std::size_t colon = line.find(": ");
            if (key == std::string::npos || line[key] == '#' || line[key] == '{' ||
                colon == std::string::npos)
                continue;
            const std::string name = line.substr(key, colon - key);
            if (!explained.insert(name).second)
                continue;
            QVERIFY2(line.find("  #") != std::string::npos || line.back() == ':', line.c_str());
        }
    }
};

STEELYARD_TEST(SchemaTest)

} // namespace steelyard::config::test

#include "schema_test.moc"
