/// Why a request went where it went: the engine's recorded decision (`explain`), read into plain
/// values for the picture, and told as a text for those who do not see it. Thread: any; pure.
#pragma once

#include "models/request_row.h"

#include <QJsonObject>
#include <QList>
#include <QStringList>

namespace steelyard::gui {

struct DecisionStory
{
    struct Candidate
    {
        QString server;
        QString text; ///< the score in words, with its terms
        qint64 weight = 0, inFlight = 0;
        double score = 0;
        bool drawn = false, chosen = false;
        bool tried = false; ///< by an earlier attempt
    };

    struct Choice
    {
        QString server; ///< empty: nobody was left
        QString text;   ///< what kind of choice
        QString refused;
        QString rule;
        QStringList draws;
        QList<Candidate> candidates; ///< those that counted first
    };

    struct Filtered
    {
        QString server, why;
    };

    /// Times in µs from the request's arrival; -1: never.
    struct Attempt
    {
        QString server, result;
        qint64 started = -1, connected = -1, firstByte = -1, ended = -1;
        bool reused = false;
    };

    RequestRow request;
    QString algorithm;
    qint64 queueUs = 0;
    QList<Choice> choices;
    QList<Filtered> filtered;
    QList<Attempt> attempts;
};

/// Of one line of `explain`'s list.
[[nodiscard]] RequestRow requestRow(const QJsonObject& summary);
[[nodiscard]] DecisionStory decisionStory(const QJsonObject& decision);
/// The whole story in sentences, one a line.
[[nodiscard]] QString storyText(const DecisionStory& story);
/// The phases of an attempt in words: "connect 0.2 ms, first byte after 3.9 ms, body 0.1 ms".
[[nodiscard]] QString phasesText(const DecisionStory::Attempt& attempt);

} // namespace steelyard::gui
