#!/usr/bin/env bash
# stop.sh PIDFILE...: ends the processes whose numbers are in the files, and nothing else.
set -u
for file in "$@"; do
  [ -f "$file" ] || continue
  pid=$(head -n 1 "$file")
  # INT is PostgreSQL's fast shutdown; TERM would wait for its clients.
  kill -INT "$pid" 2>/dev/null
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -0 "$pid" 2>/dev/null && kill -KILL "$pid"
  rm -f "$file"
done
