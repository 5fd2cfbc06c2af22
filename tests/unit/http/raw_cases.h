/// Raw HTTP/1 heads and whether they must be taken or refused, one row a rule (RFC 9112, RFC 9110).
/// Written from the texts of the RFCs; shared by the tests that look at verdicts and those that cut
/// and mutate.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::http::test {

struct RawCase
{
    std::string name;
    std::string raw;
    int status =
        0; ///< 0: complete and accepted; else the status of the refusal (responses: any refusal)
    std::string method = {}; ///< responses: the request's method
};

/// Lines with CRLF after each, and the empty line.
std::string head(std::initializer_list<std::string_view> lines);

std::vector<RawCase> requestCases();
std::vector<RawCase> responseCases();

} // namespace steelyard::http::test
