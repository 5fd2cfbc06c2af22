/// The bricks of outline.h's trees, and its two large parts.
/// Thread: any; pure.
#pragma once

#include "config/outline.h"

#include <string>
#include <utility>
#include <vector>

namespace steelyard::config::outlines {

[[nodiscard]] Outline value(std::string key, std::string text, bool isDefault = false);
[[nodiscard]] Outline number(std::string key, int current, int standard);
[[nodiscard]] Outline flag(std::string key, bool current, bool standard);
[[nodiscard]] Outline duration(std::string key, milliseconds current, milliseconds standard);
[[nodiscard]] Outline share(std::string key, double current, double standard);
[[nodiscard]] Outline text(std::string key, std::string current, bool isDefault = false);
[[nodiscard]] Outline texts(std::string key, std::vector<std::string> all);
/// A mapping that need not be written when none of its values need be.
[[nodiscard]] Outline block(std::string key, std::vector<Outline> children);
/// A mapping that says something by being there: written even when all its values are defaults.
[[nodiscard]] Outline present(std::string key, std::vector<Outline> children);
/// Header fields.
[[nodiscard]] Outline fields(std::string key,
                             const std::vector<std::pair<std::string, std::string>>& all);
/// An item of a list of things with names.
[[nodiscard]] Outline named(const std::string& name, std::vector<Outline> children);

[[nodiscard]] Outline ofListener(const Listener& listener);
[[nodiscard]] Outline ofRoute(const Route& route);
[[nodiscard]] Outline ofPool(const Pool& pool);

} // namespace steelyard::config::outlines
