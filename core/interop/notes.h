/// Collects the notes of an export. A place is a path of the configuration's outline, so that
/// notes can be put in the order of the source, and beside its lines. Thread: one writer's.
#pragma once

#include "interop/export.h"

namespace steelyard::interop {

/// A place in the source: Place("pools") / pool.name / "algorithm".
struct Place
{
    std::string path;

    [[nodiscard]] Place operator/(std::string_view key) const
    {
        return {path.empty() ? std::string(key) : path + '/' + std::string(key)};
    }
};

class Notes
{
public:
    void exact(const Place& place, std::string text)
    {
        add(ExportNote::Kind::Exact, place, std::move(text));
    }

    void near(const Place& place, std::string text)
    {
        add(ExportNote::Kind::Approximated, place, std::move(text));
    }

    void dropped(const Place& place, std::string text)
    {
        add(ExportNote::Kind::Dropped, place, std::move(text));
    }

    /// Exact where `same`, else approximated.
    void tell(bool same, const Place& place, std::string text)
    {
        add(same ? ExportNote::Kind::Exact : ExportNote::Kind::Approximated, place,
            std::move(text));
    }

    /// All of them in the order of the source; those of one place in the order given.
    [[nodiscard]] std::vector<ExportNote> inOrderOf(const config::Config& config) const;

private:
    void add(ExportNote::Kind kind, const Place& place, std::string text)
    {
        m_notes.push_back({kind, place.path, std::move(text)});
    }

    std::vector<ExportNote> m_notes;
};

} // namespace steelyard::interop
