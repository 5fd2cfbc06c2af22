#include "pages/lab_page.h"

#include "actions/action_registry.h"
#include "models/figures.h"

#include <QAction>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSlider>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace steelyard::gui {

namespace {

constexpr int kMostLatencyMs = 1000;
constexpr int kMostRate = 5000;

enum Conduct
{
    Answers,
    Refuses,
    Hangs
};

QLabel* heading(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    return label;
}

QLabel* muted(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

} // namespace

LabPage::LabPage(QAction* startDemo, QWidget* parent)
    : QWidget(parent)
    , m_outer(new QStackedWidget(this))
{
    setObjectName(QStringLiteral("page-lab"));
    m_outer->addWidget(buildEmpty(startDemo));
    m_outer->addWidget(buildLab());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_outer);
    setDemo(nullptr, false);
}

QWidget* LabPage::buildEmpty(QAction* startDemo)
{
    auto* page = new QWidget(this);
    auto* layout = new QVBoxLayout(page);
    m_why = new QLabel(page);
    m_why->setObjectName(QStringLiteral("lab-why"));
    m_why->setWordWrap(true);
    m_why->setAlignment(Qt::AlignCenter);
    m_why->setFixedWidth(fontMetrics().averageCharWidth() * 64);
    auto* start = new QPushButton(startDemo->icon(), plainText(startDemo->text()), page);
    start->setObjectName(QStringLiteral("lab-start"));
    start->setToolTip(startDemo->toolTip());
    connect(start, &QPushButton::clicked, startDemo, &QAction::trigger);
    layout->addStretch(2);
    QLabel* title = heading(tr("No demo runs here"), page);
    layout->addWidget(title, 0, Qt::AlignHCenter);
    layout->addSpacing(fontMetrics().height() / 2);
    auto* row = new QHBoxLayout; // an alignment would cut what is wrapped
    row->addStretch(1);
    row->addWidget(m_why);
    row->addStretch(1);
    layout->addLayout(row);
    layout->addSpacing(fontMetrics().height());
    layout->addWidget(start, 0, Qt::AlignHCenter);
    layout->addStretch(3);
    return page;
}

QWidget* LabPage::buildLab()
{
    const int unit = fontMetrics().averageCharWidth();
    auto* content = new QWidget(this);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(3 * unit, 2 * unit, 3 * unit, 2 * unit);
    layout->setSpacing(unit);

    auto* top = new QHBoxLayout;
    top->setSpacing(unit);
    top->addWidget(heading(tr("Traffic"), content));
    top->addSpacing(unit);
    auto* holder = new QGridLayout;
    holder->setSpacing(unit);
    m_rate = addPair(holder, 0, 0, QStringLiteral("lab-rate"), tr("Requests per second"), kMostRate,
                     tr(" requests/s"));
    top->addLayout(holder);
    m_load = muted({}, content);
    m_load->setObjectName(QStringLiteral("lab-load"));
    top->addSpacing(unit);
    top->addWidget(m_load);
    top->addStretch(1);
    auto* again = new QPushButton(tr("As at &first"), content);
    again->setObjectName(QStringLiteral("lab-reset"));
    again->setToolTip(tr("Servers and traffic as they were when the demo began"));
    top->addWidget(again);
    layout->addLayout(top);
    QLabel* hint = muted(tr("Make a server slow, faulty or dead, and watch on the other pages how "
                            "its share, its state and the errors move. Nothing here is balanced or "
                            "saved: it is how the servers themselves behave."),
                         content);
    hint->setWordWrap(true);
    layout->addWidget(hint);
    layout->addSpacing(unit);
    m_servers = new QWidget(content);
    layout->addWidget(m_servers);
    layout->addStretch(1);

    connect(m_rate, &QDoubleSpinBox::valueChanged, this, [this](double perSecond) {
        if (m_demo)
            m_demo->setLoadRate(static_cast<int>(perSecond));
    });
    connect(again, &QPushButton::clicked, this, &LabPage::reset);

    auto* area = new QScrollArea(this);
    area->setObjectName(QStringLiteral("lab-area"));
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus); // its controls have it, and scroll it
    area->setWidget(content);
    return area;
}

/// A slider for the hand and a box for the exact value, which are one value.
QDoubleSpinBox* LabPage::addPair(QGridLayout* grid, int line, int column, const QString& id,
                                 const QString& what, int most, const QString& unit, int parts)
{
    auto* slider = new QSlider(Qt::Horizontal, this);
    slider->setObjectName(id + QStringLiteral("-slider"));
    slider->setAccessibleName(what);
    slider->setRange(0, most * parts);
    slider->setPageStep(std::max(1, most * parts / 20));
    slider->setMinimumWidth(fontMetrics().averageCharWidth() * 24);
    auto* box = new QDoubleSpinBox(this);
    box->setObjectName(id);
    box->setAccessibleName(what);
    box->setDecimals(parts == 1 ? 0 : 1);
    box->setRange(0, most);
    box->setSingleStep(std::max(1, most / 100));
    box->setSuffix(unit);
    box->setAlignment(Qt::AlignRight);
    box->setFocusPolicy(Qt::StrongFocus); // the wheel belongs to the page until it is focused
    connect(slider, &QSlider::valueChanged, box, [box, parts](int value) {
        // Its own value come back: what is being typed there stays as it is.
        if (std::lround(box->value() * parts) != value)
            box->setValue(double(value) / parts);
    });
    connect(box, &QDoubleSpinBox::valueChanged, slider, [slider, parts](double value) {
        slider->setValue(static_cast<int>(std::lround(value * parts)));
    });
    grid->addWidget(slider, line, column);
    grid->addWidget(box, line, column + 1);
    return box;
}

