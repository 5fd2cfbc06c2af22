#include "models/export_notes_model.h"

#include "app/icons.h"
#include "config/yaml_tree.h"
#include "models/figures.h"

#include <algorithm>

namespace steelyard::gui {

namespace {

using Kind = interop::ExportNote::Kind;

/// The item of a list that has this name.
const config::Node* named(const config::Node& list, std::string_view name)
{
    for (const config::Node& item : list.items) {
        const config::Node* found = item.find("name");
        if (found != nullptr && found->text == name)
            return &item;
    }
    return nullptr;
}

/// The line of a path of keys and names; of its nearest surroundings where it is not written out.
int lineOf(const config::Node& root, const std::string& path)
{
    const config::Node* node = &root;
    int line = 0;
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        const std::string_view part(path.data() + at, slash - at);
        const bool list = node->kind == config::Node::Kind::Sequence;
        const config::Node* next = nullptr;
        if (list) {
            next = named(*node, part);
        } else {
            for (std::size_t i = 0; i < node->keys.size(); ++i) {
                if (node->keys[i].text != part)
                    continue;
                next = &node->items[i];
                line = node->keys[i].start.line;
            }
        }
        if (next == nullptr)
            return line;
        if (list)
            line = next->start.line;
        node = next;
        at = slash + 1;
    }
    return line;
}

QString outcomeOf(Kind kind)
{
    switch (kind) {
    case Kind::Approximated:
        return ExportNotesModel::tr("nearly");
    case Kind::Dropped:
        return ExportNotesModel::tr("left out");
    case Kind::Exact:
        break;
    }
    return ExportNotesModel::tr("exact");
}

} // namespace

void ExportNotesModel::set(const std::vector<interop::ExportNote>& notes, const std::string& source)
{
    const config::Tree tree = config::parseYaml(source);
    m_all.clear();
    for (const interop::ExportNote& note : notes)
        m_all.push_back({note, tree.root ? gui::lineOf(*tree.root, note.where) : 0});
    choose();
}

void ExportNotesModel::setExactToo(bool exactToo)
{
    m_exactToo = exactToo;
    choose();
}

void ExportNotesModel::choose()
{
    beginResetModel();
    m_shown.clear();
    for (std::size_t i = 0; i < m_all.size(); ++i) {
        if (m_exactToo || m_all[i].note.kind != Kind::Exact)
            m_shown.append(static_cast<int>(i));
    }
    endResetModel();
}

int ExportNotesModel::lineOf(int row) const
{
    return row < 0 || row >= m_shown.size() ? 0
                                            : m_all[static_cast<std::size_t>(m_shown.at(row))].line;
}

int ExportNotesModel::countOf(Kind kind) const
{
    return static_cast<int>(std::count_if(
        m_all.begin(), m_all.end(), [kind](const Row& row) { return row.note.kind == kind; }));
}

int ExportNotesModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_shown.size());
}

int ExportNotesModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Columns;
}

QVariant ExportNotesModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const Row& row = m_all[static_cast<std::size_t>(m_shown.at(index.row()))];
    const QString words = QString::fromStdString(row.note.text);
    if (role == Qt::ToolTipRole && index.column() == Words)
        return words;
    if (role == Qt::DecorationRole && index.column() == Outcome) {
        return icon(row.note.kind == Kind::Exact          ? QStringLiteral("done")
                    : row.note.kind == Kind::Approximated ? QStringLiteral("warning")
                                                          : QStringLiteral("error"));
    }
    if (role == Qt::TextAlignmentRole && index.column() == Line)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Outcome:
        return outcomeOf(row.note.kind);
    case Line:
        return row.line == 0 ? figures::nothing() : QString::number(row.line);
    case Key:
        return row.note.where.empty() ? tr("all of it") : QString::fromStdString(row.note.where);
    default:
        return words;
    }
}

QVariant ExportNotesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Outcome:
        return tr("Outcome");
    case Line:
        return tr("Line");
    case Key:
        return tr("What the configuration says");
    default:
        return tr("What became of it");
    }
}

} // namespace steelyard::gui
