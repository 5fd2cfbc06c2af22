/// Runs the console's test classes in one QApplication, with settings of their own.

#include "app/theme.h"
#include "support/test_main.h"

#include <QApplication>
#include <QDir>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include <vector>

namespace {

struct Entry
{
    QLatin1String name;
    steelyard::test::Factory factory;
};

std::vector<Entry>& entries()
{
    static std::vector<Entry> all;
    return all;
}

} // namespace

bool steelyard::test::registerTest(const char* name, Factory factory)
{
    entries().push_back({QLatin1String(name), std::move(factory)});
    return true;
}

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    const QTemporaryDir home;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, home.path());
    QDir::setCurrent(home.path()); // what the monkey saves goes with the rest
    QApplication application(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("steelyard"));
    QApplication::setApplicationName(QStringLiteral("steelyard-test"));
    steelyard::gui::applyTheme(application, steelyard::gui::ThemeName::Light);

    QStringList names;
    QStringList rest{QApplication::arguments().value(0)};
    for (const QString& argument : QApplication::arguments().mid(1)) {
        const bool known = std::any_of(entries().begin(), entries().end(),
                                       [&](const Entry& entry) { return argument == entry.name; });
        (known ? names : rest) << argument;
    }
    int failed = 0;
    for (const Entry& entry : entries()) {
        if (names.isEmpty() || names.contains(entry.name))
            failed += QTest::qExec(entry.factory().get(), rest) != 0;
    }
    return failed == 0 ? 0 : 1;
}
