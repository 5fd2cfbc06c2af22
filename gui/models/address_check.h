/// Checks what an operator types for a server before it goes to the engine: said at once, beside
/// the field. Thread: any; pure.
#pragma once

#include <QString>
#include <QStringList>

namespace steelyard::gui {

/// Empty when `text` is HOST:PORT (an IPv4 address, "[IPv6]" or a DNS name; port 1-65535), else
/// what is wrong with it.
[[nodiscard]] QString addressProblem(const QString& text);
/// Empty when `name` may be a server's name and is not in `taken`, else what is wrong with it.
[[nodiscard]] QString serverNameProblem(const QString& name, const QStringList& taken);

} // namespace steelyard::gui
