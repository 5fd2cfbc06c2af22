/// The gate for other languages: every text is made a third longer and marked, as by a translation;
/// then no button, label or heading may cut its text, and no text may be there that tr() has not
/// seen. ctest runs it at scale factor 2 as well.

#include "app/main_window.h"
#include "app/theme.h"
#include "fake_session.h"
#include "pages/servers_page.h"
#include "support/test_main.h"

#include <QAbstractButton>
#include <QAccessible>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QRegularExpression>
#include <QSet>
#include <QTest>
#include <QTranslator>
#include <QTreeView>

using namespace steelyard;
using namespace steelyard::gui;

namespace {

constexpr QChar kMark = u'\u00BB'; // », which no text of ours has

/// "Drain" becomes "»Drain~": placeholders, mnemonics and line ends stay.
class Longer : public QTranslator
{
public:
    [[nodiscard]] bool isEmpty() const override { return false; }

    [[nodiscard]] QString translate(const char*, const char* source, const char*,
                                    int) const override
    {
        static const QRegularExpression kPlaces(QStringLiteral("%[1-9n]"));
        static const QRegularExpression kLetter(QStringLiteral("\\p{L}"));
        const QString text = QString::fromUtf8(source);
        if (!QString(text).remove(kPlaces).contains(kLetter))
            return text; // a pattern of figures
        const auto more = std::max<qsizetype>(1, text.size() / 3);
        return kMark + text + QString(more, u'~');
    }
};

/// May cut and says so: what is elided on purpose, or scrolls.
bool mayCut(const QWidget* widget)
{
    return widget->objectName().startsWith(QLatin1String("qt_"));
}

} // namespace

class PseudoLocaleTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void init();
    void cleanup();
    void noTextOfTheWindowIsCut();
    void noHeadingIsCut();
    void noTextOfADialogIsCut_data();
    void noTextOfADialogIsCut();
    void everyTextCanBeTranslated();
    void dialogsHaveNamesAndTabOrder_data();
    void dialogsHaveNamesAndTabOrder();

private:
    static void dialogIds();
    static QStringList cutTexts(const QWidget& root);
    static bool isCut(const QWidget& widget, QString* text);
    QDialog* open(const QString& id);

    std::unique_ptr<Longer> m_longer;
    std::unique_ptr<test::FakeSession> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void PseudoLocaleTest::initTestCase()
{
    m_longer = std::make_unique<Longer>();
    QVERIFY(QCoreApplication::installTranslator(m_longer.get()));
}

void PseudoLocaleTest::cleanupTestCase()
{
    QCoreApplication::removeTranslator(m_longer.get());
}

void PseudoLocaleTest::init()
{
    m_session = std::make_unique<test::FakeSession>();
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->resize(1366, 768);
    m_window->show();
    m_session->openFile(QStringLiteral("shop.yaml"));
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    m_window->actionRegistry().action(QStringLiteral("inspector"))->trigger();
    m_window->serversPage()->select(QStringLiteral("shop/a"));
    m_session->engine().advance(8);
    m_window->feed().tick();
}

void PseudoLocaleTest::cleanup()
{
    m_window.reset();
    m_session.reset();
}

bool PseudoLocaleTest::isCut(const QWidget& widget, QString* text)
{
    if (const auto* label = qobject_cast<const QLabel*>(&widget)) {
        *text = label->text();
        if (label->wordWrap())
            return label->height() < label->heightForWidth(label->width());
        return label->width() < label->sizeHint().width() ||
               label->height() < label->minimumSizeHint().height();
    }
    if (const auto* button = qobject_cast<const QAbstractButton*>(&widget)) {
        *text = button->text();
        return !text->isEmpty() && button->width() < button->sizeHint().width() - 1;
    }
    if (const auto* box = qobject_cast<const QComboBox*>(&widget)) {
        *text = box->currentText();
        return box->width() < box->sizeHint().width();
    }
    return false;
}

QStringList PseudoLocaleTest::cutTexts(const QWidget& root)
{
    QStringList cut;
    for (const auto* widget : root.findChildren<QWidget*>()) {
        QString text;
        if (widget->isVisible() && widget->window() == root.window() && !mayCut(widget) &&
            isCut(*widget, &text))
            cut << widget->objectName() + QStringLiteral(": ") + text;
    }
    return cut;
}

void PseudoLocaleTest::noTextOfTheWindowIsCut()
{
    for (const QString& page : m_window->pageNames()) {
        m_window->showPage(page);
        QApplication::processEvents();
        m_window->showSample(page);
        QApplication::processEvents();
        if (page == QLatin1String("config")) // what differs is worked out off the GUI thread
            QTRY_VERIFY(!m_window->findChild<QLabel*>(QStringLiteral("config-diff-title"))
                             ->text()
                             .isEmpty());
        // A layout takes a new text's height in a later turn of the loop.
        QTRY_VERIFY2(cutTexts(*m_window).isEmpty(),
                     qPrintable(page + u'\n' + cutTexts(*m_window).join(u'\n')));
    }
}

