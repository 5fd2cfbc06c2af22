/// Edits of a configuration's text by splicing: every byte outside the edited value stays, comments
/// and order too. Thread: any; pure.
#pragma once

#include "base/result.h"
#include "base/states.h"
#include "config/model.h"

#include <string>
#include <string_view>

namespace steelyard::config {

/// A whole configuration as fresh YAML text (for "save as" of a configuration that never had a
/// file, and for export). `readText(writeText(c))` equals `c`.
[[nodiscard]] std::string writeText(const Config& config);

/// Each returns the new text. Errors: NotFound (no such pool or server), InvalidInput (the text is
/// not valid).
[[nodiscard]] Result<std::string> withWeight(std::string_view text, std::string_view pool,
                                             std::string_view server, int weight);
[[nodiscard]] Result<std::string> withState(std::string_view text, std::string_view pool,
                                            std::string_view server, AdminState state);
[[nodiscard]] Result<std::string> withAlgorithm(std::string_view text, std::string_view pool,
                                                Algorithm algorithm);
/// A pool with this name and algorithm and no server yet.
[[nodiscard]] Result<std::string> withPool(std::string_view text, const std::string& name,
                                           Algorithm algorithm);
[[nodiscard]] Result<std::string> withoutPool(std::string_view text, std::string_view pool);
[[nodiscard]] Result<std::string> withServer(std::string_view text, std::string_view pool,
                                             const Backend& server);
[[nodiscard]] Result<std::string> withoutServer(std::string_view text, std::string_view pool,
                                                std::string_view server);

/// Writes atomically (temporary file beside it, fsync, rename) and keeps the previous version as
/// PATH~.
[[nodiscard]] Result<> saveFile(const std::string& path, std::string_view text);

} // namespace steelyard::config
