/// Calls between threads: order, storms, closing. Clean under TSan with nothing suppressed.
#include "loop_thread.h"
#include "net/mailbox.h"
#include "support/test_main.h"

#include <QTest>

#include <memory>
#include <thread>
#include <vector>

namespace steelyard::net {

namespace {

std::string run(const Body& body)
{
    return runOn(Loop::Ours, body);
}

} // namespace

class MailboxTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aStormFromManyThreadsArrivesCompleteAndInOrder()
    {
        VERIFY_BODY([] {
            constexpr int kSenders = 3;
            constexpr int kCalls = 10000;
            Mailbox mailbox;
            mailbox.open();
            int next[kSenders] = {};
            bool inOrder = true;
            std::vector<std::thread> senders;
            for (int sender = 0; sender < kSenders; ++sender)
                senders.emplace_back([&, sender] {
                    for (int call = 0; call < kCalls; ++call)
                        mailbox.post([&, sender, call] {
                            inOrder = inOrder && next[sender] == call;
                            ++next[sender];
                        });
                });
            const bool all = runUntil(
                [&] { return next[0] == kCalls && next[1] == kCalls && next[2] == kCalls; });
            for (std::thread& sender : senders)
                sender.join();
            mailbox.close();
            EXPECT(all);
            EXPECT(inOrder);
            return std::string();
        });
    }

    void twoThreadsPlayPingPong()
    {
        // A lost wake-up stops the game. Plain integers: the mailboxes alone order them.
        struct Side
        {
            Mailbox mailbox;
            int count = 0;
        };

        Side left;
        Side right;
        constexpr int kRounds = 3000;
        std::function<void()> hitLeft;
        std::function<void()> hitRight;
        hitLeft = [&] {
            ++left.count;
            right.mailbox.post(hitRight);
        };
        hitRight = [&] {
            if (++right.count < kRounds)
                left.mailbox.post(hitLeft);
        };
        const auto play = [](Side& side) {
            return [&side] {
                side.mailbox.open();
                const bool all = runUntil([&side] { return side.count == kRounds; });
                side.mailbox.close();
                return all ? std::string() : std::string("the ball was lost");
            };
        };
        left.mailbox.post(hitLeft);
        LoopThread a(play(left));
        LoopThread b(play(right));
        QCOMPARE(a.result(), std::string());
        QCOMPARE(b.result(), std::string());
    }

    void whatIsPostedBeforeOpenOrWhileClosedRunsAfterTheNextOpen()
    {
        VERIFY_BODY([] {
            Mailbox mailbox;
            std::string log;
            mailbox.post([&] { log += 'a'; });
            mailbox.post([&] {
                log += 'b';
                mailbox.close();
            });
            mailbox.post([&] { log += 'c'; });
            mailbox.open();
            EXPECT(runUntil([&] { return log.size() == 2; }));
            mailbox.post([&] { log += 'd'; });
            runFor(milliseconds(10));
            EXPECT(log == "ab");
            mailbox.open();
            EXPECT(runUntil([&] { return log == "abcd"; }));
            mailbox.close();
            return std::string();
        });
    }

    void aCallMayCloseAndDestroyTheMailbox()
    {
        VERIFY_BODY([] {
            auto mailbox = std::make_unique<Mailbox>();
            const auto witness = std::make_shared<int>(0);
            mailbox->open();
            mailbox->post([&] {
                mailbox->close();
                mailbox.reset();
            });
            mailbox->post([witness] { ++*witness; });
            EXPECT(runUntil([&] { return mailbox == nullptr; }));
            EXPECT(*witness == 0);
            EXPECT(witness.use_count() == 1); // destroyed unrun
            return std::string();
        });
    }
};

STEELYARD_TEST(MailboxTest)

} // namespace steelyard::net

#include "mailbox_test.moc"
