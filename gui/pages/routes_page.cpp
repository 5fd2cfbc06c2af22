#include "pages/routes_page.h"

#include "app/theme.h"
#include "models/curl_line.h"
#include "models/routes_model.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QHostAddress>
#include <QJsonArray>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace steelyard::gui {

RoutesPage::RoutesPage(QWidget* parent)
    : QWidget(parent)
    , m_model(new RoutesModel(this))
    , m_listener(new QComboBox(this))
    , m_method(new QComboBox(this))
    , m_request(new QLineEdit(this))
    , m_clientAddress(new QLineEdit(this))
    , m_verdict(new QLabel(this))
    , m_table(new QTableView(this))
{
    setObjectName(QStringLiteral("page-routes"));
    const int unit = fontMetrics().averageCharWidth();
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(2 * unit, unit, 2 * unit, unit);
    bar->setSpacing(unit);
    setUpBar(bar);
    m_verdict->setObjectName(QStringLiteral("route-verdict"));
    m_verdict->setWordWrap(true);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_verdict->setContentsMargins(2 * unit, 0, 2 * unit, unit);
    setUpTable();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_verdict);
    layout->addWidget(m_table, 1);
    connect(m_listener, &QComboBox::currentIndexChanged, this, &RoutesPage::ask);
    connect(m_method, &QComboBox::currentTextChanged, this, &RoutesPage::ask);
    connect(m_request, &QLineEdit::textChanged, this, &RoutesPage::ask);
    connect(m_clientAddress, &QLineEdit::textChanged, this, &RoutesPage::ask);
    ask();
}

void RoutesPage::setUpBar(QHBoxLayout* bar)
{
    const int unit = fontMetrics().averageCharWidth();
    const auto labelled = [&](const QString& text, QWidget* field) {
        auto* label = new QLabel(text, this);
        label->setBuddy(field);
        bar->addWidget(label);
        bar->addWidget(field);
    };
    m_listener->setObjectName(QStringLiteral("route-listener"));
    m_listener->setAccessibleName(tr("Listener whose routes are shown"));
    m_listener->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_method->setObjectName(QStringLiteral("route-method"));
    m_method->setAccessibleName(tr("Method of the request to test"));
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        m_method->addItem(QLatin1String(method));
    m_request->setObjectName(QStringLiteral("route-request"));
    m_request->setAccessibleName(tr("Request to test: a URL, a path, or a curl command line"));
    m_request->setToolTip(tr("A URL, a path, or a curl command line as browsers copy it: its "
                             "method, headers and cookies count"));
    m_request->setPlaceholderText(tr("Try a request: http://shop.lab/api/cart, or curl …"));
    m_request->setClearButtonEnabled(true);
    m_request->setMinimumWidth(40 * unit);
    m_clientAddress->setObjectName(QStringLiteral("route-client"));
    m_clientAddress->setAccessibleName(tr("Address of the client"));
    m_clientAddress->setPlaceholderText(QStringLiteral("127.0.0.1"));
    m_clientAddress->setFixedWidth(20 * unit);
    labelled(tr("&Listener"), m_listener);
    bar->addSpacing(2 * unit);
    bar->addWidget(m_method);
    bar->addWidget(m_request, 1);
    labelled(tr("f&rom"), m_clientAddress);
    setTabOrder(m_listener, m_method);
    setTabOrder(m_method, m_request);
    setTabOrder(m_request, m_clientAddress);
    setTabOrder(m_clientAddress, m_table);
}

void RoutesPage::setUpTable()
{
    m_table->setObjectName(QStringLiteral("routes-table"));
    m_table->setAccessibleName(tr("Routes in their precedence"));
    m_table->setModel(m_model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 9 / 5);
    QHeaderView* header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    header->setStretchLastSection(true);
    const int unit = fontMetrics().averageCharWidth();
    m_table->setColumnWidth(RoutesModel::Place,
                            fontMetrics().horizontalAdvance(tr("Order")) + 4 * unit);
    m_table->setColumnWidth(RoutesModel::Name, 20 * unit);
    m_table->setColumnWidth(RoutesModel::Match, 52 * unit);
    m_table->setColumnWidth(RoutesModel::Action, 36 * unit);
}

