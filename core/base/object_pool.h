/// Keeps a bounded number of used objects for re-use, so that the data path does not allocate in
/// the steady state. Thread: one owner.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace steelyard {

/// T needs a `void recycle()` that makes it as new but may keep capacity.
template <typename T>
class ObjectPool
{
public:
    explicit ObjectPool(std::size_t kept)
        : m_kept(kept)
    {
    }

    template <typename... Args>
    [[nodiscard]] std::unique_ptr<T> take(Args&&... args)
    {
        if (m_free.empty())
            return std::make_unique<T>(std::forward<Args>(args)...);
        std::unique_ptr<T> object = std::move(m_free.back());
        m_free.pop_back();
        return object;
    }

    void give(std::unique_ptr<T> object)
    {
        if (m_free.size() >= m_kept)
            return;
        object->recycle();
        m_free.push_back(std::move(object));
    }

private:
    std::size_t m_kept;
    std::vector<std::unique_ptr<T>> m_free;
};

} // namespace steelyard
