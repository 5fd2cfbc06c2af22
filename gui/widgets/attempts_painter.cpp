/// The time line of a request: the wait for room, then every attempt with its phases.

#include "app/theme.h"
#include "models/figures.h"
#include "widgets/decision_painter.h"
#include "widgets/sheet.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace steelyard::gui {

namespace {

struct Picture
{
    Q_DECLARE_TR_FUNCTIONS(steelyard::gui::DecisionPicture)
};

enum Phase
{
    Queue,
    Connect,
    FirstByte,
    Body,
    PhaseCount
};

QColor phaseColor(int phase)
{
    // Far apart in lightness too, and told in words below each bar.
    static constexpr std::size_t kSeries[PhaseCount] = {2, 3, 0, 1};
    return theme().series[kSeries[phase]];
}

QString phaseWord(int phase)
{
    switch (phase) {
    case Queue:
        return Picture::tr("waits for room");
    case Connect:
        return Picture::tr("connects");
    case FirstByte:
        return Picture::tr("waits for the first byte");
    default:
        return Picture::tr("the rest of the answer");
    }
}

/// Where the µs are on the paper.
struct Scale
{
    int from = 0, to = 0;
    double total = 1; ///< µs

    [[nodiscard]] double at(qint64 micros) const
    {
        return from + (to - from) * std::clamp(static_cast<double>(micros) / total, 0.0, 1.0);
    }
};

double stepFor(double total)
{
    const double rough = total / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (rough <= factor * power)
            return factor * power;
    }
    return 10 * power;
}

void paintAxis(Sheet& sheet, const Scale& scale, int top)
{
    const double step = stepFor(scale.total);
    for (double tick = 0; tick <= scale.total * 1.0001; tick += step) {
        const double x = std::round(scale.at(static_cast<qint64>(tick))) + 0.5;
        sheet.painter.setPen(QPen(theme().grid, 1));
        sheet.painter.drawLine(QPointF(x, top), QPointF(x, sheet.y));
        const QString label = tick > 0 ? figures::latency(tick) : QStringLiteral("0");
        const int width = sheet.widthOf(label) + 2;
        const int left = std::min(static_cast<int>(x) - width / 2, sheet.right - width);
        sheet.text(QRect(left, sheet.y, width, sheet.line), label, theme().muted, Qt::AlignCenter);
    }
    sheet.space(1.3);
}

void paintPhase(Sheet& sheet, const Scale& scale, qint64 from, qint64 to, int phase)
{
    if (from < 0 || to < from)
        return;
    const double left = scale.at(from);
    const double width = std::max(2.0, scale.at(to) - left);
    const double height = sheet.line * 0.6;
    sheet.painter.fillRect(QRectF(left, sheet.y + (sheet.line - height) / 2, width, height),
                           phaseColor(phase));
}

void paintAttempt(Sheet& sheet, const Scale& scale, const DecisionStory::Attempt& attempt)
{
    const bool good = attempt.result == QLatin1String("ok");
    sheet.text(QRect(sheet.left, sheet.y, scale.from - sheet.left - sheet.unit, sheet.line),
               attempt.server, good ? theme().text : theme().danger);
    qint64 at = attempt.started;
    if (!attempt.reused && attempt.connected >= 0) {
        paintPhase(sheet, scale, at, attempt.connected, Connect);
        at = attempt.connected;
    }
    // Without an answer the last phase is the one that never ended.
    const bool connecting = !attempt.reused && attempt.connected < 0;
    const qint64 head = attempt.firstByte >= 0 ? attempt.firstByte : attempt.ended;
    paintPhase(sheet, scale, at, head, connecting ? Connect : FirstByte);
    if (attempt.firstByte >= 0)
        paintPhase(sheet, scale, attempt.firstByte, attempt.ended, Body);
    if (!good && attempt.ended >= 0) {
        const double arm = sheet.line * 0.22;
        const QPointF end(std::min(scale.at(attempt.ended), scale.to - arm),
                          sheet.y + sheet.line / 2.0);
        sheet.painter.setPen(QPen(theme().danger, 2));
        sheet.painter.drawLine(end - QPointF(arm, arm), end + QPointF(arm, arm));
        sheet.painter.drawLine(end + QPointF(arm, -arm), end + QPointF(-arm, arm));
    }
    sheet.space(1);
    QString result = attempt.result;
    result.replace(u'_', u' ');
    const QString words = phasesText(attempt);
    const QRect below(scale.from, sheet.y, sheet.right - scale.from, sheet.line);
    sheet.text(below, good ? words : Picture::tr("%1: %2").arg(result, words),
               good ? theme().muted : theme().danger);
    sheet.space(1.4);
}

void paintLegend(Sheet& sheet, const DecisionStory& story)
{
    int x = sheet.left;
    const bool connects =
        std::any_of(story.attempts.begin(), story.attempts.end(),
                    [](const DecisionStory::Attempt& attempt) { return !attempt.reused; });
    for (int phase = Queue; phase < PhaseCount; ++phase) {
        if ((phase == Queue && story.queueUs <= 0) || (phase == Connect && !connects))
            continue;
        const QString word = phaseWord(phase);
        const int width = sheet.widthOf(word);
        if (x > sheet.left && x + 2 * sheet.unit + width > sheet.right) {
            x = sheet.left;
            sheet.space(1.2);
        }
        const double side = sheet.line * 0.5;
        sheet.painter.fillRect(QRectF(x, sheet.y + (sheet.line - side) / 2, side, side),
                               phaseColor(phase));
        x += static_cast<int>(side) + sheet.unit;
        sheet.text(QRect(x, sheet.y, width + 1, sheet.line), word, theme().muted);
        x += width + 3 * sheet.unit;
    }
    sheet.space(1.9);
}

} // namespace

void paintAttempts(Sheet& sheet, const DecisionStory& story)
{
    if (story.attempts.isEmpty() && story.queueUs <= 0)
        return;
    sheet.heading(Picture::tr("Where the time went"));
    int name = sheet.widthOf(Picture::tr("Queue"));
    Scale scale;
    scale.total = static_cast<double>(std::max<qint64>(story.request.totalUs, 1));
    for (const DecisionStory::Attempt& attempt : story.attempts) {
        name = std::max(name, sheet.widthOf(attempt.server));
        scale.total = std::max(scale.total, static_cast<double>(attempt.ended));
    }
    scale.from = sheet.left + std::min(name, 20 * sheet.unit) + 2 * sheet.unit;
    scale.to = sheet.right - 2 * sheet.unit;
    const int top = sheet.y;
    // The grid lies below the bars, and its length is known only after them: the rows' height is
    // fixed.
    const int rows = static_cast<int>(story.attempts.size());
    const int height = rows * (sheet.line + static_cast<int>(sheet.line * 1.4)) +
                       (story.queueUs > 0 ? static_cast<int>(sheet.line * 1.4) : 0);
    sheet.y = top + height;
    paintAxis(sheet, scale, top);
    const int after = sheet.y;
    sheet.y = top;
    if (story.queueUs > 0) {
        sheet.text(QRect(sheet.left, sheet.y, scale.from - sheet.left - sheet.unit, sheet.line),
                   Picture::tr("Queue"), theme().text);
        paintPhase(sheet, scale, 0, story.queueUs, Queue);
        sheet.space(1.4);
    }
    for (const DecisionStory::Attempt& attempt : story.attempts)
        paintAttempt(sheet, scale, attempt);
    sheet.y = after;
    paintLegend(sheet, story);
}

} // namespace steelyard::gui
