#!/usr/bin/env bash
# tsan_tests.sh [jobs]: builds libweft and the tests of the executor with the thread sanitizer, and runs them.
# Only those: most others enter Arrow's thread pool, which is not built with it. WEFT_TSAN_SECONDS is the time
# the fuzzer gets.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${1:-$(nproc)}
cmake --preset tsan >/dev/null
cmake --build --preset tsan -j"$jobs" --target weft_exec_test weft_fuzz_test
# The sanitizer sees who frees and who takes memory only where it is malloc's: in Arrow's own pool, memory
# that one thread gave back and another took looks like a race.
export ARROW_DEFAULT_MEMORY_POOL=system
# Tests that read files of Parquet and IPC wait on Arrow's own futures for its own threads.
GTEST_FILTER='-OutOfCoreTest.*:SaversTest.*' WEFT_LONG_SECONDS=${WEFT_TSAN_SECONDS:-60} \
  ctest --test-dir build/tsan --output-on-failure -R '^(weft_exec_test|weft_fuzz_test|weft_fuzz_long)$'