void RoutesPage::setClient(engine::EngineClient* client)
{
    m_client = client;
    m_configVersion = 0;
    m_model->clear();
    ask();
}

void RoutesPage::show(const stats::Snapshot* snapshot)
{
    QStringList names;
    for (const stats::ListenerRow& listener :
         snapshot == nullptr ? std::vector<stats::ListenerRow>() : snapshot->listeners)
        names << QString::fromStdString(listener.name);
    QStringList shown;
    for (int i = 0; i < m_listener->count(); ++i)
        shown << m_listener->itemText(i);
    const bool other = snapshot != nullptr && snapshot->configVersion != m_configVersion;
    if (names == shown && !other)
        return;
    m_configVersion = snapshot == nullptr ? 0 : snapshot->configVersion;
    if (names != shown) {
        const QSignalBlocker quiet(m_listener);
        const QString before = m_listener->currentText();
        m_listener->clear();
        m_listener->addItems(names);
        m_listener->setCurrentIndex(
            static_cast<int>(std::max<qsizetype>(names.indexOf(before), names.isEmpty() ? -1 : 0)));
    }
    ask();
}

void RoutesPage::focusTester()
{
    m_request->setFocus(Qt::ShortcutFocusReason);
    m_request->selectAll();
}

void RoutesPage::test(const QString& request)
{
    m_request->setText(request);
}

void RoutesPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    ask();
}

void RoutesPage::say(const QString& text, const QColor& ink)
{
    QPalette colors = m_verdict->palette();
    colors.setColor(QPalette::WindowText, ink);
    m_verdict->setPalette(colors);
    m_verdict->setText(text);
}

void RoutesPage::ask()
{
    const AskedRequest request = askedRequest(m_request->text());
    const QString from = m_clientAddress->text().trimmed();
    QString problem = request.problem;
    if (problem.isEmpty() && !from.isEmpty() && QHostAddress(from).isNull())
        problem = tr("%1 is not an IP address").arg(from);
    const bool asked = problem.isEmpty() && !request.url.isEmpty();
    m_method->setEnabled(request.method.isEmpty()); // else the pasted line says it
    if (!problem.isEmpty())
        say(problem, theme().danger);
    else if (!asked)
        say(tr("The more specific route is asked first. Type or paste a request above to see which "
               "one takes it, and why the others do not."),
            theme().muted);
    if (!m_client || !isVisible())
        return;
    QJsonArray headers;
    for (const auto& [name, value] : request.headers)
        headers.append(QJsonArray{name, value});
    QJsonObject arguments{{QStringLiteral("listener"), m_listener->currentText()},
                          {QStringLiteral("method"),
                           request.method.isEmpty() ? m_method->currentText() : request.method},
                          {QStringLiteral("url"), asked ? request.url : QStringLiteral("/")},
                          {QStringLiteral("headers"), headers}};
    if (!from.isEmpty() && asked)
        arguments.insert(QStringLiteral("client"), from);
    const int question = ++m_question;
    m_client->send({QStringLiteral("route"), arguments},
                   [self = QPointer(this), question, asked](const engine::CommandResult& result) {
                       if (self && self->m_question == question)
                           self->take(result, asked);
                   });
}

void RoutesPage::take(const engine::CommandResult& result, bool asked)
{
    const bool good = result.outcome == engine::Outcome::Done;
    if (good)
        m_model->set(result.data.value(QLatin1String("routes")).toArray(), asked);
    if (!asked && good) {
        m_table->clearSelection();
        return;
    }
    const QString hint = result.hint.isEmpty() ? QString() : QStringLiteral(". ") + result.hint;
    const bool won = good && m_model->winner() >= 0;
    QString text = result.text + hint;
    if (!text.isEmpty())
        text[0] = text.at(0).toUpper();
    say(text, won ? theme().text : good ? theme().warning : theme().danger);
    if (won)
        m_table->selectRow(m_model->winner());
    else
        m_table->clearSelection();
}

} // namespace steelyard::gui
