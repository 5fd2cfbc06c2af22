/// What the operator does with the configuration as a whole.

#include "actions/operator.h"

namespace steelyard::gui {

void Operator::save()
{
    Plan plan;
    plan.undoable = false;
    plan.doneText = tr("Saved");
    plan.verb = tr("Overwrite the file");
    plan.steps.append({engine::Command{QStringLiteral("save"), {}}, {}, {}});
    run(plan);
}

void Operator::reload()
{
    Plan plan;
    plan.undoable = false;
    plan.doneText = tr("Reloaded the file");
    plan.steps.append({engine::Command{QStringLiteral("reload"), {}}, {}, {}});
    run(plan);
}

void Operator::apply(const QString& text, const QString& before, std::function<void()> then)
{
    const auto command = [](const QString& said) -> engine::Command {
        return {QStringLiteral("apply"), {{QStringLiteral("text"), said}}};
    };
    Plan plan;
    plan.doneText = tr("Applied the configuration");
    plan.steps.append({command(text), command(before), {}});
    plan.then = std::move(then);
    run(plan);
}

} // namespace steelyard::gui
