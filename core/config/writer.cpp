/// The whole configuration as fresh YAML (writeText of writer.h); edits are in splice.cpp, files in
/// save_file.cpp.
#include "config/writer.h"

#include "config/outline.h"
#include "config/yaml_text.h"

#include <utility>

namespace steelyard::config {

namespace {

using Kind = Outline::Kind;

std::string scalar(const Outline& node)
{
    return node.kind == Kind::Text ? yamlScalar(node.value) : node.value;
}

/// In one line: "{ a: 1, b: 2 }", "[ 1, 2 ]".
std::string inLine(const Outline& node)
{
    if (node.kind == Kind::Value || node.kind == Kind::Text)
        return scalar(node);
    const bool list = node.kind != Kind::Mapping;
    std::string out;
    for (const Outline& child : node.children) {
        if (child.isDefault)
            continue;
        if (!out.empty())
            out += ", ";
        out += list ? inLine(child) : yamlScalar(child.key) + ": " + inLine(child);
    }
    if (out.empty())
        return list ? "[]" : "{}";
    return list ? "[ " + out + " ]" : "{ " + out + " }";
}

/// Lists of things go one in a line or more; the blocks inside them in one line each.
void write(const Outline& mapping, const std::string& indentation, std::string first,
           std::string& out)
{
    for (const Outline& child : mapping.children) {
        if (child.isDefault)
            continue;
        out += std::exchange(first, indentation) + yamlScalar(child.key) + ':';
        const bool servers = child.key == "backends";
        if (child.kind != Kind::Items || child.children.empty()) {
            out += ' ' + inLine(child) + '\n';
            continue;
        }
        out += '\n';
        for (const Outline& item : child.children) {
            const std::string deeper = indentation + "  ";
            if (servers)
                out += deeper + "- " + inLine(item) + '\n';
            else
                write(item, deeper + "  ", deeper + "- ", out);
        }
    }
}

} // namespace

std::string writeText(const Config& config)
{
    std::string out;
    write(outlineOf(config), {}, {}, out);
    return out;
}

} // namespace steelyard::config
