#!/usr/bin/env bash
# timed.sh [--quiet] <label> <command>...: runs the command and prints how long it took, or that it
# failed. With --quiet the command's output is shown only if it fails.
set -u
quiet=
if [ "$1" = --quiet ]; then
  quiet=1
  shift
fi
label=$1
shift
start=$EPOCHREALTIME
if [ -n "$quiet" ]; then
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  "$@" >"$log" 2>&1
  status=$?
  [ "$status" -eq 0 ] || cat "$log" >&2
else
  "$@"
  status=$?
fi
seconds=$(awk -v from="$start" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }')
if [ "$status" -eq 0 ]; then
  echo "== $label: $seconds s"
else
  echo "== $label: FAILED with status $status after $seconds s" >&2
fi
exit "$status"
