/// Values as trees of JSON, and back.
#include "engine/wire.h"

#include "engine/wire_fields.h"

#include <array>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace steelyard::engine {

namespace {

constexpr std::array kOutcomes{Outcome::Done, Outcome::Nothing, Outcome::Partly, Outcome::Refused,
                               Outcome::Unreachable};
constexpr std::array kEngineStates{stats::EngineState::Stopped, stats::EngineState::Starting,
                                   stats::EngineState::Serving, stats::EngineState::Draining};
constexpr std::array kLevels{stats::Level::Info, stats::Level::Warning, stats::Level::Error};
constexpr std::array kAdminStates{AdminState::Ready, AdminState::Draining, AdminState::Maintenance};
constexpr std::array kHealthStates{HealthState::Checking, HealthState::Healthy,
                                   HealthState::Unhealthy};

/// All values of an enumeration that has a toString().
template <typename Enum>
constexpr auto& valuesOf()
{
    if constexpr (std::same_as<Enum, Outcome>)
        return kOutcomes;
    else if constexpr (std::same_as<Enum, stats::EngineState>)
        return kEngineStates;
    else if constexpr (std::same_as<Enum, stats::Level>)
        return kLevels;
    else if constexpr (std::same_as<Enum, AdminState>)
        return kAdminStates;
    else if constexpr (std::same_as<Enum, HealthState>)
        return kHealthStates;
    else
        return kAlgorithms;
}

QString text(std::string_view bytes)
{
    return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

class Writer
{
public:
    template <typename T>
    void operator()(const char* key, const T& value)
    {
        m_object.insert(QLatin1String(key), json(value));
    }

    [[nodiscard]] const QJsonObject& object() const { return m_object; }

    template <typename T>
    static QJsonObject objectOf(const T& value)
    {
        Writer writer;
        wire::fields(writer, value);
        return writer.object();
    }

private:
    static QJsonValue json(bool value) { return value; }

    static QJsonValue json(double value) { return value; }

    static QJsonValue json(const QString& value) { return value; }

    static QJsonValue json(const QJsonObject& value) { return value; }

    static QJsonValue json(const std::string& value) { return text(value); }

    template <std::integral T>
    static QJsonValue json(const T& value)
    {
        if (std::cmp_greater(value, std::numeric_limits<qint64>::max())) {
            return std::numeric_limits<qint64>::max();
        }
        return static_cast<qint64>(value);
    }

    template <typename T>
    requires std::is_enum_v<T>

    static QJsonValue json(const T& value) { return text(toString(value)); }

    template <typename T>
    static QJsonValue json(const std::vector<T>& list)
    {
        QJsonArray array;
        for (const T& item : list)
            array.append(json(item));
        return array;
    }

    template <typename T>
    static QJsonValue json(const T& value)
    {
        return objectOf(value);
    }

    QJsonObject m_object;
};

class Reader
{
public:
    explicit Reader(const QJsonObject& object)
        : m_object(object)
    {
    }

    template <typename T>
    void operator()(const char* key, T& value)
    {
        read(m_object.value(QLatin1String(key)), value);
    }

    template <typename T>
    static T valueOf(const QJsonObject& object)
    {
        T value;
        Reader reader(object);
        wire::fields(reader, value);
        return value;
    }

private:
    static void read(const QJsonValue& json, bool& value) { value = json.toBool(value); }

    static void read(const QJsonValue& json, double& value)
    {
        value = json.isNull() ? 0 : json.toDouble(value);
    }

    static void read(const QJsonValue& json, QString& value) { value = json.toString(value); }

    static void read(const QJsonValue& json, QJsonObject& value) { value = json.toObject(); }

    static void read(const QJsonValue& json, std::string& value)
    {
        if (json.isString())
            value = json.toString().toStdString();
    }

    template <std::integral T>
    static void read(const QJsonValue& json, T& value)
    {
        // A fraction or a number outside 64 bits is not an integer: the default stays, and so for
        // one outside T.
        const qint64 kept = std::in_range<qint64>(value) ? static_cast<qint64>(value) : 0;
        const qint64 number = json.toInteger(kept);
        if (std::in_range<T>(number))
            value = static_cast<T>(number);
    }

    template <typename T>
    requires std::is_enum_v<T>

    static void read(const QJsonValue& json, T& value)
    {
        const QString word = json.toString();
        for (const T candidate : valuesOf<T>()) {
            if (text(toString(candidate)) == word)
                value = candidate;
        }
    }

    template <typename T>
    static void read(const QJsonValue& json, std::vector<T>& list)
    {
        const QJsonArray array = json.toArray();
        const qsizetype count = qMin(array.size(), kMaxRows);
        list.clear();
        list.reserve(static_cast<std::size_t>(count));
        for (qsizetype i = 0; i < count; ++i) {
            T item{};
            read(array.at(i), item);
            list.push_back(std::move(item));
        }
    }

    template <typename T>
    static void read(const QJsonValue& json, T& value)
    {
        value = valueOf<T>(json.toObject());
    }

    const QJsonObject& m_object;
};

} // namespace

const char* toString(Outcome outcome) noexcept
{
    constexpr std::array kWords{"done", "nothing", "partly", "refused", "unreachable"};
    return kWords[static_cast<std::size_t>(outcome)];
}

QJsonObject toJson(const stats::Snapshot& snapshot)
{
    return Writer::objectOf(snapshot);
}

QJsonObject toJson(const stats::BackendRow& row)
{
    return Writer::objectOf(row);
}

QJsonObject toJson(const stats::Event& event)
{
    return Writer::objectOf(event);
}

QJsonObject toJson(const CommandResult& result)
{
    return Writer::objectOf(result);
}

QJsonArray toJson(const QList<stats::Event>& events)
{
    QJsonArray array;
    for (const stats::Event& event : events)
        array.append(toJson(event));
    return array;
}

stats::Snapshot snapshotFromJson(const QJsonObject& object)
{
    return Reader::valueOf<stats::Snapshot>(object);
}

stats::Event eventFromJson(const QJsonObject& object)
{
    return Reader::valueOf<stats::Event>(object);
}

CommandResult resultFromJson(const QJsonObject& object)
{
    return Reader::valueOf<CommandResult>(object);
}

QList<stats::Event> eventsFromJson(const QJsonArray& array)
{
    QList<stats::Event> events;
    const qsizetype count = qMin(array.size(), kMaxRows);
    events.reserve(count);
    for (qsizetype i = 0; i < count; ++i)
        events.append(eventFromJson(array.at(i).toObject()));
    return events;
}

QJsonObject toJson(const Command& command)
{
    return {{QStringLiteral("command"), command.name},
            {QStringLiteral("arguments"), command.arguments}};
}

std::optional<Command> commandFromJson(const QJsonObject& object)
{
    constexpr qsizetype kNameLimit = 64;
    const QString name = object.value(QLatin1String("command")).toString();
    const QJsonValue arguments = object.value(QLatin1String("arguments"));
    if (name.isEmpty() || name.size() > kNameLimit)
        return std::nullopt;
    if (!arguments.isUndefined() && !arguments.isObject())
        return std::nullopt;
    return Command{name, arguments.toObject()};
}

} // namespace steelyard::engine
