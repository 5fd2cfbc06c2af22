#include "dialogs/export_dialog.h"

#include "app/theme.h"
#include "config/reader.h"
#include "models/export_notes_model.h"
#include "widgets/code_editor.h"
#include "widgets/yaml_highlighter.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSaveFile>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace steelyard::gui {

namespace {

QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// As its program looks for it.
QString fileNameOf(const QString& target)
{
    return target == QLatin1String("haproxy") ? QStringLiteral("haproxy.cfg")
           : target == QLatin1String("nginx") ? QStringLiteral("nginx.conf")
                                              : QStringLiteral("steelyard.yaml");
}

} // namespace

ExportDialog::ExportDialog(const QString& running, const QString& directory, QWidget* parent,
                           const QStringList& folders)
    : QDialog(parent)
    , m_config(config::readText(running.toStdString(), directory.toStdString()).config)
    , m_source(running.toStdString())
    , m_checker(folders)
    , m_notes(new ExportNotesModel(this))
    , m_target(new QComboBox(this))
    , m_verdict(new QLabel(this))
    , m_tabs(new QTabWidget(this))
    , m_preview(new CodeEditor(this))
    , m_sourceView(new CodeEditor(this))
    , m_summary(new QLabel(this))
    , m_exactToo(new QCheckBox(tr("Show what is &exact too"), this))
    , m_table(new QTableView(this))
    , m_copy(new QPushButton(tr("&Copy"), this))
    , m_save(new QPushButton(tr("&Save as…"), this))
{
    setObjectName(QStringLiteral("export-dialog"));
    setWindowTitle(tr("Export what runs now"));
    auto* layout = new QVBoxLayout(this);
    buildTop(layout);
    buildNotes(layout);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    m_copy->setObjectName(QStringLiteral("export-copy"));
    m_save->setObjectName(QStringLiteral("export-save"));
    m_copy->setAutoDefault(false);
    buttons->addButton(m_copy, QDialogButtonBox::ActionRole);
    buttons->addButton(m_save, QDialogButtonBox::ActionRole);
    m_save->setDefault(true);
    layout->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 150, fontMetrics().height() * 42);

    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_copy, &QPushButton::clicked, this, [this] {
        QApplication::clipboard()->setText(m_text);
        Q_EMIT told(engine::Outcome::Done, tr("Copied the export"), {});
    });
    connect(m_save, &QPushButton::clicked, this, &ExportDialog::saveAs);
    connect(m_target, &QComboBox::currentIndexChanged, this, &ExportDialog::write);
    connect(m_exactToo, &QCheckBox::toggled, m_notes, &ExportNotesModel::setExactToo);
    connect(m_table, &QTableView::activated, this,
            [this](const QModelIndex& index) { jump(index.row()); });
    connect(&m_checker, &ExportChecker::finished, this, &ExportDialog::showVerdict);
    choose(QStringLiteral("haproxy"));
}

