/// A line's words as a shell reads them, and the command that steelyardctl reads in them.
/// Thread: main; runs /bin/sh.
#pragma once

#include "ctl/arguments.h"

#include <QProcess>
#include <QStringList>

namespace steelyard::test {

/// Empty when the shell does not take the line.
inline QStringList shellWords(const QString& line)
{
    QProcess shell;
    shell.start(QStringLiteral("/bin/sh"),
                {QStringLiteral("-c"), QStringLiteral("printf '%s\\0' ") + line});
    if (!shell.waitForFinished() || shell.exitCode() != 0)
        return {};
    return QString::fromUtf8(shell.readAllStandardOutput()).chopped(1).split(QChar(0));
}

/// The Invocation of a line that begins with "steelyardctl".
inline Result<ctl::Invocation> ctlInvocation(const QString& line)
{
    const QStringList words = shellWords(line);
    if (words.value(0) != QLatin1String("steelyardctl"))
        return Error{ErrorCode::InvalidInput, "not a line of steelyardctl", ""};
    return ctl::parseArguments(words.mid(1));
}

} // namespace steelyard::test
