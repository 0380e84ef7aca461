#!/usr/bin/env bash
# wheel.sh FOLDER [PYTHON]...: makes the source distribution, and out of it a wheel for each Python (else that of
# .venv), as they are given to others: with the libraries it needs inside, but Arrow's, which are pyarrow's. Each is
# checked (tools/check_wheel.py). What is compiled stays in build/wheel, and ccache has it for the next Python.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
[ $# -ge 1 ] || { echo "usage: tools/wheel.sh FOLDER [PYTHON]..." >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- .venv/bin/python

# environment_of <python>: an environment for building with it, and its interpreter.
environment_of() {
  local version home
  version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  home=$root/.venv/wheel-$version
  if ! cmp -s tools/requirements_wheel.txt "$home/weft-requirements.txt"; then
    rm -rf "$home"
    "$1" -m venv "$home"
    "$home/bin/python" -m pip install --quiet --no-input --disable-pip-version-check -r tools/requirements_wheel.txt
    cp tools/requirements_wheel.txt "$home/weft-requirements.txt"
  fi
  echo "$home/bin/python"
}

work=build/wheel
mkdir -p "$work"
rm -rf "$work/sdist" "$work/raw"
python=$(environment_of "$1")
"$python" -m build --no-isolation --skip-dependency-check --sdist --outdir "$work/sdist" . >"$work/sdist.log" 2>&1 ||
  { cat "$work/sdist.log" >&2; exit 1; }
rm -f "$out"/weft-*.tar.gz
cp "$work"/sdist/weft-*.tar.gz "$out"
# Files keep their times, and the folder its name: what was compiled before is not compiled again.
rm -rf "$work/source.new"
mkdir -p "$work/source" "$work/source.new"
tar -xzf "$work"/sdist/weft-*.tar.gz --strip-components 1 -C "$work/source.new"
[ ! -d "$work/source/build" ] || mv "$work/source/build" "$work/source.new/build"
rm -rf "$work/source"
mv "$work/source.new" "$work/source"

for python in "$@"; do
  python=$(environment_of "$python")
  "$python" -m build --no-isolation --skip-dependency-check --wheel --outdir "$work/raw" \
    -C cmake.define.WEFT_PYTHON="$root/.venv/bin/python" "$work/source" >"$work/wheel.log" 2>&1 ||
    { tail -n 60 "$work/wheel.log" >&2; exit 1; }
  PATH="$(dirname "$python"):$PATH" "$python" -m auditwheel repair --plat auto --wheel-dir "$out" \
    --exclude 'libarrow*.so.*' --exclude 'libparquet*.so.*' "$work"/raw/weft-*.whl >"$work/repair.log" 2>&1 ||
    { cat "$work/repair.log" >&2; exit 1; }
  rm -rf "$work/raw"
done
ls -l "$out"
