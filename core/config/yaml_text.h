/// One value as YAML text.
/// Thread: any; pure.
#pragma once

#include <string>
#include <string_view>

namespace steelyard::config {

/// `text` as a scalar that reads back as the same text in any context, in flow style too: plain
/// where that is safe and no YAML reader takes it for a number or a truth value, else between
/// double quotes.
[[nodiscard]] std::string yamlScalar(std::string_view text);

} // namespace steelyard::config
