/// The page Config: marks while one types, differences, apply and save, following what runs, and
/// the watched file. What was typed is never lost.

#include "app/main_window.h"
#include "app/theme.h"
#include "fake_session.h"
#include "pages/config_page.h"
#include "support/test_main.h"
#include "widgets/banner.h"
#include "widgets/code_editor.h"
#include "widgets/diff_view.h"
#include "widgets/notice_bar.h"

#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QSaveFile>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBlock>
#include <QTextLayout>
#include <QToolButton>

#include <algorithm>

using namespace steelyard;
using namespace steelyard::gui;

class ConfigTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void mistakesAreMarkedAndListed();
    void appliesWhatTheDifferencesShow();
    void refusedTextStaysAndSaysWhy();
    void saveAppliesFirst();
    void followsWhatRunsUntilSomebodyTypes();
    void discardedEditsComeBackByUndo();
    void changedFileIsToldAndReloaded();
    void changedFileIsKeptOut();
    void lineEndsAndHardBlanksStay();
    void wordsHaveTheirColours();
    void returnKeepsTheIndentation();
    void findGoesRound();
    void closingAsksForTheEdits();

private:
    void open(const QString& path = {});
    void writeByRename(const QString& text) const;
    [[nodiscard]] static QString fileText(const QString& path);
    void replace(const QString& before, const QString& after);
    [[nodiscard]] const engine::Command* lastOf(const QString& name) const;
    [[nodiscard]] int countOf(const QString& name) const;

    [[nodiscard]] CodeEditor* editor() const { return m_window->configPage()->editor(); }

    [[nodiscard]] QString summary() const
    {
        return m_window->findChild<QLabel*>(QStringLiteral("config-summary"))->text();
    }

    [[nodiscard]] QString diff() const
    {
        return m_window->findChild<DiffView*>(QStringLiteral("config-diff"))->toPlainText();
    }

    [[nodiscard]] QListWidget* problems() const
    {
        return m_window->findChild<QListWidget*>(QStringLiteral("config-problems"));
    }

    [[nodiscard]] NoticeBar* notice() const
    {
        return m_window->findChild<NoticeBar*>(QStringLiteral("config-notice"));
    }

    void trigger(const char* id) const
    {
        m_window->actionRegistry().action(QLatin1String(id))->trigger();
    }

    void tick()
    {
        m_session->engine().advance();
        m_window->feed().tick();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<test::FakeSession> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void ConfigTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_session = std::make_unique<test::FakeSession>();
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->resize(1366, 768);
    m_window->show();
}

void ConfigTest::cleanup()
{
    m_window.reset();
    m_session.reset();
    m_folder.reset();
}

/// With a file where `path` is given.
void ConfigTest::open(const QString& path)
{
    m_session->openFile(QStringLiteral("shop.yaml"));
    if (!path.isEmpty()) {
        m_session->engine().state().configPath = path.toStdString();
        ++m_session->engine().state().configVersion;
    }
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    m_window->showPage(QStringLiteral("config"));
    tick();
    QTRY_VERIFY(editor()->text().contains(QLatin1String("algorithm: least-connections")));
    editor()->setFocus();
}

