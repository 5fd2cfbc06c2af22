#include "stage.h"

#include "pages/servers_page.h"
#include "widgets/banner.h"

#include <QApplication>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QMessageBox>
#include <QRegularExpression>
#include <QTreeView>

namespace steelyard::test {

namespace {

const QStringList kNames{QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")};

/// The engine's socket must not be the one of whoever runs the tests.
void useRuntimeFolder()
{
    static const QTemporaryDir folder;
    qputenv("XDG_RUNTIME_DIR", folder.path().toLocal8Bit());
}

} // namespace

Servers::Servers()
{
    m_thread.call([this] {
        for (const QString& name : kNames) {
            auto server = std::make_unique<lab::DemoBackend>(name.toStdString(), lab::Conduct{}, 1);
            if (server->listen().ok())
                m_servers.emplace(name, std::move(server));
        }
    });
}

Servers::~Servers()
{
    m_thread.call([this] { m_servers.clear(); });
}

void Servers::behave(const QString& name, const lab::Conduct& conduct)
{
    m_thread.call([&] { m_servers.at(name)->setConduct(conduct); });
}

quint64 Servers::requests(const QString& name) const
{
    return m_servers.at(name)->requests();
}

QString Servers::text(const QString& bind, const QString& poolKeys) const
{
    QString servers;
    for (const auto& [name, server] : m_servers) {
        servers += QStringLiteral("      - { name: %1, address: \"127.0.0.1:%2\", weight: 100 }   "
                                  "# rack of %1\n")
                       .arg(name)
                       .arg(server->port());
    }
    return QStringLiteral("# The shop. Ask before you touch it.\n"
                          "version: 1\n"
                          "workers:   1\n"
                          "\n"
                          "listeners:\n"
                          "  - name: web          # for everybody\n"
                          "    bind: %1\n"
                          "    routes: [ { name: all, pool: shop } ]\n"
                          "pools:\n"
                          "  - name: shop\n"
                          "    algorithm: round-robin   # each in turn\n"
                          "%2"
                          "    backends:\n"
                          "%3"
                          "# The end.\n")
        .arg(bind, poolKeys, servers);
}

QString Servers::write(const QString& text, const QString& name) const
{
    QFile file(path(name));
    const QByteArray bytes = text.toUtf8();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        return {};
    return file.fileName();
}

QString Servers::read(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

Console::Console(bool serveSocket)
    : session((useRuntimeFolder(), serveSocket))
    , window(session)
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support).*")));
    window.resize(1366, 768);
    window.show();
    auto* interval = window.findChild<QComboBox*>(QStringLiteral("interval"));
    interval->setCurrentIndex(interval->findData(250));
    QObject::connect(&window.hand(), &gui::Operator::told, &window,
                     [this] { toldAt = Clock::now(); });
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QApplication::setActiveWindow(&window); // there may be no window manager to do it
}

void Console::open(const QString& path)
{
    window.openFile(path);
    QTRY_COMPARE(headline(), QStringLiteral("Serving"));
    QTRY_COMPARE(cell(QStringLiteral("shop"), gui::ServersModel::Server),
                 QStringLiteral("3 of 3 in service"));
}

quint16 Console::port() const
{
    const auto snapshot = session.client() == nullptr ? nullptr : session.client()->latest();
    if (!snapshot || snapshot->listeners.empty() || snapshot->listeners[0].addresses.empty())
        return 0;
    return QString::fromStdString(snapshot->listeners[0].addresses[0]).section(u':', -1).toUShort();
}

QModelIndex Console::indexOf(const QString& id, int column) const
{
    const QAbstractItemModel* model = window.serversPage()->view()->model();
    for (int group = 0; group < model->rowCount(); ++group) {
        const QModelIndex pool = model->index(group, 0);
        if (pool.data(gui::ServersModel::IdRole) == id)
            return pool.siblingAtColumn(column);
        for (int row = 0; row < model->rowCount(pool); ++row) {
            const QModelIndex server = model->index(row, 0, pool);
            if (server.data(gui::ServersModel::IdRole) == id)
                return server.siblingAtColumn(column);
        }
    }
    return {};
}

void Console::select(const QString& id)
{
    QTreeView* view = window.serversPage()->view();
    const QModelIndex index = indexOf(id, gui::ServersModel::Server);
    QVERIFY2(index.isValid(), qPrintable(id));
    view->scrollTo(index);
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->visualRect(index).center());
    QCOMPARE(window.serversPage()->selectedServers().value(0).section(u'/', 0, 0),
             id.section(u'/', 0, 0));
}

void Console::doubleClick(const QString& id, gui::ServersModel::Column column)
{
    QTreeView* view = window.serversPage()->view();
    const QPoint at = view->visualRect(indexOf(id, column)).center();
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, at);
    QTest::mouseDClick(view->viewport(), Qt::LeftButton, {}, at);
}

void Console::clickTool(const char* action)
{
    click(qPrintable(QStringLiteral("tool-") + QLatin1String(action)));
}

void Console::click(const char* objectName)
{
    auto* widget = window.findChild<QWidget*>(QLatin1String(objectName));
    QVERIFY2(widget != nullptr, objectName);
    QTRY_VERIFY2(widget->isVisible(), objectName); // a toolbar lays itself out later
    QTRY_VERIFY2(widget->isEnabled(), objectName);
    QTest::mouseClick(widget, Qt::LeftButton);
}

QString Console::cell(const QString& id, gui::ServersModel::Column column) const
{
    return indexOf(id, column).data().toString();
}

QString Console::tip(const QString& id, gui::ServersModel::Column column) const
{
    return indexOf(id, column).data(Qt::ToolTipRole).toString();
}

QString Console::headline() const
{
    return window.findChild<QLabel*>(QStringLiteral("headline-state"))->text();
}

QString Console::banner() const
{
    return window.banner()->text();
}

QMessageBox* Console::question() const
{
    return window.findChild<QMessageBox*>(QStringLiteral("question"));
}

} // namespace steelyard::test