void ExportDialog::buildTop(QVBoxLayout* layout)
{
    m_target->setObjectName(QStringLiteral("export-target"));
    for (const interop::ExportTarget& target : interop::exportTargets())
        m_target->addItem(qs(target.title), qs(target.name));
    m_target->setCurrentIndex(-1);
    m_verdict->setObjectName(QStringLiteral("export-verdict"));
    m_verdict->setWordWrap(true);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* label = new QLabel(tr("&For"), this);
    label->setBuddy(m_target);
    auto* top = new QHBoxLayout;
    top->addWidget(label);
    top->addWidget(m_target);
    top->addSpacing(2 * fontMetrics().averageCharWidth());
    top->addWidget(m_verdict, 1);
    layout->addLayout(top);

    m_preview->setObjectName(QStringLiteral("export-preview"));
    m_preview->setAccessibleName(tr("The exported configuration"));
    m_sourceView->setObjectName(QStringLiteral("export-source"));
    m_sourceView->setAccessibleName(tr("What runs now"));
    for (CodeEditor* view : {m_preview, m_sourceView}) {
        view->setReadOnly(true);
        view->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        view->setFrameShape(QFrame::NoFrame);
    }
    new YamlHighlighter(m_sourceView->document());
    m_sourceView->setPlainText(QString::fromStdString(m_source));
    m_tabs->setObjectName(QStringLiteral("export-tabs"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_preview, QString());
    m_tabs->addTab(m_sourceView, tr("What runs now"));
    layout->addWidget(m_tabs, 3);
}

void ExportDialog::buildNotes(QVBoxLayout* layout)
{
    m_summary->setObjectName(QStringLiteral("export-summary"));
    m_summary->setWordWrap(true);
    m_exactToo->setObjectName(QStringLiteral("export-exact-too"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_summary, 1);
    row->addWidget(m_exactToo);
    layout->addLayout(row);
    m_table->setObjectName(QStringLiteral("export-notes"));
    m_table->setAccessibleName(tr("What is not the same there; Return shows the line that runs"));
    m_table->setModel(m_notes);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setTabKeyNavigation(false);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 9 / 5);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setStretchLastSection(true);
    const int unit = fontMetrics().averageCharWidth();
    m_table->setColumnWidth(ExportNotesModel::Outcome, 14 * unit);
    m_table->setColumnWidth(ExportNotesModel::Line, 8 * unit);
    m_table->setColumnWidth(ExportNotesModel::Key, 44 * unit);
    layout->addWidget(m_table, 2);
}

void ExportDialog::choose(const QString& target)
{
    m_target->setCurrentIndex(m_target->findData(target));
}

void ExportDialog::write()
{
    const QString name = m_target->currentData().toString();
    const interop::ExportTarget* target = interop::findExportTarget(name.toStdString());
    m_copy->setEnabled(m_config != nullptr && target != nullptr);
    m_save->setEnabled(m_copy->isEnabled());
    if (!m_save->isEnabled()) {
        say(tr("What runs could not be read."), theme().danger);
        return;
    }
    const interop::Export made = target->write(*m_config);
    m_text = qs(made.text);
    m_preview->setPlainText(m_text);
    m_tabs->setTabText(0, fileNameOf(name));
    m_tabs->setCurrentIndex(0);
    m_notes->set(made.notes, m_source);
    using Kind = interop::ExportNote::Kind;
    const int near = m_notes->countOf(Kind::Approximated);
    const int dropped = m_notes->countOf(Kind::Dropped);
    m_summary->setText(
        near + dropped == 0
            ? tr("Everything is exact there.")
            : tr("%1 exact, %2 only nearly, %3 left out. Return on a line shows what "
                 "runs.")
                  .arg(m_notes->countOf(Kind::Exact))
                  .arg(near)
                  .arg(dropped));
    say(tr("Being checked…"), theme().muted);
    m_checker.check(*target, m_text);
}

void ExportDialog::say(const QString& text, const QColor& ink)
{
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText, ink);
    m_verdict->setPalette(colors);
    m_verdict->setText(text);
}

void ExportDialog::showVerdict(ExportChecker::Verdict verdict, const QString& words)
{
    const interop::ExportTarget* target =
        interop::findExportTarget(m_target->currentData().toString().toStdString());
    QString checker = qs(target->checker);
    if (checker.section(u' ', -1).startsWith(u'-'))
        checker = checker.section(u' ', 0, -2); // the option before the file's name
    m_verdict->setToolTip(words);
    switch (verdict) {
    case ExportChecker::Verdict::NotInstalled:
        say(tr("Not checked: %1 is not installed here.").arg(checker.section(u' ', 0, 0)),
            theme().muted);
        break;
    case ExportChecker::Verdict::NoAnswer:
        say(tr("Not checked: %1: %2.").arg(checker, words), theme().warning);
        break;
    case ExportChecker::Verdict::Accepted:
        say(tr("✓ %1 accepts it.").arg(checker), theme().good);
        break;
    case ExportChecker::Verdict::Rejected:
        say(tr("✗ %1 refuses it: %2").arg(checker, words.section(u'\n', 0, 2)), theme().danger);
        break;
    }
}

void ExportDialog::jump(int row)
{
    const int line = m_notes->lineOf(row);
    if (line == 0)
        return;
    m_tabs->setCurrentWidget(m_sourceView);
    m_sourceView->jumpTo(line, 1);
    QTextCursor cursor = m_sourceView->textCursor();
    cursor.select(QTextCursor::LineUnderCursor);
    m_sourceView->setTextCursor(cursor);
}

void ExportDialog::saveAs()
{
    auto* dialog = new QFileDialog(this, tr("Save the export"), QString(), tr("All files (*)"));
    dialog->setObjectName(QStringLiteral("export-save-dialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(fileNameOf(m_target->currentData().toString()));
    connect(dialog, &QFileDialog::fileSelected, this, &ExportDialog::saveTo);
    dialog->open();
}

void ExportDialog::saveTo(const QString& path)
{
    QSaveFile file(path);
    const QByteArray bytes = m_text.toUtf8();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
        Q_EMIT told(engine::Outcome::Refused,
                    tr("%1 was not written: %2").arg(path, file.errorString()), {});
        return;
    }
    Q_EMIT told(engine::Outcome::Done, tr("Exported to %1").arg(path), {});
    accept();
}

} // namespace steelyard::gui
