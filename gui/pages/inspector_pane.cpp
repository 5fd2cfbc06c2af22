#include "pages/inspector_pane.h"

#include "app/theme.h"
#include "models/badge.h"
#include "models/expected_shares.h"
#include "models/figures.h"
#include "models/servers_model.h"
#include "pages/latency_pane.h"
#include "widgets/badge_painter.h"
#include "widgets/weight_slider.h"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QScrollArea>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace steelyard::gui {

namespace {

QFont boldOf(QFont font)
{
    font.setWeight(QFont::DemiBold);
    return font;
}

void setInk(QLabel* label, const QColor& ink)
{
    QPalette colors = label->palette();
    colors.setColor(QPalette::WindowText, ink);
    label->setPalette(colors);
}

} // namespace

InspectorPane::InspectorPane(const ServersModel& servers, QAction* expire, QWidget* parent)
    : QWidget(parent)
    , m_servers(servers)
    , m_hint(new QLabel(tr("Select a server to see it closely."), this))
    , m_body(new QWidget(this))
    , m_name(new QLabel(m_body))
    , m_address(new QLabel(m_body))
    , m_badge(new QLabel(m_body))
    , m_state(new QLabel(m_body))
    , m_why(new QLabel(m_body))
    , m_weight(new WeightSlider(m_body))
    , m_shares(new QLabel(m_body))
    , m_drain(new QLabel(m_body))
    , m_progress(new QProgressBar(m_body))
    , m_pinned(new QLabel(m_body))
    , m_expire(new QToolButton(m_body))
    , m_latency(new LatencyPane(m_body))
    , m_probe(new QLabel(m_body))
    , m_transcript(new QPlainTextEdit(m_body))
{
    setObjectName(QStringLiteral("inspector"));
    const int unit = fontMetrics().averageCharWidth();
    setMinimumWidth(36 * unit);
    m_hint->setObjectName(QStringLiteral("inspector-hint"));
    m_hint->setWordWrap(true);
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    m_hint->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_hint->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    m_name->setObjectName(QStringLiteral("inspector-name"));
    m_name->setFont(boldOf(font()));
    m_state->setObjectName(QStringLiteral("inspector-state"));
    m_why->setObjectName(QStringLiteral("inspector-why"));
    m_shares->setObjectName(QStringLiteral("inspector-shares"));
    m_drain->setObjectName(QStringLiteral("inspector-drain"));
    m_pinned->setObjectName(QStringLiteral("inspector-pinned"));
    m_probe->setObjectName(QStringLiteral("inspector-probe"));
    for (QLabel* label :
         {m_name, m_address, m_state, m_why, m_shares, m_drain, m_pinned, m_probe}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    for (QLabel* label : {m_address, m_why, m_shares})
        label->setForegroundRole(QPalette::PlaceholderText);
    m_progress->setObjectName(QStringLiteral("inspector-progress"));
    m_progress->setAccessibleName(tr("How far the drain is"));
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(unit);
    m_expire->setObjectName(QStringLiteral("inspector-expire"));
    expire->setIconText(tr("Expire all…"));
    m_expire->setDefaultAction(expire);
    m_expire->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_expire->setFocusPolicy(Qt::TabFocus);
    m_transcript->setObjectName(QStringLiteral("inspector-transcript"));
    m_transcript->setAccessibleName(tr("The last probe, word for word"));
    m_transcript->setReadOnly(true);
    m_transcript->setTabChangesFocus(true);
    m_transcript->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_transcript->setLineWrapMode(QPlainTextEdit::WidgetWidth);

    connect(m_weight, &WeightSlider::moved, this, &InspectorPane::preview);
    connect(m_weight, &WeightSlider::chosen, this, [this](int weight) {
        Q_EMIT previewed({});
        Q_EMIT weightChosen(m_id, weight);
    });
    connect(m_weight, &WeightSlider::putBack, this, [this] {
        Q_EMIT previewed({});
        refresh();
    });
    build();
    refresh();
}

void InspectorPane::build()
{
    const int unit = fontMetrics().averageCharWidth();
    auto* stateRow = new QHBoxLayout;
    stateRow->setSpacing(unit);
    stateRow->addWidget(m_badge, 0, Qt::AlignTop);
    stateRow->addWidget(m_state, 1);
    auto* pinnedRow = new QHBoxLayout;
    pinnedRow->setSpacing(unit);
    pinnedRow->addWidget(m_pinned, 1);
    pinnedRow->addWidget(m_expire);
    auto* body = new QVBoxLayout(m_body);
    body->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    body->setSpacing(unit / 2);
    const auto title = [&](const QString& text) {
        auto* label = new QLabel(text, m_body);
        label->setFont(boldOf(font()));
        body->addSpacing(unit);
        body->addWidget(label);
        return label;
    };
    body->addWidget(m_name);
    body->addWidget(m_address);
    body->addSpacing(unit);
    body->addLayout(stateRow);
    body->addWidget(m_why);
    body->addWidget(m_drain);
    body->addWidget(m_progress);
    body->addLayout(pinnedRow);
    title(tr("Weight"))->setBuddy(m_weight->slider());
    body->addWidget(m_weight);
    body->addWidget(m_shares);
    title(tr("Latency"));
    body->addWidget(m_latency);
    title(tr("Last probe"));
    body->addWidget(m_probe);
    body->addWidget(m_transcript, 1);
    m_transcript->setMinimumHeight(fontMetrics().height() * 5);
    auto* area = new QScrollArea(this);
    area->setObjectName(QStringLiteral("inspector-area"));
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus); // what is in it takes the keyboard, and scrolls it
    area->setWidget(m_body);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_hint);
    layout->addWidget(area, 1);
}

