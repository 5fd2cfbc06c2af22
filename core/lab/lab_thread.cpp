#include "lab/lab_thread.h"

#include "net/event_dispatcher.h"

#include <QThread>

#include <semaphore>
#include <utility>

namespace steelyard::lab {

/// The semaphores say in the language's own terms what QThread's start and wait mean: TSan cannot
/// see into Qt.
class LabThread::Loop final : public QThread
{
public:
    explicit Loop(net::Mailbox& mailbox)
        : m_mailbox(mailbox)
    {
        setObjectName(QStringLiteral("lab"));
        setEventDispatcher(new net::EventDispatcher);
    }

    std::binary_semaphore ended{0};

protected:
    void run() override
    {
        m_mailbox.open();
        exec();
        m_mailbox.close();
        ended.release();
    }

private:
    net::Mailbox& m_mailbox;
};

LabThread::LabThread()
    : m_loop(std::make_unique<Loop>(m_mailbox))
{
    m_loop->start();
}

LabThread::~LabThread()
{
    post([] { QThread::currentThread()->quit(); });
    m_loop->ended.acquire();
    m_loop->wait();
}

void LabThread::post(std::function<void()> work)
{
    m_mailbox.post(std::move(work));
}

void LabThread::call(const std::function<void()>& work)
{
    std::binary_semaphore done{0};
    post([&work, &done] {
        work();
        done.release();
    });
    done.acquire();
}

} // namespace steelyard::lab
