// The control plane's answers to "which route?" and "why this server?".
#include "engine/answers.h"
#include "engine/control_plane.h"
#include "engine/decision_json.h"
#include "routing/explain.h"
#include "routing/unreachable.h"
#include "routing/words.h"

#include <QJsonArray>
#include <QUrl>

#include <algorithm>

namespace steelyard::engine {

namespace {

constexpr std::size_t kMostListed = 200;

std::string textOf(const QJsonObject& arguments, const char* key)
{
    return arguments.value(QLatin1String(key)).toString().toStdString();
}

/// What `route` asks about.
struct Question
{
    std::string method, host, target;
    http::HeaderList headers;
    IpAddress client;
};

Question questionOf(const QJsonObject& arguments)
{
    Question question;
    question.method = textOf(arguments, "method");
    question.client = IpAddress::from(std::string_view(arguments.value(QStringLiteral("client"))
                                                           .toString(QStringLiteral("127.0.0.1"))
                                                           .toStdString()));
    const std::string url = textOf(arguments, "url");
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) {
        question.target = url;
    } else {
        const std::size_t end = std::min(url.find_first_of("/?#", scheme + 3), url.size());
        question.host = url.substr(scheme + 3, end - scheme - 3);
        question.target = url.substr(end);
    }
    question.target.resize(std::min(question.target.find('#'), question.target.size()));
    if (!question.target.starts_with('/'))
        question.target.insert(0, "/");
    for (const auto each : arguments.value(QStringLiteral("headers")).toArray()) {
        const std::string name = each.toArray().at(0).toString().toStdString();
        const std::string value = each.toArray().at(1).toString().toStdString();
        if (http::equalsIgnoreCase(name, "Host")) {
            question.host = value;
        } else {
            question.headers.add(name, value);
        }
    }
    return question;
}

} // namespace

void ControlPlane::explainRoute(const QJsonObject& arguments, const Done& done)
{
    const std::string name = textOf(arguments, "listener");
    const runtime::Listener* listener = nullptr;
    std::vector<std::string> names;
    for (const config::Listener& each : m_effective.listeners)
        names.push_back(each.name);
    for (const auto& each : m_snapshot->listeners) {
        const bool wanted = each && (name.empty() ? each->settings.name == names.front()
                                                  : each->settings.name == name);
        if (wanted)
            listener = each.get();
    }
    if (listener == nullptr) {
        QStringList known;
        for (const std::string& each : names)
            known << qs(each);
        refuse(done, QStringLiteral("there is no listener '%1'").arg(qs(name)),
               QStringLiteral("the listeners are: %1").arg(known.join(QStringLiteral(", "))));
        return;
    }
    const Question question = questionOf(arguments);
    const routing::Request request{question.method, question.host, question.target,
                                   &question.headers, question.client};
    const auto& routes = listener->settings.routes;
    const auto verdicts = routing::explain(*listener->router, routes, request);
    const auto places = routing::precedence(routes);
    std::vector<QString> hiddenBy(routes.size());
    for (const auto& [hidden, hider] : routing::unreachableRoutes(routes))
        hiddenBy[static_cast<std::size_t>(hidden)] =
            qs(routes[static_cast<std::size_t>(hider)].name);
    QJsonArray rows;
    QString text =
        QStringLiteral("no route of listener '%1' matches: 404").arg(qs(listener->settings.name));
    QJsonObject data{{QStringLiteral("listener"), qs(listener->settings.name)}};
    for (std::size_t i = 0; i < routes.size(); ++i) {
        const QString action = qs(routing::actionText(routes[i]));
        QJsonObject row{{QStringLiteral("route"), qs(routes[i].name)},
                        {QStringLiteral("place"), static_cast<qint64>(places[i])},
                        {QStringLiteral("match"), qs(routing::matchText(routes[i].match))},
                        {QStringLiteral("won"), verdicts[i].won},
                        {QStringLiteral("why"), qs(verdicts[i].why)},
                        {QStringLiteral("action"), action}};
        if (!hiddenBy[i].isEmpty())
            row.insert(QStringLiteral("hidden_by"), hiddenBy[i]);
        rows.append(row);
        if (verdicts[i].won) {
            text = QStringLiteral("route '%1' wins: %2").arg(qs(routes[i].name), action);
            data.insert(QStringLiteral("route"), qs(routes[i].name));
        }
    }
    data.insert(QStringLiteral("routes"), rows);
    answer(done, Outcome::Done, text, {}, data);
}

