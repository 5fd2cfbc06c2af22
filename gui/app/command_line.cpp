#include "app/command_line.h"

namespace steelyard::gui {

QString usage()
{
    return QStringLiteral(
        "usage: steelyard [FILE] [--demo] [--attach [SOCKET]] [--theme light|dark|high-contrast]\n"
        "                 [--page overview|servers|requests|routes|config|lab|charts] "
        "[--reset-layout]\n"
        "                 [--screenshot DIR] [--help] [--version]\n");
}

CommandLine parseCommandLine(const QStringList& arguments)
{
    CommandLine line;
    const auto valueAfter = [&](qsizetype& at, const QString& option) {
        if (at + 1 < arguments.size() && !arguments.at(at + 1).startsWith(u'-'))
            return arguments.at(++at);
        line.problem = QStringLiteral("%1 needs a value").arg(option);
        return QString();
    };
    for (qsizetype at = 0; at < arguments.size() && line.problem.isEmpty(); ++at) {
        const QString& argument = arguments.at(at);
        if (argument == QLatin1String("--demo")) {
            line.demo = true;
        } else if (argument == QLatin1String("--reset-layout")) {
            line.resetLayout = true;
        } else if (argument == QLatin1String("--help") || argument == QLatin1String("-h")) {
            line.help = true;
        } else if (argument == QLatin1String("--version")) {
            line.version = true;
        } else if (argument == QLatin1String("--attach")) {
            line.attach = true;
            if (at + 1 < arguments.size() && !arguments.at(at + 1).startsWith(u'-'))
                line.attachSocket = arguments.at(++at);
        } else if (argument == QLatin1String("--theme")) {
            const QString word = valueAfter(at, argument);
            line.theme = themeFrom(word);
            if (!line.theme && line.problem.isEmpty())
                line.problem = QStringLiteral("there is no theme %1").arg(word);
        } else if (argument == QLatin1String("--page")) {
            line.page = valueAfter(at, argument);
        } else if (argument == QLatin1String("--screenshot")) {
            line.screenshotDirectory = valueAfter(at, argument);
        } else if (argument.startsWith(u'-') && argument.size() > 1) {
            line.problem = QStringLiteral("unknown option %1").arg(argument);
        } else if (line.file.isEmpty()) {
            line.file = argument;
        } else {
            line.problem = QStringLiteral("more than one file");
        }
    }
    const int sources = (line.file.isEmpty() ? 0 : 1) + (line.demo ? 1 : 0) + (line.attach ? 1 : 0);
    if (line.problem.isEmpty() && sources > 1) {
        line.problem = QStringLiteral("only one of FILE, --demo and --attach can be had");
    }
    return line;
}

} // namespace steelyard::gui
