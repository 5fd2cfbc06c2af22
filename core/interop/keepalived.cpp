/// Two machines and one address that moves: keepalived's VRRP (RFC 5798) beside an engine on each,
/// whose /readyz decides who has the address. Not another balancer's configuration but what stands
/// around ours; the configuration itself is used on both machines as it is. Thread: any.
#include "interop/notes.h"
#include "interop/targets.h"

#include <algorithm>
#include <vector>

namespace steelyard::interop {

namespace {

constexpr const char* kExample = "192.0.2.10"; ///< TEST-NET-1, RFC 5737: nobody's

bool isIpv6(const std::string& host)
{
    return host.find(':') != std::string::npos;
}

/// All addresses, or one that is this machine's alone and cannot move.
bool cannotMove(const std::string& host)
{
    return host == "0.0.0.0" || host == "::" || host == "::1" || host.starts_with("127.") ||
           host == "localhost";
}

/// The addresses that clients come to, each once, in the order of the listeners.
std::vector<std::string> movingAddresses(const config::Config& config, Notes& notes)
{
    std::vector<std::string> found;
    for (const config::Listener& listener : config.listeners) {
        const Place place = Place{} / "listeners" / listener.name / "bind";
        for (const config::Address& bind : listener.binds) {
            if (cannotMove(bind.host)) {
                notes.near(place, bind.text() + ": write the address that is to move into the "
                                                "line that defines $ADDRESS");
                continue;
            }
            if (std::find(found.begin(), found.end(), bind.host) == found.end())
                found.push_back(bind.host);
            notes.near(place, bind.text() + ": moves; the machine without it can bind it only with "
                                            "net.ipv4.ip_nonlocal_bind (or ipv6) = 1");
        }
    }
    return found;
}

std::string readinessUrl(const config::Config& config, Notes& notes)
{
    if (!config.admin.http) {
        notes.near({}, "admin.http is off: without it /readyz cannot tell who may have the "
                       "address; add admin: { http: 127.0.0.1:9900 }");
        return "http://127.0.0.1:9900/readyz";
    }
    config::Address address = *config.admin.http;
    if (address.host == "0.0.0.0" || address.host == "localhost")
        address.host = "127.0.0.1";
    if (address.host == "::")
        address.host = "::1";
    if (address.port == 0)
        notes.near(Place{} / "admin" / "http", "a port that the system chooses is not known here: "
                                               "give it one");
    else
        notes.exact(Place{} / "admin" / "http", "vrrp_script steelyard_ready asks its /readyz");
    return "http://" + address.text() + "/readyz";
}

std::string addressBlock(const char* name, const std::vector<std::string>& lines)
{
    if (lines.empty())
        return {};
    std::string text = "    " + std::string(name) + " {\n";
    for (const std::string& line : lines)
        text += "        " + line + '\n';
    return text + "    }\n";
}

} // namespace

Export writeKeepalived(const config::Config& config)
{
    Notes notes;
    const std::string url = readinessUrl(config, notes);
    const std::vector<std::string> moving = movingAddresses(config, notes);
    // One instance speaks one family; addresses of the other one move along.
    std::vector<std::string> first;
    std::vector<std::string> others;
    const bool ipv6 = !moving.empty() && isIpv6(moving.front());
    for (const std::string& host : moving)
        (isIpv6(host) == ipv6 ? first : others).push_back(host + (isIpv6(host) ? "/128" : "/32"));
    if (first.empty())
        first.emplace_back("$ADDRESS");
    std::string text =
        "# Two machines and one address that moves. Run keepalived with this file on both, beside\n"
        "# an engine with the same configuration on each. Written by Steelyard for keepalived "
        "2.2.\n"
        "$INTERFACE=eth0      # where the clients come from\n"
        "$PRIORITY=100        # the second machine: 90\n"
        "$ROUTER=51           # 1-255, the same on both and nobody else's in this network\n";
    if (moving.empty())
        text += "$ADDRESS=" + std::string(kExample) + "/24  # the one that moves\n";
    text +=
        "\n"
        "global_defs {\n"
        "    vrrp_version 3\n"
        "    enable_script_security\n"
        "    script_user nobody\n"
        "}\n"
        "\n"
        "# An engine that drains or is gone fails it. A supervised one that starts again in the\n"
        "# meantime does not: the question waits for it.\n"
        "vrrp_script steelyard_ready {\n"
        "    script \"/usr/bin/curl --silent --fail --output /dev/null --max-time 1 " +
        url +
        "\"\n"
        "    interval 1\n"
        "    timeout 2\n"
        "    fall 2\n"
        "    rise 2\n"
        "}\n"
        "\n"
        "vrrp_instance steelyard {\n"
        "    state BACKUP     # on both: priority decides, and who has the address keeps it\n"
        "    nopreempt\n"
        "    interface $INTERFACE\n"
        "    virtual_router_id $ROUTER\n"
        "    priority $PRIORITY\n"
        "    advert_int 0.2   # seconds; a machine that is gone is missed after three\n" +
        addressBlock("virtual_ipaddress", first) +
        addressBlock("virtual_ipaddress_excluded", others) +
        "    track_script {\n"
        "        steelyard_ready\n"
        "    }\n"
        "}\n";
    notes.near({}, "interface, priority and router number are the machines' own: the first lines");
    notes.dropped({}, "routes, pools and everything else stay Steelyard's: the same configuration "
                      "runs on both machines");
    return {std::move(text), notes.inOrderOf(config)};
}

} // namespace steelyard::interop
