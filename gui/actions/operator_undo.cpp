/// Undo and redo: the engine is asked first, and the stack follows its answer.

#include "actions/engine_edit.h"
#include "actions/operator.h"

namespace steelyard::gui {

void Operator::undo()
{
    move(true);
}

void Operator::redo()
{
    move(false);
}

void Operator::move(bool isUndo)
{
    m_moves << isUndo;
    moveNext();
}

void Operator::moveNext()
{
    while (m_outstanding == 0 && !m_moves.isEmpty()) {
        const bool isUndo = m_moves.takeFirst();
        const auto* edit = dynamic_cast<const EngineEdit*>(
            m_undo.command(isUndo ? m_undo.index() - 1 : m_undo.index()));
        if (edit == nullptr)
            continue;
        Plan plan;
        plan.undoable = false;
        plan.isUndo = isUndo;
        plan.doneText = isUndo ? tr("Undone: %1").arg(edit->text()) : edit->text();
        plan.verb = isUndo ? tr("Undo anyway") : tr("Do it anyway");
        plan.edit = edit->steps();
        for (qsizetype i = 0; i < plan.edit->size(); ++i) {
            const qsizetype place = isUndo ? plan.edit->size() - 1 - i : i;
            const Step& step = plan.edit->at(place);
            if (step.done != isUndo)
                continue; // an earlier attempt got this far
            plan.steps.append({isUndo ? step.backward : step.forward, {}, step.server});
            plan.places << place;
        }
        if (plan.steps.isEmpty()) {
            settle(plan, {});
            continue;
        }
        run(plan);
        if (m_outstanding == 0)
            m_moves.clear(); // not sent but asked about
    }
}

/// The engine has answered an undo or a redo: the stack follows when all of it was done.
void Operator::settle(const Plan& plan, const QList<engine::CommandResult>& results)
{
    bool complete = true;
    for (qsizetype i = 0; i < plan.steps.size(); ++i) {
        const engine::Outcome outcome = results.at(i).outcome;
        if (outcome != engine::Outcome::Refused && outcome != engine::Outcome::Unreachable)
            (*plan.edit)[plan.places.at(i)].done = !plan.isUndo;
        else
            complete = false;
    }
    if (!complete) {
        m_moves.clear();
        return;
    }
    const auto* edit = dynamic_cast<const EngineEdit*>(
        m_undo.command(plan.isUndo ? m_undo.index() - 1 : m_undo.index()));
    if (edit == nullptr || edit->steps() != plan.edit)
        return;
    if (plan.isUndo)
        m_undo.undo();
    else
        m_undo.redo();
}

} // namespace steelyard::gui
