/// Runs a target's own checker on an exported text, where it is installed: beside the console, in a
/// folder of its own, and for a bounded time. Thread: main.
#pragma once

#include <QObject>
#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>
#include <QTimer>

#include <memory>

namespace steelyard::interop {
struct ExportTarget;
}

namespace steelyard::gui {

class ExportChecker : public QObject
{
    Q_OBJECT

public:
    enum class Verdict
    {
        Accepted,
        Rejected,
        NotInstalled,
        NoAnswer ///< not within the time, or it could not be started
    };

    /// `folders`: where programs are looked for; empty: beside the console, in PATH,
    /// and where Debian has daemons.
    explicit ExportChecker(QStringList folders, QObject* parent = nullptr);
    ~ExportChecker() override;

    /// Ends a check that is under way. Answers by finished(), perhaps at once.
    void check(const interop::ExportTarget& target, const QString& text);

Q_SIGNALS:
    /// `words`: what the checker said; may be empty.
    void finished(steelyard::gui::ExportChecker::Verdict verdict, const QString& words);

private:
    void letGo();
    void end(Verdict verdict, const QString& words);

    const QStringList m_folders;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QProcess> m_process;
    QTimer m_deadline;
};

} // namespace steelyard::gui
