/// Many servers at once: addresses pasted or typed one a line, in whatever form; each line becomes
/// a server below or says what is wrong with it, while it is typed. Thread: main.
#pragma once

#include "models/address_lines.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTreeWidget;

namespace steelyard::gui {

class ServersModel;

class PasteServersDialog : public QDialog
{
    Q_OBJECT

public:
    /// `text`: what stands there at first, such as the clipboard's.
    PasteServersDialog(const ServersModel& servers, const QString& pool, const QString& text,
                       QWidget* parent = nullptr);

    /// As the lines say now; those with a problem are left out.
    [[nodiscard]] QList<ServerDraft> drafts() const;

Q_SIGNALS:
    void chosen(const QList<steelyard::gui::ServerDraft>& servers);
    /// The same as commands for a shell is wanted on the clipboard.
    void commandWanted(const QList<steelyard::gui::ServerDraft>& servers);

private:
    void check();
    void fill(const QList<AddressLine>& lines);

    const ServersModel& m_servers;
    QComboBox* m_pool;
    QPlainTextEdit* m_text;
    QTreeWidget* m_lines;
    QLabel* m_summary;
    QPushButton* m_copy;
    QPushButton* m_accept;
    QList<AddressLine> m_read;
};

} // namespace steelyard::gui
