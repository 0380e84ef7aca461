#!/usr/bin/env bash
# expect_output.sh FILE COMMAND...: the command has to print what the file holds, and succeed.
# WEFT_UPDATE=1 writes the file instead.
set -euo pipefail
expected=$1
shift
found=$(mktemp)
trap 'rm -f "$found"' EXIT
"$@" >"$found"
if [ "${WEFT_UPDATE:-}" = 1 ]; then
  cp "$found" "$expected"
  exit 0
fi
diff -u "$expected" "$found"
