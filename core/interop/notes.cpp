#include "interop/notes.h"

#include "config/outline.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace steelyard::interop {

namespace {

using Ranks = std::unordered_map<std::string, std::size_t>;

void rank(const config::Outline& node, const Place& place, Ranks& out)
{
    out.emplace(place.path, out.size());
    if (node.kind != config::Outline::Kind::Mapping && node.kind != config::Outline::Kind::Items)
        return;
    for (const config::Outline& child : node.children)
        rank(child, place / child.key, out);
}

} // namespace

std::vector<ExportNote> Notes::inOrderOf(const config::Config& config) const
{
    Ranks ranks;
    rank(config::outlineOf(config), {}, ranks);
    std::vector<std::pair<std::size_t, ExportNote>> ranked;
    for (const ExportNote& note : m_notes) {
        const auto found = ranks.find(note.where);
        ranked.emplace_back(found == ranks.end() ? ranks.size() : found->second, note);
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<ExportNote> out;
    for (auto& [number, note] : ranked)
        out.push_back(std::move(note));
    return out;
}

} // namespace steelyard::interop
