#!/usr/bin/env bash
# start_redis.sh FOLDER PORT [PASSWORD]: a Redis server for a test, to be thrown away. Prints its URL; FOLDER has
# redis.sock too. Started again in the same FOLDER it has what it had.
. "$(dirname "$0")/lib.sh"

folder=$(mkdir -p "$1" && cd "$1" && pwd)
port=$2
password=${3:-}
if ! command -v redis-server >/dev/null; then
  echo "Redis is not installed" >&2
  exit 77
fi
port_free "$port"
options=(--bind 127.0.0.1 --port "$port" --dir "$folder" --unixsocket "$folder/redis.sock" --save ''
  --appendonly yes --appendfsync everysec --maxmemory 512mb --maxmemory-policy noeviction)
if [ -n "$password" ]; then options+=(--requirepass "$password"); fi
launch redis redis-server "${options[@]}"
pong() { [ "$(REDISCLI_AUTH=$password redis-cli -h 127.0.0.1 -p "$port" ping)" = PONG ]; }
ready_or_die redis 20 pong
echo "redis://${password:+:$password@}127.0.0.1:$port/0"
