#include "config/writer.h"
#include "support/test_main.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace steelyard::config::test {

class SaveFileTest final : public QObject
{
    Q_OBJECT

    QTemporaryDir m_directory;

    QString path(const char* name) const { return m_directory.filePath(QLatin1String(name)); }

    static QByteArray bytes(const QString& name)
    {
        QFile file(name);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(none)");
    }

    static void put(const QString& name, const QByteArray& content)
    {
        QFile file(name);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }

    static unsigned modeOf(const QString& name)
    {
        struct stat about
        {
        };

        return ::stat(qPrintable(name), &about) == 0 ? about.st_mode & 07777U : 0;
    }

private Q_SLOTS:

    void init()
    {
        for (const QString& name : QDir(m_directory.path()).entryList(QDir::Files | QDir::System))
            QFile::remove(m_directory.filePath(name));
    }

    void writesANewFile()
    {
        QVERIFY(saveFile(path("c.yaml").toStdString(), "new\n"));
        QCOMPARE(bytes(path("c.yaml")), QByteArray("new\n"));
        QCOMPARE(QDir(m_directory.path()).entryList(QDir::Files),
                 QStringList{QStringLiteral("c.yaml")});
    }

    void keepsThePreviousVersionAndTheMode()
    {
        put(path("c.yaml"), "one");
        QVERIFY(::chmod(qPrintable(path("c.yaml")), 0640) == 0);
        QVERIFY(saveFile(path("c.yaml").toStdString(), "two"));
        QVERIFY(saveFile(path("c.yaml").toStdString(), "three"));
        QCOMPARE(bytes(path("c.yaml")), QByteArray("three"));
        QCOMPARE(bytes(path("c.yaml~")), QByteArray("two"));
        QCOMPARE(modeOf(path("c.yaml")), 0640U);
        QCOMPARE(modeOf(path("c.yaml~")), 0640U);
        QCOMPARE(QDir(m_directory.path()).entryList(QDir::Files),
                 (QStringList{QStringLiteral("c.yaml"), QStringLiteral("c.yaml~")}));
    }

    void savingTheSameTwiceKeepsTheVersionBefore()
    {
        put(path("c.yaml"), "one");
        QVERIFY(saveFile(path("c.yaml").toStdString(), "two"));
        QVERIFY(saveFile(path("c.yaml").toStdString(), "two"));
        QCOMPARE(bytes(path("c.yaml~")), QByteArray("one"));
    }

    void writesThroughASymbolicLink()
    {
        put(path("real.yaml"), "one");
        QVERIFY(QFile::link(QStringLiteral("real.yaml"), path("link.yaml")));
        QVERIFY(saveFile(path("link.yaml").toStdString(), "two"));
        QCOMPARE(QFile::symLinkTarget(path("link.yaml")), path("real.yaml"));
        QCOMPARE(bytes(path("real.yaml")), QByteArray("two"));
        QCOMPARE(bytes(path("real.yaml~")), QByteArray("one"));
    }

    void neverReplacesWhatIsNotAFile()
    {
        const Result<> directory = saveFile(m_directory.path().toStdString(), "x");
        QVERIFY(!directory && directory.error().code == ErrorCode::Io);
        QVERIFY(::mkfifo(qPrintable(path("fifo")), 0600) == 0);
        QVERIFY(!saveFile(path("fifo").toStdString(), "x"));
    }

    void saysThatTheDirectoryIsMissing()
    {
        const Result<> result = saveFile(path("none/c.yaml").toStdString(), "x");
        QVERIFY(!result);
        QVERIFY2(result.error().detail.find("No such file or directory") != std::string::npos,
                 result.error().detail.c_str());
        QVERIFY(result.error().hint.find("directory") != std::string::npos);
    }

    void aReadOnlyDirectoryIsToldAndChangesNothing()
    {
        if (::geteuid() == 0)
            QSKIP("root may write everywhere");
        put(path("c.yaml"), "one");
        QVERIFY(::chmod(qPrintable(m_directory.path()), 0500) == 0);
        const Result<> result = saveFile(path("c.yaml").toStdString(), "two");
        QVERIFY(::chmod(qPrintable(m_directory.path()), 0700) == 0);
        QVERIFY(!result);
        QVERIFY(result.error().hint.find("permissions") != std::string::npos);
        QCOMPARE(bytes(path("c.yaml")), QByteArray("one"));
    }

    /// A limit on file sizes stands in for a full disk: writes fail midway.
    void whenTheDiskIsFullTheOldFileStays()
    {
        put(path("c.yaml"), "one");

        struct rlimit old
        {
        };

        QVERIFY(::getrlimit(RLIMIT_FSIZE, &old) == 0);
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);

        const struct rlimit tight
        {
            100'000, old.rlim_max
        };

        QVERIFY(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
        const Result<> result = saveFile(path("c.yaml").toStdString(), std::string(200'000, 'x'));
        QVERIFY(::setrlimit(RLIMIT_FSIZE, &old) == 0);
        std::signal(SIGXFSZ, handler);
        QVERIFY(!result);
        QVERIFY2(result.error().detail.find("File too large") != std::string::npos,
                 result.error().detail.c_str());
        QCOMPARE(bytes(path("c.yaml")), QByteArray("one"));
        QCOMPARE(QDir(m_directory.path()).entryList(QDir::Files),
                 (QStringList{QStringLiteral("c.yaml"), QStringLiteral("c.yaml~")}));
    }
};

STEELYARD_TEST(SaveFileTest)

} // namespace steelyard::config::test

#include "save_file_test.moc"
