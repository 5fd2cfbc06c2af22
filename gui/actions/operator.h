/// The operator's hand: sends commands to the engine, tells their outcome in words, keeps what can
/// be undone on an undo stack, and asks where it cannot. Undo or confirm, never both. Thread: main.
/// Owner: MainWindow.
#pragma once

#include "base/states.h"
#include "engine/engine_client.h"
#include "models/server_draft.h"

#include <QHash>
#include <QObject>
#include <QPointer>
#include <QStringList>
#include <QUndoStack>

#include <functional>
#include <memory>

namespace steelyard::gui {

class ServersModel;

/// A question that must be answered before something that cannot be undone.
struct Question
{
    QString title;
    QString text;
    QStringList victims; ///< what will be hit, one a line
    QString verb;        ///< the button that does it
};

class Operator : public QObject
{
    Q_OBJECT

public:
    using Ask = std::function<void(const Question&, std::function<void()> yes)>;
    Operator(const ServersModel& servers, Ask ask, QObject* parent = nullptr);

    /// `socket`: to be named in commands for a shell; empty: the default one.
    void setClient(engine::EngineClient* client, const QString& socket = {});

    /// To look at only: undo() and redo() move it, once the engine has agreed.
    [[nodiscard]] const QUndoStack& undoStack() const { return m_undo; }

    /// Takes the last edit back, or makes it again. Refused by the engine, the stack stays as it
    /// was. Called while commands are under way it waits for their answers first.
    void undo();
    void redo();

    // Servers are "POOL/SERVER".
    void drain(const QStringList& servers);
    void putBack(const QStringList& servers);
    void maintain(const QStringList& servers);
    void remove(const QStringList& servers);
    void checkNow(const QStringList& servers);
    /// Ends the sessions pinned to these servers, after a question.
    void expire(const QStringList& servers);
    void setWeight(const QString& server, int weight);
    /// All as one edit.
    void stepWeight(const QStringList& servers, int step);
    void setAlgorithm(const QString& pool, Algorithm algorithm);
    void addPool(const QString& pool, Algorithm algorithm);
    /// One that no route uses; undone, it is back with its servers.
    void removePool(const QString& pool);
    /// All as one edit.
    void add(const QList<ServerDraft>& servers);
    /// Changes what of a server differs from `wanted`; pool and name stay.
    void edit(const ServerDraft& wanted);
    /// Asks before it writes over a file that another program has changed.
    void save();
    void reload();
    /// Makes `text` what runs; undo goes back to `before`. `then` runs when it runs.
    void apply(const QString& text, const QString& before, std::function<void()> then = {});

    /// What `act`, which calls one of the functions above, would send, as steelyardctl commands,
    /// one a line. Nothing is sent and nobody is asked.
    [[nodiscard]] QString asCommands(const std::function<void()>& act);

    /// The last plan sent, as steelyardctl commands, one a line; empty before the first.
    [[nodiscard]] QString lastAsCommands() const { return m_lastCommands.join(u'\n'); }

Q_SIGNALS:
    /// `undoable`: the undo stack has it.
    void told(engine::Outcome outcome, const QString& text, const QString& hint, bool undoable);
    /// A command was sent: the next snapshot is wanted soon.
    void sent();

private:
    friend class EngineEdit; // for Step

    struct Step
    {
        engine::Command forward, backward;
        QString server;   ///< the one it is about; may be empty
        bool done = true; ///< forward was carried out, and backward was not since
    };

    struct Plan
    {
        QList<Step> steps;
        QString doneText; ///< when several steps went well: "Drained 3 servers"
        QString verb;     ///< on the question's button, when one is needed
        bool undoable = true;
        bool forced = false;
        std::shared_ptr<QList<Step>> edit; ///< whose steps these are, of an undo or a redo
        QList<qsizetype> places;           ///< of the steps in `edit`
        bool isUndo = false;               ///< otherwise a redo
        std::function<void()> then;        ///< after all went well; may be null
    };
    struct Tally;

    void run(const Plan& plan);
    void tellResult(const Plan& plan, const Plan& done, const Tally& tally, bool undoable);
    [[nodiscard]] QString lineOf(const engine::Command& command) const;
    void send(const Plan& plan);
    void finish(const Plan& plan, const std::shared_ptr<Tally>& tally);
    void move(bool isUndo);
    void moveNext();
    void settle(const Plan& plan, const QList<engine::CommandResult>& results);
    [[nodiscard]] QStringList lastInService(const Plan& plan) const;
    [[nodiscard]] engine::Command adminCommand(const QString& server, AdminState state) const;
    [[nodiscard]] Plan adminPlan(const QStringList& servers, AdminState state) const;
    void ask(const Plan& plan, const QString& why);

    const ServersModel& m_servers;
    Ask m_ask;
    QPointer<engine::EngineClient> m_client;
    QUndoStack m_undo;
    QHash<QString, int>
        m_sentWeights; ///< asked for but not seen in a snapshot yet: quick steps add up
    int m_outstanding = 0;
    QList<bool> m_moves; ///< undo (true) and redo asked for and not begun
    QStringList m_lastCommands;
    QString m_socket;                   ///< for commands; empty: the default one
    QStringList* m_rehearsal = nullptr; ///< while set, commands go there and not to the engine
};

} // namespace steelyard::gui
