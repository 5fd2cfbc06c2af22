/// Micro-benchmarks of the data path's parts; beside Google Benchmark's own options it has none.
/// bench_micro --benchmark_filter='pick/.*/100$' --benchmark_repetitions=5
/// Figures are CPU time of one call, in ns, on the core it happens to run on: pin it (taskset).
#include <QCoreApplication>

#include <benchmark/benchmark.h>

int main(int argc, char** argv)
{
    const QCoreApplication app(argc, argv);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
