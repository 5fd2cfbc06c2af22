#include "daemon/export.h"

#include "config/reader.h"
#include "daemon/run.h"
#include "interop/export.h"

#include <QFile>

#include <cstdio>

namespace steelyard::daemon {

int exportFile(const QString& file, const QString& target)
{
    const std::string name = QFile::encodeName(file).toStdString();
    const config::ReadResult read = config::readFile(name);
    for (const config::Diagnostic& diagnostic : read.diagnostics)
        complain(QString::fromStdString(diagnostic.text(name)));
    if (!read.config)
        return 1;
    const interop::Export made =
        interop::findExportTarget(target.toStdString())->write(*read.config);
    for (const interop::ExportNote& note : made.notes)
        complain(QString::fromStdString(name + ": " + note.line()));
    std::fwrite(made.text.data(), 1, made.text.size(), stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
}

} // namespace steelyard::daemon
