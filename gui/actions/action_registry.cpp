#include "actions/action_registry.h"

#include "app/icons.h"

namespace steelyard::gui {

QList<QKeySequence> keys(const char* first, const char* second)
{
    QList<QKeySequence> result{QKeySequence(QLatin1String(first))};
    if (second != nullptr)
        result << QKeySequence(QLatin1String(second));
    return result;
}

QString plainText(const QString& actionText)
{
    QString text = actionText;
    text.remove(u'&');
    return text;
}

QAction* ActionRegistry::add(const ActionSpec& spec)
{
    auto* action = new QAction(spec.text, this);
    action->setObjectName(spec.id);
    action->setShortcuts(spec.shortcuts);
    action->setCheckable(spec.checkable);
    if (!spec.icon.isEmpty())
        action->setIcon(icon(spec.icon));
    connect(action, &QAction::triggered, this, [run = spec.run] { run(); });
    m_specs.append(spec);
    m_actions.append(action);
    return action;
}

QAction* ActionRegistry::action(const QString& id) const
{
    for (QAction* action : m_actions) {
        if (action->objectName() == id)
            return action;
    }
    return nullptr;
}

QString ActionRegistry::obstacle(const QString& id) const
{
    for (const ActionSpec& spec : m_specs) {
        if (spec.id == id)
            return spec.obstacle ? spec.obstacle() : QString();
    }
    return {};
}

void ActionRegistry::refresh()
{
    for (qsizetype i = 0; i < m_specs.size(); ++i) {
        const ActionSpec& spec = m_specs.at(i);
        QAction* action = m_actions.at(i);
        const QString why = spec.obstacle ? spec.obstacle() : QString();
        action->setEnabled(why.isEmpty());
        const QString name = plainText(action->text());
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        const QString title = keys.isEmpty() ? name : tr("%1 (%2)").arg(name, keys);
        const QString said = why.isEmpty() ? spec.tip : tr("Not now: %1").arg(why);
        action->setStatusTip(said);
        action->setToolTip(title + u'\n' + said);
    }
}

} // namespace steelyard::gui
