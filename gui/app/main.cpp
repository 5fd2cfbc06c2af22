/// The console's start: command line, display, theme, window.

#include "app/command_line.h"
#include "app/engine_session.h"
#include "app/icons.h"
#include "app/main_window.h"
#include "app/screenshots.h"

#include <QApplication>
#include <QSettings>

#include <cstdio>

using namespace steelyard::gui;

namespace {

constexpr int kUsageError = 2;

/// Qt would abort without a display; a sentence is better.
bool hasDisplay(int argc, char** argv)
{
    QByteArray platform = qgetenv("QT_QPA_PLATFORM");
    for (int i = 1; i + 1 < argc; ++i) {
        if (qstrcmp(argv[i], "-platform") == 0 || qstrcmp(argv[i], "--platform") == 0)
            platform = argv[i + 1];
    }
    const bool needsNone = platform.startsWith("offscreen") || platform.startsWith("minimal") ||
                           platform.startsWith("vnc") || platform.startsWith("linuxfb") ||
                           platform.startsWith("eglfs");
    return needsNone || !qEnvironmentVariableIsEmpty("DISPLAY") ||
           !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
}

void begin(const CommandLine& line, Session& session, MainWindow& window)
{
    if (!line.file.isEmpty())
        session.openFile(line.file);
    else if (line.demo)
        session.startDemo();
    else if (line.attach)
        session.attach(line.attachSocket);
    if (line.resetLayout)
        window.resetLayout();
    if (!line.page.isEmpty())
        window.showPage(line.page);
}

} // namespace

int main(int argc, char** argv)
{
    QStringList words;
    for (int i = 1; i < argc; ++i)
        words << QString::fromLocal8Bit(argv[i]);
    if (words.contains(QStringLiteral("--help")) || words.contains(QStringLiteral("-h"))) {
        std::fputs(qPrintable(usage()), stdout);
        return 0;
    }
    if (words.contains(QStringLiteral("--version"))) {
        std::puts("steelyard " STEELYARD_VERSION);
        return 0;
    }
    if (!hasDisplay(argc, argv)) {
        std::fputs("steelyard: there is no display. Use steelyardd to run the balancer without "
                   "one, and steelyardctl "
                   "to control it.\n",
                   stderr);
        return 1;
    }
    QApplication application(argc, argv); // takes Qt's own options out of the arguments
    QApplication::setOrganizationName(QStringLiteral("steelyard"));
    QApplication::setApplicationName(QStringLiteral("steelyard"));
    QApplication::setApplicationDisplayName(QString());
    QApplication::setApplicationVersion(QStringLiteral(STEELYARD_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("steelyard"));
    QApplication::setWindowIcon(applicationIcon());

    const CommandLine line = parseCommandLine(QApplication::arguments().mid(1));
    if (!line.problem.isEmpty()) {
        std::fprintf(stderr, "steelyard: %s\n%s", qPrintable(line.problem), qPrintable(usage()));
        return kUsageError;
    }
    const bool pictures = !line.screenshotDirectory.isEmpty();
    // Pictures show the console as it comes, not as somebody has left it.
    if (pictures)
        QApplication::setApplicationName(QStringLiteral("steelyard-screenshot"));
    const auto remembered = themeFrom(QSettings().value(QStringLiteral("theme")).toString());
    applyTheme(application,
               line.theme.value_or(remembered.value_or(desktopTheme(QApplication::palette()))));

    EngineSession session(!pictures);
    MainWindow window(session);
    if (!line.page.isEmpty() && !window.pageNames().contains(line.page)) {
        std::fprintf(stderr, "steelyard: there is no page %s; there are %s\n",
                     qPrintable(line.page),
                     qPrintable(window.pageNames().join(QLatin1String(", "))));
        return kUsageError;
    }
    window.resize(1366, 768);
    window.show();
    begin(line, session, window);
    Screenshots screenshots(window, session, line.screenshotDirectory);
    QObject::connect(&screenshots, &Screenshots::finished, &application,
                     [](int code, const QString& problem) {
                         if (code != 0)
                             std::fprintf(stderr, "steelyard: %s\n", qPrintable(problem));
                         QApplication::exit(code);
                     });
    if (pictures)
        screenshots.start();
    return QApplication::exec();
}
