#include "daemon/simulate.h"

#include "config/reader.h"
#include "daemon/run.h"
#include "simulation/read_workload.h"
#include "simulation/report.h"

#include <QFile>

#include <algorithm>
#include <cstdio>

namespace steelyard::daemon {

namespace {

using simulation::Workload;

void tell(const config::Diagnostics& diagnostics, const std::string& file)
{
    for (const config::Diagnostic& diagnostic : diagnostics)
        complain(QString::fromStdString(diagnostic.text(file)));
}

/// The pool that the workload means, or null and a complaint.
const config::Pool* poolOf(const config::Config& config, const Workload& workload,
                           const std::string& file)
{
    const config::Pool* pool = nullptr;
    if (!workload.pool.empty())
        pool = config.pool(workload.pool);
    else if (config.pools.size() == 1)
        pool = &config.pools.front();
    if (pool == nullptr) {
        std::string known;
        for (const config::Pool& each : config.pools)
            known += (known.empty() ? "" : ", ") + each.name;
        const std::string what = workload.pool.empty()
                                     ? "'pool' is missing, and there is not just one"
                                     : "there is no pool '" + workload.pool + "'";
        tell({{config::Severity::Error, 0, 0, what, "write pool: with one of " + known}}, file);
        return nullptr;
    }
    for (const auto& [name, behaviour] : workload.servers) {
        const auto has = [&name = name](const config::Backend& b) { return b.name == name; };
        if (std::none_of(pool->backends.begin(), pool->backends.end(), has)) {
            tell({{config::Severity::Error, 0, 0,
                   "pool '" + pool->name + "' has no server '" + name + "'", "check its name"}},
                 file);
            return nullptr;
        }
    }
    return pool;
}

/// Of an access log only the requests of the pool. False and a complaint when none is left.
bool keepThoseOf(const config::Pool& pool, Workload& workload, const std::string& file)
{
    if (workload.recorded.empty())
        return true;
    std::erase_if(workload.recorded,
                  [&pool](const auto& request) { return request.pool != pool.name; });
    if (!workload.recorded.empty())
        return true;
    tell({{config::Severity::Error, 0, 0,
           "the access log has no request that pool '" + pool.name + "' served",
           "name the pool that it is of"}},
         file);
    return false;
}

} // namespace

int simulateFile(const QString& fileName, const std::vector<Algorithm>& algorithms, int rate,
                 ReportForm form)
{
    const std::string file = QFile::encodeName(fileName).toStdString();
    simulation::WorkloadResult read = simulation::readWorkloadFile(file);
    tell(read.diagnostics, file);
    if (!read.workload)
        return 1;
    if (rate != 0) {
        const bool recorded = !read.workload->recorded.empty();
        read.workload->rate = rate;
        if (recorded || simulation::isTooLarge(*read.workload)) {
            complain(QStringLiteral("steelyardd: --rate %1: %2")
                         .arg(rate)
                         .arg(recorded ? QStringLiteral("the arrivals are those of an access log")
                                       : QStringLiteral("that is more than 50,000,000 requests")));
            return 1;
        }
    }
    const config::ReadResult configured = config::readFile(read.workload->configuration);
    tell(configured.diagnostics, read.workload->configuration);
    if (!configured.config)
        return 1;
    const config::Pool* configuredPool = poolOf(*configured.config, *read.workload, file);
    if (configuredPool == nullptr || !keepThoseOf(*configuredPool, *read.workload, file))
        return 1;

    config::Pool pool = *configuredPool;
    std::vector<simulation::Outcome> outcomes;
    for (const Algorithm algorithm :
         algorithms.empty() ? std::vector{pool.algorithm} : algorithms) {
        pool.algorithm = algorithm;
        outcomes.push_back(simulation::simulate(*read.workload, pool));
    }
    const std::string text = form == ReportForm::Json  ? simulation::jsonText(outcomes)
                             : form == ReportForm::Csv ? simulation::csvText(outcomes)
                                                       : simulation::tableText(outcomes);
    std::fputs(text.c_str(), stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
}

} // namespace steelyard::daemon