void LabPage::addServer(const lab::DemoServer& server, int line)
{
    const QString name = server.pool() + u'/' + server.name();
    const QString id = QStringLiteral("lab-") + server.name();
    Row row;
    row.pool = server.pool();
    row.name = server.name();
    row.latency = server.latency();
    row.errors = server.errorShare() * 100;
    auto* label = new QLabel(name, m_servers);
    label->setToolTip(server.address());
    m_grid->addWidget(label, line, 0);
    row.latencyBox = addPair(m_grid, line, 1, id + QStringLiteral("-latency"),
                             tr("Latency of %1").arg(name), kMostLatencyMs, tr(" ms"));
    row.errorsBox = addPair(m_grid, line, 3, id + QStringLiteral("-errors"),
                            tr("Errors of %1").arg(name), 100, tr(" %"), 10);
    row.conduct = new QComboBox(m_servers);
    row.conduct->setObjectName(id + QStringLiteral("-conduct"));
    row.conduct->setAccessibleName(tr("What %1 does").arg(name));
    row.conduct->addItems({tr("Answers"), tr("Refuses connections"), tr("Never answers")});
    row.conduct->setCurrentIndex(server.refusing() ? Refuses : server.hanging() ? Hangs : Answers);
    m_grid->addWidget(row.conduct, line, 5);
    row.requests = muted({}, m_servers);
    row.requests->setObjectName(id + QStringLiteral("-requests"));
    row.requests->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_grid->addWidget(row.requests, line, 6);
    row.latencyBox->setValue(row.latency);
    row.errorsBox->setValue(row.errors);
    m_rows.push_back(row);
    // By place: the rows live as long as their demo.
    const std::size_t at = m_rows.size() - 1;
    connect(row.latencyBox, &QDoubleSpinBox::valueChanged, this, [this, at](double ms) {
        if (lab::DemoServer* real = serverOf(m_rows[at]))
            real->setLatency(static_cast<int>(ms));
    });
    connect(row.errorsBox, &QDoubleSpinBox::valueChanged, this, [this, at](double percent) {
        if (lab::DemoServer* real = serverOf(m_rows[at]))
            real->setErrorShare(percent / 100);
    });
    connect(row.conduct, &QComboBox::currentIndexChanged, this, [this, at](int conduct) {
        if (lab::DemoServer* real = serverOf(m_rows[at])) {
            real->setRefusing(conduct == Refuses);
            real->setHanging(conduct == Hangs);
        }
    });
}

lab::DemoServer* LabPage::serverOf(const Row& row) const
{
    return m_demo.isNull() ? nullptr : m_demo->backend(row.pool, row.name);
}

void LabPage::setDemo(lab::Demo* demo, bool foreign)
{
    m_why->setText(foreign ? tr("The engine runs in another process, and its servers are real ones "
                                "or that process's. To play with servers that can be made slow or "
                                "faulty, start the demo in this console; the other engine goes on.")
                           : tr("The demo brings six servers and traffic of its own. Here you make "
                                "them slow, faulty or dead, and watch what the balancer makes of "
                                "it."));
    m_outer->setCurrentIndex(demo == nullptr ? 0 : 1);
    if (demo != m_demo.data() || (demo == nullptr && !m_rows.empty())) {
        m_demo = nullptr; // what the boxes say while they are made must not reach it
        m_rows.clear();
        qDeleteAll(m_servers->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
        delete m_servers->layout();
    }
    if (demo != nullptr && m_demo.isNull())
        build(*demo);
    refresh();
}

void LabPage::build(lab::Demo& demo)
{
    const int unit = fontMetrics().averageCharWidth();
    m_grid = new QGridLayout(m_servers);
    m_grid->setContentsMargins({});
    m_grid->setHorizontalSpacing(2 * unit);
    m_grid->setVerticalSpacing(unit);
    m_grid->addWidget(heading(tr("Server"), m_servers), 0, 0);
    m_grid->addWidget(heading(tr("Latency"), m_servers), 0, 1, 1, 2);
    m_grid->addWidget(heading(tr("Errors"), m_servers), 0, 3, 1, 2);
    m_grid->addWidget(heading(tr("Behaviour"), m_servers), 0, 5);
    m_grid->addWidget(heading(tr("Requests"), m_servers), 0, 6, Qt::AlignRight);
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnStretch(3, 1);
    m_firstRate = demo.loadRate();
    m_rate->setValue(m_firstRate);
    int line = 0;
    for (const lab::DemoServer& server : demo.backends())
        addServer(server, ++line);
    m_demo = &demo;
}

void LabPage::refresh()
{
    if (m_demo.isNull())
        return;
    const lab::LoadCounts counts = m_demo->loadCounts();
    m_load->setText(tr("%1 answered, %2 failed, p99 %3")
                        .arg(figures::count(counts.ok),
                             figures::count(counts.errors + counts.dropped),
                             figures::latency(counts.p99)));
    for (const Row& row : m_rows) {
        if (const lab::DemoServer* server = serverOf(row))
            row.requests->setText(figures::count(server->requests()));
    }
}

void LabPage::reset()
{
    m_rate->setValue(m_firstRate);
    for (const Row& row : m_rows) {
        row.latencyBox->setValue(row.latency);
        row.errorsBox->setValue(row.errors);
        row.conduct->setCurrentIndex(Answers);
    }
}

} // namespace steelyard::gui
