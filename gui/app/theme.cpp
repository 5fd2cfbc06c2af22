#include "app/theme.h"

#include "app/console_style.h"

#include <QApplication>

namespace steelyard::gui {

namespace {

// The series colours follow Okabe and Ito ("Color Universal Design", 2008), shifted for contrast on
// each background.
const Theme kLight{
    .name = ThemeName::Light,
    .window = 0xF5F6F8U,
    .surface = 0xFFFFFFU,
    .text = 0x1D2126U,
    .muted = 0x5F6772U,
    .border = 0xD9DDE3U,
    .grid = 0xE9ECF0U,
    .accent = 0x1F5FBFU,
    .selection = 0xDCE8FAU,
    .warning = 0xB45309U,
    .danger = 0x8B0000U,
    .good = 0x2E8B57U,
    .infoTint = 0xE6EFFBU,
    .warningTint = 0xFCF1DFU,
    .dangerTint = 0xFBE5E5U,
    .badges = {0x2E8B57U, 0xB45309U, 0x8B0000U, 0x1D4ED8U, 0x44403CU, 0x6B7280U},
    .series = {0x1F6FB2U, 0x12967AU, 0xC77C11U, 0x8A5BB5U, 0x5B6B7BU, 0xB4487FU},
};
const Theme kDark{
    .name = ThemeName::Dark,
    .window = 0x1A1D21U,
    .surface = 0x21252AU,
    .text = 0xE6E8EBU,
    .muted = 0x9BA4AFU,
    .border = 0x363C44U,
    .grid = 0x2C3138U,
    .accent = 0x6EA8FEU,
    .selection = 0x2B3F5CU,
    .warning = 0xFBBF24U,
    .danger = 0xFF5C5CU,
    .good = 0x86EFACU,
    .infoTint = 0x22324AU,
    .warningTint = 0x3D3117U,
    .dangerTint = 0x45211FU,
    .badges = {0x86EFACU, 0xFBBF24U, 0xFF5C5CU, 0x60A5FAU, 0xE5E7EBU, 0x9CA3AFU},
    .series = {0x63AEEAU, 0x3CC7A4U, 0xE8AC4CU, 0xBB93E0U, 0x9AAABBU, 0xE285B5U},
};
const Theme kHighContrast{
    .name = ThemeName::HighContrast,
    .window = 0x000000U,
    .surface = 0x000000U,
    .text = 0xFFFFFFU,
    .muted = 0xE0E0E0U,
    .border = 0xFFFFFFU,
    .grid = 0x5A5A5AU,
    .accent = 0xFFD400U,
    .selection = 0x1F3FA8U,
    .warning = 0xFBBF24U,
    .danger = 0xFF7070U,
    .good = 0x86EFACU,
    .infoTint = 0x00204AU,
    .warningTint = 0x3A2C00U,
    .dangerTint = 0x4A0000U,
    .badges = {0x86EFACU, 0xFBBF24U, 0xFF7070U, 0x8AC4FFU, 0xFFFFFFU, 0xD0D0D0U},
    .series = {0x66C7FFU, 0x4DF0C0U, 0xFFC14DU, 0xD9B3FFU, 0xFFFFFFU, 0xFF9ED2U},
};

const Theme* s_current =
    &kLight; // like the application's palette: one per process, main thread only

ThemeName s_start = ThemeName::Light; ///< before the first of our palettes came

constexpr char kStyled[] = "steelyard-styled"; ///< the application has our style already

QColor mixed(const QColor& a, const QColor& b, double part)
{
    const auto channel = [part](int x, int y) { return static_cast<int>(x + (y - x) * part); };
    return {channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue())};
}

} // namespace

QColor Theme::controlLine() const
{
    return mixed(border, text, 0.2);
}

