#include "base/result.h"
#include "support/test_main.h"

#include <QTest>

#include <memory>
#include <string>

using steelyard::Error;
using steelyard::ErrorCode;
using steelyard::Result;

namespace {

Result<std::string> greet(bool fail)
{
    if (fail)
        return Error{ErrorCode::NotFound, "no such guest", "ask at the door"};
    return std::string("hello");
}

Result<> close(bool fail)
{
    if (fail)
        return Error{ErrorCode::Io, "disk full", {}};
    return {};
}

} // namespace

class ResultTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aValueIsOkAndTrue()
    {
        const auto result = greet(false);
        QVERIFY(result.ok());
        QVERIFY(static_cast<bool>(result));
        QCOMPARE(result.value(), std::string("hello"));
    }

    void anErrorIsFalseAndKeepsItsWords()
    {
        const auto result = greet(true);
        QVERIFY(!result.ok());
        QVERIFY(!static_cast<bool>(result));
        QVERIFY(result.error().code == ErrorCode::NotFound);
        QCOMPARE(result.error().detail, std::string("no such guest"));
        QCOMPARE(result.error().hint, std::string("ask at the door"));
    }

    void aResultWithoutValueIsOkByDefault()
    {
        QVERIFY(close(false).ok());
        QVERIFY(!close(true).ok());
        QVERIFY(close(true).error().code == ErrorCode::Io);
    }

    void aMoveOnlyValueCanBeTakenOut()
    {
        Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
        const auto taken = std::move(result.value());
        QCOMPARE(*taken, 7);
        QVERIFY(result.value() == nullptr);
    }
};

STEELYARD_TEST(ResultTest)
#include "result_test.moc"