void ConfigTest::writeByRename(const QString& text) const
{
    QSaveFile file(m_folder->filePath(QStringLiteral("shop.yaml")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text.toUtf8());
    QVERIFY(file.commit());
}

QString ConfigTest::fileText(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// As somebody who types: the first place of `before`.
void ConfigTest::replace(const QString& before, const QString& after)
{
    editor()->moveCursor(QTextCursor::Start);
    QVERIFY(editor()->findNext(before));
    QTest::keyClicks(editor(), after);
}

const engine::Command* ConfigTest::lastOf(const QString& name) const
{
    const auto& all = m_session->engine().received;
    for (auto at = all.crbegin(); at != all.crend(); ++at) {
        if (at->name == name)
            return &*at;
    }
    return nullptr;
}

int ConfigTest::countOf(const QString& name) const
{
    const auto& all = m_session->engine().received;
    return static_cast<int>(std::count_if(
        all.begin(), all.end(), [&](const engine::Command& each) { return each.name == name; }));
}

void ConfigTest::mistakesAreMarkedAndListed()
{
    open();
    QTRY_COMPARE(summary(), QStringLiteral("This is what runs, and what shop.yaml says."));
    QVERIFY(problems()->isHidden());
    replace(QStringLiteral("algorithm"), QStringLiteral("algoritm"));
    const int line = editor()->textCursor().blockNumber() + 1;
    QTRY_COMPARE(problems()->count(), 1);
    QVERIFY(problems()->item(0)->text().startsWith(QStringLiteral("%1:5").arg(line)));
    QVERIFY(problems()->item(0)->text().contains(QLatin1String("did you mean 'algorithm'?")));
    QVERIFY(editor()->wordsAt(line).contains(QLatin1String("unknown key 'algoritm'")));
    QVERIFY(editor()->wordsAt(line + 1).isEmpty());
    QVERIFY(summary().contains(QLatin1String("cannot run like this")));
    QVERIFY(!m_window->actionRegistry().action(QStringLiteral("apply-config"))->isEnabled());
    QVERIFY(m_window->actionRegistry()
                .obstacle(QStringLiteral("apply-config"))
                .contains(QLatin1String("mend")));
    // A wavy line under the word.
    bool underlined = false;
    for (const QTextEdit::ExtraSelection& each : editor()->extraSelections())
        underlined = underlined || each.cursor.selectedText() == QLatin1String("algoritm:");
    QVERIFY(underlined);

    editor()->moveCursor(QTextCursor::Start);
    QTest::keyClick(editor(), Qt::Key_F8);
    QCOMPARE(editor()->textCursor().blockNumber() + 1, line);
    QCOMPARE(editor()->textCursor().positionInBlock(), 4);
    editor()->moveCursor(QTextCursor::Start);
    problems()->setFocus();
    QTest::keyClick(problems(), Qt::Key_Return);
    QCOMPARE(editor()->textCursor().blockNumber() + 1, line);
    QVERIFY(editor()->hasFocus());

    replace(QStringLiteral("algoritm"), QStringLiteral("algorithm"));
    QTRY_COMPARE(problems()->count(), 0);
    QTRY_COMPARE(summary(), QStringLiteral("This is what runs, and what shop.yaml says."));
}

void ConfigTest::appliesWhatTheDifferencesShow()
{
    open();
    const QString before = editor()->text();
    replace(QStringLiteral("least-connections"), QStringLiteral("random"));
    QTRY_VERIFY(diff().contains(QLatin1String("+     algorithm: random")));
    QVERIFY(diff().contains(QStringLiteral("\u2212     algorithm: least-connections")));
    QCOMPARE(summary(), QStringLiteral("Edited, not applied yet."));
    const QString text = editor()->text();
    QTest::keyClick(editor(), Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_COMPARE(m_window->banner()->text(), QStringLiteral("Applied the configuration."));
    QCOMPARE(lastOf(QStringLiteral("apply"))->arguments.value(QLatin1String("text")).toString(),
             text);
    tick();
    QTRY_VERIFY(diff().isEmpty());
    QVERIFY(!m_window->configPage()->hasEdits());
    // Undone like any other action, and the page follows.
    m_window->hand().undo();
    QTRY_COMPARE(lastOf(QStringLiteral("apply"))->arguments.value(QLatin1String("text")).toString(),
                 before);
    tick();
    QTRY_COMPARE(editor()->text(), before);
}

void ConfigTest::refusedTextStaysAndSaysWhy()
{
    open();
    m_session->engine().refusal = QStringLiteral("cannot bind 127.0.0.1:8080: in use");
    replace(QStringLiteral("8080"), QStringLiteral("8081"));
    const QString mine = editor()->text();
    trigger("apply-config");
    QTRY_COMPARE(m_window->banner()->text(),
                 QStringLiteral("cannot bind 127.0.0.1:8080: in use. mend it"));
    tick();
    QCOMPARE(editor()->text(), mine);
    QTRY_VERIFY(!diff().isEmpty());
    QVERIFY(!m_window->hand().undoStack().canUndo());
}

void ConfigTest::saveAppliesFirst()
{
    const QString path = m_folder->filePath(QStringLiteral("shop.yaml"));
    writeByRename(QStringLiteral("x"));
    m_session->owns = false; // the file is the other engine's
    open(path);
    replace(QStringLiteral("least-connections"), QStringLiteral("maglev"));
    QTest::keyClick(editor(), Qt::Key_S, Qt::ControlModifier);
    QTRY_COMPARE(countOf(QStringLiteral("save")), 1);
    QCOMPARE(countOf(QStringLiteral("apply")), 1);
    QVERIFY(lastOf(QStringLiteral("apply")) < lastOf(QStringLiteral("save")));
    // What cannot run is not written.
    tick();
    replace(QStringLiteral("maglev"), QStringLiteral("nothing"));
    QTRY_VERIFY(summary().contains(QLatin1String("cannot run")));
    trigger("save");
    QVERIFY(m_window->banner()->text().startsWith(QLatin1String("Not saved: mend ")));
    QCOMPARE(countOf(QStringLiteral("save")), 1);
}

void ConfigTest::followsWhatRunsUntilSomebodyTypes()
{
    open();
    m_window->hand().drain({QStringLiteral("shop/b")});
    QTRY_VERIFY(m_session->engine().server(QStringLiteral("shop/b"))->admin ==
                AdminState::Draining);
    tick();
    QTRY_VERIFY(editor()->text().contains(QLatin1String("state: draining")));
    QVERIFY(!m_window->configPage()->hasEdits());

    replace(QStringLiteral("# The shop"), QStringLiteral("# Mine"));
    const QString mine = editor()->text();
    m_window->hand().putBack({QStringLiteral("shop/b")});
    QTRY_VERIFY(m_session->engine().server(QStringLiteral("shop/b"))->admin == AdminState::Ready);
    tick();
    QTRY_VERIFY(summary().contains(QLatin1String("What runs was changed since you began")));
    QCOMPARE(editor()->text(), mine);
    QTRY_VERIFY(diff().contains(QLatin1String("state: draining")));
    // Stopping and starting do not lose it either.
    m_session->restart();
    tick();
    QTRY_VERIFY(diff().contains(QLatin1String("Mine")));
    QCOMPARE(editor()->text(), mine);
}

void ConfigTest::discardedEditsComeBackByUndo()
{
    open();
    const QString before = editor()->text();
    replace(QStringLiteral("weight: 100"), QStringLiteral("weight: 7"));
    const QString mine = editor()->text();
    QVERIFY(mine != before);
    QTest::keyClick(editor(), Qt::Key_X, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(editor()->text(), before);
    QVERIFY(!m_window->configPage()->hasEdits());
    QTest::keyClick(editor(), Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(editor()->text(), mine);
    QTRY_VERIFY(m_window->configPage()->hasEdits());
}

void ConfigTest::changedFileIsToldAndReloaded()
{
    const QString path = m_folder->filePath(QStringLiteral("shop.yaml"));
    m_session->owns = false;
    writeByRename(QStringLiteral("placeholder\n"));
    open(path);
    m_session->engine().fileText = editor()->text();
    writeByRename(editor()->text());
    QTRY_COMPARE(notice()->text(), QString());
    replace(QStringLiteral("# The shop"), QStringLiteral("# Mine"));
    const QString mine = editor()->text();
    // Twice, by renaming: the watch must be taken up again.
    for (const char* weight : {"weight: 11", "weight: 12"}) {
        QString other = m_session->engine().fileText;
        other.replace(QLatin1String("weight: 100"), QLatin1String(weight));
        writeByRename(other);
        QTRY_VERIFY(notice()->text().startsWith(
            QLatin1String("shop.yaml was changed by another program.")));
        QCOMPARE(editor()->text(), mine);
        QTest::mouseClick(notice()->findChild<QPushButton*>(QStringLiteral("config-notice-first")),
                          Qt::LeftButton);
        QVERIFY(lastOf(QStringLiteral("reload")) != nullptr);
        QVERIFY(editor()->text().contains(QLatin1String(weight)));
        // As it was before, to begin again.
        QTest::keyClick(editor(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(editor()->text(), mine);
    }
}

void ConfigTest::changedFileIsKeptOut()
{
    const QString path = m_folder->filePath(QStringLiteral("shop.yaml"));
    m_session->owns = false;
    writeByRename(QStringLiteral("placeholder\n"));
    open(path);
    m_session->engine().fileText = editor()->text();
    writeByRename(editor()->text());
    QTRY_VERIFY(notice()->isHidden());
    m_window->showPage(QStringLiteral("servers"));
    writeByRename(QStringLiteral("version: 1\n"));
    QTRY_VERIFY(m_window->banner()->text().contains(QLatin1String("changed by another program")));
    m_window->showPage(QStringLiteral("config"));
    const QString mine = editor()->text();
    QTest::mouseClick(notice()->findChild<QPushButton*>(QStringLiteral("config-notice-second")),
                      Qt::LeftButton);
    QVERIFY(notice()->isHidden());
    m_window->hand().drain({QStringLiteral("shop/b")}); // asks the engine anew
    QTRY_VERIFY(m_session->engine().server(QStringLiteral("shop/b"))->admin ==
                AdminState::Draining);
    tick();
    QTRY_VERIFY(editor()->text().contains(QLatin1String("state: draining")));
    QVERIFY(notice()->isHidden());
    QCOMPARE(countOf(QStringLiteral("reload")), 0);
    QCOMPARE(fileText(path), QStringLiteral("version: 1\n"));
}

void ConfigTest::lineEndsAndHardBlanksStay()
{
    open();
    QString text = editor()->text();
    text.replace(QLatin1String("# a long one"), QStringLiteral("# a\u00A0long one"));
    text.replace(QLatin1String("\n"), QLatin1String("\r\n"));
    m_session->engine().applied = text;
    ++m_session->engine().state().configVersion;
    tick();
    QTRY_VERIFY(editor()->text().contains(u'\u00A0'));
    QVERIFY(!editor()->text().contains(u'\r'));
    QVERIFY(!m_window->configPage()->hasEdits());
    replace(QStringLiteral("weight: 100"), QStringLiteral("weight: 3"));
    trigger("apply-config");
    QTRY_VERIFY(lastOf(QStringLiteral("apply")) != nullptr);
    const qsizetype at = text.indexOf(QLatin1String("weight: 100"));
    text.replace(at, 11, QStringLiteral("weight: 3"));
    QCOMPARE(lastOf(QStringLiteral("apply"))->arguments.value(QLatin1String("text")).toString(),
             text);
}

void ConfigTest::wordsHaveTheirColours()
{
    open();
    const auto colourAt = [this](const QString& word, qsizetype offset = 0) {
        const QTextCursor found = editor()->document()->find(word);
        const QTextBlock block = found.block();
        const int at = found.selectionStart() - block.position() + static_cast<int>(offset);
        for (const QTextLayout::FormatRange& range : block.layout()->formats()) {
            if (at >= range.start && at < range.start + range.length)
                return range.format.foreground().color();
        }
        return theme().text;
    };
    for (const char* name : {"light", "dark", "high-contrast"}) {
        trigger(qPrintable(QStringLiteral("theme-") + QLatin1String(name)));
        QApplication::processEvents();
        QCOMPARE(colourAt(QStringLiteral("algorithm")), theme().accent);
        QCOMPARE(colourAt(QStringLiteral("# The shop")), theme().muted);
        QCOMPARE(colourAt(QStringLiteral("\"/shop\"")), theme().series[1]);
        QCOMPARE(colourAt(QStringLiteral("weight: 100"), 8), theme().series[3]);
        QCOMPARE(colourAt(QStringLiteral("timeout: 30s"), 9), theme().series[3]);
        QCOMPARE(colourAt(QStringLiteral("# a long one")), theme().muted);
        QCOMPARE(colourAt(QStringLiteral("least-connections")), theme().text);
        QCOMPARE(colourAt(QStringLiteral("bind: 127.0.0.1:8080"), 6), theme().text);
    }
    trigger("theme-light");
}

void ConfigTest::returnKeepsTheIndentation()
{
    open();
    QVERIFY(editor()->findNext(QStringLiteral("algorithm: least-connections")));
    QTest::keyClick(editor(), Qt::Key_End);
    QTest::keyClick(editor(), Qt::Key_Return);
    QTest::keyClicks(editor(), QStringLiteral("when_all_down: fail-open"));
    QCOMPARE(editor()->textCursor().block().text(), QStringLiteral("    when_all_down: fail-open"));
    QTRY_VERIFY(diff().contains(QLatin1String("+     when_all_down: fail-open")));
    QCOMPARE(problems()->count(), 0);
}

void ConfigTest::findGoesRound()
{
    open();
    QTest::keyClick(editor(), Qt::Key_F, Qt::ControlModifier);
    auto* find = m_window->findChild<QLineEdit*>(QStringLiteral("config-find"));
    QVERIFY(find->hasFocus());
    QTest::keyClicks(find, QStringLiteral("drain:"));
    QSet<int> lines;
    for (int i = 0; i < 4; ++i) {
        QTest::keyClick(find, Qt::Key_Return);
        lines << editor()->textCursor().blockNumber();
    }
    QCOMPARE(lines.size(), 2); // one in each pool
    find->setText(QStringLiteral("nowhere at all"));
    QTest::keyClick(find, Qt::Key_Return);
    QCOMPARE(find->palette().color(QPalette::Text), theme().danger);
}

void ConfigTest::closingAsksForTheEdits()
{
    m_session->owns = false;
    open();
    replace(QStringLiteral("weight: 100"), QStringLiteral("weight: 7"));
    m_window->close();
    auto* question = m_window->findChild<QMessageBox*>(QStringLiteral("question"));
    QVERIFY(question != nullptr);
    QVERIFY(question->text().contains(QLatin1String("page Config")));
    QVERIFY(m_window->isVisible());
    QTest::mouseClick(question->findChild<QPushButton*>(QStringLiteral("question-verb")),
                      Qt::LeftButton);
    QTRY_VERIFY(!m_window->isVisible());
}

STEELYARD_TEST(ConfigTest)
#include "config_test.moc"
