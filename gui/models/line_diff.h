/// What lines two texts differ in: the shortest edit by Myers' greedy algorithm (E. Myers, "An
/// O(ND) Difference Algorithm and Its Variations", 1986), after common lines at both ends are set
/// aside. Thread: any; pure.
#pragma once

#include <QList>
#include <QString>

namespace steelyard::gui {

struct DiffLine
{
    enum class Kind
    {
        Same,
        Removed, ///< only in the text before
        Added    ///< only in the text after
    };
    Kind kind = Kind::Same;
    int before = 0; ///< 1-based line of the text before; 0: not in it
    int after = 0;  ///< of the text after
    QString text;
    bool operator==(const DiffLine&) const = default;
};

/// Every line of both texts, once. Time and memory are bounded: beyond `mostEdits` lines removed
/// and added the differing middle is told as replaced whole, which is right but not the shortest.
[[nodiscard]] QList<DiffLine> lineDiff(const QString& before, const QString& after,
                                       int mostEdits = 1000);

/// Only the changes with up to `context` same lines around them. Where lines are left out stands a
/// Same line without numbers and text.
[[nodiscard]] QList<DiffLine> changesOnly(const QList<DiffLine>& lines, int context = 3);

} // namespace steelyard::gui
