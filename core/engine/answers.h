/// Short forms for answering a command.
/// Thread: control.
#pragma once

#include "engine/engine_client.h"

#include <string_view>

namespace steelyard::engine {

inline QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

inline void answer(const EngineClient::Done& done, Outcome outcome, const QString& text,
                   const QString& hint = {}, const QJsonObject& data = {})
{
    done({outcome, text, hint, data});
}

inline void refuse(const EngineClient::Done& done, const QString& text, const QString& hint = {},
                   const QJsonObject& data = {})
{
    answer(done, Outcome::Refused, text, hint, data);
}

} // namespace steelyard::engine
