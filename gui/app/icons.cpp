#include "app/icons.h"

#include "app/theme.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QSvgRenderer>

namespace steelyard::gui {

namespace {

class TintedEngine : public QIconEngine
{
public:
    explicit TintedEngine(QByteArray svg)
        : m_svg(std::move(svg))
    {
    }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override
    {
        const auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
        const QColor ink = theme().palette().color(group, QPalette::WindowText);
        QByteArray svg = m_svg;
        svg.replace("#000000", ink.name().toLatin1());
        QSvgRenderer(svg).render(painter, QRectF(rect));
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap result(size);
        result.fill(Qt::transparent);
        QPainter painter(&result);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return result;
    }

    [[nodiscard]] QIconEngine* clone() const override { return new TintedEngine(m_svg); }

private:
    QByteArray m_svg;
};

QByteArray read(const QString& name)
{
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

QIcon icon(const QString& name)
{
    QByteArray svg = read(name);
    return svg.isEmpty() ? QIcon() : QIcon(new TintedEngine(std::move(svg)));
}

QIcon applicationIcon()
{
    // Nothing in it is pure black, so the tint leaves its colours alone.
    return icon(QStringLiteral("steelyard"));
}

} // namespace steelyard::gui
