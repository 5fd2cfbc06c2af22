/// The writers of the targets, one file (or family of files) each. Thread: any; pure.
#pragma once

#include "interop/export.h"

namespace steelyard::interop {

[[nodiscard]] Export writeYaml(const config::Config& config);
[[nodiscard]] Export writeHaproxy(const config::Config& config);    ///< 2.6, of Debian 12
[[nodiscard]] Export writeNginx(const config::Config& config);      ///< 1.22, of Debian 12
[[nodiscard]] Export writeKeepalived(const config::Config& config); ///< 2.2, of Debian 12

} // namespace steelyard::interop
