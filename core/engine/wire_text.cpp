/// Values as JSON text without a tree of it, for what is written often.
#include "engine/wire.h"
#include "engine/wire_fields.h"

#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace steelyard::engine {

namespace {

/// The same as text at once. A tree of a QJsonObject a row cost the engine five times as much, four
/// times a second for each console that watches.
class TextWriter
{
public:
    explicit TextWriter(QByteArray& out)
        : m_out(out)
    {
    }

    template <typename T>
    void operator()(const char* key, const T& value)
    {
        m_out.append(m_empty ? "{\"" : ",\"").append(key).append("\":");
        m_empty = false;
        write(value);
    }

    template <typename T>
    static void object(QByteArray& out, const T& value)
    {
        TextWriter writer(out);
        wire::fields(writer, value);
        out.append(writer.m_empty ? "{}" : "}");
    }

private:
    void write(bool value) { m_out.append(value ? "true" : "false"); }

    void write(double value)
    {
        if (std::isfinite(value))
            number(value);
        else
            m_out.append("null");
    }

    template <std::integral T>
    void write(const T& value)
    {
        if (std::cmp_greater(value, std::numeric_limits<qint64>::max()))
            number(std::numeric_limits<qint64>::max());
        else
            number(value);
    }

    void write(const std::string& value) { string(value); }

    void string(std::string_view value)
    {
        const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
            return c >= ' ' && c <= '~' && c != '"' && c != '\\';
        });
        if (plain) {
            m_out.append('"')
                .append(value.data(), static_cast<qsizetype>(value.size()))
                .append('"');
            return;
        }
        const QByteArray list =
            QJsonDocument(
                QJsonArray{QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size()))})
                .toJson(QJsonDocument::Compact);
        m_out.append(list.data() + 1, list.size() - 2); // without the brackets
    }

    template <typename T>
    requires std::is_enum_v<T>

    void write(const T& value) { string(toString(value)); }

    template <typename T>
    void write(const std::vector<T>& list)
    {
        m_out.append('[');
        for (const T& item : list) {
            if (&item != list.data())
                m_out.append(',');
            write(item);
        }
        m_out.append(']');
    }

    template <typename T>
    void write(const T& value)
    {
        object(m_out, value);
    }

    template <typename T>
    void number(T value)
    {
        std::array<char, 32> digits; // the shortest that reads back as the same
        const char* end = std::to_chars(digits.begin(), digits.end(), value).ptr;
        m_out.append(digits.data(), end - digits.data());
    }

    QByteArray& m_out;
    bool m_empty = true;
};

} // namespace

QByteArray snapshotFrame(const stats::Snapshot& snapshot)
{
    QByteArray out("{\"snapshot\":");
    TextWriter::object(out, snapshot);
    return out.append("}\n");
}

} // namespace steelyard::engine
