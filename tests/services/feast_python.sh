#!/usr/bin/env bash
# feast_python.sh: makes .venv/feast, which has Feast, unless it is there; prints its interpreter.
set -euo pipefail
cd "$(dirname "$0")/../.."
requirements=tests/services/feast_requirements.txt
home=.venv/feast
if ! [ -x $home/bin/python ] || ! cmp -s $requirements $home/weft-requirements.txt; then
  rm -rf $home
  python3 -m venv $home >&2
  $home/bin/python -m pip install --quiet --no-input --disable-pip-version-check -r $requirements >&2
  cp $requirements $home/weft-requirements.txt
fi
echo "$PWD/$home/bin/python"
