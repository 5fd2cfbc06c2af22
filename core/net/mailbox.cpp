#include "net/mailbox.h"

#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace steelyard::net {

struct Mailbox::Node
{
    std::function<void()> call;
    Node* next = nullptr;

    static void destroyAll(Node* list)
    {
        while (list != nullptr)
            delete std::exchange(list, list->next);
    }
};

Mailbox::Mailbox()
    : m_eventFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    if (m_eventFd < 0)
        qFatal("Mailbox: no descriptor left for its eventfd");
}

Mailbox::~Mailbox()
{
    if (m_destroyed != nullptr)
        *m_destroyed = true;
    Node::destroyAll(m_taken);
    Node::destroyAll(m_head.exchange(nullptr, std::memory_order_acquire));
    ::close(m_eventFd);
}

void Mailbox::open()
{
    m_dispatcher = EventDispatcher::current();
    if (m_dispatcher == nullptr)
        qFatal("Mailbox: opened on a thread without an EventDispatcher");
    // The counter is never read, so whatever was posted before makes the new registration ready at
    // once.
    m_watch = m_dispatcher->watch(m_eventFd, EPOLLIN | EPOLLET, *this);
    if (m_watch.generation == 0)
        qFatal("Mailbox: epoll refuses its eventfd");
}

void Mailbox::close()
{
    if (m_dispatcher == nullptr)
        return;
    m_dispatcher->unwatch(m_watch, false);
    m_dispatcher = nullptr;
}

void Mailbox::post(std::function<void()> call)
{
    Node* node = new Node{std::move(call)};
    Node* head = m_head.load(std::memory_order_relaxed);
    do {
        node->next = head;
    } while (!m_head.compare_exchange_weak(head, node, std::memory_order_release,
                                           std::memory_order_relaxed));
    if (head != nullptr)
        return; // whoever filled the empty list wakes, or has woken, the receiver
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(m_eventFd, &one, sizeof one);
}

void Mailbox::socketReady(std::uint32_t)
{
    Node* newest = m_head.exchange(nullptr, std::memory_order_acquire);
    Node* oldest = nullptr;
    while (newest != nullptr) {
        Node* next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    // What a call that closed the mailbox, or one that runs a nested loop, has left comes first.
    Node** end = &m_taken;
    while (*end != nullptr)
        end = &(*end)->next;
    *end = oldest;

    bool destroyed = false;
    bool* outer = std::exchange(m_destroyed, &destroyed);
    while (m_taken != nullptr && m_dispatcher != nullptr) {
        Node* node = std::exchange(m_taken, m_taken->next);
        node->call();
        delete node;
        if (destroyed) {
            if (outer != nullptr)
                *outer = true;
            return;
        }
    }
    m_destroyed = outer;
}

} // namespace steelyard::net