// ---- decisions

/// Asks every worker; `ready` runs on control with all that is recorded, newest first.
void ControlPlane::gatherDecisions(std::function<void(Worker::Decisions)> ready)
{
    struct Gathering
    {
        Worker::Decisions all;
        std::size_t left = 0;
        std::function<void(Worker::Decisions)> ready;
    };

    auto gathering = std::make_shared<Gathering>();
    gathering->left = m_workers.size();
    gathering->ready = std::move(ready);
    for (const auto& worker : m_workers) {
        worker->decisions([this, gathering](Worker::Decisions some) {
            m_mailbox.post([gathering, some = std::move(some)] {
                gathering->all.insert(gathering->all.end(), some.begin(), some.end());
                if (--gathering->left > 0)
                    return;
                std::sort(gathering->all.begin(), gathering->all.end(),
                          [](const auto& a, const auto& b) { return a->wallMs > b->wallMs; });
                gathering->ready(std::move(gathering->all));
            });
        });
    }
}

void ControlPlane::explain(const QJsonObject& arguments, const Done& done)
{
    const std::string record = textOf(arguments, "record");
    if (!record.empty()) {
        for (const auto& worker : m_workers)
            worker->recordAll(record == "all");
        event(stats::Level::Info, "operator",
              "records " +
                  std::string(record == "all" ? "every decision" : "a sample of the decisions"));
        answer(done, Outcome::Done,
               record == "all" ? QStringLiteral("every decision is recorded from now on")
                               : QStringLiteral("a sample of the decisions is recorded"));
        return;
    }
    const bool verify = arguments.value(QStringLiteral("verify")).toBool();
    const quint64 id = textOf(arguments, "id").empty()
                           ? 0
                           : arguments.value(QStringLiteral("id")).toString().toULongLong();
    gatherDecisions([done, verify, id](const Worker::Decisions& decisions) {
        if (verify) {
            runtime::Recomputed recomputed;
            balancing::Recomputer recomputer;
            for (const auto& decision : decisions)
                runtime::recompute(*decision, recomputer, recomputed);
            const bool same =
                recomputed.choices == recomputed.same && recomputed.leases == recomputed.served;
            answer(done, same ? Outcome::Done : Outcome::Partly,
                   QStringLiteral("%1 of %2 recorded choices come out the same; %3 of %4 attempts "
                                  "were at the chosen server")
                       .arg(recomputed.same)
                       .arg(recomputed.choices)
                       .arg(recomputed.served)
                       .arg(recomputed.leases),
                   {}, toJson(recomputed));
            return;
        }
        if (id != 0) {
            const auto found = std::find_if(decisions.begin(), decisions.end(),
                                            [id](const auto& each) { return each->id == id; });
            if (found == decisions.end()) {
                refuse(done, QStringLiteral("no decision %1 is recorded (any more)").arg(id),
                       QStringLiteral("\"steelyardctl explain\" lists those that are"));
                return;
            }
            answer(done, Outcome::Done, QStringLiteral("decision %1").arg(id), {},
                   {{QStringLiteral("decision"), decisionJson(**found)}});
            return;
        }
        QJsonArray rows;
        for (const auto& decision : decisions) {
            if (rows.size() == static_cast<qsizetype>(kMostListed))
                break;
            rows.append(decisionSummary(*decision));
        }
        answer(done, Outcome::Done,
               QStringLiteral("%1 decisions are recorded").arg(decisions.size()), {},
               {{QStringLiteral("decisions"), rows},
                {QStringLiteral("recorded"), static_cast<qint64>(decisions.size())}});
    });
}

} // namespace steelyard::engine
