#!/usr/bin/env bash
# Builds Steelyard into build/ and starts the demo: the console where there is a display, the headless engine where not.
#
#   packaging/run.sh [arguments for the program]      e.g. packaging/run.sh --theme dark
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packaging/setup.sh build run
cmake --preset release -Wno-dev >/dev/null
cmake --build build --target steelyard steelyardd steelyardctl

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  exec build/bin/steelyard --demo "$@"
fi
exec build/bin/steelyardd demo "$@"
