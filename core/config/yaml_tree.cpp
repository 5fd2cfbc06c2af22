#include "config/yaml_tree.h"

#include "config/text_scan.h"

#include <algorithm>
#include <unordered_map>

#include <yaml.h>

namespace steelyard::config {

namespace {

/// One libyaml event, released with its owner.
class Event
{
public:
    Event() = default;

    ~Event() { yaml_event_delete(&m_event); }

    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    yaml_event_t* operator->() { return &m_event; }

    yaml_event_t* get() { return &m_event; }

private:
    yaml_event_t m_event{};
};

std::string fromYaml(const yaml_char_t* text, std::size_t size)
{
    return {reinterpret_cast<const char*>(text), size};
}

/// Builds the tree from the events. Recursion is bounded by kMaxNesting.
class TreeBuilder
{
public:
    TreeBuilder(std::string_view text, std::size_t skipped, const CharacterIndex& characters,
                Tree& tree)
        : m_skipped(skipped)
        , m_characters(characters)
        , m_tree(tree)
    {
        m_ready = yaml_parser_initialize(&m_parser) == 1;
        if (!m_ready)
            return;
        yaml_parser_set_encoding(&m_parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&m_parser, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
    }

    ~TreeBuilder()
    {
        if (m_ready)
            yaml_parser_delete(&m_parser);
    }

    TreeBuilder(const TreeBuilder&) = delete;
    TreeBuilder& operator=(const TreeBuilder&) = delete;

    void build()
    {
        Node root;
        bool complete = false;
        while (true) {
            Event event;
            if (!next(event))
                return;
            if (event->type == YAML_STREAM_END_EVENT)
                break;
            if (event->type == YAML_STREAM_START_EVENT || event->type == YAML_DOCUMENT_END_EVENT)
                continue;
            if (event->type == YAML_DOCUMENT_START_EVENT) {
                if (complete) {
                    error(mark(event->start_mark), "a second document begins here",
                          "a configuration is one document; remove what follows or the '---'");
                    break;
                }
                continue;
            }
            if (!node(event, 1, root))
                return;
            complete = true;
        }
        if (complete)
            m_tree.root = std::move(root);
    }

private:
    /// False when the text ends here for us: a syntax error, reported.
    bool next(Event& event)
    {
        if (m_ready && yaml_parser_parse(&m_parser, event.get()) == 1)
            return true;
        syntaxError();
        return false;
    }

    void syntaxError()
    {
        if (!m_ready || m_parser.error == YAML_MEMORY_ERROR) {
            m_tree.diagnostics.push_back(
                {Severity::Error, 0, 0, "out of memory while reading", {}});
            return;
        }
        std::string message =
            m_parser.problem != nullptr ? m_parser.problem : "this is not valid YAML";
        const std::string_view context = m_parser.context != nullptr ? m_parser.context : "";
        yaml_mark_t place = m_parser.problem_mark;
        if (context == "while scanning a simple key") {
            place = m_parser.context_mark; // the missing colon is noticed only in a later line
        } else if (!context.empty()) {
            message += ' ' + std::string(context);
            if (m_parser.context_mark.line != place.line) {
                message += " that began in line " + std::to_string(m_parser.context_mark.line + 1);
            }
        }
        error(mark(place), "YAML syntax: " + message,
              "check indentation (spaces, no tabs), quotes, brackets and colons here and in the "
              "line above");
    }

    [[nodiscard]] Mark mark(const yaml_mark_t& place) const
    {
        Mark out{static_cast<int>(place.line) + 1, static_cast<int>(place.column) + 1,
                 m_characters.byteOf(place.index)};
        // libyaml imagines one more line end at the end of the text.
        if (out.byte == m_characters.end().byte)
            out = m_characters.end();
        out.byte += m_skipped;
        return out;
    }

    void error(const Mark& place, std::string message, std::string hint)
    {
        m_tree.diagnostics.push_back(
            {Severity::Error, place.line, place.column, std::move(message), std::move(hint)});
    }

    void refuseProperties(const Mark& place, const yaml_char_t* anchor, const yaml_char_t* tag)
    {
        if (anchor != nullptr) {
            error(place, "anchors (&) are not supported",
                  "remove it and write the value out where it is needed");
        }
        if (tag != nullptr)
            error(place, "tags (!) are not supported", "remove it");
    }

    /// Reads the node that `event` begins. False after a syntax error.
    bool node(Event& event, int depth, Node& out)
    {
        out.start = mark(event->start_mark);
        out.end = mark(event->end_mark);
        if (depth > kMaxNesting) {
            error(out.start, "nested more than " + std::to_string(kMaxNesting) + " deep",
                  "no key of a configuration needs that; check the brackets");
            return false;
        }
        switch (event->type) {
        case YAML_SCALAR_EVENT: {
            const auto& scalar = event->data.scalar;
            refuseProperties(out.start, scalar.anchor, scalar.tag);
            out.kind = Node::Kind::Scalar;
            out.text = fromYaml(scalar.value, scalar.length);
            out.plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
            return true;
        }
        case YAML_SEQUENCE_START_EVENT:
            refuseProperties(out.start, event->data.sequence_start.anchor,
                             event->data.sequence_start.tag);
            out.kind = Node::Kind::Sequence;
            out.flow = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
            return sequence(depth, out);
        case YAML_MAPPING_START_EVENT:
            refuseProperties(out.start, event->data.mapping_start.anchor,
                             event->data.mapping_start.tag);
            out.kind = Node::Kind::Mapping;
            out.flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
            return mapping(depth, out);
        default: // an alias; nothing else can begin a node
            error(out.start, "aliases (*) are not supported", "write the value out");
            return true;
        }
    }

    bool sequence(int depth, Node& out)
    {
        while (true) {
            Event event;
            if (!next(event))
                return false;
            if (event->type == YAML_SEQUENCE_END_EVENT) {
                out.end = mark(event->end_mark);
                return true;
            }
            Node item;
            if (!node(event, depth + 1, item))
                return false;
            out.items.push_back(std::move(item));
        }
    }

    bool mapping(int depth, Node& out)
    {
        std::unordered_map<std::string, int> lines; // of the keys seen
        while (true) {
            Event event;
            if (!next(event))
                return false;
            if (event->type == YAML_MAPPING_END_EVENT) {
                out.end = mark(event->end_mark);
                return true;
            }
            Node key;
            Node value;
            if (!node(event, depth + 1, key))
                return false;
            Event valueEvent;
            if (!next(valueEvent) || !node(valueEvent, depth + 1, value))
                return false;
            if (key.kind != Node::Kind::Scalar) {
                if (key.kind != Node::Kind::Broken) {
                    error(key.start, "a key must be plain text", "write 'key: value'");
                }
                continue;
            }
            const auto [first, isNew] = lines.emplace(key.text, key.start.line);
            if (!isNew) {
                error(key.start, "'" + key.text + "' is given twice",
                      "the first is in line " + std::to_string(first->second) +
                          "; keep one of them");
                continue;
            }
            out.keys.push_back(std::move(key));
            out.items.push_back(std::move(value));
        }
    }

    std::size_t m_skipped;
    const CharacterIndex& m_characters;
    Tree& m_tree;
    yaml_parser_t m_parser{};
    bool m_ready = false;
};

} // namespace

bool Node::isNull() const
{
    return kind == Kind::Scalar && plain && (text.empty() || text == "~" || text == "null");
}

const Node* Node::find(std::string_view key) const
{
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i].text == key)
            return &items[i];
    }
    return nullptr;
}

std::size_t Node::contentEnd() const
{
    if (flow || items.empty())
        return end.byte;
    return items.back().contentEnd();
}

Tree parseYaml(std::string_view text)
{
    Tree tree;
    const auto refuse = [&](std::string message, std::string hint) {
        tree.diagnostics.push_back({Severity::Error, 0, 0, std::move(message), std::move(hint)});
    };
    if (text.size() > kMaxTextBytes) {
        refuse("the text is larger than 8 MiB",
               "no configuration needs that; is it the right file?");
        return tree;
    }
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    const std::size_t skipped = text.substr(0, 3) == kByteOrderMark ? kByteOrderMark.size() : 0;
    const std::string_view body = text.substr(skipped);
    const CharacterIndex characters(body);
    if (characters.fault()) {
        tree.diagnostics.push_back(*characters.fault());
        return tree;
    }
    TreeBuilder(body, skipped, characters, tree).build();
    if (!tree.root && tree.diagnostics.empty()) {
        refuse("the configuration is empty", "it needs at least version, listeners and pools");
    }
    return tree;
}

} // namespace steelyard::config
