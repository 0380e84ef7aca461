#!/usr/bin/env bash
# duckdb_library.sh: makes .venv/lib/libduckdb.so, DuckDB's shared library, unless it is there; prints its path.
# It comes out of a package of the npm registry, so npm must be there; .venv is where Weft looks for it.
set -euo pipefail
cd "$(dirname "$0")/../.."
package=@duckdb/node-bindings-linux-x64@1.5.5-r.5
sum=fc23f12e376c47be520f75221288281906e7942e8fd6f6ce4849198ba60d0405
library=.venv/lib/libduckdb.so

has_sum() {
  [ -s "$1" ] && echo "$sum  $1" | sha256sum --check --status
}

if ! has_sum $library; then
  command -v npm >/dev/null || { echo "duckdb_library.sh: npm is needed to get libduckdb.so" >&2; exit 1; }
  mkdir -p .venv/lib
  folder=$(mktemp -d .venv/duckdb-XXXXXX)
  trap 'rm -rf "$folder"' EXIT
  if ! (cd "$folder" && npm pack --silent "$package") >"$folder/log" 2>&1; then
    sed -E 's#[a-z+]+://[^ ]+#<address>#g' "$folder/log" | tail -n 20 >&2
    exit 1
  fi
  tar xzf "$folder"/*.tgz -C "$folder" package/libduckdb.so
  has_sum "$folder/package/libduckdb.so" || { echo "duckdb_library.sh: libduckdb.so is another one" >&2; exit 1; }
  mv -f "$folder/package/libduckdb.so" $library  # at once: others may have it mapped
fi
echo "$PWD/$library"
