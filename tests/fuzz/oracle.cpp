#include "fuzz/oracle.h"

#include "fuzz/oracle_words.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>

namespace steelyard::fuzz {

namespace {

constexpr std::size_t kMostLines = 100;
constexpr std::size_t kLongestExtensions = 4096;

/// What goes out has forwarding fields and edits besides.
std::size_t mostLines(Sender sender)
{
    return sender == Sender::Balancer ? kMostLines + 16 : kMostLines;
}

/// The line at `at` without its CRLF, moved past it. Nothing: no line end yet. `bad`: it ends with
/// a bare LF, or holds a bare CR.
std::optional<std::string> takeLine(std::string_view stream, std::size_t& at, bool& bad)
{
    const std::size_t lf = stream.find('\n', at);
    if (lf == std::string_view::npos)
        return std::nullopt;
    std::string line(stream.substr(at, lf - at));
    at = lf + 1;
    if (line.empty() || line.back() != '\r') {
        bad = true;
        return line;
    }
    line.pop_back();
    bad = !isText(line);
    return line;
}

/// One field line; false: it is none.
bool takeField(const std::string& line, Fields& fields)
{
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !isToken(line.substr(0, colon)))
        return false;
    const std::string name = line.substr(0, colon);
    if (lower(name) == "content_length" || lower(name) == "transfer_encoding")
        return false;
    fields.emplace_back(name, strip(line.substr(colon + 1)));
    return true;
}

/// Lines up to the empty one. Whole, Incomplete or Refused.
Verdict takeFields(std::string_view stream, std::size_t& at, Fields& fields,
                   std::size_t most = kMostLines)
{
    while (true) {
        bool bad = false;
        const auto line = takeLine(stream, at, bad);
        if (!line)
            return Verdict::Incomplete;
        if (bad)
            return Verdict::Refused;
        if (line->empty())
            return Verdict::Whole;
        if (fields.size() == most || !takeField(*line, fields))
            return Verdict::Refused;
    }
}

struct Framing
{
    bool good = true;
    bool chunked = false;
    bool hasLength = false;
    std::uint64_t length = 0;
};

Framing framingOf(const Fields& fields, bool http10)
{
    Framing framing;
    const int lengths = countOf(fields, "content-length");
    const int codings = countOf(fields, "transfer-encoding");
    if (lengths + codings > 1 || (codings == 1 && http10)) {
        framing.good = false;
        return framing;
    }
    if (codings == 1) {
        framing.chunked = lower(joined(fields, "transfer-encoding")) == "chunked";
        framing.good = framing.chunked;
    }
    if (lengths == 1) {
        const std::string text = joined(fields, "content-length");
        const std::size_t first = std::min(text.find_first_not_of('0'), text.size());
        const std::string digits = text.substr(first);
        constexpr std::string_view kMost = "9223372036854775807";
        framing.hasLength = true;
        framing.good = isDigits(text) && (digits.size() < kMost.size() ||
                                          (digits.size() == kMost.size() && digits <= kMost));
        if (framing.good && !digits.empty())
            framing.length = std::stoull(digits);
    }
    return framing;
}

OracleBody readCounted(std::string_view stream, std::size_t at, std::uint64_t length)
{
    OracleBody body;
    const std::size_t there = stream.size() - at;
    body.content = std::string(stream.substr(at, std::min<std::uint64_t>(there, length)));
    if (body.content.size() == length) {
        body.verdict = Verdict::Whole;
        body.next = at + body.content.size();
    }
    return body;
}

/// Quoted or not, one extension name or value.
bool takeExtensionWord(std::string_view line, std::size_t& at, bool mayQuote)
{
    if (mayQuote && at < line.size() && line[at] == '"') {
        for (++at; at < line.size(); ++at) {
            if (line[at] == '\\') {
                if (++at == line.size())
                    return false;
            } else if (line[at] == '"') {
                ++at;
                return true;
            }
        }
        return false;
    }
    const std::size_t start = at;
    while (at < line.size() && isTokenChar(line[at]))
        ++at;
    return at > start;
}

bool isExtensions(std::string_view line)
{
    std::size_t at = 0;
    const auto blanks = [&] {
        while (at < line.size() && (line[at] == ' ' || line[at] == '\t'))
            ++at;
    };
    while (at < line.size()) {
        blanks();
        if (at == line.size() || line[at] != ';')
            return false;
        ++at;
        blanks();
        if (!takeExtensionWord(line, at, false))
            return false;
        const std::size_t end = at;
        blanks();
        if (at < line.size() && line[at] == '=') {
            ++at;
            blanks();
            if (!takeExtensionWord(line, at, true))
                return false;
        } else {
            at = end;
        }
    }
    return true;
}

bool takeStartLine(const std::string& line, OracleRequest& request, bool& http10,
                   std::optional<std::string>& authority)
{
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string::npos ? first : line.find(' ', first + 1);
    if (second == std::string::npos)
        return false;
    request.method = line.substr(0, first);
    std::string target = line.substr(first + 1, second - first - 1);
    const std::string version = line.substr(second + 1);
    if (!isToken(request.method) || request.method.size() > 32 || request.method == "CONNECT" ||
        request.method == "TRACE")
        return false;
    if (version.size() != 8 || version.substr(0, 7) != "HTTP/1." || !isDigits(version.substr(7)))
        return false;
    http10 = version[7] == '0';
    if (target.empty() || std::any_of(target.begin(), target.end(),
                                      [](char c) { return c <= ' ' || c == 127 || c == '#'; }))
        return false; // chars above 127 are negative: refused too
    if (target[0] == '/' || (target == "*" && request.method == "OPTIONS")) {
        request.target = target;
        return true;
    }
    const std::string scheme = lower(target.substr(0, target.find("://")));
    if (target.find("://") == std::string::npos || (scheme != "http" && scheme != "https"))
        return false;
    target.erase(0, scheme.size() + 3);
    const std::size_t path = std::min(target.find_first_of("/?"), target.size());
    authority = target.substr(0, path);
    target.erase(0, path);
    if (!isHost(*authority))
        return false;
    if (target.empty() && request.method == "OPTIONS")
        target = "*";
    else if (target.empty() || target[0] == '?')
        target.insert(0, "/");
    request.target = target;
    return true;
}

/// What no Connection field may name.
bool isProtected(const std::string& option)
{
    for (const char* name : {"host", "content-length", "transfer-encoding", "forwarded", "via",
                             "cookie", "authorization", "cache-control"})
        if (option == name)
            return true;
    return option.starts_with("x-forwarded-");
}

/// What is said of the fields of a request, its framing apart. False: refused.
bool checkRequestFields(OracleRequest& request, bool http10, Sender sender,
                        const std::optional<std::string>& authority)
{
    const int hosts = countOf(request.fields, "host");
    if (hosts > 1 || (hosts == 0 && !http10))
        return false;
    request.host = authority ? *authority : std::string();
    if (hosts == 1) {
        const std::string host = joined(request.fields, "host");
        const bool none = host.empty() && sender == Sender::Balancer;
        if ((!isHost(host) && !none) || (authority && lower(*authority) != lower(host)))
            return false;
        if (!authority)
            request.host = host;
    }
    if (!http10) {
        for (const auto& [name, value] : request.fields)
            if (lower(name) == "expect" && lower(value) != "100-continue")
                return false;
    }
    if (request.method == "OPTIONS" && countOf(request.fields, "max-forwards") > 0) {
        const std::string hops = joined(request.fields, "max-forwards");
        if (countOf(request.fields, "max-forwards") > 1 || !isDigits(hops))
            return false;
        request.answered = hops.find_first_not_of('0') == std::string::npos;
    }
    return true;
}

} // namespace

