/// Two threads that work off their mailboxes count on one plain integer: TSan must report it.
#include "net/mailbox.h"

#include <QCoreApplication>
#include <QThread>

#include <atomic>
#include <cstdio>
#include <memory>

using namespace steelyard::net;

namespace {

int shared = 0;

[[gnu::noinline]] void plantedRace()
{
    ++shared;
}

class Counter final : public QThread
{
public:
    Counter()
    {
        setEventDispatcher(new EventDispatcher);
        start();
    }

    Mailbox mailbox;

private:
    void run() override
    {
        mailbox.open();
        exec();
        mailbox.close();
    }
};

} // namespace

int main(int argc, char** argv)
{
    QCoreApplication application(argc, argv);
    std::unique_ptr<Counter> counters[2] = {std::make_unique<Counter>(),
                                            std::make_unique<Counter>()};
    std::atomic<int> done{0};
    for (auto& counter : counters)
        counter->mailbox.post([&done] {
            for (int i = 0; i < 10000; ++i)
                plantedRace();
            done.fetch_add(1, std::memory_order_relaxed);
            done.notify_all();
            QThread::currentThread()->quit();
        });
    for (int seen = done; seen < 2; seen = done)
        done.wait(seen);
    for (auto& counter : counters)
        counter->wait();
    std::printf("counted %d of 20000\n", shared);
}
