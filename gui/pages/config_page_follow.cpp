/// How the page Config follows what runs and what the file says, and never loses what was typed.

#include "pages/config_page.h"
#include "widgets/code_editor.h"
#include "widgets/notice_bar.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonObject>

namespace steelyard::gui {

namespace {

/// All that a click can change, and what a reload counts up.
QString signatureOf(const stats::Snapshot& snapshot)
{
    QString text = QStringLiteral("%1 %2").arg(snapshot.configVersion).arg(snapshot.unsavedChanges);
    for (const stats::PoolRow& pool : snapshot.pools) {
        text += QStringLiteral("\n%1 %2")
                    .arg(QString::fromStdString(pool.name))
                    .arg(static_cast<int>(pool.algorithm));
        for (const stats::BackendRow& row : pool.backends) {
            text += QStringLiteral(" %1 %2 %3 %4")
                        .arg(QString::fromStdString(row.name), QString::fromStdString(row.address))
                        .arg(row.weight)
                        .arg(static_cast<int>(row.admin));
        }
    }
    return text;
}

/// Nothing: it cannot be read.
QString contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

QString plain(QString text)
{
    return text.replace(QLatin1String("\r\n"), QLatin1String("\n"));
}

} // namespace

void ConfigPage::show(const stats::Snapshot* snapshot)
{
    if (snapshot == nullptr)
        return;
    m_unsaved = snapshot->unsavedChanges;
    m_signature = signatureOf(*snapshot);
    if (isVisible())
        catchUp();
}

void ConfigPage::catchUp()
{
    if (!m_signature.isEmpty() && m_signature != m_asked)
        ask();
}

void ConfigPage::take(const QJsonObject& answer)
{
    const QString before = m_running;
    const QString path = answer.value(QLatin1String("path")).toString();
    const bool samePath = path == m_path || !m_known;
    m_saved = answer.value(QLatin1String("saved")).toString();
    m_running = plain(m_saved);
    m_fileText = answer.value(QLatin1String("text")).toString();
    watch(path);
    follow(samePath, before);
    m_known = true;
    judge();
    lookAtFile();
    check();
    showState();
}

void ConfigPage::follow(bool samePath, const QString& before)
{
    const QString mine = m_editor->text();
    const bool typed = m_known && mine != before && mine != m_running;
    // What was taken over from the file is the engine's now, with what operators clicked since.
    const bool taken =
        !m_reloaded.isNull() && m_fileText == m_reloaded && mine == plain(m_reloaded);
    if (typed && samePath && !taken) {
        m_moved = m_moved || before != m_running;
        return;
    }
    m_moved = false;
    m_reloaded = QString();
    if (m_known)
        m_editor->replaceText(m_running);
    else
        m_editor->setPlainText(m_running); // nothing to undo
    if (typed && !samePath)
        Q_EMIT noticed(tr("Another configuration runs; what you had typed on the page Config comes "
                          "back with undo there"));
}

void ConfigPage::watch(const QString& path)
{
    if (path != m_path) {
        const QStringList old = m_watcher.files() + m_watcher.directories();
        if (!old.isEmpty())
            m_watcher.removePaths(old);
        m_kept = QString();
        m_path = path;
    }
    // A file that was replaced by renaming is watched no more: its directory tells, and here it is
    // taken up again. An engine may be where its file cannot be seen: nothing is watched then.
    const QFileInfo file(path);
    if (path.isEmpty() || !file.exists())
        return;
    if (!m_watcher.files().contains(path))
        m_watcher.addPath(path);
    if (!m_watcher.directories().contains(file.path()))
        m_watcher.addPath(file.path());
}

void ConfigPage::lookAtFile()
{
    const QString now = m_path.isEmpty() ? QString() : contentOf(m_path);
    if (now.isNull() || now == m_fileText || now == m_kept) {
        m_notice->hide();
        return;
    }
    const QString name = QFileInfo(m_path).fileName();
    const QString what = tr("%1 was changed by another program.").arg(name);
    const QString then =
        hasEdits() ? tr("Reload takes the place of your edits, and undo in the editor brings them "
                        "back.")
                   : tr("Reload runs what it says now; what was changed by click stays.");
    if (m_notice->text().isEmpty())
        Q_EMIT noticed(what);
    m_notice->say(what + u' ' + then);
}

void ConfigPage::reloadFile()
{
    m_notice->hide();
    m_reloaded = contentOf(m_path);
    if (m_reloaded.isNull())
        return;
    // A bad file changes nothing that runs: then it stands here, with marks, to be mended.
    m_kept = m_reloaded;
    m_editor->replaceText(plain(m_reloaded));
    check();
    Q_EMIT reloadWanted();
}

void ConfigPage::keepMine()
{
    m_notice->hide();
    m_kept = contentOf(m_path);
}

} // namespace steelyard::gui
