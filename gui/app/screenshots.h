/// `--screenshot DIR`: renders every page with demo traffic into DIR/PAGE.png and ends the program.
/// Thread: main.
#pragma once

#include <QObject>
#include <QString>

namespace steelyard::gui {

class MainWindow;
class Session;

class Screenshots : public QObject
{
    Q_OBJECT

public:
    /// Takes the start page first, then starts the demo if the session runs nothing yet.
    Screenshots(MainWindow& window, Session& session, const QString& directory,
                QObject* parent = nullptr);
    void start();

Q_SIGNALS:
    /// 0: all pages are there; 1: `problem` says why not.
    void finished(int exitCode, const QString& problem);

private:
    [[nodiscard]] bool save(const QString& page);
    /// The pages from the `at`th on, one after the other: each gets time to ask the engine.
    void savePages(qsizetype at);

    MainWindow& m_window;
    Session& m_session;
    QString m_directory;
};

} // namespace steelyard::gui
