/// Configurations with one thing wrong, and what must be said about it.
#pragma once

#include "config/reader.h"
#include "marked.h"
#include "texts.h"

#include <QTest>

#include <string>
#include <vector>

namespace steelyard::config::test {

/// A "@" stands where the diagnostic must point and is taken out before the text is read; without
/// one the diagnostic is about the file as a whole.
struct Row
{
    const char* name;
    std::string text;
    const char* message; ///< a part of it
    const char* hint;    ///< a part of it
};

inline void addRows(const std::vector<std::vector<Row>>& all)
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<QByteArray>("hint");
    for (const std::vector<Row>& rows : all) {
        for (const Row& row : rows) {
            QTest::newRow(row.name) << QByteArray::fromStdString(row.text)
                                    << QByteArray(row.message) << QByteArray(row.hint);
        }
    }
}

/// `found` says what the row wants, where it wants it. `read` is for the failure's message.
inline void checkPlace(const Diagnostic& found, const Marked& marked, const std::string& read)
{
    QFETCH(QByteArray, message);
    QFETCH(QByteArray, hint);
    QVERIFY2(found.message.find(message.toStdString()) != std::string::npos, read.c_str());
    QVERIFY2(found.hint.find(hint.toStdString()) != std::string::npos, read.c_str());
    QVERIFY(!found.hint.empty());
    QVERIFY2(found.line == marked.line && found.column == marked.column,
             (read + "wanted " + std::to_string(marked.line) + ":" + std::to_string(marked.column))
                 .c_str());
}

/// The row's text has exactly one error.
inline void checkError()
{
    QFETCH(QByteArray, text);
    const Marked marked = unmark(text.toStdString());
    const ReadResult result = readText(marked.text, "/etc");
    Diagnostics errors;
    for (const Diagnostic& d : result.diagnostics) {
        if (d.severity == Severity::Error)
            errors.push_back(d);
    }
    const std::string read = "\n" + marked.text + "\n" + allOf(result);
    QVERIFY2(errors.size() == 1, read.c_str());
    QVERIFY(!result.config);
    checkPlace(errors[0], marked, read);
}

/// The row's text is valid, with exactly one warning.
inline void checkWarning()
{
    QFETCH(QByteArray, text);
    const Marked marked = unmark(text.toStdString());
    const ReadResult result = readText(marked.text, "/etc");
    const std::string read = "\n" + marked.text + "\n" + allOf(result);
    QVERIFY2(result.config && result.diagnostics.size() == 1, read.c_str());
    QVERIFY(result.diagnostics[0].severity == Severity::Warning);
    checkPlace(result.diagnostics[0], marked, read);
}

} // namespace steelyard::config::test
