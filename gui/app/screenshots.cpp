#include "app/screenshots.h"

#include "app/main_window.h"
#include "app/session.h"
#include "pages/servers_page.h"

#include <QDir>
#include <QPixmap>
#include <QTimer>

namespace steelyard::gui {

namespace {

constexpr int kTrafficMs =
    24000; // long enough for charts that say something; the whole must take less than 45 s
constexpr int kSettleMs = 400; // layout and one paint

} // namespace

Screenshots::Screenshots(MainWindow& window, Session& session, const QString& directory,
                         QObject* parent)
    : QObject(parent)
    , m_window(window)
    , m_session(session)
    , m_directory(directory)
{
}

void Screenshots::start()
{
    if (!QDir().mkpath(m_directory)) {
        Q_EMIT finished(1, tr("cannot make the directory %1").arg(m_directory));
        return;
    }
    connect(&m_session, &Session::failed, this, [this](const QString& text, const QString& detail) {
        Q_EMIT finished(1, text + u' ' + detail);
    });
    QTimer::singleShot(kSettleMs, this, [this] {
        if (m_session.client() == nullptr) {
            if (!save(QStringLiteral("start")))
                return;
            m_session.startDemo();
        }
        QTimer::singleShot(kTrafficMs, this, [this] { savePages(0); });
    });
}

bool Screenshots::save(const QString& page)
{
    const QString path = QDir(m_directory).filePath(page + QStringLiteral(".png"));
    if (m_window.grab().save(path))
        return true;
    Q_EMIT finished(1, tr("cannot write %1").arg(path));
    return false;
}

void Screenshots::savePages(qsizetype at)
{
    const QString page = m_window.pageNames().value(at);
    if (page.isEmpty()) {
        Q_EMIT finished(0, {});
        return;
    }
    m_window.showPage(page);
    QTimer::singleShot(kSettleMs, this, [this, page, at] {
        m_window.showSample(page);
        QTimer::singleShot(kSettleMs, this, [this, page, at] {
            m_window.feed().tick();
            if (save(page))
                savePages(at + 1);
        });
    });
}

} // namespace steelyard::gui
