// Any bytes as a configuration: an answer with places inside the text, and what is taken comes back
// the same when written, compiles, exports, and survives the edits that "save" makes.
#include "config/reader.h"
#include "config/writer.h"
#include "fuzz/fuzz_target.h"
#include "interop/export.h"
#include "runtime/compiler.h"

using namespace steelyard;
using namespace steelyard::fuzz;

namespace {

void checkDiagnostics(const config::ReadResult& read)
{
    require((read.config != nullptr) != config::hasErrors(read.diagnostics),
            "neither a configuration nor an error, or both");
    for (const config::Diagnostic& each : read.diagnostics)
        require(!each.message.empty() && each.message.find('\n') == std::string::npos &&
                    each.line >= 0 && each.column >= 0,
                "a diagnostic without a message or a place", each.message);
}

void checkEdits(const std::string& text, const config::Config& config)
{
    for (const config::Pool& pool : config.pools) {
        for (const config::Backend& backend : pool.backends) {
            const auto edited = config::withWeight(text, pool.name, backend.name, 9);
            if (!edited)
                continue; // told why: a flow that cannot be edited
            const config::ReadResult again = config::readText(edited.value(), "/etc");
            require(again.config != nullptr, "an edit broke the configuration", edited.value());
            config::Config wanted = config;
            for (config::Pool& other : wanted.pools)
                for (config::Backend& each : other.backends)
                    if (other.name == pool.name && each.name == backend.name)
                        each.weight = 9;
            require(*again.config == wanted, "an edit changed something else", edited.value());
            return;
        }
    }
}

} // namespace

FUZZ_TARGET(config)
{
    const std::string text(input);
    const config::ReadResult read = config::readText(text, "/etc");
    checkDiagnostics(read);
    if (!read.config)
        return;
    const std::string written = config::writeText(*read.config);
    const config::ReadResult again = config::readText(written, "/etc");
    require(again.config != nullptr && *again.config == *read.config,
            "written and read again it is another one", written);
    checkEdits(text, *read.config);
    for (const interop::ExportTarget& target : interop::exportTargets()) {
        const interop::Export exported = target.write(*read.config);
        require(!exported.text.empty() && !exported.notes.empty(), "an export says nothing");
        for (const interop::ExportNote& note : exported.notes)
            require(note.line().find('\n') == std::string::npos, "a note of two lines",
                    note.line());
    }
    runtime::Compiler compiler(1, "fuzz", [](const config::Address& address) {
        return net::AddressSet::fromNumeric(address.host, address.port);
    });
    require(compiler.compile(*read.config) != nullptr, "it does not compile");
}
