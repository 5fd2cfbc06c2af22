#include "config/diff.h"

#include "config/outline.h"

#include <string_view>
#include <unordered_map>

namespace steelyard::config {

namespace {

using Kind = Outline::Kind;
using ByKey = std::unordered_map<std::string_view, const Outline*>;

/// The whole node as text, for a message: "{ name: a, address: 127.0.0.1:80, weight: 5, state:
/// ready }".
std::string textOf(const Outline& node)
{
    if (node.kind == Kind::Value || node.kind == Kind::Text)
        return node.value;
    std::string out;
    for (const Outline& child : node.children) {
        if (!out.empty())
            out += ", ";
        out += node.kind == Kind::Mapping ? child.key + ": " + textOf(child) : textOf(child);
    }
    return node.kind == Kind::Mapping ? "{ " + out + " }" : out;
}

ByKey byKey(const Outline& node)
{
    ByKey out;
    for (const Outline& child : node.children)
        out.emplace(child.key, &child);
    return out;
}

/// The keys of `node`'s children that `other` has too, in order.
std::string commonOrder(const Outline& node, const ByKey& other)
{
    std::string out;
    for (const Outline& child : node.children) {
        if (!other.contains(child.key))
            continue;
        if (!out.empty())
            out += ", ";
        out += child.key;
    }
    return out;
}

void compare(const Outline& before, const Outline& after, const std::string& path,
             std::vector<Change>& out)
{
    const bool leaf =
        before.kind == Kind::Value || before.kind == Kind::Text || before.kind == Kind::Texts;
    if (leaf || before.kind != after.kind) {
        // Of two kinds, the texts may be the same: the value "{ regex: x }" and such an expression.
        const std::string a = textOf(before);
        const std::string b = textOf(after);
        if (a != b || before.kind != after.kind)
            out.push_back({path, a, b});
        return;
    }
    const ByKey was = byKey(before);
    const ByKey is = byKey(after);
    const std::string prefix = path.empty() ? path : path + '/';
    for (const Outline& child : before.children) {
        const auto other = is.find(child.key);
        if (other == is.end())
            out.push_back({prefix + child.key, textOf(child), {}});
        else
            compare(child, *other->second, prefix + child.key, out);
    }
    for (const Outline& child : after.children) {
        if (!was.contains(child.key))
            out.push_back({prefix + child.key, {}, textOf(child)});
    }
    const std::string orderBefore = commonOrder(before, is);
    const std::string orderAfter = commonOrder(after, was);
    if (orderBefore != orderAfter)
        out.push_back({path, orderBefore, orderAfter});
}

} // namespace

std::vector<Change> diff(const Config& before, const Config& after)
{
    std::vector<Change> out;
    compare(outlineOf(before), outlineOf(after), {}, out);
    return out;
}

} // namespace steelyard::config