QPalette Theme::palette() const
{
    const bool highContrast = name == ThemeName::HighContrast;
    QPalette result;
    const QColor disabled = highContrast ? QColor(0xA8A8A8U) : mixed(text, window, 0.55);
    for (const auto group : {QPalette::Active, QPalette::Inactive, QPalette::Disabled}) {
        const QColor& ink = group == QPalette::Disabled ? disabled : text;
        result.setColor(group, QPalette::Window, window);
        result.setColor(group, QPalette::WindowText, ink);
        result.setColor(group, QPalette::Base, surface);
        result.setColor(group, QPalette::AlternateBase, mixed(surface, text, 0.03));
        result.setColor(group, QPalette::Text, ink);
        result.setColor(group, QPalette::Button,
                        name == ThemeName::Light ? QColor(0xFBFBFCU)
                                                 : mixed(surface, text, highContrast ? 0.2 : 0.05));
        result.setColor(group, QPalette::ButtonText, ink);
        result.setColor(group, QPalette::BrightText, danger);
        result.setColor(group, QPalette::ToolTipBase,
                        name == ThemeName::Light ? QColor(0x2A2F36U) : mixed(surface, text, 0.12));
        result.setColor(group, QPalette::ToolTipText,
                        name == ThemeName::Light ? QColor(0xF5F6F8U) : text);
        result.setColor(group, QPalette::Highlight, selection);
        result.setColor(group, QPalette::HighlightedText, ink);
        result.setColor(group, QPalette::PlaceholderText, muted);
        result.setColor(group, QPalette::Link, accent);
        result.setColor(group, QPalette::LinkVisited, accent);
        result.setColor(group, QPalette::Light, mixed(window, Qt::white, 0.2));
        result.setColor(group, QPalette::Midlight, mixed(window, text, 0.05));
        result.setColor(group, QPalette::Mid, border);
        result.setColor(group, QPalette::Dark, mixed(border, text, 0.25));
        result.setColor(group, QPalette::Shadow,
                        highContrast ? border : mixed(window, Qt::black, 0.4));
    }
    return result;
}

QString Theme::styleSheet() const
{
    // Only what a palette cannot say: hairlines instead of bevels. Sizes are in em-like ex units,
    // so they scale.
    return QStringLiteral(R"(
        QToolBar { background: %1; border: none; border-bottom: 1px solid %3; padding: 0.4ex; spacing: 0.4ex; }
        QMenuBar { background: %1; border: none; }
        QStatusBar { background: %1; border-top: 1px solid %3; }
        QStatusBar::item { border: none; }
        QMainWindow::separator { background: %3; width: 1px; height: 1px; }
        QSplitter::handle { background: %3; }
        QHeaderView { background: %2; border: none; }
        QHeaderView::section { background: %2; color: %4; border: none; border-bottom: 1px solid %3; padding: 0.7ex 0.85ex; }
        QDockWidget::title { background: %1; padding: 1ex 1.6ex; text-align: left; border-top: 1px solid %3; }
        QTreeView, QTableView { border: none; background: %2; }
        QTableView::item { border: 0px; padding: 0 0.4ex; }
        QListWidget#pages { background: %1; border: none; border-right: 1px solid %3; outline: none; padding-top: 1ex; }
        QListWidget#pages::item { padding: 1.5ex 1.8ex; border-left: 3px solid transparent; color: %4; }
        QListWidget#pages::item:selected { background: %6; color: %5; border-left: 3px solid %7; }
        QListWidget#pages::item:hover:!selected { color: %5; }
        QLineEdit { background: %2; border: 1px solid %10; border-radius: 3px; padding: 0.5ex 0.8ex; }
        QLineEdit:focus { border-color: %7; }
        QAbstractSpinBox QLineEdit { border: none; padding: 0; background: transparent; }
        QToolTip { padding: 0.8ex 1.2ex; border: 1px solid %3; color: %8; background: %9; }
    )")
        .arg(window.name(), surface.name(), border.name(), muted.name(), text.name(),
             selection.name(), accent.name(), palette().color(QPalette::ToolTipText).name(),
             palette().color(QPalette::ToolTipBase).name(), controlLine().name());
}

const Theme& theme()
{
    return *s_current;
}

void applyTheme(QApplication& application, ThemeName name)
{
    s_current = name == ThemeName::Dark           ? &kDark
                : name == ThemeName::HighContrast ? &kHighContrast
                                                  : &kLight;
    if (!application.property(kStyled).toBool()) {
        s_start = desktopTheme(QApplication::palette());
        QApplication::setStyle(new ConsoleStyle); // the application takes it
        application.setProperty(kStyled, true);
    }
    QApplication::setPalette(s_current->palette());
    application.setStyleSheet(s_current->styleSheet());
}

std::optional<ThemeName> themeFrom(const QString& word)
{
    for (const ThemeName name : {ThemeName::Light, ThemeName::Dark, ThemeName::HighContrast}) {
        if (themeWord(name) == word)
            return name;
    }
    return std::nullopt;
}

QString themeWord(ThemeName name)
{
    switch (name) {
    case ThemeName::Dark:
        return QStringLiteral("dark");
    case ThemeName::HighContrast:
        return QStringLiteral("high-contrast");
    case ThemeName::Light:
        break;
    }
    return QStringLiteral("light");
}

ThemeName startTheme()
{
    return s_start;
}

ThemeName desktopTheme(const QPalette& startPalette)
{
    return startPalette.color(QPalette::Window).lightness() < 128 ? ThemeName::Dark
                                                                  : ThemeName::Light;
}

} // namespace steelyard::gui
