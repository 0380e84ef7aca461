"""The notebooks run, cell by cell from top to bottom, and their values draw themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "examples" / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path) -> None:
    shells = pytest.importorskip("IPython.core.interactiveshell")
    shell = shells.InteractiveShell.instance()
    drawn = set()
    for number, cell in enumerate(json.loads(path.read_text())["cells"]):
        if cell["cell_type"] != "code":
            continue
        done = shell.run_cell("".join(cell["source"]))
        assert done.success, f"cell {number}: {done.error_in_exec or done.error_before_exec}"
        if done.result is not None:
            drawn |= set(shell.display_formatter.format(done.result)[0])
    assert {"image/svg+xml", "text/html"} <= drawn
