#include "dialogs/export_checker.h"

#include "interop/export.h"

#include <QCoreApplication>
#include <QFile>
#include <QStandardPaths>

namespace steelyard::gui {

namespace {

constexpr int kMostMs = 10'000; // nginx looks up the names of servers

QString findProgram(const QString& name, const QStringList& folders)
{
    if (!folders.isEmpty())
        return QStandardPaths::findExecutable(name, folders);
    const QString own =
        QStandardPaths::findExecutable(name, {QCoreApplication::applicationDirPath()});
    const QString found = own.isEmpty() ? QStandardPaths::findExecutable(name) : own;
    // Debian has daemons where users' PATH does not look.
    return found.isEmpty()
               ? QStandardPaths::findExecutable(
                     name, {QStringLiteral("/usr/sbin"), QStringLiteral("/usr/local/sbin")})
               : found;
}

/// nginx opens its log, its pid and its folders even when it only checks: in our folder, then,
/// without a change in the number of lines.
QString forNginx(QString text, const QString& folder)
{
    QString paths;
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        paths += QStringLiteral(" %1_temp_path \"%2/%1\";").arg(QLatin1String(kind), folder);
    const QString http = QStringLiteral("\nhttp {");
    const qsizetype at = text.indexOf(http);
    return at < 0 ? text : text.insert(at + http.size(), paths);
}

} // namespace

ExportChecker::ExportChecker(QStringList folders, QObject* parent)
    : QObject(parent)
    , m_folders(std::move(folders))
{
    m_deadline.setSingleShot(true);
    connect(&m_deadline, &QTimer::timeout, this,
            [this] { end(Verdict::NoAnswer, tr("no answer within %1 s").arg(kMostMs / 1000)); });
}

ExportChecker::~ExportChecker()
{
    letGo();
}

void ExportChecker::letGo()
{
    m_deadline.stop();
    if (!m_process)
        return;
    disconnect(m_process.get(), nullptr, this, nullptr);
    if (m_process->state() != QProcess::NotRunning) {
        m_process->kill(); // which no process can put off
        m_process->waitForFinished(1000);
    }
    m_process.release()->deleteLater(); // it may be its own signal that led here
}

void ExportChecker::check(const interop::ExportTarget& target, const QString& text)
{
    letGo();
    QStringList words =
        QString::fromUtf8(target.checker.data(), static_cast<qsizetype>(target.checker.size()))
            .split(u' ', Qt::SkipEmptyParts);
    const QString name = words.takeFirst();
    const QString program = findProgram(name, m_folders);
    if (program.isEmpty()) {
        end(Verdict::NotInstalled, {});
        return;
    }
    m_folder = std::make_unique<QTemporaryDir>();
    QFile file(m_folder->filePath(QStringLiteral("export.conf")));
    QString checked = text;
    words << file.fileName();
    if (name == QLatin1String("nginx")) {
        checked = forNginx(text, m_folder->path());
        words << QStringLiteral("-p") << m_folder->path() << QStringLiteral("-e")
              << QStringLiteral("stderr") << QStringLiteral("-g")
              << QStringLiteral("pid \"%1/nginx.pid\";").arg(m_folder->path());
    }
    const QByteArray bytes = checked.toUtf8();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) {
        end(Verdict::NoAnswer, file.errorString());
        return;
    }
    file.close();
    m_process = std::make_unique<QProcess>();
    m_process->setProcessChannelMode(QProcess::MergedChannels);
    m_process->setStandardInputFile(QProcess::nullDevice());
    connect(m_process.get(), &QProcess::finished, this, [this](int code, QProcess::ExitStatus how) {
        const QString said = QString::fromLocal8Bit(m_process->readAll())
                                 .replace(m_folder->path() + u'/', QString())
                                 .trimmed();
        end(how == QProcess::NormalExit && code == 0 ? Verdict::Accepted : Verdict::Rejected, said);
    });
    connect(m_process.get(), &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            end(Verdict::NoAnswer, m_process->errorString());
    });
    m_deadline.start(kMostMs);
    m_process->start(program, words);
}

void ExportChecker::end(Verdict verdict, const QString& words)
{
    letGo();
    Q_EMIT finished(verdict, words);
}

} // namespace steelyard::gui
