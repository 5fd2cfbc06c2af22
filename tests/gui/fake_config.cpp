#include "fake_config.h"

namespace steelyard::test {

namespace {

QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

} // namespace

QString fakeConfig(const stats::Snapshot& state)
{
    QString text = QStringLiteral("# The shop: who serves what.\n"
                                  "version: 1\n"
                                  "listeners:\n"
                                  "  - name: web\n"
                                  "    bind: 127.0.0.1:8080\n"
                                  "    routes:\n");
    for (const stats::PoolRow& pool : state.pools) {
        text +=
            QStringLiteral("      - { name: %1, match: { path: { prefix: \"/%1\" } }, pool: %1 }\n")
                .arg(qs(pool.name));
    }
    text += QLatin1String("pools:\n");
    for (const stats::PoolRow& pool : state.pools) {
        text += QStringLiteral("  - name: %1\n"
                               "    algorithm: %2\n"
                               "    drain: { timeout: 30s }  # a long one\n"
                               "    backends:\n")
                    .arg(qs(pool.name), qs(toString(pool.algorithm)));
        for (const stats::BackendRow& row : pool.backends) {
            const QString admin = row.admin == AdminState::Ready
                                      ? QString()
                                      : QStringLiteral(", state: ") + qs(toString(row.admin));
            text += QStringLiteral("      - { name: %1, address: %2, weight: %3%4 }\n")
                        .arg(qs(row.name), qs(row.address))
                        .arg(row.weight)
                        .arg(admin);
        }
    }
    return text;
}

} // namespace steelyard::test
