#!/usr/bin/env bash
# run_benches.sh <folder>: runs every bench_* program in it, one after the other.
set -euo pipefail
found=0
for bench in "$1"/bench_*; do
  [ -x "$bench" ] || continue
  found=1
  echo "-- $(basename "$bench")"
  "$bench"
done
[ $found = 1 ] || echo "There are no benchmarks yet."
