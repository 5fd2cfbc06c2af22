#include "base/expression.h"

#include <algorithm>
#include <utility>

#include <re2/re2.h>
#include <re2/set.h>

namespace steelyard {

namespace {

/// So many expressions share one automaton. Measured with 10,000 like /svc7/v[0-9]+/items/.* on one
/// text: 20 us by blocks of 64, 6 by 256, 3 by 1,024, which one odd expression outgrows sooner; and
/// 550 us one by one.
constexpr std::size_t kBlock = 256;
/// One alone is matched by itself (50 ns against 70); for two the automaton is faster already.
constexpr std::size_t kFewest = 2;

RE2::Options options(std::int64_t memory)
{
    RE2::Options out;
    out.set_encoding(RE2::Options::EncodingLatin1);
    out.set_log_errors(false);
    out.set_never_capture(true);
    out.set_max_mem(memory);
    return out;
}

std::unique_ptr<const RE2> compiled(std::string_view text)
{
    return std::make_unique<const RE2>(re2::StringPiece(text.data(), text.size()),
                                       options(Expression::kMaxMemory));
}

/// RE2's own words, which quote the expression: control characters, halves of UTF-8 and all.
std::string inOneLine(std::string_view text)
{
    constexpr std::size_t kMost = 100;
    std::string out;
    for (const char c : text.substr(0, kMost))
        out += c >= 0x20 && c < 0x7F ? c : '?';
    return text.size() > kMost ? out + "..." : out;
}

std::string hintFor(std::string_view problem)
{
    const auto says = [&](std::string_view words) {
        return problem.find(words) != std::string_view::npos;
    };
    if (says("repetition size") || says("too large"))
        return "make its repetitions smaller";
    if (says("(?=") || says("(?!") || says("(?<"))
        return "RE2 has no lookaround; match what is wanted instead";
    return "write it in RE2's syntax (github.com/google/re2/wiki/Syntax)";
}

bool matchesWhole(const RE2& expression, std::string_view text)
{
    return expression.ok() &&
           RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
}

} // namespace

Expression::Expression(std::unique_ptr<const RE2> made)
    : m_compiled(std::move(made))
{
}

Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

Result<Expression> Expression::compile(std::string_view text)
{
    if (text.size() > kMostBytes) {
        return Error{ErrorCode::InvalidInput,
                     "it is longer than " + std::to_string(kMostBytes) + " bytes",
                     "use several routes"};
    }
    auto made = compiled(text);
    if (made->ok())
        return Expression(std::move(made));
    return Error{ErrorCode::InvalidInput, inOneLine(made->error()), hintFor(made->error())};
}

bool Expression::matches(std::string_view text) const
{
    return matchesWhole(*m_compiled, text);
}

std::string Expression::commonPrefix() const
{
    constexpr int kLongest = 256;
    std::string least;
    std::string most;
    if (!m_compiled->PossibleMatchRange(&least, &most, kLongest))
        return {};
    // Every match lies between the two, so it begins with what they have in common.
    const auto ends = std::mismatch(least.begin(), least.end(), most.begin(), most.end());
    auto common = ends.first;
    // "/api/.*" lies between "/api/" and "/api0": below the latter all begin with the former.
    if (ends.first != least.end() && ends.second + 1 == most.end() &&
        static_cast<unsigned char>(*ends.first) + 1 == static_cast<unsigned char>(*ends.second) &&
        !matches(most))
        ++common;
    least.erase(common, least.end());
    return least;
}

struct ExpressionList::Block
{
    int first = 0;
    std::vector<std::unique_ptr<const RE2>> single;
    std::unique_ptr<const RE2::Set> set; ///< null: there are few, or it would be too large
};

ExpressionList::ExpressionList(const std::vector<std::string>& texts)
{
    for (std::size_t at = 0; at < texts.size(); at += kBlock) {
        Block block;
        block.first = static_cast<int>(at);
        const std::size_t end = std::min(at + kBlock, texts.size());
        auto set =
            std::make_unique<RE2::Set>(options(8 * Expression::kMaxMemory), RE2::ANCHOR_BOTH);
        bool complete = end - at >= kFewest;
        for (std::size_t i = at; i < end; ++i) {
            block.single.push_back(compiled(texts[i]));
            complete = complete && set->Add(texts[i], nullptr) == static_cast<int>(i - at);
        }
        if (complete && set->Compile())
            block.set = std::move(set);
        m_blocks.push_back(std::move(block));
    }
}

ExpressionList::~ExpressionList() = default;
ExpressionList::ExpressionList(ExpressionList&&) noexcept = default;
ExpressionList& ExpressionList::operator=(ExpressionList&&) noexcept = default;

std::size_t ExpressionList::blocks() const noexcept
{
    return m_blocks.size();
}

void ExpressionList::match(std::size_t number, std::string_view text, std::vector<int>& found) const
{
    const Block& block = m_blocks[number];
    found.clear();
    if (block.set) {
        RE2::Set::ErrorInfo error{RE2::Set::kNoError};
        if (block.set->Match(re2::StringPiece(text.data(), text.size()), &found, &error)) {
            std::sort(found.begin(), found.end());
            for (int& index : found)
                index += block.first;
            return;
        }
        if (error.kind == RE2::Set::kNoError)
            return;
        // Its automaton outgrew the memory it may have: one by one, which has no such limit.
        found.clear();
    }
    for (std::size_t i = 0; i < block.single.size(); ++i) {
        if (matchesWhole(*block.single[i], text))
            found.push_back(block.first + static_cast<int>(i));
    }
}

} // namespace steelyard
