/// The bundled line icons, drawn in the theme's colour whenever they are painted: a change of theme
/// needs no new icons. Thread: main.
#pragma once

#include <QIcon>
#include <QString>

namespace steelyard::gui {

/// An icon of resources/icons by its file name without ".svg"; a null icon when there is none.
[[nodiscard]] QIcon icon(const QString& name);
/// The application's icon in its own colours.
[[nodiscard]] QIcon applicationIcon();

} // namespace steelyard::gui
