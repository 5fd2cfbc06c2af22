/// What differs between two configurations, key by key: for the messages of a reload, and for the
/// rule that an edit made at run time yields only where that very key changed in the file. Thread:
/// any; pure.
#pragma once

#include "config/model.h"

#include <string>
#include <vector>

namespace steelyard::config {

/// One difference. `path` is made of keys and names: "pools/shop/backends/a/weight",
/// "listeners/web/bind", "pools/shop/health_check/interval". A value is as in the file, without
/// quotes, lists with ", " between; defaults are written out. A list item or an optional block that
/// only one side has is one change, with the whole of it as text on that side and nothing on the
/// other. An order that changed is one change of "listeners", "listeners/web/routes", "pools",
/// "pools/shop/backends" or of a block of header fields, with the names common to both.
struct Change
{
    std::string path;
    std::string before;
    std::string after;
    bool operator==(const Change&) const = default;
};

/// Empty exactly when the two are equal. In the order of the contract's keys.
[[nodiscard]] std::vector<Change> diff(const Config& before, const Config& after);

} // namespace steelyard::config
