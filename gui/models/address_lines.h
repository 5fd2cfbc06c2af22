/// Servers as people have them at hand, one a line: plain addresses, URLs, names beside addresses,
/// lines out of the files of nginx, HAProxy and Steelyard. Each line is a server or says what is
/// wrong with it. Thread: any; pure.
#pragma once

#include "models/server_draft.h"

#include <QList>
#include <QString>
#include <QStringList>

namespace steelyard::gui {

struct AddressLine
{
    int number = 0; ///< from 1, in the text
    ServerDraft server;
    QString problem; ///< why it is no server; empty: it is one
    QString note;    ///< what of the line is left out, or odd about it; may be empty
};

/// Empty lines and comments are skipped. Servers without a name get the next free one; `taken` are
/// the names that the pool has.
[[nodiscard]] QList<AddressLine> readAddressLines(const QString& text, const QString& pool,
                                                  const QStringList& taken);

/// The next free letter, as in most files: a, b, c; then server-27 and so on.
[[nodiscard]] QString freeServerName(const QStringList& taken);

} // namespace steelyard::gui