void InspectorPane::setClient(engine::EngineClient* client)
{
    m_client = client;
    m_asking = false;
    m_latency->setClient(client);
    showServer({});
}

void InspectorPane::showServer(const QString& id)
{
    if (id != m_id) {
        m_id = id;
        m_drainFrom = 0;
        m_probeAge = -1;
        m_transcript->clear();
        const stats::BackendRow* server = m_servers.server(id);
        m_weight->reset(server == nullptr ? 0 : server->weight, id);
    }
    refresh();
}

void InspectorPane::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_probeAge = -1;
    refresh();
}

void InspectorPane::refresh()
{
    const stats::BackendRow* server = m_servers.server(m_id);
    m_hint->setVisible(server == nullptr);
    m_body->setVisible(server != nullptr);
    if (server == nullptr)
        return;
    m_name->setText(m_id);
    QStringList place{QString::fromStdString(server->address)};
    if (server->backup)
        place << tr("backup");
    if (server->maxRequests > 0)
        place << tr("at most %1 at once").arg(server->maxRequests);
    m_address->setText(place.join(QStringLiteral(" · ")));
    showState(*server);
    showWeight(*server);
    m_latency->refresh(m_id, server->latency);
    showDrain(*server);
    const stats::PoolRow* pool = m_servers.pool(QString::fromStdString(server->pool));
    const bool sticky = pool != nullptr && pool->sticky;
    m_pinned->setVisible(sticky);
    m_expire->setVisible(sticky);
    m_pinned->setText(tr("Pinned: %1").arg(figures::count(server->pinned)));
    showProbe(*server);
}

void InspectorPane::showState(const stats::BackendRow& server)
{
    const Badge badge = badgeOf(server);
    const int side = fontMetrics().ascent();
    m_badge->setPixmap(
        badgePixmap(badge, theme().badge(badge), side, devicePixelRatioF(), server.backup));
    m_state->setText(tr("%1, %2").arg(badgeWord(server), badgeDetail(server)));
    setInk(m_state, badge == Badge::Up ? theme().text : theme().badge(badge));
    QStringList why;
    if (!server.reason.empty())
        why << tr("Why: %1").arg(QString::fromStdString(server.reason));
    if (!server.excluded.empty())
        why << tr("Gets no new requests: %1").arg(QString::fromStdString(server.excluded));
    m_why->setVisible(!why.isEmpty());
    m_why->setText(why.join(u'\n'));
}

