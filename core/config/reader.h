/// YAML text to a Config, or to every diagnostic at once.
/// Thread: any; pure.
#pragma once

#include "base/result.h"
#include "config/diagnostics.h"
#include "config/model.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::config {

/// Where a route's name stands.
struct RoutePlace
{
    int line = 0, column = 0; ///< as in Diagnostic
};

struct ReadResult
{
    std::shared_ptr<const Config> config; ///< null when a diagnostic is an error
    Diagnostics diagnostics;              ///< errors and warnings in the order of the file
    /// By listener and route of `config`: for those who know more of routes than this folder.
    std::vector<std::vector<RoutePlace>> routePlaces;
};

/// Reads and validates. `directory` is what relative paths are relative to. Accepts any bytes;
/// never throws, and never takes more than a bounded multiple of the text's size (limit: 8 MiB of
/// text, nesting 32).
[[nodiscard]] ReadResult readText(std::string_view text, const std::string& directory);

/// Reads a file; a missing or unreadable one is a diagnostic with line 0. `textOut` (may be null)
/// receives its bytes.
[[nodiscard]] ReadResult readFile(const std::string& path, std::string* textOut = nullptr);

} // namespace steelyard::config
