/// The console's own palettes on Fusion: light, dark, high contrast. One place for every colour;
/// widgets read theme() when they paint and repaint on QEvent::PaletteChange. Thread: main.
#pragma once

#include "models/badge.h"

#include <QColor>
#include <QPalette>

#include <array>
#include <optional>

class QApplication;

namespace steelyard::gui {

enum class ThemeName
{
    Light,
    Dark,
    HighContrast
};

struct Theme
{
    ThemeName name = ThemeName::Light;
    QColor window, surface, text, muted, border, grid, accent, selection;
    QColor warning, danger, good;
    QColor infoTint, warningTint, dangerTint; ///< backgrounds of banners
    std::array<QColor, 6> badges;             ///< by Badge
    std::array<QColor, 6> series; ///< chart lines, told apart also by those who see no red or green

    [[nodiscard]] QColor badge(Badge badge) const
    {
        return badges[static_cast<std::size_t>(badge)];
    }

    /// Around what can be typed into, chosen from or pressed: stronger than `border`.
    [[nodiscard]] QColor controlLine() const;
    [[nodiscard]] QPalette palette() const;
    [[nodiscard]] QString styleSheet() const;
};

/// The theme in force.
[[nodiscard]] const Theme& theme();
void applyTheme(QApplication& application, ThemeName name);
/// "light", "dark", "high-contrast".
[[nodiscard]] std::optional<ThemeName> themeFrom(const QString& word);
/// What the desktop seemed to want when the application started.
[[nodiscard]] ThemeName startTheme();
[[nodiscard]] QString themeWord(ThemeName name);
/// What the desktop seems to want, from the palette that the application started with.
[[nodiscard]] ThemeName desktopTheme(const QPalette& startPalette);

} // namespace steelyard::gui
