/// Configurations around one feature, their exports, and what is asked of them.
#pragma once

#include "config/reader.h"
#include "interop/export.h"

#include <QTest>

#include <algorithm>
#include <string>
#include <string_view>

namespace steelyard::interop::test {

/// A listener `web` with one route to one pool `shop`, and further keys: `listener` (six blanks
/// in), `route` (eight), `pool` and `top`.
struct Scene
{
    std::string listener{}, route{}, pool{}, top{};
    std::string action = "pool: shop";
    std::string servers = "{ name: a, address: 127.0.0.1:9001 }";

    [[nodiscard]] std::string text() const
    {
        const auto block = [](const std::string& lines, const std::string& indent) {
            std::string out;
            std::size_t start = 0;
            while (start < lines.size()) {
                const std::size_t end = std::min(lines.find('\n', start), lines.size());
                out += indent + lines.substr(start, end - start) + '\n';
                start = end + 1;
            }
            return out;
        };
        return "version: 1\n" + top + "listeners:\n  - name: web\n    bind: 127.0.0.1:8080\n" +
               block(listener, "    ") + "    routes:\n      - name: api\n" +
               block(route, "        ") + "        " + action + "\npools:\n  - name: shop\n" +
               (pool.find("algorithm:") == std::string::npos ? "    algorithm: round-robin\n"
                                                             : "") +
               block(pool, "    ") + "    backends: [ " + servers +
               " ]\n  - name: other\n    backends: [ { name: b, address: "
               "127.0.0.1:9002 } ]\n";
    }
};

inline Export exported(const std::string& yaml, std::string_view target)
{
    const config::ReadResult read = config::readText(yaml, "/etc");
    std::string wrong;
    for (const config::Diagnostic& diagnostic : read.diagnostics)
        wrong += diagnostic.text("FILE") + '\n';
    if (!read.config) {
        QTest::qFail((yaml + wrong).c_str(), __FILE__, __LINE__);
        return {};
    }
    return findExportTarget(target)->write(*read.config);
}

/// Is there such a line, whatever its indentation?
inline bool hasLine(const std::string& text, std::string_view line)
{
    std::size_t at = text.find(line);
    for (; at != std::string::npos; at = text.find(line, at + 1)) {
        const std::size_t before = text.find_last_not_of(' ', at == 0 ? 0 : at - 1);
        const std::size_t after = at + line.size();
        if ((at == 0 || before == std::string::npos || text[before] == '\n') &&
            (after == text.size() || text[after] == '\n'))
            return true;
    }
    return false;
}

/// "exact", "approximated", "dropped" as told for the place, "" where nothing is; the worst of
/// several.
inline std::string toldOf(const Export& made, std::string_view where)
{
    std::string out;
    ExportNote::Kind worst = ExportNote::Kind::Exact;
    for (const ExportNote& note : made.notes) {
        if (note.where != where)
            continue;
        worst = std::max(worst, note.kind);
        out = toString(worst);
    }
    return out;
}

/// One feature: what it becomes.
struct Row
{
    const char* name;
    Scene scene;
    std::vector<std::string> lines; ///< must be there
    std::string where;
    std::string kind;
};

inline void check(const Row& row, std::string_view target)
{
    const Export made = exported(row.scene.text(), target);
    for (const std::string& line : row.lines)
        QVERIFY2(hasLine(made.text, line),
                 (std::string(row.name) + ": no line '" + line + "' in\n" + made.text).c_str());
    QVERIFY2(toldOf(made, row.where) == row.kind,
             (std::string(row.name) + ": told '" + toldOf(made, row.where) + "' of " + row.where +
              ", expected '" + row.kind + "'")
                 .c_str());
}

} // namespace steelyard::interop::test
