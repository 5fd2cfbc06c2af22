/// From the lines of an access log to arrivals: a request's service time is what it took without
/// what the engine itself added. Thread: any.
#include "simulation/read_workload.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace steelyard::simulation {

namespace {

std::optional<RecordedRequest> requestOf(const QJsonObject& line)
{
    const QDateTime time =
        QDateTime::fromString(line.value(QLatin1String("time")).toString(), Qt::ISODateWithMs);
    const QJsonArray attempts = line.value(QLatin1String("attempts")).toArray();
    const QJsonObject phases = line.value(QLatin1String("phases_us")).toObject();
    const double total = phases.value(QLatin1String("total")).toDouble(-1);
    if (!time.isValid() || attempts.isEmpty() || total < 0 ||
        !line.value(QLatin1String("reason")).toString().isEmpty())
        return std::nullopt;
    const double queue = phases.value(QLatin1String("queue")).toDouble(0);
    const double own = phases.value(QLatin1String("own")).toDouble(0);
    RecordedRequest request;
    request.atUs = time.toMSecsSinceEpoch() * 1000;
    request.serviceUs = std::max(0.0, total - queue - own);
    request.client = line.value(QLatin1String("client")).toString().toStdString();
    request.target = line.value(QLatin1String("target")).toString().toStdString();
    request.pool = line.value(QLatin1String("pool")).toString().toStdString();
    return request;
}

} // namespace

std::vector<RecordedRequest> readAccessLog(std::string_view text)
{
    std::vector<RecordedRequest> requests;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const QByteArray line = QByteArray::fromRawData(text.data(), static_cast<qsizetype>(end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (auto request = requestOf(QJsonDocument::fromJson(line).object()))
            requests.push_back(std::move(*request));
    }
    // The log has the order of the ends.
    std::stable_sort(requests.begin(), requests.end(),
                     [](const auto& a, const auto& b) { return a.atUs < b.atUs; });
    for (std::size_t i = requests.size(); i-- > 0;)
        requests[i].atUs -= requests.front().atUs;
    return requests;
}

} // namespace steelyard::simulation
