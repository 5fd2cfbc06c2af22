#include "pages/config_page.h"

#include "app/icons.h"
#include "app/theme.h"
#include "widgets/code_editor.h"
#include "widgets/diff_view.h"
#include "widgets/notice_bar.h"
#include "widgets/yaml_highlighter.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QSplitter>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtConcurrentRun>

#include <algorithm>
#include <utility>

namespace steelyard::gui {

namespace {

constexpr int kCheckAfterMs = 250; // of rest: nobody reads marks while they type

} // namespace

ConfigPage::ConfigPage(const ActionRegistry& actions, QWidget* parent)
    : QWidget(parent)
    , m_notice(new NoticeBar(QStringLiteral("config-notice"), tr("Reload"), tr("Keep mine"), this))
    , m_state(new QLabel(this))
    , m_find(new QLineEdit(this))
    , m_panes(new QSplitter(Qt::Horizontal, this))
    , m_editor(new CodeEditor(this))
    , m_problems(new QListWidget(this))
    , m_diffTitle(new QLabel(this))
    , m_diff(new DiffView(this))
{
    setObjectName(QStringLiteral("page-config"));
    const int unit = fontMetrics().averageCharWidth();
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    bar->setSpacing(unit);
    setUpBar(bar, actions);
    setUpPanes();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_notice);
    layout->addLayout(bar);
    layout->addWidget(m_panes, 1);

    m_checkSoon.setSingleShot(true);
    m_checkSoon.setInterval(kCheckAfterMs);
    m_lookSoon.setSingleShot(true);
    m_lookSoon.setInterval(100); // a file is often written in several steps
    connect(&m_checkSoon, &QTimer::timeout, this, &ConfigPage::check);
    connect(&m_checking, &QFutureWatcher<ConfigCheck>::finished, this, &ConfigPage::showCheck);
    connect(m_editor->document(), &QTextDocument::contentsChange, this,
            [this](int, int removed, int added) {
                if (removed == 0 && added == 0)
                    return; // colours
                m_stale = true;
                m_checkSoon.start();
                if (!std::exchange(m_edited, m_known))
                    Q_EMIT stateChanged();
            });
    connect(&m_lookSoon, &QTimer::timeout, this, &ConfigPage::ask);
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, &m_lookSoon, qOverload<>(&QTimer::start));
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, &m_lookSoon,
            qOverload<>(&QTimer::start));
    connect(m_notice, &NoticeBar::firstChosen, this, &ConfigPage::reloadFile);
    connect(m_notice, &NoticeBar::secondChosen, this, &ConfigPage::keepMine);
    connect(m_find, &QLineEdit::returnPressed, this, &ConfigPage::find);
    connect(m_problems, &QListWidget::itemClicked, this,
            [this] { jumpToProblem(m_problems->currentRow()); });
    connect(m_problems, &QListWidget::itemActivated, this,
            [this] { jumpToProblem(m_problems->currentRow()); });
    connect(m_diff, &DiffView::chosen, this, [this](int line) { m_editor->jumpTo(line, 1); });
    showState();
}

ConfigPage::~ConfigPage()
{
    m_checking.waitForFinished();
}

void ConfigPage::setUpBar(QHBoxLayout* bar, const ActionRegistry& actions)
{
    const int unit = fontMetrics().averageCharWidth();
    m_state->setObjectName(QStringLiteral("config-summary"));
    m_state->setWordWrap(true);
    m_find->setObjectName(QStringLiteral("config-find"));
    m_find->setAccessibleName(tr("Find in the configuration"));
    m_find->setPlaceholderText(tr("Find, then Return"));
    m_find->setClearButtonEnabled(true);
    m_find->setFixedWidth(24 * unit);
    bar->addWidget(m_state, 1);
    bar->addWidget(m_find);
    bar->addSpacing(unit);
    for (const char* id : {"discard-edits", "apply-config", "save", "export"}) {
        QAction* action = actions.action(QLatin1String(id));
        auto* button = new QToolButton(this);
        button->setDefaultAction(action);
        button->setObjectName(QStringLiteral("config-") + QLatin1String(id));
        button->setAccessibleName(plainText(action->text()));
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setFocusPolicy(Qt::TabFocus);
        bar->addWidget(button);
    }
}

