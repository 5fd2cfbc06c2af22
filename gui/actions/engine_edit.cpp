#include "actions/engine_edit.h"

#include <algorithm>

namespace steelyard::gui {

EngineEdit::EngineEdit(QList<Operator::Step> steps, const QString& text)
    : QUndoCommand(text)
    , m_steps(std::make_shared<QList<Operator::Step>>(std::move(steps)))
{
}

bool EngineEdit::isWeight() const
{
    return std::all_of(m_steps->begin(), m_steps->end(), [](const Operator::Step& step) {
        return step.forward.name == QLatin1String("weight");
    });
}

int EngineEdit::id() const
{
    return isWeight() ? 1 : -1;
}

bool EngineEdit::mergeWith(const QUndoCommand* other)
{
    const auto* later = dynamic_cast<const EngineEdit*>(other);
    if (later == nullptr || !later->isWeight() || later->m_steps->size() != m_steps->size())
        return false;
    for (qsizetype i = 0; i < m_steps->size(); ++i) {
        if (later->m_steps->at(i).server != m_steps->at(i).server)
            return false;
    }
    for (qsizetype i = 0; i < m_steps->size(); ++i)
        (*m_steps)[i].forward = later->m_steps->at(i).forward;
    setText(later->text());
    return true;
}

} // namespace steelyard::gui
