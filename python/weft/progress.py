"""A line that shows how far a run is, in a terminal or a notebook."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Bar:
    """`driver.execute(..., progress=weft.progress.Bar())`. Nothing is drawn of runs that end within half a second."""

    def __init__(self, out: TextIO | None = None, width: int = 30) -> None:
        self._out = out or sys.stderr
        self._width = width
        self._started = time.monotonic()
        self._drawn = False

    def __call__(self, what: str, done: int, total: int) -> None:
        passed = time.monotonic() - self._started
        if passed < 0.5 and not self._drawn:
            return
        self._drawn = True
        if total > 0:
            full = self._width * done // total
            line = f"{what} [{'=' * full}{' ' * (self._width - full)}] {100 * done // total:3d} %, {passed:.1f} s"
        else:
            line = f"{what} {done:,}, {passed:.1f} s"
        self._out.write("\r" + line.ljust(80))
        if done == total:
            self._out.write("\n")
        self._out.flush()