void ConfigPage::setUpPanes()
{
    m_editor->setObjectName(QStringLiteral("config-editor"));
    m_editor->setAccessibleName(tr("Configuration"));
    m_editor->setFrameShape(QFrame::NoFrame);
    new YamlHighlighter(m_editor->document());
    m_problems->setObjectName(QStringLiteral("config-problems"));
    m_problems->setAccessibleName(tr("What is wrong with the configuration"));
    m_problems->setFrameShape(QFrame::NoFrame);
    m_problems->setUniformItemSizes(true);
    m_problems->hide();
    m_diffTitle->setObjectName(QStringLiteral("config-diff-title"));
    m_diffTitle->setForegroundRole(QPalette::PlaceholderText);
    m_diffTitle->setWordWrap(true);
    const int unit = fontMetrics().averageCharWidth();
    m_diffTitle->setContentsMargins(2 * unit, unit / 2, unit, unit / 2);
    m_diff->setObjectName(QStringLiteral("config-diff"));
    m_diff->setAccessibleName(tr("Differences to what runs"));
    m_diff->setFrameShape(QFrame::NoFrame);
    m_diff->setPlaceholderText(tr("Nothing differs from what runs."));

    auto* left = new QSplitter(Qt::Vertical, this);
    left->setObjectName(QStringLiteral("config-left"));
    left->addWidget(m_editor);
    left->addWidget(m_problems);
    left->setStretchFactor(0, 4);
    left->setStretchFactor(1, 1);
    left->setChildrenCollapsible(false);
    auto* right = new QWidget(this);
    auto* column = new QVBoxLayout(right);
    column->setContentsMargins({});
    column->setSpacing(0);
    column->addWidget(m_diffTitle);
    column->addWidget(m_diff, 1);
    m_panes->setObjectName(QStringLiteral("config-panes"));
    m_panes->addWidget(left);
    m_panes->addWidget(right);
    m_panes->setStretchFactor(0, 3);
    m_panes->setStretchFactor(1, 2);
    m_panes->setChildrenCollapsible(false);
    m_panes->setSizes({3 * 60 * unit, 2 * 60 * unit});
}

void ConfigPage::setClient(engine::EngineClient* client)
{
    m_client = client;
    m_signature.clear();
    m_asked.clear();
    ++m_question; // answers of another engine
    m_notice->hide();
    showState();
}

void ConfigPage::ask()
{
    if (!m_client)
        return;
    m_asked = m_signature;
    const int question = ++m_question;
    m_client->send({QStringLiteral("config"), {}},
                   [self = QPointer(this), question](const engine::CommandResult& result) {
                       if (!self || self->m_question != question)
                           return;
                       if (result.outcome == engine::Outcome::Done)
                           self->take(result.data);
                       else
                           self->m_asked.clear(); // the next snapshot asks again
                   });
}

void ConfigPage::judge()
{
    m_edited = m_known && m_editor->text() != m_running;
}

QString ConfigPage::obstacle() const
{
    if (!hasEdits())
        return tr("this is what runs");
    const int errors = m_stale ? 0 : m_checked.errors();
    return errors == 0 ? QString() : tr("mend its mistakes first");
}

QString ConfigPage::textToApply() const
{
    QString text = m_editor->text();
    if (m_saved.contains(QLatin1String("\r\n")))
        text.replace(u'\n', QLatin1String("\r\n"));
    return text;
}

void ConfigPage::discard()
{
    m_editor->replaceText(m_running);
    m_moved = false;
    judge();
    check();
}

void ConfigPage::check()
{
    m_checkSoon.stop();
    if (m_checking.isRunning()) { // one at a time; this text's turn comes after it
        m_checkSoon.start();
        return;
    }
    m_stale = false;
    judge();
    const QString directory = m_path.isEmpty() ? QStringLiteral(".") : QFileInfo(m_path).path();
    m_checking.setFuture(QtConcurrent::run(checkConfig, m_editor->text(), m_running, directory));
}

