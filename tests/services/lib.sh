# Shared by the start_*.sh of tests/services, which source it.
# Each start_X.sh FOLDER PORT keeps data, log and pid file in FOLDER, listens on 127.0.0.1 only, refuses a
# taken port, and returns 0 once the service answers; 77 says that the service is not installed.
set -euo pipefail

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# wait_for <seconds> <pid> <command>...: until the command succeeds; fails if time is up or the process is gone.
wait_for() {
  local end=$((SECONDS + $1)) pid=$2
  shift 2
  while ! "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || return 1
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# port_free <port>: fails if somebody answers on it.
port_free() {
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || die "port $1 is taken"
}

# launch <name> <command>...: in a session of its own; log and pid in $folder; sets pid.
launch() {
  local name=$1
  shift
  setsid "$@" >"$folder/$name.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$folder/$name.pid"
}

# ready_or_die <name> <seconds> <command>...
ready_or_die() {
  local name=$1 limit=$2
  shift 2
  wait_for "$limit" "$pid" "$@" && return
  tail -n 20 "$folder/$name.log" >&2
  kill "$pid" 2>/dev/null || true
  die "$name did not answer within $limit s"
}