void InspectorPane::showWeight(const stats::BackendRow& server)
{
    m_weight->setEnabled(!server.ghost && m_client && m_client->connected());
    m_weight->setWeight(server.weight);
    if (m_weight->inHand()) {
        preview(m_weight->value()); // the others may have changed meanwhile
        return;
    }
    m_shares->setText(tr("Share %1, by weight %2")
                          .arg(figures::percent(server.actualShare, 1),
                               figures::percent(server.configuredShare, 1)));
}

void InspectorPane::preview(int weight)
{
    const stats::BackendRow* server = m_servers.server(m_id);
    if (server == nullptr)
        return;
    const stats::PoolRow& pool = *m_servers.pool(QString::fromStdString(server->pool));
    const ExpectedShares expected = sharesWithWeight(pool, server->name, weight);
    m_shares->setText(tr("Then: %1.\n%2").arg(expected.list(pool), expected.words));
    Q_EMIT previewed(expected.shares);
}

void InspectorPane::showDrain(const stats::BackendRow& server)
{
    const bool leaving = server.admin != AdminState::Ready;
    m_progress->setVisible(leaving && !server.safeToStop());
    if (!leaving) {
        m_drainFrom = 0;
        m_drain->setText(
            server.maxRequests > 0
                ? tr("In flight: %1 of at most %2").arg(server.inFlight).arg(server.maxRequests)
                : tr("In flight: %1").arg(server.inFlight));
        setInk(m_drain, theme().text);
        return;
    }
    m_drainFrom = std::max(m_drainFrom, server.inFlight);
    m_progress->setRange(0, static_cast<int>(std::max(m_drainFrom, 1U)));
    m_progress->setValue(static_cast<int>(m_drainFrom - server.inFlight));
    if (server.safeToStop()) {
        m_drain->setText(tr("Nothing is in flight: it is safe to stop."));
        setInk(m_drain, theme().good);
        return;
    }
    QString text = tr("In flight: %1").arg(server.inFlight);
    if (server.drainSecondsLeft >= 0)
        text += tr(", closed in %1").arg(figures::span(server.drainSecondsLeft));
    m_drain->setText(text);
    setInk(m_drain, theme().text);
}

void InspectorPane::showProbe(const stats::BackendRow& server)
{
    m_transcript->setVisible(server.probe.done);
    if (!server.probed || !server.probe.done) {
        m_probe->setText(server.probed ? tr("Waiting for the first.")
                                       : tr("This pool has no health check."));
        setInk(m_probe, theme().muted);
        return;
    }
    m_probe->setText(tr("%1, %2").arg(QString::fromStdString(server.probe.text),
                                      figures::ago(server.probe.ageSeconds)));
    setInk(m_probe, server.probe.good ? theme().text : theme().danger);
    // Younger than the one shown: a new one.
    const bool fresh = m_probeAge < 0 || server.probe.ageSeconds < m_probeAge;
    if (fresh && !m_asking && isVisible() && m_client && m_client->connected())
        askProbe();
    if (!m_asking && isVisible())
        m_probeAge = server.probe.ageSeconds;
}

void InspectorPane::askProbe()
{
    m_asking = true;
    const QPointer<engine::EngineClient> asked = m_client;
    m_client->send({QStringLiteral("probe"), {{QStringLiteral("server"), m_id}}},
                   [self = QPointer(this), asked, id = m_id](const engine::CommandResult& result) {
                       if (!self || self->m_client != asked)
                           return;
                       self->m_asking = false;
                       if (self->m_id != id || result.outcome != engine::Outcome::Done)
                           return;
                       self->m_probeAge =
                           result.data.value(QLatin1String("age_seconds")).toDouble();
                       const QString text =
                           result.data.value(QLatin1String("transcript")).toString().trimmed();
                       if (text != self->m_transcript->toPlainText())
                           self->m_transcript->setPlainText(text);
                   });
}

} // namespace steelyard::gui
