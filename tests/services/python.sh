#!/usr/bin/env bash
# python.sh NAME: makes .venv/NAME with what NAME_requirements.txt here lists, unless it is there; prints its
# interpreter. Tests that run at once wait for each other.
set -euo pipefail
cd "$(dirname "$0")/../.."
requirements=tests/services/$1_requirements.txt
home=.venv/$1
mkdir -p .venv
exec 9>".venv/$1.lock"
flock 9
if ! [ -x "$home/bin/python" ] || ! cmp -s "$requirements" "$home/weft-requirements.txt"; then
  rm -rf "$home"
  python3 -m venv "$home" >&2
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  if ! "$home/bin/python" -m pip install --quiet --no-input --disable-pip-version-check -r "$requirements" \
    >"$log" 2>&1; then
    sed -E 's#[a-z+]+://[^ ]+#<address>#g' "$log" | tail -n 20 >&2
    exit 1
  fi
  cp "$requirements" "$home/weft-requirements.txt"
fi
echo "$PWD/$home/bin/python"
