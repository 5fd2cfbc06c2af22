#!/usr/bin/env bash
# Installs the Debian packages that Steelyard needs, only those that are missing.
#
#   packaging/setup.sh [build] [run] [test] [bench] [fuzz]     the sets to install; without arguments the first three
#
# Needs root or sudo only when something is missing. Asks nothing, and starts no service: nginx, haproxy and the like are
# wanted as programs, so what was not on the machine before is left neither running nor enabled.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build=(cmake ninja-build g++ pkg-config qt6-base-dev qt6-charts-dev libqt6opengl6-dev qt6-svg-dev libgl-dev
       libyaml-dev libre2-dev libxxhash-dev libssl-dev libc-ares-dev)
run=(libqt6widgets6 libqt6charts6 libqt6network6 libqt6svg6 libyaml-0-2 libre2-9 libssl3 libc-ares2 libgl1 libegl1
     fonts-dejavu-core)
tests=(python3 git curl haproxy wrk nghttp2-client xvfb xauth xdotool imagemagick strace clang-format clang-tidy
       shellcheck mold faketime libbenchmark-dev keepalived iproute2)
bench=(h2o caddy) # the bench's peers, beside those of the tests
fuzz=(clang libclang-rt-dev)
# Also met by other packages (nginx-full, a node of one's own): wanted only where the command is not there.
commands=(nginx:nginx-light node:nodejs npm:npm chromium:chromium)
services=(nginx haproxy h2o caddy keepalived)

usage() { sed -n '2,4s/^# \{0,1\}//p' "$0"; }

wanted=()
with_tests=no
[ $# -gt 0 ] || set -- build run test
for set in "$@"; do
  case $set in
    build) wanted+=("${build[@]}") ;;
    run) wanted+=("${run[@]}") ;;
    test) wanted+=("${tests[@]}"); with_tests=yes ;;
    bench) wanted+=("${bench[@]}") ;;
    fuzz) wanted+=("${fuzz[@]}") ;;
    -h|--help) usage; exit 0 ;;
    *) echo "setup.sh: unknown set '$set'" >&2; usage >&2; exit 2 ;;
  esac
done

installed() { dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

missing=()
for package in "${wanted[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ "$with_tests" = yes ]; then
  for pair in "${commands[@]}"; do
    PATH=$PATH:/usr/sbin command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
fi

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else
    echo "setup.sh: packages are missing and there is neither root nor sudo: ${missing[*]}" >&2
    exit 1
  fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# While this file says 101, no package starts its service (invoke-rc.d, deb-systemd-invoke).
policy=/usr/sbin/policy-rc.d
own_policy=no
forbid_services() {
  [ -e "$policy" ] && return
  own_policy=yes
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}
allow_services() {
  if [ "$own_policy" = yes ]; then
    own_policy=no
    as_root rm -f "$policy"
  fi
}

if [ ${#missing[@]} -gt 0 ]; then
  echo "setup.sh: installing ${missing[*]}"
  new_services=()
  for service in "${services[@]}"; do
    command -v "$service" >/dev/null || [ -x "/usr/sbin/$service" ] || new_services+=("$service")
  done
  trap allow_services EXIT
  forbid_services
  if ! ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then apt update; fi
  # A second try with fresh lists: old ones name versions that the mirror no longer has.
  apt install --no-install-recommends "${missing[@]}" ||
    { apt update && apt install --no-install-recommends "${missing[@]}"; }
  allow_services
  if [ -d /run/systemd/system ]; then
    for service in "${new_services[@]}"; do
      as_root systemctl disable --now --quiet "$service" 2>/dev/null || true
    done
  fi
fi

# The client of the WebSocket test; inside build/, so that nothing of npm's lands in the source tree.
if [ "$with_tests" = yes ] && [ ! -d "$root/build/node/node_modules/ws" ]; then
  mkdir -p "$root/build/node"
  npm install --no-save --no-audit --no-fund --loglevel=error --prefix "$root/build/node" ws@8 >/dev/null
fi
