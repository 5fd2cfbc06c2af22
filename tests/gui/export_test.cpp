/// The export dialog: target, preview, notes by line, the checker's verdict, copy and save.

#include "app/main_window.h"
#include "dialogs/export_dialog.h"
#include "fake_config.h"
#include "fake_session.h"
#include "interop/export.h"
#include "models/export_notes_model.h"
#include "support/test_main.h"
#include "widgets/banner.h"
#include "widgets/code_editor.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

using namespace steelyard;
using namespace steelyard::gui;

class ExportTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void writesEveryTarget();
    void notesTellTheLineThatRuns();
    void checkerAccepts();
    void checkerRefuses();
    void checkerIsNotInstalled();
    void aNewTargetEndsTheCheckBefore();
    void copyAndSave();
    void actionExportsWhatRuns();

private:
    /// A program that takes the place of a checker.
    void install(const QString& name, const QByteArray& script) const;
    [[nodiscard]] std::unique_ptr<ExportDialog> makeDialog() const;
    [[nodiscard]] QString running() const;

    static QString verdict(const ExportDialog& dialog)
    {
        return dialog.findChild<QLabel*>(QStringLiteral("export-verdict"))->text();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QString ExportTest::running() const
{
    test::FakeEngineClient engine;
    engine.server(QStringLiteral("shop/b"))->admin = AdminState::Draining;
    engine.server(QStringLiteral("shop/c"))->weight = 37;
    return test::fakeConfig(engine.state());
}

void ExportTest::install(const QString& name, const QByteArray& script) const
{
    QFile file(m_folder->filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("#!/bin/sh\n" + script);
    file.setPermissions(QFile::ReadOwner | QFile::ExeOwner | QFile::WriteOwner);
}

std::unique_ptr<ExportDialog> ExportTest::makeDialog() const
{
    auto dialog = std::make_unique<ExportDialog>(running(), QStringLiteral("."), nullptr,
                                                 QStringList{m_folder->path()});
    dialog->show();
    return dialog;
}

void ExportTest::writesEveryTarget()
{
    const auto dialog = makeDialog();
    auto* preview = dialog->findChild<CodeEditor*>(QStringLiteral("export-preview"));
    auto* target = dialog->findChild<QComboBox*>(QStringLiteral("export-target"));
    QCOMPARE(target->count(), static_cast<int>(interop::exportTargets().size()));
    QVERIFY(dialog->text().contains(QLatin1String("balance leastconn")));
    QVERIFY(dialog->text().contains(QLatin1String("weight 37")));
    QCOMPARE(preview->text(), dialog->text());
    dialog->choose(QStringLiteral("nginx"));
    QVERIFY(preview->text().contains(QLatin1String("least_conn;")));
    dialog->choose(QStringLiteral("yaml"));
    QVERIFY(preview->text().contains(QLatin1String("state: draining")));
    QCOMPARE(verdict(*dialog), QStringLiteral("Not checked: steelyardd is not installed here."));
}

void ExportTest::notesTellTheLineThatRuns()
{
    const auto dialog = makeDialog();
    auto* table = dialog->findChild<QTableView*>(QStringLiteral("export-notes"));
    auto* model = qobject_cast<ExportNotesModel*>(table->model());
    const QAbstractItemModelTester tester(model);
    auto* exactToo = dialog->findChild<QCheckBox*>(QStringLiteral("export-exact-too"));
    const int losses = model->rowCount();
    exactToo->click();
    QVERIFY(model->rowCount() > losses);
    const QStringList lines = running().split(u'\n');
    bool algorithm = false;
    bool weight = false;
    for (int row = 0; row < model->rowCount(); ++row) {
        const QString key = model->index(row, ExportNotesModel::Key).data().toString();
        const int line = model->lineOf(row);
        if (key.endsWith(QLatin1String("pools/shop/algorithm"))) {
            algorithm = true;
            QCOMPARE(lines.value(line - 1), QStringLiteral("    algorithm: least-connections"));
            QCOMPARE(model->index(row, ExportNotesModel::Outcome).data().toString(),
                     QStringLiteral("exact"));
        }
        if (key == QLatin1String("pools/shop/backends/c/weight")) {
            weight = true;
            QVERIFY(lines.value(line - 1).contains(QLatin1String("name: c,")));
            QVERIFY(lines.value(line - 1).contains(QLatin1String("weight: 37")));
            table->selectRow(row);
            table->setFocus();
            QTest::keyClick(table, Qt::Key_Return);
            auto* source = dialog->findChild<CodeEditor*>(QStringLiteral("export-source"));
            auto* tabs = dialog->findChild<QTabWidget*>(QStringLiteral("export-tabs"));
            QCOMPARE(tabs->currentWidget(), source);
            QVERIFY(source->textCursor().selectedText().contains(QLatin1String("weight: 37")));
        }
    }
    QVERIFY(algorithm && weight);
}

void ExportTest::checkerAccepts()
{
    // It gets the very text, as a file.
    install(QStringLiteral("haproxy"),
            "cp \"$3\" '" + m_folder->filePath(QStringLiteral("seen")).toUtf8() + "'\nexit 0\n");
    const auto dialog = makeDialog();
    QTRY_COMPARE(verdict(*dialog), QStringLiteral("✓ haproxy -c accepts it."));
    QFile seen(m_folder->filePath(QStringLiteral("seen")));
    QVERIFY(seen.open(QIODevice::ReadOnly));
    QCOMPARE(QString::fromUtf8(seen.readAll()), dialog->text());
}

void ExportTest::checkerRefuses()
{
    install(QStringLiteral("nginx"), "echo 'emerg: no such word in nginx.conf:3' >&2\nexit 1\n");
    const auto dialog = makeDialog();
    dialog->choose(QStringLiteral("nginx"));
    QTRY_COMPARE(verdict(*dialog),
                 QStringLiteral("✗ nginx -t refuses it: emerg: no such word in nginx.conf:3"));
}

void ExportTest::checkerIsNotInstalled()
{
    const auto dialog = makeDialog();
    QCOMPARE(verdict(*dialog), QStringLiteral("Not checked: haproxy is not installed here."));
}

void ExportTest::aNewTargetEndsTheCheckBefore()
{
    install(QStringLiteral("haproxy"), "exec tail -f /dev/null\n");
    const auto dialog = makeDialog();
    QCOMPARE(verdict(*dialog), QStringLiteral("Being checked…"));
    dialog->choose(QStringLiteral("yaml"));
    QCOMPARE(verdict(*dialog), QStringLiteral("Not checked: steelyardd is not installed here."));
}

void ExportTest::copyAndSave()
{
    QFileDialog probe; // Qt's own dialog below: offscreen has none of the platform's
    Q_UNUSED(probe)
    const auto dialog = makeDialog();
    QSignalSpy told(dialog.get(), &ExportDialog::told);
    QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("export-copy")),
                      Qt::LeftButton);
    QCOMPARE(QApplication::clipboard()->text(), dialog->text());
    QCOMPARE(told.size(), 1);
    QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("export-save")),
                      Qt::LeftButton);
    auto* files = dialog->findChild<QFileDialog*>(QStringLiteral("export-save-dialog"));
    QVERIFY(files != nullptr);
    const QString path = m_folder->filePath(QStringLiteral("out.cfg"));
    auto* name = files->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
    QCOMPARE(name->text(), QStringLiteral("haproxy.cfg"));
    name->setText(path);
    QTest::keyClick(name, Qt::Key_Return);
    QTRY_COMPARE(told.size(), 2);
    QCOMPARE(told.last().at(1).toString(), QStringLiteral("Exported to %1").arg(path));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(QString::fromUtf8(file.readAll()), dialog->text());
    QVERIFY(!dialog->isVisible());
}

void ExportTest::actionExportsWhatRuns()
{
    test::FakeSession session;
    MainWindow window(session);
    window.show();
    session.openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(&window));
    session.engine().server(QStringLiteral("shop/a"))->weight = 41;
    QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
    ExportDialog* dialog = nullptr;
    QTRY_VERIFY((dialog = window.findChild<ExportDialog*>()) != nullptr);
    QVERIFY(dialog->text().contains(QLatin1String("weight 41")));
    QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("export-copy")),
                      Qt::LeftButton);
    QCOMPARE(window.banner()->text(), QStringLiteral("Copied the export."));
    dialog->reject();
}

STEELYARD_TEST(ExportTest)
#include "export_test.moc"
