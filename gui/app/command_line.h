/// The console's command line (contract.md).
/// Thread: main; pure.
#pragma once

#include "app/theme.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace steelyard::gui {

struct CommandLine
{
    QString file; ///< empty: none
    bool demo = false;
    bool attach = false;
    QString attachSocket; ///< empty: the usual one
    std::optional<ThemeName> theme;
    QString page; ///< empty: as it opens
    bool resetLayout = false;
    QString screenshotDirectory; ///< empty: no pictures
    bool help = false, version = false;
    QString problem; ///< not empty: usage error
};

/// `arguments` without the program's name.
[[nodiscard]] CommandLine parseCommandLine(const QStringList& arguments);
[[nodiscard]] QString usage();

} // namespace steelyard::gui
