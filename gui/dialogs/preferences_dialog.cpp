#include "dialogs/preferences_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace steelyard::gui {

void addIntervals(QComboBox& box)
{
    for (const int milliseconds : {250, 500, 1000, 2000, 5000}) {
        box.addItem(milliseconds < 1000 ? PreferencesDialog::tr("%1 ms").arg(milliseconds)
                                        : PreferencesDialog::tr("%1 s").arg(milliseconds / 1000),
                    milliseconds);
    }
}

PreferencesDialog::PreferencesDialog(const QString& theme, int interval, QWidget* parent)
    : QDialog(parent)
    , m_theme(new QComboBox(this))
    , m_interval(new QComboBox(this))
{
    setObjectName(QStringLiteral("preferences-dialog"));
    setWindowTitle(tr("Preferences"));
    m_theme->setObjectName(QStringLiteral("preferences-theme"));
    m_theme->addItem(tr("As the desktop"), QStringLiteral("system"));
    m_theme->addItem(tr("Light"), QStringLiteral("light"));
    m_theme->addItem(tr("Dark"), QStringLiteral("dark"));
    m_theme->addItem(tr("High contrast"), QStringLiteral("high-contrast"));
    m_theme->setCurrentIndex(m_theme->findData(theme));
    m_interval->setObjectName(QStringLiteral("preferences-interval"));
    addIntervals(*m_interval);
    m_interval->setCurrentIndex(m_interval->findData(interval));

    auto* form = new QFormLayout;
    form->addRow(tr("&Theme"), m_theme);
    form->addRow(tr("&Refresh the figures every"), m_interval);
    auto* note = new QLabel(tr("Both are kept for the next time."), this);
    note->setForegroundRole(QPalette::PlaceholderText);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setObjectName(QStringLiteral("preferences-close"));
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(note);
    layout->addStretch(1);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_theme, &QComboBox::currentIndexChanged, this,
            [this] { Q_EMIT themeChosen(m_theme->currentData().toString()); });
    connect(m_interval, &QComboBox::currentIndexChanged, this,
            [this] { Q_EMIT intervalChosen(m_interval->currentData().toInt()); });
}

} // namespace steelyard::gui
