#!/usr/bin/env bash
# demo.sh build <jobs> | run <data folder>: the flights example with build/release.
#   build  compiles what it needs, and no more
#   run    runs it on the flights that tools/setup.sh fetched
set -euo pipefail
cd "$(dirname "$0")/.."

build() {
  local targets target
  targets=$(cmake --build build/release --target help)
  for target in flights_demo weft_cli weft; do
    if grep -q "^$target: " <<<"$targets"; then
      exec cmake --build build/release -j"$1" --target "$target"
    fi
  done
}

run() {
  if [ -x examples/flights/demo.sh ]; then
    exec examples/flights/demo.sh build/release "$1"
  elif [ -x build/release/bin/flights_demo ]; then
    exec build/release/bin/flights_demo "$1"
  elif [ -x build/release/bin/weft ]; then
    echo "The flights example is not there yet; this is the command:"
    exec build/release/bin/weft --help
  fi
  echo "Neither the flights example nor the command is there yet."
}

"$1" "$2"
