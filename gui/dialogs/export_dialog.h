/// What runs now, as another balancer's configuration: choose the target, read it, see what is not
/// the same there, have the target's own checker look at it, copy or save it. Thread: main.
#pragma once

#include "config/model.h"
#include "dialogs/export_checker.h"
#include "engine/engine_client.h"

#include <QDialog>

#include <memory>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QTableView;
class QTabWidget;
class QVBoxLayout;

namespace steelyard::gui {

class CodeEditor;
class ExportNotesModel;

class ExportDialog : public QDialog
{
    Q_OBJECT

public:
    /// `running`: what the engine runs, whole, with what operators changed. `directory`: what its
    /// relative paths are relative to. `folders`: as of ExportChecker.
    ExportDialog(const QString& running, const QString& directory, QWidget* parent,
                 const QStringList& folders = {});

    /// The text of the chosen target.
    [[nodiscard]] QString text() const { return m_text; }

    /// By the target's name: "haproxy".
    void choose(const QString& target);

Q_SIGNALS:
    void told(steelyard::engine::Outcome outcome, const QString& text, const QString& hint);

private:
    void buildTop(QVBoxLayout* layout);
    void buildNotes(QVBoxLayout* layout);
    void write();
    void showVerdict(ExportChecker::Verdict verdict, const QString& words);
    void say(const QString& text, const QColor& ink);
    void jump(int row);
    void saveAs();
    void saveTo(const QString& path);

    std::shared_ptr<const config::Config> m_config; ///< null: what runs could not be read
    std::string m_source;
    QString m_text;
    ExportChecker m_checker;
    ExportNotesModel* m_notes;
    QComboBox* m_target;
    QLabel* m_verdict;
    QTabWidget* m_tabs;
    CodeEditor* m_preview;
    CodeEditor* m_sourceView;
    QLabel* m_summary;
    QCheckBox* m_exactToo;
    QTableView* m_table;
    QPushButton* m_copy;
    QPushButton* m_save;
};

} // namespace steelyard::gui
