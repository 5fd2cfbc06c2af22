#include "widgets/server_delegate.h"

#include "app/theme.h"
#include "models/figures.h"
#include "models/servers_model.h"
#include "widgets/badge_painter.h"
#include "widgets/sparkline.h"

#include <QApplication>
#include <QPainter>
#include <QSpinBox>
#include <QStyle>
#include <QToolTip>

#include <algorithm>

namespace steelyard::gui {

namespace {

using M = ServersModel;

/// `text` in ink and the painter's font, `detail` muted in its own behind it; the detail gives way
/// first.
void paintTwoTone(QPainter& painter, const QRect& rect, const QString& text, const QString& detail,
                  const QColor& ink, const QFont& detailFont)
{
    const QFontMetrics metrics = painter.fontMetrics();
    painter.setPen(ink);
    const QString shown = metrics.elidedText(text, Qt::ElideRight, rect.width());
    painter.drawText(rect, Qt::AlignVCenter | Qt::AlignLeft, shown);
    const int used = metrics.horizontalAdvance(shown) + metrics.averageCharWidth();
    if (detail.isEmpty() || rect.width() - used < 3 * metrics.averageCharWidth())
        return;
    const QRect rest = rect.adjusted(used, 0, 0, 0);
    painter.setPen(theme().muted);
    painter.setFont(detailFont);
    painter.drawText(rest, Qt::AlignVCenter | Qt::AlignLeft,
                     painter.fontMetrics().elidedText(detail, Qt::ElideRight, rest.width()));
}

/// `preview`: the share that a change in hand would bring; below 0: there is none. It has a tick of
/// its own and takes the figure's place.
void paintShare(QPainter& painter, const QRect& rect, double actual, double configured,
                double preview, const QString& text, const QColor& ink)
{
    const QFontMetrics metrics = painter.fontMetrics();
    const int figure = metrics.horizontalAdvance(figures::percent(1));
    painter.setPen(preview < 0 ? ink : theme().accent);
    painter.drawText(rect, Qt::AlignRight | Qt::AlignVCenter,
                     preview < 0 ? text : figures::percent(preview));
    QRectF bar(rect.left(), 0, rect.width() - figure - metrics.averageCharWidth(),
               metrics.height() * 0.42);
    if (bar.width() < 10)
        return;
    bar.moveTop(rect.center().y() - bar.height() / 2 + 0.5);
    painter.fillRect(bar, theme().grid);
    QRectF filled = bar;
    filled.setWidth(bar.width() * std::clamp(actual, 0.0, 1.0));
    painter.fillRect(filled, theme().series[0]);
    // The tick is the share by weight: bar and tick apart means the balancer sees a reason to
    // differ.
    const double x = bar.left() + (bar.width() - 2) * std::clamp(configured, 0.0, 1.0);
    painter.fillRect(QRectF(x, bar.top() - 3, 2, bar.height() + 6),
                     preview < 0 ? theme().text : theme().muted);
    if (preview < 0)
        return;
    const double to = bar.left() + (bar.width() - 3) * std::clamp(preview, 0.0, 1.0);
    painter.fillRect(QRectF(to, bar.top() - 4, 3, bar.height() + 8), theme().accent);
}

} // namespace

ServerDelegate::ServerDelegate(ExpectedShare expectedShare, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_expectedShare(std::move(expectedShare))
{
}

void ServerDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    if (index.data(M::IsPoolRole).toBool())
        option->backgroundBrush = theme().window;
}

QSize ServerDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.setHeight(option.fontMetrics.height() * 9 / 5);
    return size;
}

void ServerDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                           const QModelIndex& index) const
{
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    cell.text.clear();
    const QStyle* style = cell.widget != nullptr ? cell.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);

    painter->save();
    painter->setFont(cell.font);
    const int gap = option.fontMetrics.averageCharWidth();
    QRect rect = option.rect.adjusted(gap, 0, -gap, 0);
    const QString text = index.data().toString();
    const QString detail = index.data(M::DetailRole).toString();
    const bool isPool = index.data(M::IsPoolRole).toBool();
    const QVariant foreground = index.data(Qt::ForegroundRole);
    QColor ink = foreground.isValid() ? foreground.value<QColor>() : theme().text;
    if (index.data(M::AlarmRole).toBool() && !foreground.isValid())
        ink = theme().danger;

    if (isPool && index.column() == M::State) {
        paintTwoTone(*painter, rect, text, detail, ink, option.font);
    } else if (isPool) {
        const bool quiet = index.column() == M::Server;
        painter->setPen(quiet && ink == theme().text ? theme().muted : ink);
        painter->drawText(rect, index.data(Qt::TextAlignmentRole).toInt(),
                          option.fontMetrics.elidedText(text, Qt::ElideRight, rect.width()));
    } else if (index.column() == M::State) {
        const auto badge = static_cast<Badge>(index.data(M::BadgeRole).toInt());
        const double side = option.fontMetrics.ascent() * 0.86;
        const QColor color = foreground.isValid() ? theme().muted : theme().badge(badge);
        paintBadge(*painter, QRectF(rect.left(), rect.center().y() - side / 2 + 0.5, side, side),
                   badge, color, index.data(M::BackupRole).toBool());
        rect.setLeft(rect.left() + static_cast<int>(side) + gap);
        paintTwoTone(*painter, rect, text, detail,
                     badge == Badge::Up || foreground.isValid() ? ink : color, option.font);
    } else if (index.column() == M::Share) {
        const QVariant preview = index.data(M::PreviewShareRole);
        paintShare(*painter, rect, index.data(M::ShareRole).toDouble(),
                   index.data(M::ConfiguredShareRole).toDouble(),
                   preview.isValid() ? preview.toDouble() : -1, text, ink);
    } else if (index.column() == M::Server || index.column() == M::LastProbe) {
        paintTwoTone(*painter, rect, text, detail, ink, option.font);
    } else {
        if (text == figures::nothing() || text == QLatin1String("0"))
            ink = theme().muted;
        painter->setPen(ink);
        painter->drawText(rect, index.data(Qt::TextAlignmentRole).toInt(), text);
    }
    if (index.column() == M::Requests) {
        const int figure = option.fontMetrics.horizontalAdvance(QStringLiteral("000,000"));
        const QRect spark =
            rect.adjusted(0, option.rect.height() / 5, -figure - gap, -option.rect.height() / 5);
        paintSparkline(*painter, spark, index.data(M::SparkRole).value<QList<float>>(), 60,
                       isPool ? theme().muted : theme().series[0]);
    }
    painter->restore();
}

QWidget* ServerDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&,
                                      const QModelIndex& index) const
{
    if (index.column() != M::Weight)
        return nullptr;
    auto* box = new QSpinBox(parent);
    box->setObjectName(QStringLiteral("weightEditor"));
    box->setAccessibleName(tr("Weight of %1").arg(index.data(M::IdRole).toString()));
    box->setRange(0, 256);
    box->setFrame(false);
    box->setButtonSymbols(QAbstractSpinBox::NoButtons);
    box->setAlignment(Qt::AlignRight);
    box->setAutoFillBackground(true);
    const QString id = index.data(M::IdRole).toString();
    const QString before = figures::percent(index.data(M::ConfiguredShareRole).toDouble());
    connect(box, &QSpinBox::valueChanged, box, [this, box, id, before](int weight) {
        if (!box->hasFocus())
            return;
        QToolTip::showText(box->mapToGlobal(QPoint(0, box->height())),
                           tr("Share by weight: %1 → %2")
                               .arg(before, figures::percent(m_expectedShare(id, weight))),
                           box);
    });
    connect(box, &QObject::destroyed, this, &ServerDelegate::editingEnded);
    Q_EMIT editingStarted();
    return box;
}

void ServerDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const
{
    auto* box = qobject_cast<QSpinBox*>(editor);
    // Ticks call this again and again; what the operator is typing must survive them.
    if (box == nullptr || box->property("filled").toBool())
        return;
    box->setProperty("filled", true);
    box->setValue(index.data(Qt::EditRole).toInt());
    box->selectAll();
}

void ServerDelegate::setModelData(QWidget* editor, QAbstractItemModel* model,
                                  const QModelIndex& index) const
{
    auto* box = qobject_cast<QSpinBox*>(editor);
    if (box == nullptr)
        return;
    box->interpretText();
    if (box->value() != index.data(Qt::EditRole).toInt())
        model->setData(index, box->value(), Qt::EditRole);
}

} // namespace steelyard::gui
