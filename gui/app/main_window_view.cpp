/// How the window looks and is looked at: preferences, the engine's details, the wallboard.

#include "app/main_window.h"
#include "app/session.h"
#include "app/theme.h"
#include "dialogs/engine_dialog.h"
#include "dialogs/preferences_dialog.h"
#include "models/figures.h"
#include "widgets/headline_bar.h"

#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QKeyEvent>
#include <QListWidget>
#include <QMenuBar>
#include <QSettings>
#include <QStatusBar>
#include <QToolBar>
#include <QToolButton>

namespace steelyard::gui {

namespace {

constexpr int kLayoutVersion = 1; ///< of the panes beside the wallboard

} // namespace

void MainWindow::buildFigures()
{
    QAction* details = m_actions.action(QStringLiteral("engine-details"));
    for (QToolButton* figure : {m_lag, m_load}) {
        figure->setAutoRaise(true);
        figure->setFocusPolicy(Qt::TabFocus);
        figure->setForegroundRole(QPalette::PlaceholderText);
        connect(figure, &QToolButton::clicked, details, &QAction::trigger);
        statusBar()->addPermanentWidget(figure);
    }
    m_lag->setObjectName(QStringLiteral("engine-lag"));
    m_load->setObjectName(QStringLiteral("cpu"));
    m_load->setToolTip(tr("Of one core, the whole process, over the last second. Click for more."));
    m_lag->setToolTip(tr("How much later than every 250 ms the engine's figures came. Click for "
                         "more."));
    addIntervals(*m_interval);
    const int interval = QSettings().value(QStringLiteral("interval"), m_feed.interval()).toInt();
    if (m_interval->findData(interval) >= 0)
        m_feed.setInterval(interval);
    m_interval->setCurrentIndex(m_interval->findData(m_feed.interval()));
    connect(m_interval, &QComboBox::currentIndexChanged, this, [this] {
        const int chosen = m_interval->currentData().toInt();
        m_feed.setInterval(chosen);
        QSettings().setValue(QStringLiteral("interval"), chosen);
    });
}

void MainWindow::showFigures(const stats::Snapshot* snapshot)
{
    m_load->setVisible(snapshot != nullptr);
    m_lag->setVisible(snapshot != nullptr);
    if (snapshot != nullptr) {
        m_load->setText(tr("CPU %1").arg(figures::percent(snapshot->cpuShare)));
        m_lag->setText(tr("Lag %1").arg(figures::late(m_feed.lag())));
    }
    if (m_engineDialog)
        m_engineDialog->show(snapshot, m_feed.lag(), m_session.socketPath());
}

void MainWindow::showEngine()
{
    if (!m_engineDialog) {
        m_engineDialog = new EngineDialog(this);
        m_engineDialog->setAttribute(Qt::WA_DeleteOnClose);
    }
    m_engineDialog->show(m_feed.shown().get(), m_feed.lag(), m_session.socketPath());
    m_engineDialog->show();
    m_engineDialog->raise();
}

void MainWindow::showPreferences()
{
    const QString theme =
        QSettings().value(QStringLiteral("theme"), QStringLiteral("system")).toString();
    auto* dialog = new PreferencesDialog(theme, m_feed.interval(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &PreferencesDialog::themeChosen, this, &MainWindow::setTheme);
    connect(dialog, &PreferencesDialog::intervalChosen, this, [this](int milliseconds) {
        m_interval->setCurrentIndex(m_interval->findData(milliseconds));
    });
    dialog->open();
}

void MainWindow::setTheme(const QString& word)
{
    const bool system = word == QLatin1String("system");
    const auto name = system ? std::optional(startTheme()) : themeFrom(word);
    if (!name)
        return;
    applyTheme(*qApp, *name);
    QSettings().setValue(QStringLiteral("theme"), word);
    showSnapshot();
}

void MainWindow::setWallboard(bool on)
{
    if (on == m_wallboard)
        return;
    m_wallboard = on;
    if (on)
        m_beforeWallboard = saveState(kLayoutVersion);
    menuBar()->setVisible(!on);
    statusBar()->setVisible(!on);
    m_pageList->setVisible(!on);
    m_headline->setLarge(on);
    if (on) {
        for (QWidget* around :
             std::initializer_list<QWidget*>{m_toolBar, m_eventsDock, m_inspectorDock})
            around->hide();
        showPage(QStringLiteral("overview"));
    } else {
        restoreState(m_beforeWallboard, kLayoutVersion);
    }
    setWindowState(on ? windowState() | Qt::WindowFullScreen
                      : windowState() & ~Qt::WindowFullScreen);
}

void MainWindow::keyPressEvent(QKeyEvent* event)
{
    if (m_wallboard && event->key() == Qt::Key_Escape)
        setWallboard(false);
    else
        QMainWindow::keyPressEvent(event);
}

} // namespace steelyard::gui
