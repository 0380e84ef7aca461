#!/usr/bin/env bash
# timed.sh <label> <command>...: runs the command and prints how long it took, or that it failed.
set -u
label=$1
shift
start=$EPOCHREALTIME
"$@"
status=$?
seconds=$(awk -v from="$start" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }')
if [ "$status" -eq 0 ]; then
  echo "== $label: $seconds s"
else
  echo "== $label: FAILED with status $status after $seconds s" >&2
fi
exit "$status"
