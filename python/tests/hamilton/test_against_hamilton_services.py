"""The record of Hamilton's answers is what the installed Hamilton answers."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import observe
import pytest

pytest.importorskip("hamilton")


def test_the_record_is_hamiltons() -> None:
    script = pathlib.Path(observe.__file__)
    done = subprocess.run([sys.executable, script, "hamilton"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(observe.EXPECTED.read_text())
