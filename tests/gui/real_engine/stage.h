/// What a test of the console plays on: servers of the lab, a configuration file in front of them,
/// and the real window, worked by mouse and keyboard. Thread: main; servers and engine have their
/// own.
#pragma once

#include "app/engine_session.h"
#include "app/main_window.h"
#include "lab/demo_backend.h"
#include "lab/lab_thread.h"
#include "models/servers_model.h"

#include <QTemporaryDir>
#include <QTest>

#include <map>
#include <memory>

class QMessageBox;

namespace steelyard::test {

/// Servers a, b, c of the lab, and the folder with the file in front of them.
class Servers
{
public:
    Servers();
    ~Servers();

    void behave(const QString& name, const lab::Conduct& conduct);
    /// Whole requests received so far.
    [[nodiscard]] quint64 requests(const QString& name) const;

    /// A configuration in the style of somebody who writes by hand: pool shop with a, b, c by
    /// round-robin and weight 100, on one worker. `poolKeys`: further lines of the pool.
    [[nodiscard]] QString text(const QString& bind = QStringLiteral("127.0.0.1:0"),
                               const QString& poolKeys = {}) const;
    /// Writes it to a file of the folder and returns its path.
    QString write(const QString& text, const QString& name = QStringLiteral("shop.yaml")) const;

    [[nodiscard]] QString path(const QString& name) const { return m_folder.filePath(name); }

    static QString read(const QString& path);

private:
    QTemporaryDir m_folder;
    lab::LabThread m_thread;
    std::map<QString, std::unique_ptr<lab::DemoBackend>> m_servers; ///< lab thread
};

/// The console's window, shown.
class Console
{
public:
    /// `serveSocket`: as in EngineSession; the socket is in a folder of this process.
    explicit Console(bool serveSocket = false);

    gui::EngineSession session;
    gui::MainWindow window;

    /// Opens the file and waits until it serves.
    void open(const QString& path);
    /// The listener's real port; 0: nothing serves.
    [[nodiscard]] quint16 port() const;

    // By mouse, on what is there to be clicked.
    void select(const QString& id);
    void doubleClick(const QString& id, gui::ServersModel::Column column);
    void clickTool(const char* action);
    void click(const char* objectName);

    /// The text of a cell as shown; empty: no such row.
    [[nodiscard]] QString cell(const QString& id, gui::ServersModel::Column column) const;

    [[nodiscard]] QString state(const QString& id) const
    {
        return cell(id, gui::ServersModel::State);
    }

    [[nodiscard]] QString tip(const QString& id, gui::ServersModel::Column column) const;
    [[nodiscard]] QString headline() const; ///< "Serving", "No data"
    [[nodiscard]] QString banner() const;
    [[nodiscard]] QMessageBox* question() const;

    /// When the outcome of the newest command was told.
    TimePoint toldAt{};

private:
    [[nodiscard]] QModelIndex indexOf(const QString& id, int column) const;
};

} // namespace steelyard::test
