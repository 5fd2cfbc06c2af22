#include "pages/start_page.h"

#include "actions/action_registry.h"
#include "app/icons.h"

#include <QCommandLinkButton>
#include <QFileInfo>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace steelyard::gui {

StartPage::StartPage(const ActionRegistry& actions, const QStringList& verbs, QWidget* parent)
    : QWidget(parent)
    , m_recent(new QWidget(this))
    , m_recentLayout(new QVBoxLayout(m_recent))
{
    setObjectName(QStringLiteral("page-start"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    const int unit = fontMetrics().height();
    auto* column = new QWidget(this);
    column->setFixedWidth(32 * unit);
    auto* layout = new QVBoxLayout(column);
    layout->setSpacing(unit / 2);

    auto* picture = new QLabel(column);
    picture->setPixmap(applicationIcon().pixmap(QSize(4 * unit, 4 * unit), devicePixelRatioF()));
    picture->setAccessibleName(tr("Steelyard's sign: a balance with a sliding weight"));
    auto* title = new QLabel(tr("Steelyard"), column);
    QFont large = title->font();
    large.setPointSizeF(large.pointSizeF() * 2);
    large.setWeight(QFont::DemiBold);
    title->setFont(large);
    auto* purpose =
        new QLabel(tr("Slide the weights of your servers and watch the load follow."), column);
    purpose->setForegroundRole(QPalette::PlaceholderText);
    layout->addWidget(picture);
    layout->addWidget(title);
    layout->addWidget(purpose);
    layout->addSpacing(unit);

    for (const ActionSpec& spec : actions.specs()) {
        if (!verbs.contains(spec.id))
            continue;
        QAction* verb = actions.action(spec.id);
        auto* button = new QCommandLinkButton(plainText(verb->text()), spec.tip, column);
        button->setObjectName(QStringLiteral("start-%1").arg(verb->objectName()));
        button->setIcon(verb->icon());
        button->setIconSize(QSize(unit * 3 / 2, unit * 3 / 2));
        connect(button, &QCommandLinkButton::clicked, verb, &QAction::trigger);
        layout->addWidget(button);
    }
    layout->addSpacing(unit);
    m_recentLayout->setContentsMargins({});
    m_recentLayout->setSpacing(unit / 4);
    layout->addWidget(m_recent);

    auto* outer = new QVBoxLayout(this);
    outer->addStretch(2);
    outer->addWidget(column, 0, Qt::AlignHCenter);
    outer->addStretch(3);
}

void StartPage::setRecentFiles(const QStringList& paths)
{
    while (QLayoutItem* item = m_recentLayout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_recent->setVisible(!paths.isEmpty());
    if (paths.isEmpty())
        return;
    auto* title = new QLabel(tr("Recent files"), m_recent);
    title->setForegroundRole(QPalette::PlaceholderText);
    m_recentLayout->addWidget(title);
    for (const QString& path : paths) {
        auto* button = new QToolButton(m_recent);
        button->setAutoRaise(true);
        button->setObjectName(QStringLiteral("recent-file"));
        button->setText(QFileInfo(path).fileName());
        button->setToolTip(path);
        button->setAccessibleName(tr("Open %1").arg(path));
        connect(button, &QToolButton::clicked, this, [this, path] { Q_EMIT fileChosen(path); });
        m_recentLayout->addWidget(button);
    }
}

} // namespace steelyard::gui
