#include "config/read_http.h"

#include "base/expression.h"
#include "config/http_words.h"
#include "config/values.h"

#include <algorithm>

namespace steelyard::config {

bool checkFieldName(const Node& name, FieldRule rule, std::vector<std::string>& seen,
                    Findings& findings)
{
    const std::string lower = lowered(name.text);
    if (!isToken(name.text)) {
        findings.error(name.start, inQuotes(name.text) + " is not the name of a header field",
                       "use letters, digits and - only");
        return false;
    }
    if (const Refusal refusal = rule(lower); !refusal.why.empty()) {
        findings.error(name.start, "header " + inQuotes(name.text) + ' ' + std::string(refusal.why),
                       std::string(refusal.hint));
        return false;
    }
    if (std::find(seen.begin(), seen.end(), lower) != seen.end()) {
        findings.error(name.start, "header " + inQuotes(name.text) + " is given twice",
                       "keep one of them");
        return false;
    }
    seen.push_back(lower);
    return true;
}

Fields readFields(const Node& node, const Section& section, FieldRule rule, Findings& findings)
{
    const MappingReader in(node, section, findings);
    Fields out;
    if (!in.valid())
        return out;
    if (node.keys.size() > kMostFields) {
        findings.error(node.start, "more than " + std::to_string(kMostFields) + " header fields",
                       "remove some");
        return out;
    }
    std::vector<std::string> seen;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
        const Node& key = node.keys[i];
        static_cast<void>(checkFieldName(key, rule, seen, findings));
        const Node* value = scalarWithText(node.items[i], key.text, findings);
        if (value == nullptr)
            continue;
        if (!isFieldValue(value->text)) {
            findings.error(value->start,
                           inQuotes(value->text) + " is not the value of a header field",
                           "no control characters, no blanks at its ends");
        }
        out.emplace_back(key.text, value->text);
    }
    return out;
}

bool checkRegex(const Node& node, Findings& findings)
{
    if (node.text.empty()) {
        findings.error(node.start, "'' is not a regular expression: it is empty",
                       "write for example /item/[0-9]+");
        return false;
    }
    const auto checked = Expression::compile(node.text);
    if (checked)
        return true;
    findings.error(node.start,
                   inQuotes(node.text) + " is not a regular expression: " + checked.error().detail,
                   checked.error().hint);
    return false;
}

std::optional<AffinityKey> readAffinityKey(const MappingReader& in)
{
    std::string written;
    const Node* found = in.text("key", written);
    if (found == nullptr)
        return std::nullopt;
    const auto key = parseAffinityKey(written);
    if (key)
        return key.value();
    reportType(in.findings(), *found, "key", key.error().detail, key.error().hint);
    return std::nullopt;
}

void readRange(const Node& node, std::string_view key, std::vector<Cidr>& out, Findings& findings)
{
    const Node* scalar = scalarWithText(node, key, findings);
    if (scalar == nullptr)
        return;
    const auto range = parseCidr(scalar->text);
    if (!range) {
        findings.error(node.start, inQuotes(scalar->text) + " is not " + range.error().detail,
                       range.error().hint);
        return;
    }
    out.push_back(masked(range.value()));
    if (out.back() != range.value()) {
        findings.warning(node.start, inQuotes(scalar->text) + " has bits beyond its prefix length",
                         "write " + cidrText(out.back()));
    }
}

} // namespace steelyard::config