std::string joined(const Fields& fields, std::string_view name)
{
    std::string out;
    bool any = false;
    for (const auto& [key, value] : fields) {
        if (lower(key) != lower(name))
            continue;
        out += (any ? "," : "") + value;
        any = true;
    }
    return out;
}

int countOf(const Fields& fields, std::string_view name)
{
    return static_cast<int>(std::count_if(fields.begin(), fields.end(), [&](const auto& field) {
        return lower(field.first) == lower(name);
    }));
}

OracleBody readChunked(std::string_view stream, std::size_t at)
{
    OracleBody body;
    std::size_t extensions = 0;
    while (true) {
        bool bad = false;
        const auto line = takeLine(stream, at, bad);
        if (!line)
            return body;
        body.verdict = Verdict::Refused;
        std::size_t digits = 0;
        while (digits < line->size() &&
               std::isxdigit(static_cast<unsigned char>((*line)[digits])) != 0)
            ++digits;
        const std::string rest = line->substr(digits);
        if (!rest.empty())
            extensions += rest.size() + 1; // with the CR that ends it
        if (bad || digits == 0 || digits > 16 || !isExtensions(rest) ||
            extensions > kLongestExtensions)
            return body;
        const std::uint64_t size = std::stoull(line->substr(0, digits), nullptr, 16);
        if (size > static_cast<std::uint64_t>(INT64_MAX))
            return body;
        body.verdict = Verdict::Incomplete;
        if (size == 0)
            break;
        const std::uint64_t there = stream.size() - at;
        body.content += stream.substr(at, std::min(there, size));
        if (there < size)
            return body;
        at += size;
        const std::string_view end = stream.substr(at, 2);
        if (end != std::string_view("\r\n").substr(0, end.size())) {
            body.verdict = Verdict::Refused;
            return body;
        }
        if (end.size() < 2)
            return body;
        at += 2;
    }
    body.verdict = takeFields(stream, at, body.trailers);
    for (const char* framing : {"host", "content-length", "transfer-encoding"})
        if (countOf(body.trailers, framing) > 0)
            body.verdict = Verdict::Refused;
    body.next = at;
    return body;
}

