/// One edit on the undo stack, as the steps that the engine has carried out. The engine comes
/// first: Operator sends a step's command and, once all are answered well, moves the stack; so
/// undo() and redo() themselves have nothing to do. Thread: main.
#pragma once

#include "actions/operator.h"

#include <QUndoCommand>

#include <memory>

namespace steelyard::gui {

class EngineEdit : public QUndoCommand
{
public:
    /// Shared with the answers under way, which may come after the edit has left the stack.
    using Steps = std::shared_ptr<QList<Operator::Step>>;

    EngineEdit(QList<Operator::Step> steps, const QString& text);

    [[nodiscard]] const Steps& steps() const { return m_steps; }

    [[nodiscard]] int id() const override;
    /// Several weight changes of the same servers in a row undo as one.
    bool mergeWith(const QUndoCommand* other) override;

private:
    [[nodiscard]] bool isWeight() const;
    Steps m_steps;
};

} // namespace steelyard::gui
