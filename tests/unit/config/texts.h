/// Valid configurations with a gap, so that a test writes only what it is about.
#pragma once

#include "base/states.h"
#include "config/reader.h"

#include <string>

namespace steelyard::config::test {

inline const std::string kListeners =
    "listeners:\n  - { name: web, bind: 127.0.0.1:8080, routes: [ { name: all, pool: shop } ] }\n";
inline const std::string kPools =
    "pools:\n  - { name: shop, backends: [ { name: a, address: 127.0.0.1:9001 } ] }\n";

inline std::string inTop(const std::string& lines)
{
    return "version: 1\n" + lines + "\n" + kListeners + kPools;
}

inline std::string withListeners(const std::string& lines)
{
    return "version: 1\n" + lines + "\n" + kPools;
}

inline std::string inListener(const std::string& line)
{
    return withListeners("listeners:\n  - name: web\n    bind: 127.0.0.1:8080\n    " + line +
                         "\n    routes: [ { name: all, pool: shop } ]");
}

inline std::string withBind(const std::string& bind)
{
    return withListeners("listeners:\n  - name: web\n    bind: " + bind +
                         "\n    routes: [ { name: all, pool: shop } ]");
}

inline std::string withRoutes(const std::string& routes)
{
    return withListeners("listeners:\n  - name: web\n    bind: 127.0.0.1:8080\n    routes: " +
                         routes);
}

inline std::string inRoute(const std::string& keys)
{
    return withRoutes("\n      - { name: all, pool: shop }\n      - { name: more, " + keys + " }");
}

inline std::string inMatch(const std::string& keys)
{
    return inRoute("pool: shop, match: { " + keys + " }");
}

inline std::string inSplit(const std::string& keys)
{
    return inRoute("split: { " + keys + " }");
}

inline std::string inLimits(const std::string& keys)
{
    return inListener("limits: { " + keys + " }");
}

inline std::string withPools(const std::string& lines)
{
    return "version: 1\n" + kListeners + lines + "\n";
}

inline std::string inPool(const std::string& line)
{
    return withPools("pools:\n  - name: shop\n    " + line +
                     "\n    backends: [ { name: a, address: 127.0.0.1:9001 } ]");
}

inline std::string inCheck(const std::string& keys)
{
    return inPool("health_check: { " + keys + " }");
}

inline std::string withBackends(const std::string& backends)
{
    return withPools("pools:\n  - name: shop\n    backends: " + backends);
}

inline std::string inServer(const std::string& keys)
{
    return withBackends("[ { name: a, address: 127.0.0.1:9001, " + keys + " } ]");
}

inline std::string inOutliers(const std::string& keys)
{
    return inPool("outlier_detection: { " + keys + " }");
}

inline std::string inStickiness(const std::string& keys)
{
    return inPool("stickiness: { " + keys + " }");
}

/// Text of an example.
inline std::string example(const std::string& name)
{
    std::string text;
    static_cast<void>(readFile(STEELYARD_RESOURCES "/examples/" + name + ".yaml", &text));
    return text;
}

/// What files beside the examples' are relative to.
inline const std::string kExamples = STEELYARD_RESOURCES "/examples";

/// All diagnostics, one a line, for failure messages.
inline std::string allOf(const ReadResult& result)
{
    std::string out;
    for (const Diagnostic& diagnostic : result.diagnostics)
        out += diagnostic.text("FILE") + "\n";
    return out;
}

} // namespace steelyard::config::test
