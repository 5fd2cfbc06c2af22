/// steelyardd's command line: words to an Invocation, or the exact problem with them.
/// Thread: main; pure.
#pragma once

#include "base/result.h"
#include "daemon/simulate.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace steelyard::daemon {

struct Invocation
{
    enum class Kind
    {
        Run,
        Check,
        Demo,
        Export,
        Simulate,
        Help,
        Version
    };
    Kind kind = Kind::Help;
    QString file;                          ///< run, check, export, simulate
    QString target;                        ///< export: a name of interop::exportTargets()
    QString socket;                        ///< run, demo; empty: as the configuration says
    QString user, group;                   ///< run; empty: nobody else
    bool supervise = false;                ///< run
    int rate = 0;                          ///< simulate; 0: the workload's
    int port = 8080;                       ///< demo; 0 = any free one
    std::vector<Algorithm> algorithms;     ///< simulate; empty: the configured one
    ReportForm report = ReportForm::Table; ///< simulate
};

/// `words` without the program's name. Errors: InvalidInput; the hint is the usage line to show.
[[nodiscard]] Result<Invocation> parseArguments(const QStringList& words);

/// The text of --help.
[[nodiscard]] QString helpText();

} // namespace steelyard::daemon
