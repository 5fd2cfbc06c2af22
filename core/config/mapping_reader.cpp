#include "config/mapping_reader.h"

#include "config/suggestion.h"
#include "config/values.h"

#include <algorithm>

namespace steelyard::config {

namespace {

std::string_view nameOf(const Node& node)
{
    switch (node.kind) {
    case Node::Kind::Sequence:
        return "a list";
    case Node::Kind::Mapping:
        return "a mapping";
    case Node::Kind::Scalar:
        return node.isNull() ? "nothing" : node.plain ? "" : "text";
    case Node::Kind::Broken:
        break;
    }
    return "";
}

} // namespace

std::string inQuotes(std::string_view text)
{
    constexpr std::size_t kMost = 60;
    std::size_t size = std::min(text.size(), kMost);
    while (size < text.size() && size > 0 &&
           (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U)
        --size;
    std::string out = "'";
    for (const char c : text.substr(0, size))
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    return out + (size < text.size() ? "...'" : "'");
}

namespace {

/// `subject` as it shall stand in the message.
void reportKind(Findings& findings, const Node& node, const std::string& subject,
                std::string_view expected, std::string_view hint)
{
    if (node.kind == Node::Kind::Broken)
        return;
    std::string found(nameOf(node));
    if (found.empty())
        found = inQuotes(node.text);
    else if (found == "text")
        found = "the quoted text " + inQuotes(node.text);
    findings.error(node.start, subject + " must be " + std::string(expected) + ", not " + found,
                   std::string(hint));
}

} // namespace

void reportType(Findings& findings, const Node& node, std::string_view key,
                std::string_view expected, std::string_view hint)
{
    reportKind(findings, node, inQuotes(key), expected, hint);
}

const Node* scalarWithText(const Node& node, std::string_view key, Findings& findings)
{
    if (node.isNull()) {
        findings.error(node.start, inQuotes(key) + " has no value", "write one, or remove the key");
        return nullptr;
    }
    if (node.kind == Node::Kind::Scalar)
        return &node;
    reportType(findings, node, key, "a single value", "write it on the line of its key");
    return nullptr;
}

std::span<const Node> itemsOf(const Node& node, std::string_view key, Findings& findings)
{
    if (node.kind == Node::Kind::Sequence)
        return node.items;
    reportType(findings, node, key, "a list",
               "write each item in its own line after '- ', or all of them as [ a, b ]");
    return {};
}

std::span<const Node> oneOrMore(const Node& node, std::string_view key, std::string_view example,
                                Findings& findings)
{
    if (node.kind != Node::Kind::Sequence)
        return {&node, 1};
    if (node.items.empty()) {
        findings.error(node.start, inQuotes(key) + " is empty",
                       "write for example " + std::string(example));
    }
    return node.items;
}

MappingReader::MappingReader(const Node& node, const Section& section, Findings& findings)
    : m_node(node)
    , m_findings(findings)
    , m_valid(node.kind == Node::Kind::Mapping)
{
    if (m_valid) {
        checkKeys(section);
        return;
    }
    std::string_view path = section.path;
    if (const std::size_t dot = path.rfind('.'); dot != std::string_view::npos)
        path.remove_prefix(dot + 1);
    if (path.empty()) {
        reportKind(findings, node, "the configuration", "a mapping", "begin with 'version: 1'");
    } else if (path.ends_with("[]")) {
        path.remove_suffix(2);
        reportKind(findings, node, "an item of '" + std::string(path) + '\'', "a mapping",
                   "write for example { " + std::string(section.keys.front().name) + ": a, ... }");
    } else {
        reportType(findings, node, path, "a mapping",
                   "write its keys indented below it, or as { key: value }");
    }
}

void MappingReader::checkKeys(const Section& section) const
{
    if (section.keys.empty())
        return; // any key goes
    for (const Node& key : m_node.keys) {
        const auto known =
            std::find_if(section.keys.begin(), section.keys.end(),
                         [&](const Key& candidate) { return candidate.name == key.text; });
        if (known == section.keys.end()) {
            if (key.text == "<<") {
                m_findings.error(key.start, "merge keys (<<) are not supported",
                                 "write the values out");
                continue;
            }
            std::vector<std::string_view> names;
            for (const Key& candidate : section.keys)
                names.push_back(candidate.name);
            const std::string hint =
                m_findings.full() ? std::string() : suggest(key.text, names, "known here are");
            m_findings.error(key.start, "unknown key " + inQuotes(key.text), hint);
        }
    }
}

const Node* MappingReader::find(std::string_view key) const
{
    return m_valid ? m_node.find(key) : nullptr;
}

const Node* MappingReader::require(std::string_view key, std::string_view example) const
{
    const Node* found = find(key);
    if (found == nullptr && m_valid) {
        m_findings.error(m_node.start, inQuotes(key) + " is missing",
                         "add " + std::string(example));
    }
    return found;
}

const Node* MappingReader::text(std::string_view key, std::string& out) const
{
    const Node* found = find(key);
    if (found != nullptr)
        found = scalarWithText(*found, key, m_findings);
    if (found != nullptr)
        out = found->text;
    return found;
}

const Node* MappingReader::integer(std::string_view key, int& out, int least, int most) const
{
    const Node* found = find(key);
    if (found == nullptr)
        return nullptr;
    const std::string range =
        "a whole number between " + std::to_string(least) + " and " + std::to_string(most);
    if (found->kind != Node::Kind::Scalar || found->isNull() || !found->plain) {
        const bool isQuoted = found->kind == Node::Kind::Scalar && !found->plain;
        reportType(m_findings, *found, key, range,
                   isQuoted ? "remove the quotes" : "write a number");
        return nullptr;
    }
    const auto value = parseInteger(found->text);
    if (!value || value.value() < least || value.value() > most) {
        reportType(m_findings, *found, key, range,
                   value ? "choose one in this range" : "write digits only, without a unit");
        return nullptr;
    }
    out = value.value();
    return found;
}

const Node* MappingReader::boolean(std::string_view key, bool& out) const
{
    const Node* found = find(key);
    if (found == nullptr)
        return nullptr;
    const bool good = found->plain && (found->text == "true" || found->text == "false");
    if (!good) {
        const bool isQuoted = found->kind == Node::Kind::Scalar && !found->plain;
        reportType(m_findings, *found, key, "true or false",
                   isQuoted ? "remove the quotes" : "write true or false");
        return nullptr;
    }
    out = found->text == "true";
    return found;
}

const Node* MappingReader::duration(std::string_view key, milliseconds& out, milliseconds least,
                                    milliseconds most) const
{
    std::string written;
    const Node* found = text(key, written);
    if (found == nullptr)
        return nullptr;
    const auto value = parseDuration(written);
    if (!value) {
        reportType(m_findings, *found, key, value.error().detail, value.error().hint);
        return nullptr;
    }
    if (value.value() < least || value.value() > most) {
        reportType(m_findings, *found, key,
                   "between " + durationText(least) + " and " + durationText(most),
                   "choose one in this range");
        return nullptr;
    }
    out = value.value();
    return found;
}

const Node* MappingReader::share(std::string_view key, double& out, double least, double most) const
{
    std::string written;
    const Node* found = text(key, written);
    if (found == nullptr)
        return nullptr;
    const auto value = parseShare(written);
    if (!value) {
        reportType(m_findings, *found, key, value.error().detail, value.error().hint);
        return nullptr;
    }
    if (value.value() < least || value.value() > most) {
        reportType(m_findings, *found, key,
                   "between " + shareText(least) + " and " + shareText(most),
                   "choose one in this range");
        return nullptr;
    }
    out = value.value();
    return found;
}

const Node* MappingReader::number(std::string_view key, double& out, int above, int most) const
{
    const Node* found = find(key);
    if (found == nullptr)
        return nullptr;
    const std::string range =
        "a number above " + std::to_string(above) + ", at most " + std::to_string(most);
    if (found->kind != Node::Kind::Scalar || found->isNull() || !found->plain) {
        const bool isQuoted = found->kind == Node::Kind::Scalar && !found->plain;
        reportType(m_findings, *found, key, range,
                   isQuoted ? "remove the quotes" : "write a number");
        return nullptr;
    }
    const auto value = parseNumber(found->text);
    if (!value) {
        reportType(m_findings, *found, key, value.error().detail, value.error().hint);
        return nullptr;
    }
    if (value.value() <= above || value.value() > most) {
        reportType(m_findings, *found, key, range, "choose one in this range");
        return nullptr;
    }
    out = value.value();
    return found;
}

const Node* MappingReader::choice(std::string_view key, std::span<const std::string_view> words,
                                  std::size_t& out) const
{
    std::string written;
    const Node* found = text(key, written);
    if (found == nullptr)
        return nullptr;
    const auto word = std::find(words.begin(), words.end(), written);
    if (word == words.end()) {
        m_findings.error(found->start, "unknown " + std::string(key) + ' ' + inQuotes(written),
                         suggest(written, words, words.size() == 1 ? "write" : "use one of"));
        return nullptr;
    }
    out = static_cast<std::size_t>(word - words.begin());
    return found;
}

Mark MappingReader::name(std::string& out) const
{
    const Node* found = require("name", "name: something-short");
    if (found == nullptr)
        return m_node.start;
    const Node* scalar = scalarWithText(*found, "name", m_findings);
    if (scalar == nullptr)
        return found->start;
    if (!isName(scalar->text)) {
        m_findings.error(scalar->start, inQuotes(scalar->text) + " is not a name",
                         "use 1 to 64 of the characters A-Z a-z 0-9 . _ -");
        return scalar->start;
    }
    out = scalar->text;
    return scalar->start;
}

} // namespace steelyard::config
