#include "widgets/decision_painter.h"

#include "app/theme.h"
#include "models/figures.h"
#include "widgets/sheet.h"

#include <QCoreApplication>
#include <QDateTime>

#include <algorithm>

namespace steelyard::gui {

namespace {

constexpr qsizetype kMostCandidates = 20; ///< of a choice: those that counted come first
constexpr qsizetype kMostFiltered = 12;

struct Picture
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::DecisionPicture)
};

QString more(qsizetype count)
{
    return Picture::tr("and %1 more").arg(count);
}

void paintTop(Sheet& sheet, const DecisionStory& story)
{
    const RequestRow& request = story.request;
    sheet.heading(request.method + u' ' + request.host + request.target);
    const bool failed = request.status == 0 || request.status >= 500;
    const QString time =
        QDateTime::fromMSecsSinceEpoch(request.wallMs).toString(QStringLiteral("HH:mm:ss.zzz"));
    sheet.paragraph(Picture::tr("%1 in %2, from %3 at %4")
                        .arg(QString::number(request.status),
                             figures::latency(static_cast<double>(request.totalUs)), request.client,
                             time),
                    failed ? theme().danger : theme().muted);
    sheet.space(0.5);
    QList<Sheet::Box> way{{Picture::tr("Listener"), request.listener}};
    if (!request.route.isEmpty())
        way.append({Picture::tr("Route"), request.route});
    if (!request.pool.isEmpty())
        way.append({Picture::tr("Pool, %1").arg(story.algorithm), request.pool});
    if (!request.served.isEmpty())
        way.append({Picture::tr("Server"), request.served, true});
    if (!request.reason.isEmpty())
        way.append({Picture::tr("Answered here"), request.reason, request.served.isEmpty()});
    sheet.chain(way);
    sheet.space(1);
}

/// The columns of the candidates, fitted to what stands in them.
struct Columns
{
    int server = 0, weight = 0, load = 0, bar = 0, words = 0; ///< right edges; left for `words`
};

Columns columnsFor(const Sheet& sheet, const DecisionStory::Choice& choice)
{
    int name = sheet.widthOf(Picture::tr("Server")) + sheet.unit;
    for (const DecisionStory::Candidate& each : choice.candidates)
        name = std::max(name, sheet.widthOf(each.server) + sheet.unit);
    const int gap = 2 * sheet.unit;
    Columns out;
    out.server = sheet.left + 3 * sheet.unit + std::min(name, 26 * sheet.unit);
    out.weight = out.server + gap + sheet.widthOf(Picture::tr("Weight"));
    out.load = out.weight + gap + sheet.widthOf(Picture::tr("In flight"));
    out.bar = out.load + gap + std::max(10 * sheet.unit, (sheet.right - out.load) / 4);
    out.words = out.bar + gap;
    return out;
}

void paintCandidate(Sheet& sheet, const DecisionStory::Candidate& candidate, const Columns& columns,
                    double highest)
{
    QString words = candidate.text;
    if (candidate.tried)
        words = Picture::tr("tried before");
    else if (!candidate.drawn)
        words = Picture::tr("not looked at");
    const int width = sheet.right - columns.words - sheet.unit;
    const int tall = std::max(sheet.line, sheet.heightOf(words, width));
    const int height = tall + sheet.line / 2;
    const QRect row(sheet.left, sheet.y, sheet.right - sheet.left, height);
    if (candidate.chosen)
        sheet.painter.fillRect(row, theme().selection);
    const QColor ink = candidate.drawn || candidate.chosen ? theme().text : theme().muted;
    const double radius = sheet.unit * 0.55;
    const QPointF mark(sheet.left + sheet.unit * 1.5, row.top() + height / 2.0);
    sheet.painter.setPen(QPen(candidate.chosen ? theme().accent : theme().muted, 1.3));
    sheet.painter.setBrush(candidate.chosen ? theme().accent : QColor(Qt::transparent));
    if (candidate.drawn || candidate.chosen)
        sheet.painter.drawEllipse(mark, radius, radius);
    sheet.painter.setBrush(Qt::NoBrush);
    const auto cell = [&](int from, int to) { return QRect(from, row.top(), to - from, height); };
    sheet.setBold(candidate.chosen);
    sheet.text(cell(sheet.left + 3 * sheet.unit, columns.server), candidate.server, ink);
    sheet.setBold(false);
    const auto right = Qt::AlignRight | Qt::AlignVCenter;
    sheet.text(cell(columns.server, columns.weight), QString::number(candidate.weight), ink, right);
    sheet.text(cell(columns.weight, columns.load), QString::number(candidate.inFlight), ink, right);
    if (highest > 0 && candidate.drawn) {
        QRectF bar(columns.load + 2 * sheet.unit, 0, columns.bar - columns.load - 2 * sheet.unit,
                   sheet.line * 0.42);
        bar.moveTop(row.top() + height / 2.0 - bar.height() / 2);
        sheet.painter.fillRect(bar, theme().grid);
        bar.setWidth(bar.width() * std::clamp(candidate.score / highest, 0.0, 1.0));
        sheet.painter.fillRect(bar, candidate.chosen ? theme().accent : theme().series[0]);
    }
    sheet.painter.setPen(candidate.chosen ? theme().text : theme().muted);
    sheet.painter.drawText(QRect(columns.words, row.top(), width, height),
                           int(Qt::AlignLeft | Qt::AlignVCenter) | Qt::TextWordWrap, words);
    sheet.y += height;
}

