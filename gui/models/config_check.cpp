#include "models/config_check.h"

#include "engine/route_warnings.h"

#include <algorithm>

namespace steelyard::gui {

namespace {

int countOf(const config::Diagnostics& diagnostics, config::Severity severity)
{
    return static_cast<int>(
        std::count_if(diagnostics.begin(), diagnostics.end(),
                      [severity](const auto& each) { return each.severity == severity; }));
}

} // namespace

int ConfigCheck::errors() const
{
    return countOf(diagnostics, config::Severity::Error);
}

int ConfigCheck::warnings() const
{
    return countOf(diagnostics, config::Severity::Warning);
}

ConfigCheck checkConfig(const QString& text, const QString& running, const QString& directory)
{
    config::ReadResult read = config::readText(text.toStdString(), directory.toStdString());
    engine::addRouteWarnings(read);
    const QList<DiffLine> lines = lineDiff(running, text);
    const auto count = [&lines](DiffLine::Kind kind) {
        return static_cast<int>(std::count_if(
            lines.begin(), lines.end(), [kind](const auto& each) { return each.kind == kind; }));
    };
    return {std::move(read.diagnostics), changesOnly(lines), count(DiffLine::Kind::Added),
            count(DiffLine::Kind::Removed)};
}

} // namespace steelyard::gui