OracleRequest readRequest(std::string_view stream, std::size_t at, Sender sender)
{
    OracleRequest request;
    const auto refuse = [&request](const char* why) {
        request.verdict = Verdict::Refused;
        request.why = why;
        return request;
    };
    if (stream.substr(at, 2) == "\r\n")
        at += 2;
    bool bad = false;
    bool http10 = false;
    std::optional<std::string> authority;
    const auto line = takeLine(stream, at, bad);
    if (!line)
        return request;
    if (bad || !takeStartLine(*line, request, http10, authority))
        return refuse("start line");
    const Verdict fields = takeFields(stream, at, request.fields, mostLines(sender));
    // A field is refused where it stands, though the head is not complete.
    const Framing framing = framingOf(request.fields, http10);
    if (fields == Verdict::Refused || !framing.good)
        return refuse("field line or framing");
    if (fields == Verdict::Incomplete)
        return request;
    if (!checkRequestFields(request, http10, sender, authority))
        return refuse("Host, Expect or Max-Forwards");
    request.headWhole = true;
    request.chunked = framing.chunked;
    const auto options = elements(joined(request.fields, "connection"));
    request.namesProtected = std::any_of(options.begin(), options.end(), isProtected);
    request.last = http10 || std::find(options.begin(), options.end(), "close") != options.end();
    if (framing.chunked) {
        request.body = readChunked(stream, at);
    } else {
        request.body = readCounted(stream, at, framing.length);
    }
    request.verdict = request.body.verdict;
    return request;
}

OracleResponse readResponse(std::string_view stream, std::size_t at, std::string_view method,
                            bool ended, Sender sender)
{
    OracleResponse response;
    bool bad = false;
    const auto line = takeLine(stream, at, bad);
    if (!line)
        return response;
    response.verdict = Verdict::Refused;
    if (bad || line->size() < 12 || line->substr(0, 7) != "HTTP/1." ||
        !isDigits(line->substr(7, 1)) || (*line)[8] != ' ' || !isDigits(line->substr(9, 3)) ||
        (*line)[9] == '0' || (line->size() > 12 && (*line)[12] != ' '))
        return response;
    response.status = std::stoi(line->substr(9, 3));
    const Verdict fields = takeFields(stream, at, response.fields, mostLines(sender));
    const bool none = response.status / 100 == 1 || response.status == 204;
    const Framing framing =
        none ? Framing{} : framingOf(response.fields, line->substr(7, 1) == "0");
    if (fields == Verdict::Refused || !framing.good)
        return response;
    response.verdict = fields;
    if (fields == Verdict::Incomplete)
        return response;
    response.headWhole = true;
    if (none || method == "HEAD" || response.status == 304) {
        response.body = {Verdict::Whole, {}, {}, at};
    } else if (framing.chunked) {
        response.body = readChunked(stream, at);
    } else if (framing.hasLength) {
        response.body = readCounted(stream, at, framing.length);
    } else {
        response.untilClose = true;
        response.body = {ended ? Verdict::Whole : Verdict::Incomplete,
                         std::string(stream.substr(at)),
                         {},
                         stream.size()};
    }
    response.verdict = response.body.verdict;
    return response;
}

} // namespace steelyard::fuzz
