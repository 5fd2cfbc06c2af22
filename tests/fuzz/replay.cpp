/// All targets in one program of an ordinary build: replays every input of the corpora and the
/// regressions, then mutations of them, the same in every run: a given number, or as many as go
/// into the seconds given. A finding or a sanitizer's report ends it. Thread: main.
///
///     fuzz_replay FOLDER [MUTATIONS [SECONDS]]   FOLDER: has corpus/, regressions/ and
///     dictionaries/;
///                                                SECONDS: of each target, 3 without
#include "base/random.h"
#include "fuzz/fuzz_target.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

using namespace steelyard;
using namespace steelyard::fuzz;
namespace fs = std::filesystem;

namespace {

std::string contentOf(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> inputsIn(const fs::path& folder)
{
    std::vector<fs::path> paths;
    if (fs::is_directory(folder))
        for (const auto& entry : fs::directory_iterator(folder))
            paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> out;
    for (const fs::path& path : paths)
        out.push_back(contentOf(path));
    return out;
}

/// The quoted words of a libFuzzer dictionary.
std::vector<std::string> wordsOf(const fs::path& path)
{
    std::vector<std::string> out;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t first = line.find('"');
        if (line.starts_with('#') || first == std::string::npos)
            continue;
        std::string word;
        for (std::size_t i = first + 1; i < line.size() && line[i] != '"'; ++i) {
            if (line[i] != '\\') {
                word += line[i];
            } else if (line[i + 1] == 'x') {
                word += static_cast<char>(std::stoi(line.substr(i + 2, 2), nullptr, 16));
                i += 3;
            } else {
                word += line[++i];
            }
        }
        out.push_back(word);
    }
    return out;
}

std::string mutated(std::string text, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& words, RandomSource& random)
{
    const auto below = [&random](std::size_t bound) {
        return random.below(static_cast<std::uint32_t>(std::max<std::size_t>(bound, 1)));
    };
    for (std::uint32_t change = 1 + below(4); change > 0; --change) {
        const std::size_t at = below(text.size() + 1);
        switch (below(6)) {
        case 0:
            text.insert(at, 1, static_cast<char>(below(256)));
            break;
        case 1:
            text.erase(at, 1 + below(8));
            break;
        case 2:
            if (at < text.size())
                text[at] = static_cast<char>(below(256));
            break;
        case 3:
            if (!words.empty())
                text.insert(at, words[below(words.size())]);
            break;
        case 4:
            text.insert(at, text.substr(below(text.size() + 1), 1 + below(40)));
            break;
        default: {
            const std::string& other = inputs[below(inputs.size())];
            text = text.substr(0, at) +
                   other.substr(std::min<std::size_t>(below(other.size() + 1), other.size()));
        }
        }
    }
    return text;
}

const std::string* current = nullptr; ///< the input being played

/// What finds something is kept as a file, to become a regression.
void keepCurrent(int)
{
    if (current != nullptr) {
        std::ofstream("fuzz-finding", std::ios::binary) << *current;
        std::fprintf(stderr, "the input is in the file fuzz-finding\n");
    }
    std::_Exit(1);
}

} // namespace

int main(int count, char** arguments)
{
    if (count < 2) {
        std::fprintf(stderr, "usage: fuzz_replay FOLDER [MUTATIONS [SECONDS]]\n");
        return 2;
    }
    std::signal(SIGABRT, &keepCurrent);
    const fs::path folder(arguments[1]);
    const int mutations = count > 2 ? std::atoi(arguments[2]) : 0;
    const double most = count > 3 ? std::atof(arguments[3]) : 3;
    for (const Registration* target = Registration::first(); target != nullptr;
         target = target->next) {
        const auto began = std::chrono::steady_clock::now();
        std::vector<std::string> inputs = inputsIn(folder / "corpus" / target->name);
        const std::size_t seeds = inputs.size();
        for (std::string& input : inputsIn(folder / "regressions" / target->name))
            inputs.push_back(std::move(input));
        if (seeds == 0) {
            std::fprintf(stderr, "%s: no corpus in %s\n", target->name, folder.c_str());
            return 1;
        }
        const auto words = wordsOf(folder / "dictionaries" / (std::string(target->name) + ".dict"));
        RandomSource random(20261124);
        const auto play = [target](const std::string& input) {
            current = &input;
            target->function(input);
            current = nullptr;
        };
        for (const std::string& input : inputs)
            play(input);
        const auto seconds = [began] {
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        };
        int played = 0;
        for (; played < mutations && seconds() < most; ++played) {
            const std::string& base = inputs[static_cast<std::size_t>(played) % inputs.size()];
            play(mutated(base, inputs, words, random));
        }
        std::printf("%s: %zu inputs, %zu regressions, %d mutations, %.1f s\n", target->name, seeds,
                    inputs.size() - seeds, played, seconds());
        std::fflush(stdout);
    }
    return 0;
}
