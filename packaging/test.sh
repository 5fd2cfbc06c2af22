#!/usr/bin/env bash
# Builds Steelyard with its tests and runs them. The last line says "N passed, N failed"; exit 0 when none failed.
#
#   packaging/test.sh         the whole suite on the optimised build (build/)
#   packaging/test.sh --ci    and: format, clang-tidy on changed files, the whole suite under ASan + UBSan (build-asan/),
#                             the core's threads and the planted race under TSan (build-tsan/)
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
source packaging/checks.sh

ci=no
case ${1:-} in
  '') ;;
  --ci) ci=yes ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

passed=0
failed=0
jobs=$(nproc)
export CTEST_OUTPUT_ON_FAILURE=1
# Not detect_stack_use_after_return: GCC 12 aligns nothing on its fake stacks to 64 bytes, which UBSan rightly minds.
export ASAN_OPTIONS=strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$PWD/packaging/leaks.supp:print_suppressions=0
export TSAN_OPTIONS=second_deadlock_stack=1:suppressions=$PWD/tests/support/tsan.supp
if command -v ccache >/dev/null; then
  # The same file in another checkout is the same file; precompiled headers need the sloppiness to be cached at all.
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
fi

say() { printf '== [%5d s] %s\n' "$SECONDS" "$*"; }

# check NAME COMMAND...: one check that passes or fails as a whole.
check() {
  local name=$1
  shift
  say "$name"
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    say "FAILED: $name"
  fi
}

# build PRESET [cmake options]: configure and build everything (or $targets); false when it does not build.
build() {
  local preset=$1
  shift
  say "building: $preset"
  # shellcheck disable=SC2086 # targets is a list of words
  cmake --preset "$preset" -Wno-dev "$@" >/dev/null &&
    cmake --build --preset "$preset" -j "$jobs" ${targets:+--target $targets}
}

# suite PRESET [ctest options]: runs the tests of a build and adds up what passed and failed. On a machine whose other load
# nobody knows a test of times may miss its deadline: what fails is tried once more, and told as flaky when it passes then.
suite() {
  local preset=$1 directory=build log total bad skipped
  shift
  [ "$preset" = release ] || directory=build-$preset
  log=$PWD/$directory/ctest.log
  rm -f "$log"
  say "testing: $preset"
  # shellcheck disable=SC2086 # without_aslr is empty or two words
  $without_aslr ctest --test-dir "$directory" -j "$jobs" --no-tests=error --repeat until-pass:2 -O "$log" "$@"
  flaky "$log"
  read -r total bad skipped < <(ctest_counts "$log")
  if [ "$total" -eq 0 ]; then
    total=1
    bad=1
  fi
  passed=$((passed + total - bad - skipped))
  failed=$((failed + bad))
  [ "$skipped" -eq 0 ] || say "$skipped skipped"
}

# run PRESET BUILD-OPTIONS -- CTEST-OPTIONS
run() {
  local preset=$1 options=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
  [ $# -eq 0 ] || shift
  if build "$preset" "${options[@]}"; then
    suite "$preset" "$@"
  else
    failed=$((failed + 1))
    say "FAILED: building $preset"
  fi
}

packaging/setup.sh build run test || { echo "setup failed"; echo "0 passed, 1 failed"; exit 1; }

targets=
without_aslr=
if [ "$ci" = no ]; then
  run release
else
  # Four workers here, one under ASan below: together they are what a plain run does.
  run release -DSTEELYARD_WERROR=ON -- -E integration_1_worker
  check "clang-format" format_check
  check "clang-tidy on changed files" tidy_changed build
  run asan -- -LE 'bench-smoke|lint|faults' -E integration_4_workers
  # Address space randomisation of recent kernels can hit the shadow memory of GCC 12's TSan.
  if setarch -R true 2>/dev/null; then without_aslr="setarch -R"; fi
  # What runs on more than one thread. Not the engine's tests: they talk to it by queued signals, and TSan takes their
  # correct use for races with an uninstrumented Qt.
  targets='unit_base unit_net unit_health unit_stats unit_runtime unit_proxy unit_lab tsan_canary'
  run tsan -- -R "^(${targets// /|})\$"
fi

say "done"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
