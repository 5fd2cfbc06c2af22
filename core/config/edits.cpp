/// The edits of writer.h: find the place in the tree, splice, read the result back. What does not
/// read back as the very edit that was asked for is an error and never a text.
#include "config/reader.h"
#include "config/splice.h"
#include "config/suggestion.h"
#include "config/writer.h"
#include "config/yaml_text.h"

#include <algorithm>
#include <functional>

namespace steelyard::config {

namespace {

/// A valid text with its tree and its model.
struct Document
{
    std::string_view text;
    Node root;
    Config config;
};

Result<Document> open(std::string_view text)
{
    ReadResult read = readText(text, {});
    if (!read.config) {
        const auto worst =
            std::find_if(read.diagnostics.begin(), read.diagnostics.end(),
                         [](const Diagnostic& d) { return d.severity == Severity::Error; });
        return Error{ErrorCode::InvalidInput,
                     "the configuration is not valid: " + worst->text("line"),
                     "mend the file first"};
    }
    return Document{text, std::move(*parseYaml(text).root), *read.config};
}

/// Index of the thing with this name; its kind for the message.
template <typename T>
Result<std::size_t> indexOf(const std::vector<T>& all, std::string_view name,
                            const std::string& kind)
{
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].name == name)
            return i;
        names.push_back(all[i].name);
    }
    return Error{ErrorCode::NotFound, "there is no " + kind + " '" + std::string(name) + "'",
                 suggest(name, names, "there are")};
}

/// The text after the splices, if it says exactly `expected`.
Result<std::string> checked(const Document& document, Splices splices, const Config& expected)
{
    std::string text = spliced(document.text, std::move(splices));
    const ReadResult read = readText(text, {});
    if (!read.config) {
        const auto worst =
            std::find_if(read.diagnostics.begin(), read.diagnostics.end(),
                         [](const Diagnostic& d) { return d.severity == Severity::Error; });
        return Error{ErrorCode::InvalidInput, worst->message, worst->hint};
    }
    if (*read.config == expected)
        return text;
    return Error{ErrorCode::Refused, "the edit cannot be made in the text as it is written",
                 "write this part of the file in the usual style, or edit it by hand"};
}

/// Where a pool, and a server in it, stand in the tree and in the model.
struct Place
{
    std::size_t pool = 0;
    std::size_t server = 0;
};

const Node& poolNode(const Document& document, const Place& place)
{
    return document.root.find("pools")->items[place.pool];
}

const Node& serverNode(const Document& document, const Place& place)
{
    return poolNode(document, place).find("backends")->items[place.server];
}

using Edit = std::function<Result<std::string>(const Document&, const Place&)>;

Result<std::string> editPool(std::string_view text, std::string_view pool, const Edit& edit)
{
    const auto document = open(text);
    if (!document)
        return document.error();
    const auto index = indexOf(document.value().config.pools, pool, "pool");
    if (!index)
        return index.error();
    return edit(document.value(), {index.value(), 0});
}

Result<std::string> editServer(std::string_view text, std::string_view pool,
                               std::string_view server, const Edit& edit)
{
    return editPool(text, pool, [&](const Document& document, Place place) -> Result<std::string> {
        const auto index = indexOf(document.config.pools[place.pool].backends, server, "server");
        if (!index)
            return index.error();
        place.server = index.value();
        return edit(document, place);
    });
}

} // namespace

Result<std::string> withWeight(std::string_view text, std::string_view pool,
                               std::string_view server, int weight)
{
    return editServer(text, pool, server,
                      [&](const Document& document, const Place& place) -> Result<std::string> {
                          Config expected = document.config;
                          int& target = expected.pools[place.pool].backends[place.server].weight;
                          if (target == weight)
                              return std::string(text);
                          target = weight;
                          const std::string value = std::to_string(weight);
                          return checked(document,
                                         setKey(text, serverNode(document, place), "weight", value,
                                                {"name", "address"}),
                                         expected);
                      });
}

Result<std::string> withState(std::string_view text, std::string_view pool, std::string_view server,
                              AdminState state)
{
    return editServer(text, pool, server,
                      [&](const Document& document, const Place& place) -> Result<std::string> {
                          Config expected = document.config;
                          AdminState& target =
                              expected.pools[place.pool].backends[place.server].state;
                          if (target == state)
                              return std::string(text);
                          target = state;
                          const std::string_view value = toString(state);
                          return checked(document,
                                         setKey(text, serverNode(document, place), "state", value,
                                                {"name", "address", "weight"}),
                                         expected);
                      });
}

Result<std::string> withAlgorithm(std::string_view text, std::string_view pool, Algorithm algorithm)
{
    return editPool(text, pool,
                    [&](const Document& document, const Place& place) -> Result<std::string> {
                        Config expected = document.config;
                        Algorithm& target = expected.pools[place.pool].algorithm;
                        if (target == algorithm)
                            return std::string(text);
                        target = algorithm;
                        return checked(document,
                                       setKey(text, poolNode(document, place), "algorithm",
                                              toString(algorithm), {"name"}),
                                       expected);
                    });
}

Result<std::string> withPool(std::string_view text, const std::string& name, Algorithm algorithm)
{
    const auto document = open(text);
    if (!document)
        return document.error();
    Pool pool;
    pool.name = name;
    pool.algorithm = algorithm;
    Config expected = document.value().config;
    expected.pools.push_back(pool);
    const Entries item{{"name", yamlScalar(name)},
                       {"algorithm", std::string(toString(algorithm))},
                       {"backends", "[]"}};
    return checked(document.value(), addItem(text, document.value().root, "pools", item), expected);
}

Result<std::string> withoutPool(std::string_view text, std::string_view pool)
{
    return editPool(
        text, pool, [&](const Document& document, const Place& place) -> Result<std::string> {
            Config expected = document.config;
            expected.pools.erase(expected.pools.begin() + static_cast<std::ptrdiff_t>(place.pool));
            return checked(document, removeItem(text, document.root, "pools", place.pool),
                           expected);
        });
}

Result<std::string> withServer(std::string_view text, std::string_view pool, const Backend& server)
{
    return editPool(
        text, pool, [&](const Document& document, const Place& place) -> Result<std::string> {
            Config expected = document.config;
            expected.pools[place.pool].backends.push_back(server);
            Entries item{{"name", yamlScalar(server.name)},
                         {"address", yamlScalar(server.address.text())}};
            const Backend standard;
            if (server.weight != standard.weight)
                item.emplace_back("weight", std::to_string(server.weight));
            if (server.state != standard.state)
                item.emplace_back("state", std::string(toString(server.state)));
            if (server.maxRequests)
                item.emplace_back("max_requests", std::to_string(*server.maxRequests));
            if (server.backup)
                item.emplace_back("backup", "true");
            return checked(document, addItem(text, poolNode(document, place), "backends", item),
                           expected);
        });
}

Result<std::string> withoutServer(std::string_view text, std::string_view pool,
                                  std::string_view server)
{
    return editServer(
        text, pool, server,
        [&](const Document& document, const Place& place) -> Result<std::string> {
            Config expected = document.config;
            auto& backends = expected.pools[place.pool].backends;
            backends.erase(backends.begin() + static_cast<std::ptrdiff_t>(place.server));
            return checked(document,
                           removeItem(text, poolNode(document, place), "backends", place.server),
                           expected);
        });
}

} // namespace steelyard::config
