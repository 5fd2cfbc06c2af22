/// What steelyardctl prints for people of routes, sessions and decisions: the engine's JSON in
/// words. Thread: main; pure.
#pragma once

#include <QJsonObject>
#include <QString>

namespace steelyard::ctl {

/// The winner, then every route and why it won or lost.
[[nodiscard]] QString routeText(const QJsonObject& data);
/// Sessions per server, then the sessions.
[[nodiscard]] QString sessionsText(const QJsonObject& data, const QString& pool,
                                   const QString& server);
/// One line per decision, newest first.
[[nodiscard]] QString decisionsText(const QJsonObject& data);
/// Why one request got its server.
[[nodiscard]] QString decisionText(const QJsonObject& decision);
/// How long a server's answers took: a line for each range that has some, with a bar.
[[nodiscard]] QString histogramText(const QJsonObject& data);
/// The last probe and its transcript.
[[nodiscard]] QString probeText(const QJsonObject& data);

} // namespace steelyard::ctl
