/// The configuration as it would be written freshly: what runs now, in one file. Thread: any.
#include "config/writer.h"
#include "interop/notes.h"
#include "interop/targets.h"

namespace steelyard::interop {

Export writeYaml(const config::Config& config)
{
    Notes notes;
    notes.exact({}, "every key; keys with their default are left out");
    notes.dropped({}, "comments and the order of keys in the source: written anew from what it "
                      "means, with relative paths made absolute");
    return {config::writeText(config), notes.inOrderOf(config)};
}

} // namespace steelyard::interop
