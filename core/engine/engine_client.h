/// The one way to talk to an engine: in this process (LocalEngineClient) or over its local socket
/// (RemoteEngineClient). Console models and steelyardctl know only this interface.
///
/// Commands (name: arguments -> what the result's data holds):
///   status: {} -> {snapshot}
///   servers: {} -> {snapshot}
///   drain: {server, timeout_ms?, force?}
///   ready: {server}
///   maintenance: {server, force?}
///   weight: {server, weight, force?}
///   algorithm: {pool, algorithm}
///   add: {pool, name, address, weight?, state?, max_requests?, backup?}
///   edit: {server, address?, weight?, max_requests?, backup?, force?}: max_requests 0 is no limit
///   remove: {server, force?}
///   add-pool: {pool, algorithm?}: one that was removed comes back with its servers
///   remove-pool: {pool}: one that no route uses
///   check-now: {server?}
///   latency: {server} -> {window_seconds, count, buckets: [[µs, count], ...]}: of the answers in
///     the window, by rising middle of the histogram's buckets (3.2 % wide); empty ones left out
///   probe: {server} -> {good, text, layer, status, age_seconds, transcript, ...}
///   sessions: {pool?, name?} -> {sessions: [...], counts: [...], total}
///   expire: {session} or {server}
///   route: {method, url, headers?: [[name, value]], client?, listener?}
///     -> {listener, route?, routes: [{route, won, why, action}]}
///   explain: {} -> {decisions: [...], recorded}; {id} -> {decision} (decision_json.h);
///     {verify: true} -> {decisions, choices, same, leases, served}; {record: "all" | "sampled"}
///   events: {since?} -> {events: [...]}
///   reload: {}
///   apply: {text} -> {diagnostics}
///   save: {force?}
///   probe: {server} -> {good, text, layer, status, age_seconds, duration_ms, ..., transcript}
///   sessions: {pool?, name?} -> {sessions: [...], counts: [...], total}
///   expire: {server} or {session} -> {sessions}
///   route: {method, url, headers?, client?, listener?} -> {listener, route, routes: [{route,
///   place,
///     match, action, won, why, hidden_by?}]}: in the order of the file; `place` 0 is asked first
///   explain: {} -> {decisions: [...]}, {id} -> {decision} (decision_json.h)
///   config: {} -> {text, path, running, saved}
/// `server` is "POOL/SERVER". `apply` makes the text what runs, with the rules of a reload: a wrong
/// one changes nothing and says why. It replaces the runtime edits, is not in the file until
/// `save`, and yields to the file at the next `reload`. `save` does not write over a file that
/// another program changed (refused with {changed: true}), unless `force`. Of `config`: `text` is
/// the file's, `running` all that runs, written anew with every default, `saved` what save would
/// write: `text` with the runtime edits in it
/// (`running` where they cannot be put into the text).
/// Thread: the thread that created it (the console's main thread).
#pragma once

#include "stats/snapshot.h"

#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QString>

#include <functional>
#include <memory>

namespace steelyard::engine {

struct Command
{
    QString name;
    QJsonObject arguments;
};

enum class Outcome
{
    Done,
    Nothing,
    Partly,
    Refused,
    Unreachable
};

struct CommandResult
{
    Outcome outcome = Outcome::Done;
    QString text; ///< what was done, or why not, as a sentence
    QString hint; ///< what to do; may be empty
    QJsonObject data;
};

class EngineClient : public QObject
{
    Q_OBJECT

public:
    using Done = std::function<void(const CommandResult&)>;
    using QObject::QObject;
    ~EngineClient() override = default;

    /// The newest snapshot; null before the first. Cheap: call it from a timer.
    [[nodiscard]] virtual std::shared_ptr<const stats::Snapshot> latest() const = 0;
    /// Runs a command; `done` is called later, once, on this object's thread.
    virtual void send(const Command& command, Done done) = 0;
    [[nodiscard]] virtual bool connected() const = 0;

Q_SIGNALS:
    /// A newer snapshot is there. Several may be merged into one signal.
    void snapshotArrived();
    /// In order, none lost unless more than the ring's size came between two signals.
    void eventsArrived(const QList<steelyard::stats::Event>& events);
    void connectedChanged(bool connected);
};

} // namespace steelyard::engine
