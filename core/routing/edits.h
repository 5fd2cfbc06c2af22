/// What a route changes: the target and host of a request, header fields both ways, and where a
/// redirect points. Thread: any; pure.
#pragma once

#include "config/model.h"
#include "http/message.h"
#include "routing/request.h"

#include <string>
#include <string_view>

namespace steelyard::routing {

/// The target to forward in place of `target` (origin-form), which `match` has matched: an exact
/// path is replaced whole, of a prefix its whole segments, and the query stays as received. Writes
/// into `out`, which keeps its capacity.
///
/// The path is taken in its normal form (normal_form.h), because that is what matched: with prefix
/// /api and replacement /v2, /api/x, /%61pi/x and /y/../api/x all become /v2/x. The result begins
/// with "/", and with "//" only where the received path or the replacement does: with prefix /api
/// and replacement "/", /api//host/x becomes /host/x, which no server takes for a host's name.
/// Where the match names no path to replace (an expression), or the target is no path ("*"), `out`
/// is the target.
void rewriteTarget(std::string_view target, const config::PathMatch& match,
                   std::string_view replacement, std::string& out);

/// Applies a route's rewrites to the request's head: target and Host. Fields that tell the original
/// host (X-Forwarded-Host, Forwarded) must be written before. `buffer` is room to work in.
void applyRewrite(const config::Route& route, http::MessageHead& head, std::string& buffer);

/// Removes, sets and adds, in this order. A field that is set is there once afterwards, in the
/// place of the first such line, else at the end.
void applyEdits(const config::HeaderEdits& edits, http::HeaderList& headers);

/// The Location of a redirect. In the configured text {host} stands for the request's host (without
/// port, lower case), {path} for its path, and {rest} for what follows the matched prefix (empty or
/// beginning with "/"; of other matches: nothing), both in normal form and with what a URI must not
/// have percent-encoded. The request's query is kept where the text has no "?" of its own, in front
/// of a fragment; one "?" at the end drops it. The result never becomes "//host" by what a client
/// sent. `match` is the route's.
[[nodiscard]] std::string redirectLocation(const config::Redirect& redirect,
                                           const config::PathMatch& match, const Request& request);

} // namespace steelyard::routing
