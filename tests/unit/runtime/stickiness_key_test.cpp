#include "runtime/stickiness_key.h"
#include "support/test_main.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <set>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

using namespace steelyard;
using namespace steelyard::runtime;

namespace {

struct Folder
{
    QTemporaryDir directory;

    [[nodiscard]] std::string path() const { return directory.path().toStdString(); }

    [[nodiscard]] std::string key() const { return path() + "/" + kStickinessKeyFile; }

    void write(const QByteArray& bytes, mode_t mode) const
    {
        QFile file(QString::fromStdString(key()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
        file.close();
        QCOMPARE(::chmod(key().c_str(), mode), 0);
    }
};

} // namespace

class StickinessKeyTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void itIsMadeOnceAndKept()
    {
        const Folder folder;
        const auto first = loadStickinessKey(folder.path());
        QVERIFY2(first.ok(), first.ok() ? "" : first.error().detail.c_str());

        struct stat status
        {
        };

        QCOMPARE(::stat(folder.key().c_str(), &status), 0);
        QCOMPARE(status.st_mode & 07777U, 0600U);
        QCOMPARE(status.st_size, off_t{32});
        QCOMPARE(status.st_nlink, nlink_t{1});
        const auto second = loadStickinessKey(folder.path());
        QVERIFY(second.ok());
        QVERIFY(second.value().bytes() == first.value().bytes());
        // Nothing of the making is left behind.
        QCOMPARE(QDir(folder.directory.path()).entryList(QDir::Files | QDir::Hidden).size(), 1);
        const Folder other;
        QVERIFY(loadStickinessKey(other.path()).value().bytes() != first.value().bytes());
    }

    void theModeDoesNotDependOnTheUmask()
    {
        const Folder folder;
        const mode_t before = ::umask(0);
        const auto key = loadStickinessKey(folder.path() + "/a/b");
        ::umask(before);
        QVERIFY(key.ok());

        struct stat status
        {
        };

        QCOMPARE(::stat((folder.path() + "/a/b/stickiness.key").c_str(), &status), 0);
        QCOMPARE(status.st_mode & 07777U, 0600U);
        QCOMPARE(::stat((folder.path() + "/a/b").c_str(), &status), 0);
        QCOMPARE(status.st_mode & 07777U, 0700U);
    }

    void enginesThatStartAtOnceAgree()
    {
        for (int round = 0; round < 20; ++round) {
            const Folder folder;
            std::array<std::array<std::uint8_t, 32>, 4> keys{};
            std::vector<std::thread> engines;
            for (auto& key : keys) {
                engines.emplace_back([&key, &folder] {
                    if (auto loaded = loadStickinessKey(folder.path()); loaded.ok())
                        key = loaded.value().bytes();
                });
            }
            for (std::thread& engine : engines)
                engine.join();
            QVERIFY(keys[0] != (std::array<std::uint8_t, 32>{}));
            QCOMPARE((std::set<std::array<std::uint8_t, 32>>(keys.begin(), keys.end()).size()),
                     std::size_t{1});
            QCOMPARE(QDir(folder.directory.path()).entryList(QDir::Files | QDir::Hidden).size(), 1);
        }
    }

    void aFileThatOthersMayReadIsRefused()
    {
        for (const mode_t mode : {0644U, 0640U, 0604U, 0620U, 0660U}) {
            const Folder folder;
            folder.write(QByteArray(32, 'k'), mode);
            const auto key = loadStickinessKey(folder.path());
            QVERIFY(!key.ok());
            QVERIFY(key.error().code == ErrorCode::Refused);
            QVERIFY2(QByteArray::fromStdString(key.error().detail)
                         .contains("(mode 0" + QByteArray::number(mode, 8) + ")"),
                     key.error().detail.c_str());
            QVERIFY(key.error().hint.starts_with("chmod 600 " + folder.key()));
            QFile file(QString::fromStdString(folder.key()));
            QVERIFY(file.open(QIODevice::ReadOnly));
            QCOMPARE(file.readAll(), QByteArray(32, 'k')); // and left as it was
        }
        const Folder folder;
        folder.write(QByteArray(32, 'k'), 0400);
        QVERIFY(loadStickinessKey(folder.path()).ok());
    }

    void whatIsNoKeyIsRefusedInWords()
    {
        for (const int size : {0, 31, 33}) {
            const Folder folder;
            folder.write(QByteArray(size, 'k'), 0600);
            const auto key = loadStickinessKey(folder.path());
            QVERIFY(!key.ok());
            QCOMPARE(key.error().detail, folder.key() + " is no key: it has " +
                                             std::to_string(size) + " bytes, a key has 32");
        }
        const Folder linked;
        QCOMPARE(::symlink("/dev/zero", linked.key().c_str()), 0);
        QCOMPARE(loadStickinessKey(linked.path()).error().detail,
                 linked.key() + " is a symbolic link");
        const Folder pipe;
        QCOMPARE(::mkfifo(pipe.key().c_str(), 0600), 0);
        QCOMPARE(loadStickinessKey(pipe.path()).error().detail, pipe.key() + " is no regular file");
    }

    void aDirectoryThatCannotBeMadeIsToldWithItsReason()
    {
        const Folder folder;
        folder.write(QByteArray(32, 'k'), 0600);
        const auto key = loadStickinessKey(folder.key() + "/state");
        QVERIFY(!key.ok());
        QVERIFY(key.error().code == ErrorCode::Io);
        QVERIFY2(key.error().detail.ends_with("Not a directory"), key.error().detail.c_str());
    }
};

STEELYARD_TEST(StickinessKeyTest)
#include "stickiness_key_test.moc"
