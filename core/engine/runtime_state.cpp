#include "engine/runtime_state.h"

#include "base/hash.h"
#include "engine/answers.h"
#include "supervise/descriptor.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace steelyard::engine {

namespace {

constexpr qsizetype kMostBytes = 16 << 20;
constexpr int kVersion = 1;

using Field = std::uint64_t stats::Totals::*;
constexpr std::pair<const char*, Field> kFields[] = {
    {"requests", &stats::Totals::requests},  {"2xx", &stats::Totals::status2xx},
    {"3xx", &stats::Totals::status3xx},      {"4xx", &stats::Totals::status4xx},
    {"5xx", &stats::Totals::status5xx},      {"connect_errors", &stats::Totals::connectErrors},
    {"timeouts", &stats::Totals::timeouts},  {"resets", &stats::Totals::resets},
    {"retries", &stats::Totals::retries},    {"bytes_in", &stats::Totals::bytesIn},
    {"bytes_out", &stats::Totals::bytesOut},
};

QJsonObject toJson(const stats::Totals& totals)
{
    QJsonObject object;
    for (const auto& [name, field] : kFields) {
        if (totals.*field != 0)
            object.insert(QLatin1String(name), static_cast<qint64>(totals.*field));
    }
    return object;
}

stats::Totals totalsFrom(const QJsonObject& object)
{
    stats::Totals totals;
    for (const auto& [name, field] : kFields) {
        totals.*field = static_cast<std::uint64_t>(
            std::max<qint64>(0, object.value(QLatin1String(name)).toInteger()));
    }
    return totals;
}

Error ioError(const char* what, const std::string& path)
{
    return {ErrorCode::Io,
            "cannot " + std::string(what) + " " + path + ": " +
                std::generic_category().message(errno),
            {}};
}

bool writeAll(int fd, const QByteArray& bytes)
{
    qsizetype done = 0;
    while (done < bytes.size()) {
        const ssize_t wrote =
            ::write(fd, bytes.constData() + done, static_cast<std::size_t>(bytes.size() - done));
        if (wrote < 0 && errno != EINTR)
            return false;
        done += std::max<ssize_t>(0, wrote);
    }
    return true;
}

QJsonObject toJson(const RuntimeState& state)
{
    QJsonArray servers;
    for (const auto& [key, server] : state.servers) {
        servers.append(QJsonObject{
            {QStringLiteral("pool"), qs(key.first)},
            {QStringLiteral("name"), qs(key.second)},
            {QStringLiteral("address"), qs(server.address)},
            {QStringLiteral("health"), qs(std::string(toString(server.health)))},
            {QStringLiteral("totals"), toJson(server.totals)},
        });
    }
    return {{QStringLiteral("version"), kVersion},
            {QStringLiteral("saved_at_ms"), static_cast<qint64>(state.savedAtMs)},
            {QStringLiteral("edits"), state.edits},
            {QStringLiteral("base"), qs(state.base)},
            {QStringLiteral("totals"), toJson(state.totals)},
            {QStringLiteral("servers"), servers}};
}

RuntimeState stateFrom(const QJsonObject& object)
{
    RuntimeState state;
    state.savedAtMs = object.value(QLatin1String("saved_at_ms")).toInteger();
    state.edits = object.value(QLatin1String("edits")).toObject();
    state.base = object.value(QLatin1String("base")).toString().toStdString();
    state.totals = totalsFrom(object.value(QLatin1String("totals")).toObject());
    for (const auto each : object.value(QLatin1String("servers")).toArray()) {
        const QJsonObject server = each.toObject();
        const std::string health = server.value(QLatin1String("health")).toString().toStdString();
        RuntimeState::Server& made =
            state.servers[{server.value(QLatin1String("pool")).toString().toStdString(),
                           server.value(QLatin1String("name")).toString().toStdString()}];
        made.address = server.value(QLatin1String("address")).toString().toStdString();
        made.totals = totalsFrom(server.value(QLatin1String("totals")).toObject());
        for (const HealthState known : {HealthState::Healthy, HealthState::Unhealthy}) {
            if (health == toString(known))
                made.health = known;
        }
    }
    return state;
}

} // namespace

std::string runtimeStatePath(const std::string& directory, const std::string& configPath)
{
    char name[48];
    std::snprintf(name, sizeof name, "/runtime-%016" PRIx64 ".json", hashBytes(configPath));
    return directory + name;
}

Result<std::optional<RuntimeState>> loadRuntimeState(const std::string& path)
{
    const supervise::Descriptor file(
        ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid()) {
        if (errno == ENOENT)
            return std::optional<RuntimeState>();
        return ioError("open", path);
    }

    struct stat info
    {
    };

    if (::fstat(file.get(), &info) != 0)
        return ioError("look at", path);
    if (!S_ISREG(info.st_mode) || (info.st_uid != ::geteuid() && info.st_uid != 0) ||
        (info.st_mode & 022U) != 0) {
        return Error{ErrorCode::Refused, path + " is not a file that only we can write to",
                     "remove it"};
    }
    if (info.st_size > kMostBytes)
        return Error{ErrorCode::InvalidInput, path + " is larger than 16 MiB", "remove it"};
    QByteArray bytes(info.st_size, '\0');
    qsizetype got = 0;
    while (got < bytes.size()) {
        const ssize_t read =
            ::read(file.get(), bytes.data() + got, static_cast<std::size_t>(bytes.size() - got));
        if (read < 0)
            return ioError("read", path);
        if (read == 0)
            break;
        got += read;
    }
    const QJsonObject object = QJsonDocument::fromJson(bytes).object();
    if (object.value(QLatin1String("version")).toInt() != kVersion)
        return Error{ErrorCode::InvalidInput, path + " is broken or of another version",
                     "it is replaced"};
    return std::optional<RuntimeState>(stateFrom(object));
}

Result<> saveRuntimeState(const std::string& path, const RuntimeState& state)
{
    const QByteArray bytes = QJsonDocument(toJson(state)).toJson(QJsonDocument::Compact);
    if (bytes.size() > kMostBytes)
        return Error{ErrorCode::Refused, "the runtime state would be larger than 16 MiB", {}};
    const std::string draft = path + ".new";
    (void)::unlink(draft.c_str()); // of an engine that ended in the middle
    {
        const supervise::Descriptor file(
            ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file.valid())
            return ioError("make", draft);
        if (!writeAll(file.get(), bytes)) {
            const Error error = ioError("write", draft);
            (void)::unlink(draft.c_str());
            return error;
        }
    }
    if (::rename(draft.c_str(), path.c_str()) != 0)
        return ioError("replace", path);
    return {};
}

} // namespace steelyard::engine
