"""Python and the command in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import weft


def environment():
    """Where the package is, whatever folder it runs in."""
    path = os.path.dirname(os.path.dirname(os.path.abspath(weft.__file__)))
    return os.environ | {"PYTHONWARNINGS": "ignore", "FEAST_USAGE": "False", "PYTHONPATH": path}


def started(folder, *arguments):
    """The command, running."""
    return subprocess.Popen(
        [sys.executable, "-m", "weft.feast", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def run(folder, *arguments, check=True):
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


def command(folder, *arguments, check=True):
    return run(folder, "-m", "weft.feast", *arguments, check=check)
