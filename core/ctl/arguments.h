/// steelyardctl's command line: words to an Invocation, or the exact problem with them.
/// Thread: main; pure.
#pragma once

#include "base/result.h"
#include "engine/engine_client.h"

#include <QString>
#include <QStringList>

namespace steelyard::ctl {

struct Invocation
{
    enum class Kind
    {
        Command,
        Help,
        Version
    };
    Kind kind = Kind::Command;
    engine::Command command;
    QString socket;       ///< --socket; empty: the default
    bool json = false;    ///< --json
    bool follow = false;  ///< events --follow
    QString pool, server; ///< `servers`: show only these; empty: all
};

/// `words` without the program's name. Errors: InvalidInput; the hint is the usage line to show.
[[nodiscard]] Result<Invocation> parseArguments(const QStringList& words);

/// The text of --help.
[[nodiscard]] QString helpText();

} // namespace steelyard::ctl
