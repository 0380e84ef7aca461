#!/usr/bin/env bash
# command_test.sh WEFT SURVEY.so BROKEN.so: the program as a shell sees it.
set -uo pipefail
weft=$1 survey=$2 broken=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

# expect STATUS COMMAND...: runs it with its output in ./out and ./err
expect() {
  local wanted=$1 status
  shift
  "$@" >out 2>err
  status=$?
  [ "$status" = "$wanted" ] || fail "exit status $status, not $wanted: $* ($(cat err))"
}

says() {
  grep -qF -e "$2" "$1" || fail "$1 lacks '$2': $(cat "$1")"
}

# Exit statuses, and where errors go.
expect 0 "$weft" version
expect 0 "$weft" --version
expect 0 "$weft" --help
expect 2 "$weft"
says err 'weft COMMAND'
expect 2 "$weft" lst
says err "weft: error: invalid_argument: there is no command 'lst'; did you mean 'list'?"
[ -s out ] && fail 'an error wrote to stdout'
expect 2 "$weft" list -m nowhere.so
says err 'weft: error: not_found: '
expect 2 "$weft" list -m "$survey" --jsn
says err "did you mean '--json'?"
expect 0 "$weft" list -m "$survey"
expect 2 "$weft" validate -m "$broken"
expect 2 "$weft" run -m "$survey" spend_rat
says err "did you mean 'spend_rate'?"
printf 'spend,visits\n6,x\n' >bad.csv
expect 1 "$weft" run -m "$survey" spend_rate --rows bad.csv
says err 'weft: error: bad_data: bad.csv:2'
expect 0 "$weft" run -m "$survey" spend_rate -i spend=6 -i visits=3
says out 'spend_rate = 2.0'

# Colours: never into a pipe unless asked for.
expect 0 "$weft" list -m "$survey" --color=always
says out $'\x1b['
expect 0 "$weft" list -m "$survey"
grep -q $'\x1b' out && fail 'colours in a pipe'

# A reader that has seen enough, and a disk without space.
{ printf 'spend,visits\n'; seq 1 20000 | sed 's/.*/&,2/'; } >many.csv
"$weft" run -m "$survey" spend_rate --rows many.csv --limit all 2>err | head -2 >out
[ -s err ] && fail "a broken pipe is told: $(cat err)"
[ "$(wc -l <out)" = 2 ] || fail 'the head of a pipe'
"$weft" list -m "$survey" >/dev/full 2>err && fail 'a full disk is not told'
says err 'weft: error: io: cannot write to standard output'
expect 0 "$weft" run -m "$survey" spend_rate --rows many.csv --to rates.parquet
says err 'wrote rates.parquet: 20,000 rows'
[ -s out ] && fail 'with --to, values are printed all the same'
expect 2 "$weft" run -m "$survey" spend_rate --rows many.csv --to nowhere/rates.parquet
mkdir rates.csv
expect 1 "$weft" run -m "$survey" spend_rate --rows many.csv --to rates.csv

# weft.yaml, from a folder below.
mkdir -p project/below
cp "$survey" project/survey.so
printf 'modules: [survey.so]\nconfig: {region: us}\n' >project/weft.yaml
(cd project/below && "$weft" run tax -i spend=6 -i visits=3) >out 2>err || fail "weft.yaml: $(cat err)"
says out 'tax = 0.2'

# Another revision, built beside this one.
if command -v git >/dev/null; then
  git init -q repository
  (
    cd repository || exit 1
    git config user.email a@example.org
    git config user.name a
    echo one >version && git add version && git commit -qm one
    cp "$survey" survey.so
  )
  (cd repository && "$weft" diff --git HEAD -m survey.so --build "cp '$survey' survey.so" --exit-code) \
    >out 2>err || fail "diff --git of the same: $(cat out err)"
  [ "$(git -C repository worktree list | wc -l)" = 1 ] || fail 'a worktree is left'
  (cd repository && "$weft" diff --git nothing -m survey.so --build true) >out 2>err
  says err "git knows no revision 'nothing'"
  (cd repository && "$weft" diff --git HEAD -m survey.so --build false) >out 2>err && fail 'a failed build'
  [ "$(git -C repository worktree list | wc -l)" = 1 ] || fail 'a worktree is left by a failed build'
fi

# The server: one line when it is ready, answers, reads again on SIGHUP, ends on SIGTERM.
mkdir served
cat >served/weft.yaml <<'END'
project: rides
definitions: [features.yaml]
END
cat >served/features.yaml <<'END'
entities:
  driver: {keys: {driver_id: int64}}
sources:
  positions: {kind: push, time: at, columns: {driver_id: int64, at: timestamp, x: double}}
views:
  position: {entities: [driver], source: positions, features: [x]}
END
printf 'tokens:\n  one: {token: first, scope: write}\n' >tokens.yaml

# ask METHOD PATH BODY TOKEN: the answer goes into ./answer
ask() {
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf '%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "$2" "$4" "${#3}" "$3" >&3
  cat <&3 >answer
  exec 3>&-
}

# comes FILE TEXT: waits until the server has written it, at most a minute
comes() {
  for _ in $(seq 600); do
    grep -qsF -e "$2" "$1" && return
    kill -0 $server 2>/dev/null || break
    sleep 0.1
  done
  fail "$1 does not get '$2': $(cat "$1" err)"
}

expect 0 "$weft" apply --project served
expect 1 "$weft" serve --project served --host 198.51.100.1
says err '198.51.100.1'
expect 2 "$weft" serve --project served --port 70000
"$weft" serve --project served --port 0 --token-file tokens.yaml --log access.jsonl >ready 2>err &
server=$!
comes ready 'serving rides (version 1)'
port=$(sed 's/.*://' ready)
ask POST /v1/push/positions '{"rows":[{"driver_id":1,"at":"2024-01-01","x":2}]}' first
says answer '"online":1'
ask POST /get-online-features '{"features":["position:x"],"entities":{"driver_id":["1"]}}' first
says answer '"values":[2.0]'
ask GET /v1/views '' second
says answer '401 Unauthorized'
printf 'tokens:\n  two: {token: second}\n' >tokens.yaml
mv access.jsonl moved.jsonl
says moved.jsonl '"client":"one"'
kill -HUP $server
comes err 'read again'
ask GET /v1/views '' second
says answer '200 OK'
says access.jsonl '"client":"two"'
echo 'tokens: [' >tokens.yaml
kill -HUP $server
comes err 'still stands'
kill -TERM $server
wait $server
status=$?
[ $status = 0 ] || fail "the server ended with $status: $(cat err)"

# Completion.
for shell in bash zsh fish; do
  expect 0 "$weft" completion $shell
  for verb in run list show lineage graph explain validate diff test completion version help; do
    says out "$verb"
  done
done
"$weft" completion bash >completion.bash
bash -n completion.bash || fail 'bash does not read its completion'
PATH="$(dirname "$weft"):$PATH"
# shellcheck disable=SC1091
source ./completion.bash
# completes WORD... : what bash offers for the last word
completes() {
  COMP_WORDS=("$@")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _weft
  printf '%s\n' "${COMPREPLY[@]}" >out
}
completes weft li
says out lineage
completes weft list --ki
says out --kind
completes weft list --kind = ro
says out row
completes weft show -m "$survey" age_
says out age_centered
completes weft completion b
says out bash

[ $failures = 0 ] && echo 'all is well'
exit $((failures > 0))