void PseudoLocaleTest::noHeadingIsCut()
{
    const QTreeView* view = m_window->serversPage()->view();
    const QHeaderView* header = view->header();
    for (int column = 0; column < view->model()->columnCount(); ++column) {
        if (view->isColumnHidden(column) || column == view->model()->columnCount() - 1)
            continue; // the last one takes what is left
        const QString title = view->model()->headerData(column, Qt::Horizontal).toString();
        QVERIFY(title.startsWith(kMark));
        QVERIFY2(header->sectionSize(column) >= header->fontMetrics().horizontalAdvance(title),
                 qPrintable(title));
    }
}

void PseudoLocaleTest::dialogIds()
{
    QTest::addColumn<QString>("id");
    for (const char* id : {"add-server", "edit-server", "paste-servers", "add-pool", "new-balancer",
                           "palette", "shortcuts", "preferences", "engine-details"})
        QTest::newRow(id) << QString(QLatin1String(id));
}

QDialog* PseudoLocaleTest::open(const QString& id)
{
    QApplication::clipboard()->setText(QStringLiteral("10.0.0.1:80\nserver 10.0.0.2:80 weight=5;"));
    m_window->actionRegistry().action(id)->trigger();
    QApplication::processEvents();
    for (auto* dialog : m_window->findChildren<QDialog*>()) {
        if (dialog->isVisible())
            return dialog;
    }
    return nullptr;
}

void PseudoLocaleTest::noTextOfADialogIsCut_data()
{
    dialogIds();
}

void PseudoLocaleTest::noTextOfADialogIsCut()
{
    QFETCH(QString, id);
    const QDialog* dialog = open(id);
    QVERIFY(dialog != nullptr);
    QVERIFY(dialog->windowTitle().startsWith(kMark));
    const QStringList cut = cutTexts(*dialog);
    QVERIFY2(cut.isEmpty(), qPrintable(cut.join(u'\n')));
    QVERIFY2(dialog->width() <= 1366 && dialog->height() <= 768, "larger than a small screen");
}

void PseudoLocaleTest::everyTextCanBeTranslated()
{
    // What the operator's own data says (names, addresses, figures) is no text of ours.
    for (const QAction* action : m_window->menuBar()->actions()) {
        QVERIFY2(action->text().startsWith(kMark), qPrintable(action->text()));
        for (const QAction* each : action->menu()->actions())
            QVERIFY2(each->isSeparator() || each->text().startsWith(kMark),
                     qPrintable(each->text()));
    }
    for (const ActionSpec& spec : m_window->actionRegistry().specs())
        QVERIFY2(spec.tip.startsWith(kMark), qPrintable(spec.tip));
    for (const QString& page : m_window->pageNames()) {
        m_window->showPage(page);
        QApplication::processEvents();
        for (const auto* button : m_window->findChildren<QAbstractButton*>()) {
            const QString& text = button->text();
            const bool isFile = text.endsWith(QLatin1String(".yaml")); // a recent one
            QVERIFY2(text.isEmpty() || text.contains(kMark) || mayCut(button) || isFile,
                     qPrintable(text));
        }
        for (const auto* field : m_window->findChildren<QLineEdit*>()) {
            const QString text = field->placeholderText();
            const bool isExample = text.contains(u'/') || text.contains(u'.'); // of an address
            QVERIFY2(text.isEmpty() || text.contains(kMark) || isExample, qPrintable(text));
        }
    }
}

void PseudoLocaleTest::dialogsHaveNamesAndTabOrder_data()
{
    dialogIds();
}

void PseudoLocaleTest::dialogsHaveNamesAndTabOrder()
{
    QFETCH(QString, id);
    const QDialog* dialog = open(id);
    QVERIFY(dialog != nullptr);
    QSet<QWidget*> wanted;
    for (auto* widget : dialog->findChildren<QWidget*>()) {
        if (!widget->isVisible() || !widget->isEnabled() || mayCut(widget) ||
            !(widget->focusPolicy() & Qt::TabFocus) || widget->focusProxy() != nullptr)
            continue;
        QVERIFY2(!widget->objectName().isEmpty(), widget->metaObject()->className());
        QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
        QVERIFY2(interface != nullptr && !interface->text(QAccessible::Name).isEmpty(),
                 qPrintable(widget->objectName()));
        wanted.insert(widget);
    }
    QVERIFY(!wanted.isEmpty());
    QTRY_VERIFY(QApplication::focusWidget() != nullptr &&
                QApplication::focusWidget()->window() == dialog);
    QSet<QWidget*> reached;
    for (int i = 0; i < 60; ++i) {
        reached.insert(QApplication::focusWidget());
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    }
    for (QWidget* widget : wanted)
        QVERIFY2(reached.contains(widget), qPrintable(widget->objectName()));
}

STEELYARD_TEST(PseudoLocaleTest)
#include "pseudo_locale_test.moc"
