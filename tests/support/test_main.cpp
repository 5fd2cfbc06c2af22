#include "support/test_main.h"

#include <QCoreApplication>
#include <QTest>

#include <cstdio>
#include <vector>

namespace {

struct Entry
{
    const char* name;
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
    entries().push_back({name, std::move(factory)});
    return true;
}

int main(int argc, char** argv)
{
    QCoreApplication application(argc, argv);
    QStringList names;
    QStringList rest{application.arguments().value(0)};
    for (const QString& argument : application.arguments().mid(1)) {
        bool known = false;
        for (const Entry& entry : entries())
            known = known || argument == QLatin1String(entry.name);
        (known ? names : rest) << argument;
    }
    int failed = 0;
    int run = 0;
    for (const Entry& entry : entries()) {
        if (!names.isEmpty() && !names.contains(QLatin1String(entry.name)))
            continue;
        ++run;
        failed += QTest::qExec(entry.factory().get(), rest) != 0 ? 1 : 0;
    }
    std::printf("%d passed, %d failed\n", run - failed, failed);
    return failed != 0 || run == 0 ? 1 : 0;
}
