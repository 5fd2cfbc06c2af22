#include "routing/words.h"

#include "config/values.h"
#include "routing/specificity.h"

#include <algorithm>
#include <numeric>

namespace steelyard::routing {

namespace {

void addField(std::vector<std::string>& words, const char* kind, const config::FieldMatch& field)
{
    using Kind = config::FieldMatch::Kind;
    std::string text = std::string(kind) + ' ' + field.name;
    if (field.kind == Kind::Exact)
        text += " = " + field.text;
    else if (field.kind == Kind::Regex)
        text += " like " + field.text;
    words.push_back(std::move(text));
}

std::string joined(const std::vector<std::string>& words, const char* between)
{
    std::string out;
    for (const std::string& word : words)
        out += (out.empty() ? "" : between) + word;
    return out;
}

std::string pathText(const config::PathMatch& path)
{
    using Kind = config::PathMatch::Kind;
    switch (path.kind) {
    case Kind::Exact:
        return path.text;
    case Kind::Regex:
        return " path like " + path.text;
    case Kind::Prefix:
        return path.text + (path.text.ends_with('/') ? "*" : "/*");
    case Kind::Any:
        break;
    }
    return {};
}

} // namespace

std::string matchText(const config::RouteMatch& match)
{
    std::vector<std::string> words;
    std::string place = match.host + pathText(match.path);
    if (place.starts_with(' '))
        place.erase(0, 1);
    if (!match.methods.empty())
        place = joined(match.methods, "|") + (place.empty() ? "" : " ") + place;
    if (!place.empty())
        words.push_back(place);
    for (const config::FieldMatch& field : match.headers)
        addField(words, "header", field);
    for (const config::FieldMatch& field : match.query)
        addField(words, "query", field);
    for (const config::FieldMatch& field : match.cookies)
        addField(words, "cookie", field);
    std::vector<std::string> clients;
    clients.reserve(match.clients.size());
    for (const config::Cidr& range : match.clients)
        clients.push_back(config::cidrText(range));
    if (!clients.empty())
        words.push_back("from " + joined(clients, " or "));
    return words.empty() ? "everything" : joined(words, ", ");
}

std::string actionText(const config::Route& route)
{
    if (const auto* pool = std::get_if<std::string>(&route.action))
        return "pool " + *pool;
    if (const auto* split = std::get_if<config::Split>(&route.action)) {
        std::vector<std::string> sides;
        for (const config::Split::Side& side : split->sides)
            sides.push_back(side.pool + " (" + std::to_string(side.weight) + ')');
        return "split over " + joined(sides, ", ");
    }
    if (const auto* redirect = std::get_if<config::Redirect>(&route.action))
        return "redirect " + std::to_string(redirect->status) + " to " + redirect->location;
    return "reply " + std::to_string(std::get<config::FixedReply>(route.action).status);
}

std::vector<std::size_t> precedence(const std::vector<config::Route>& routes)
{
    std::vector<std::size_t> order(routes.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return specificityOf(routes[a].match) > specificityOf(routes[b].match);
    });
    std::vector<std::size_t> places(routes.size());
    for (std::size_t place = 0; place < order.size(); ++place)
        places[order[place]] = place;
    return places;
}

} // namespace steelyard::routing
