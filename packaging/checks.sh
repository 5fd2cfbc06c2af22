# The checks of packaging/test.sh --ci that are not ctest's; sourced, from the project's root.
# shellcheck shell=bash

# ctest_counts LOG: "TOTAL FAILED SKIPPED" of ctest's output, "0 0 0" when it did not get that far. From the summary and not
# from its JUnit report, where a test whose program is missing passes for skipped.
ctest_counts() {
  local total failed skipped
  read -r failed total < <(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$1" 2>/dev/null)
  skipped=$(grep -c '\*\*\*Skipped' "$1" 2>/dev/null)
  echo "${total:-0} ${failed:-0} ${skipped:-0}"
}

# flaky LOG: tells which tests passed only when they were tried again: their second line has no "N/M" before it.
flaky() {
  local names
  names=$(sed -n 's/^ \+Test \+#[0-9]*: \([^ ]*\) .* Passed .*/\1/p' "$1" | tr '\n' ' ')
  [ -z "$names" ] || say "flaky, passed only when tried again: $names"
}

# The commit to compare with: STEELYARD_BASE, where the branch left origin's main, the commit before; nothing at the first.
base_commit() {
  local base
  base=${STEELYARD_BASE:-$(git merge-base HEAD origin/main 2>/dev/null)}
  if [ -z "$base" ] || [ "$(git rev-parse "$base")" = "$(git rev-parse HEAD)" ]; then
    base=$(git rev-parse --verify --quiet HEAD~1)
  fi
  echo "$base"
}

# changed_files PATTERN...: tracked files that differ from the base; all of them where there is no base.
changed_files() {
  local base
  base=$(base_commit)
  if [ -n "$base" ]; then
    git diff --name-only --diff-filter=d "$base" -- "$@"
  else
    git ls-files -- "$@"
  fi
}

# All files, not only the changed ones: it takes seconds, and a file once missed would stay so.
format_check() {
  git ls-files -z -- '*.h' '*.cpp' | xargs -0 -r clang-format --dry-run --Werror
}

# (clang 14 refuses the zeroing of locals that the database asks of GCC.)
# tidy_changed BUILD: bounded in files and time, so that a commit that touches everything cannot stop the rest.
tidy_changed() {
  local build=$1 limit=8 files=() all
  mapfile -t all < <(changed_files 'core/*.cpp' 'gui/*.cpp')
  files=("${all[@]:0:$limit}")
  [ ${#all[@]} -le $limit ] || echo "clang-tidy: ${#all[@]} changed files, the first $limit are checked"
  [ ${#files[@]} -gt 0 ] || return 0
  printf '%s\0' "${files[@]}" | timeout 150 xargs -0 -P "$(nproc)" -n 1 \
    clang-tidy --quiet -p "$build" --extra-arg=-ftrivial-auto-var-init=uninitialized 2> >(grep -v 'warnings generated' >&2)
  local status=$?
  if [ $status -eq 124 ]; then
    echo "clang-tidy: stopped after 150 s, nothing found until then"
    return 0
  fi
  return $status
}
