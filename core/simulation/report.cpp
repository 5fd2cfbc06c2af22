#include "simulation/report.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cstdio>

namespace steelyard::simulation {

namespace {

std::string fixed(double value, int decimals)
{
    char text[64];
    std::snprintf(text, sizeof(text), "%.*f", decimals, value);
    return text;
}

double shareOf(std::uint64_t part, std::uint64_t whole)
{
    return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

/// Columns as wide as they need; the first two left, figures right.
class Table
{
public:
    void add(std::vector<std::string> row)
    {
        m_widths.resize(std::max(m_widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            m_widths[i] = std::max(m_widths[i], row[i].size());
        m_rows.push_back(std::move(row));
    }

    [[nodiscard]] std::string text() const
    {
        std::string out;
        for (const auto& row : m_rows) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                const std::string pad(m_widths[i] - row[i].size(), ' ');
                out += i == 0 ? "" : "  ";
                out += i < 1 ? row[i] + pad : pad + row[i];
            }
            out += '\n';
        }
        return out;
    }

private:
    std::vector<std::size_t> m_widths;
    std::vector<std::vector<std::string>> m_rows;
};

std::vector<std::string> latencyCells(const Latencies& of)
{
    std::vector<std::string> cells;
    for (const double ms : {of.mean, of.p50, of.p95, of.p99, of.p999})
        cells.push_back(fixed(ms, ms < 100 ? 2 : 1));
    return cells;
}

void append(std::vector<std::string>& row, std::vector<std::string> cells)
{
    row.insert(row.end(), cells.begin(), cells.end());
}

QJsonObject latenciesJson(const Latencies& of)
{
    return {{QStringLiteral("mean"), of.mean},
            {QStringLiteral("p50"), of.p50},
            {QStringLiteral("p95"), of.p95},
            {QStringLiteral("p99"), of.p99},
            {QStringLiteral("p999"), of.p999}};
}

QJsonValue count(std::uint64_t value)
{
    return static_cast<qint64>(value);
}

QString textOf(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

} // namespace

std::string tableText(const std::vector<Outcome>& outcomes)
{
    Table runs;
    runs.add({"ALGORITHM", "REQUESTS", "ERRORS", "SLOW", "SUCCESS %", "MEAN ms", "P50", "P95",
              "P99", "P99.9", "RETRIES", "SESSIONS", "MOVED"});
    Table servers;
    servers.add({"ALGORITHM / SERVER", "WEIGHT", "REQUESTS", "SHARE %", "ERRORS", "SLOW", "MEAN ms",
                 "P50", "P95", "P99", "P99.9", "MOST IN FLIGHT"});
    for (const Outcome& outcome : outcomes) {
        std::vector<std::string> row{std::string(toString(outcome.algorithm)),
                                     std::to_string(outcome.requests),
                                     std::to_string(outcome.errors), std::to_string(outcome.slow),
                                     fixed(outcome.success() * 100, 2)};
        append(row, latencyCells(outcome.latencies));
        append(row, {std::to_string(outcome.retries), std::to_string(outcome.sessions),
                     std::to_string(outcome.movedSessions)});
        runs.add(std::move(row));
        for (const ServerOutcome& server : outcome.servers) {
            std::vector<std::string> line{std::string(toString(outcome.algorithm)) + " / " +
                                              server.name,
                                          std::to_string(server.weight),
                                          std::to_string(server.requests),
                                          fixed(shareOf(server.requests, outcome.requests), 2),
                                          std::to_string(server.errors),
                                          std::to_string(server.slow)};
            append(line, latencyCells(server.latencies));
            append(line, {std::to_string(server.mostInFlight)});
            servers.add(std::move(line));
        }
    }
    return runs.text() + "\n" + servers.text();
}

std::string jsonText(const std::vector<Outcome>& outcomes)
{
    QJsonArray runs;
    for (const Outcome& outcome : outcomes) {
        QJsonArray servers;
        for (const ServerOutcome& server : outcome.servers) {
            servers.append(QJsonObject{
                {QStringLiteral("name"), textOf(server.name)},
                {QStringLiteral("weight"), server.weight},
                {QStringLiteral("requests"), count(server.requests)},
                {QStringLiteral("share_percent"), shareOf(server.requests, outcome.requests)},
                {QStringLiteral("errors"), count(server.errors)},
                {QStringLiteral("slow"), count(server.slow)},
                {QStringLiteral("most_in_flight"), count(server.mostInFlight)},
                {QStringLiteral("latency_ms"), latenciesJson(server.latencies)}});
        }
        runs.append(QJsonObject{{QStringLiteral("algorithm"), textOf(toString(outcome.algorithm))},
                                {QStringLiteral("requests"), count(outcome.requests)},
                                {QStringLiteral("errors"), count(outcome.errors)},
                                {QStringLiteral("slow"), count(outcome.slow)},
                                {QStringLiteral("success_percent"), outcome.success() * 100},
                                {QStringLiteral("retries"), count(outcome.retries)},
                                {QStringLiteral("sessions"), count(outcome.sessions)},
                                {QStringLiteral("moved_sessions"), count(outcome.movedSessions)},
                                {QStringLiteral("latency_ms"), latenciesJson(outcome.latencies)},
                                {QStringLiteral("servers"), servers}});
    }
    return QJsonDocument(QJsonObject{{QStringLiteral("runs"), runs}}).toJson().toStdString();
}

std::string csvText(const std::vector<Outcome>& outcomes)
{
    std::string out = "algorithm,server,weight,requests,share_percent,errors,slow,mean_ms,p50_ms,"
                      "p95_ms,p99_ms,p999_ms,most_in_flight,retries,sessions,moved_sessions\n";
    const auto line = [&out](const std::vector<std::string>& cells) {
        for (std::size_t i = 0; i < cells.size(); ++i)
            out += (i == 0 ? "" : ",") + cells[i];
        out += '\n';
    };
    const auto latencies = [](const Latencies& of) {
        return std::vector{fixed(of.mean, 3), fixed(of.p50, 3), fixed(of.p95, 3), fixed(of.p99, 3),
                           fixed(of.p999, 3)};
    };
    for (const Outcome& outcome : outcomes) {
        const std::string name(toString(outcome.algorithm));
        std::vector<std::string> row{name,
                                     "*",
                                     "",
                                     std::to_string(outcome.requests),
                                     "100",
                                     std::to_string(outcome.errors),
                                     std::to_string(outcome.slow)};
        append(row, latencies(outcome.latencies));
        append(row, {"", std::to_string(outcome.retries), std::to_string(outcome.sessions),
                     std::to_string(outcome.movedSessions)});
        line(row);
        for (const ServerOutcome& server : outcome.servers) {
            std::vector<std::string> of{name,
                                        server.name,
                                        std::to_string(server.weight),
                                        std::to_string(server.requests),
                                        fixed(shareOf(server.requests, outcome.requests), 3),
                                        std::to_string(server.errors),
                                        std::to_string(server.slow)};
            append(of, latencies(server.latencies));
            append(of, {std::to_string(server.mostInFlight), "", "", ""});
            line(of);
        }
    }
    return out;
}

} // namespace steelyard::simulation
