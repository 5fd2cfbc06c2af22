/// A request as people paste it: a URL, a path, or a whole curl command line as browsers copy it.
/// Thread: any; pure.
#pragma once

#include <QList>
#include <QPair>
#include <QString>

namespace steelyard::gui {

struct AskedRequest
{
    QString method; ///< empty: nothing said
    QString url;    ///< "http://shop.lab/x", or "/x" without a host
    QList<QPair<QString, QString>> headers;
    QString problem; ///< not empty: it cannot be read, and why
};

/// Understands -X, -H, --url, -I, -G, -b, -A, -e, --json and the options that carry a body (they
/// make it a POST); other options are passed over. An empty text gives an empty URL.
[[nodiscard]] AskedRequest askedRequest(const QString& text);

} // namespace steelyard::gui