void paintCandidates(Sheet& sheet, const DecisionStory::Choice& choice)
{
    if (choice.candidates.isEmpty())
        return;
    const Columns columns = columnsFor(sheet, choice);
    double highest = 0;
    for (const DecisionStory::Candidate& each : choice.candidates)
        highest = std::max(highest, each.drawn ? each.score : 0);
    const auto head = [&](int from, int to, const QString& title, Qt::Alignment align) {
        sheet.text(QRect(from, sheet.y, to - from, sheet.line), title, theme().muted,
                   align | Qt::AlignVCenter);
    };
    sheet.space(0.3);
    head(sheet.left + 3 * sheet.unit, columns.server, Picture::tr("Server"), Qt::AlignLeft);
    head(columns.server, columns.weight, Picture::tr("Weight"), Qt::AlignRight);
    head(columns.weight, columns.load, Picture::tr("In flight"), Qt::AlignRight);
    head(columns.load + 2 * sheet.unit, sheet.right, Picture::tr("Score"), Qt::AlignLeft);
    sheet.space(1.2);
    sheet.painter.fillRect(QRect(sheet.left, sheet.y, sheet.right - sheet.left, 1), theme().border);
    sheet.y += 1;
    for (const DecisionStory::Candidate& each : choice.candidates.mid(0, kMostCandidates))
        paintCandidate(sheet, each, columns, highest);
    if (choice.candidates.size() > kMostCandidates)
        sheet.paragraph(more(choice.candidates.size() - kMostCandidates), theme().muted);
}

void paintChoice(Sheet& sheet, const DecisionStory::Choice& choice, qsizetype number)
{
    const QString who = choice.server.isEmpty() ? Picture::tr("Nobody was left")
                                                : Picture::tr("Why %1?").arg(choice.server);
    sheet.heading(number == 0 ? who : Picture::tr("Then: %1").arg(who));
    QString text = choice.text;
    if (!text.isEmpty())
        text[0] = text.at(0).toUpper();
    sheet.paragraph(text, theme().text);
    if (!choice.refused.isEmpty())
        sheet.paragraph(Picture::tr("Not taken: %1").arg(choice.refused), theme().warning);
    if (!choice.rule.isEmpty())
        sheet.paragraph(Picture::tr("Rule: %1").arg(choice.rule), theme().muted);
    if (!choice.draws.isEmpty())
        sheet.paragraph(Picture::tr("Drawn: %1").arg(choice.draws.join(QLatin1String("; "))),
                        theme().muted);
    paintCandidates(sheet, choice);
    sheet.space(0.9);
}

void paintFiltered(Sheet& sheet, const QList<DecisionStory::Filtered>& filtered)
{
    if (filtered.isEmpty())
        return;
    sheet.heading(Picture::tr("Could not be chosen"));
    for (const DecisionStory::Filtered& each : filtered.mid(0, kMostFiltered)) {
        const double arm = sheet.unit * 0.45;
        const QPointF middle(sheet.left + sheet.unit * 1.5, sheet.y + sheet.line / 2.0);
        sheet.painter.setPen(QPen(theme().danger, 1.5));
        sheet.painter.drawLine(middle - QPointF(arm, arm), middle + QPointF(arm, arm));
        sheet.painter.drawLine(middle + QPointF(arm, -arm), middle + QPointF(-arm, arm));
        const int from = sheet.left + 3 * sheet.unit;
        const int name = std::min(sheet.widthOf(each.server), (sheet.right - from) / 2);
        sheet.text(QRect(from, sheet.y, name, sheet.line), each.server, theme().text);
        const int at = from + name + 2 * sheet.unit;
        sheet.text(QRect(at, sheet.y, sheet.right - at, sheet.line), each.why, theme().muted);
        sheet.space(1.35);
    }
    if (filtered.size() > kMostFiltered)
        sheet.paragraph(more(filtered.size() - kMostFiltered), theme().muted);
    sheet.space(0.9);
}

} // namespace

void paintStory(Sheet& sheet, const DecisionStory& story)
{
    paintTop(sheet, story);
    // What it came to first: where the time went; then why.
    paintAttempts(sheet, story);
    for (qsizetype i = 0; i < story.choices.size(); ++i)
        paintChoice(sheet, story.choices.at(i), i);
    paintFiltered(sheet, story.filtered);
}

} // namespace steelyard::gui
