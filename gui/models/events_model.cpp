#include "models/events_model.h"

#include "app/theme.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>

namespace steelyard::gui {

void EventsModel::add(const QList<stats::Event>& events)
{
    const quint64 newest = m_events.isEmpty() ? 0 : m_events.first().sequence;
    QList<stats::Event> fresh;
    for (const stats::Event& event : events) {
        if (event.sequence > newest)
            fresh.prepend(event);
    }
    if (fresh.size() > kMaximum)
        fresh.resize(kMaximum);
    if (fresh.isEmpty())
        return;
    const int surplus = static_cast<int>(m_events.size() + fresh.size()) - kMaximum;
    if (surplus > 0) {
        const int last = static_cast<int>(m_events.size()) - 1;
        beginRemoveRows({}, last - surplus + 1, last);
        m_events.resize(m_events.size() - surplus);
        endRemoveRows();
    }
    beginInsertRows({}, 0, static_cast<int>(fresh.size()) - 1);
    m_events = fresh + m_events;
    endInsertRows();
}

void EventsModel::clear()
{
    beginResetModel();
    m_events.clear();
    endResetModel();
}

int EventsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_events.size());
}

int EventsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant EventsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const stats::Event& event = m_events.at(index.row());
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(event.wallMs);
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case Time:
            return time.toString(QStringLiteral("HH:mm:ss.zzz"));
        case Level:
            return event.level == stats::Level::Error     ? tr("Error")
                   : event.level == stats::Level::Warning ? tr("Warning")
                                                          : tr("Info");
        case Source:
            return QString::fromStdString(event.source);
        default:
            return QString::fromStdString(event.text);
        }
    case Qt::ToolTipRole:
        if (index.column() == Time)
            return QLocale().toString(time, QLocale::LongFormat);
        return index.column() == Text ? QVariant(QString::fromStdString(event.text)) : QVariant();
    case Qt::ForegroundRole:
        if (index.column() == Text)
            return {};
        if (index.column() == Level && event.level == stats::Level::Error)
            return theme().danger;
        if (index.column() == Level && event.level == stats::Level::Warning)
            return theme().warning;
        return theme().muted;
    case LevelRole:
        return int(event.level);
    case WallRole:
        return static_cast<qlonglong>(event.wallMs);
    default:
        return {};
    }
}

QVariant EventsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time:
        return tr("Time");
    case Level:
        return tr("Level");
    case Source:
        return tr("Source");
    default:
        return tr("What happened");
    }
}

void EventsProxy::setLeast(stats::Level level)
{
    m_least = level;
    invalidateFilter();
}

void EventsProxy::setText(const QString& text)
{
    m_text = text.trimmed();
    invalidateFilter();
}

bool EventsProxy::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    const QModelIndex source = sourceModel()->index(row, EventsModel::Source, parent);
    if (source.data(EventsModel::LevelRole).toInt() < int(m_least))
        return false;
    return m_text.isEmpty() || source.data().toString().contains(m_text, Qt::CaseInsensitive) ||
           source.siblingAtColumn(EventsModel::Text)
               .data()
               .toString()
               .contains(m_text, Qt::CaseInsensitive);
}

} // namespace steelyard::gui
