#include "config/suggestion.h"

#include <algorithm>
#include <vector>

namespace steelyard::config {

namespace {

constexpr std::size_t kLongestWord = 64; // bounds the work on absurd input

std::string folded(std::string_view word)
{
    std::string out(word);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
        if (c == '-')
            c = '_';
    }
    return out;
}

std::size_t distance(const std::string& a, const std::string& b)
{
    std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        cost[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j)
        cost[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t exchange = a[i - 1] == b[j - 1] ? 0 : 1;
            cost[i][j] =
                std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + exchange});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()];
}

} // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> known)
{
    if (word.empty() || word.size() > kLongestWord)
        return {};
    const std::string wanted = folded(word);
    std::string_view best;
    std::size_t least = std::max<std::size_t>(1, wanted.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        if (candidate.size() > kLongestWord)
            continue;
        const std::size_t edits = distance(wanted, folded(candidate));
        // A candidate as short as the number of edits shares nothing with the word.
        if (edits < least && edits < candidate.size()) {
            least = edits;
            best = candidate;
        }
    }
    return best;
}

std::string suggest(std::string_view word, std::span<const std::string_view> known,
                    std::string_view otherwise)
{
    if (const std::string_view near = nearest(word, known); !near.empty()) {
        return "did you mean '" + std::string(near) + "'?";
    }
    constexpr std::size_t kMostListed = 16;
    std::string out(otherwise);
    for (std::size_t i = 0; i < std::min(known.size(), kMostListed); ++i) {
        out += (i == 0 ? " " : ", ") + std::string(known[i]);
    }
    if (known.size() > kMostListed)
        out += ", ...";
    return known.empty() ? std::string() : out;
}

} // namespace steelyard::config
