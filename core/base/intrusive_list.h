/// A doubly linked list of objects that carry their own links: membership costs no allocation,
/// removal is O(1). Thread: one owner.
#pragma once

namespace steelyard {

/// Derive from ListHook<T> to be a member of an IntrusiveList<T>. Leaves its list when destroyed.
template <typename T>
class ListHook
{
public:
    ListHook() = default;

    ~ListHook() { unlink(); }

    ListHook(const ListHook&) = delete;
    ListHook& operator=(const ListHook&) = delete;

    void unlink() noexcept
    {
        if (m_previous == nullptr)
            return;
        m_previous->m_next = m_next;
        m_next->m_previous = m_previous;
        m_previous = m_next = nullptr;
    }

    [[nodiscard]] bool linked() const noexcept { return m_previous != nullptr; }

private:
    template <typename>
    friend class IntrusiveList;
    ListHook* m_previous = nullptr;
    ListHook* m_next = nullptr;
};

template <typename T>
class IntrusiveList
{
public:
    IntrusiveList() { m_end.m_previous = m_end.m_next = &m_end; }

    ~IntrusiveList()
    {
        while (!empty())
            front().ListHook<T>::unlink();
        m_end.m_previous = m_end.m_next = nullptr;
    }

    IntrusiveList(const IntrusiveList&) = delete;
    IntrusiveList& operator=(const IntrusiveList&) = delete;

    [[nodiscard]] bool empty() const noexcept { return m_end.m_next == &m_end; }

    [[nodiscard]] T& front() noexcept { return *static_cast<T*>(m_end.m_next); }

    void pushFront(ListHook<T>& item) noexcept
    {
        item.unlink();
        item.m_next = m_end.m_next;
        item.m_previous = &m_end;
        m_end.m_next->m_previous = &item;
        m_end.m_next = &item;
    }

    void pushBack(ListHook<T>& item) noexcept
    {
        item.unlink();
        item.m_next = &m_end;
        item.m_previous = m_end.m_previous;
        m_end.m_previous->m_next = &item;
        m_end.m_previous = &item;
    }

    /// Calls f(T&) for each; f may unlink or destroy the one it is given, but no other.
    template <typename F>
    void forEach(F f)
    {
        for (ListHook<T>* hook = m_end.m_next; hook != &m_end;) {
            ListHook<T>* next = hook->m_next;
            f(*static_cast<T*>(hook));
            hook = next;
        }
    }

private:
    ListHook<T> m_end;
};

} // namespace steelyard