void ConfigPage::showCheck()
{
    m_checked = m_checking.result();
    if (!m_stale) { // else they belong to other lines: the next check is under way
        m_editor->setMarks(m_checked.diagnostics);
        const int row = m_problems->currentRow();
        m_problems->clear();
        for (const config::Diagnostic& each : m_checked.diagnostics) {
            const bool error = each.severity == config::Severity::Error;
            QString text = QString::fromStdString(each.message);
            if (!each.hint.empty())
                text += QStringLiteral("; ") + QString::fromStdString(each.hint);
            if (each.line > 0)
                text = tr("%1:%2  %3").arg(each.line).arg(each.column).arg(text);
            auto* item = new QListWidgetItem(
                icon(error ? QStringLiteral("error") : QStringLiteral("warning")), text,
                m_problems);
            item->setToolTip(text);
        }
        m_problems->setCurrentRow(std::min(row, m_problems->count() - 1));
        m_problems->setVisible(m_problems->count() > 0);
        m_diff->show(m_checked.changes);
    }
    showState();
}

void ConfigPage::showState()
{
    const int errors = m_checked.errors();
    const QString name = QFileInfo(m_path).fileName();
    QString text;
    QColor ink = theme().text;
    if (!m_known) {
        text = tr("No engine has told its configuration yet.");
    } else if (!hasEdits()) {
        text = m_path.isEmpty() ? tr("This is what runs. It has no file yet.")
               : m_unsaved      ? tr("This is what runs. %1 does not say so yet: save.").arg(name)
                                : tr("This is what runs, and what %1 says.").arg(name);
    } else if (errors > 0) {
        text = errors == 1 ? tr("A mistake: it cannot run like this.")
                           : tr("%n mistakes: it cannot run like this.", nullptr, errors);
        ink = theme().danger;
    } else {
        text = tr("Edited, not applied yet.");
        if (m_moved)
            text += u' ' + tr("What runs was changed since you began: look at the differences.");
        ink = theme().warning;
    }
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText, ink);
    m_state->setPalette(colors);
    m_state->setText(text);
    m_diffTitle->setText(m_checked.added + m_checked.removed == 0
                             ? tr("Differences to what runs")
                             : tr("Differences to what runs: +%1 \u2212%2 lines")
                                   .arg(m_checked.added)
                                   .arg(m_checked.removed));
    Q_EMIT stateChanged();
}

void ConfigPage::jumpToProblem(int row)
{
    if (row < 0 || row >= static_cast<int>(m_checked.diagnostics.size()))
        return;
    m_problems->setCurrentRow(row);
    const config::Diagnostic& problem = m_checked.diagnostics[static_cast<std::size_t>(row)];
    m_editor->jumpTo(problem.line, problem.column);
}

void ConfigPage::nextProblem()
{
    const int count = m_problems->count();
    if (count == 0)
        m_editor->setFocus(Qt::ShortcutFocusReason);
    else
        jumpToProblem((m_problems->currentRow() + 1) % count);
}

void ConfigPage::focusFind()
{
    m_find->setFocus(Qt::ShortcutFocusReason);
    m_find->selectAll();
}

void ConfigPage::find()
{
    QPalette colors = palette();
    if (!m_editor->findNext(m_find->text()))
        colors.setColor(QPalette::Text, theme().danger);
    m_find->setPalette(colors);
}

void ConfigPage::showSample()
{
    QString text = m_editor->text();
    text.replace(QLatin1String("algorithm: least-connections"),
                 QLatin1String("algorithm: peak-ewma"));
    text.replace(QLatin1String("drain: { timeout:"), QLatin1String("drain: { timeot:"));
    m_editor->replaceText(text);
    check();
}

void ConfigPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    catchUp();
}

void ConfigPage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange)
        return;
    for (auto* highlighter : m_editor->document()->findChildren<YamlHighlighter*>())
        highlighter->rehighlight();
    showState();
}

} // namespace steelyard::gui
