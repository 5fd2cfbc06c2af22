/// What is wrong with an edited configuration, and what it would change: the validator that a start
/// and a reload use, and a comparison of lines. Thread: any; pure.
#pragma once

#include "config/diagnostics.h"
#include "models/line_diff.h"

namespace steelyard::gui {

struct ConfigCheck
{
    config::Diagnostics diagnostics;
    QList<DiffLine> changes; ///< as of changesOnly()
    int added = 0, removed = 0;

    [[nodiscard]] int errors() const;
    [[nodiscard]] int warnings() const;
};

/// `running`: what runs now. `directory`: what relative paths in the text are relative to.
[[nodiscard]] ConfigCheck checkConfig(const QString& text, const QString& running,
                                      const QString& directory);

} // namespace steelyard::gui
