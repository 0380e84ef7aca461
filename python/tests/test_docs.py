"""The Python of the guides runs, page by page from top to bottom."""

from __future__ import annotations

import linecache
import re
import types
from pathlib import Path

import pytest

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
PAGES = ["from-pandas.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run(page: str) -> None:
    pytest.importorskip("pandas")
    blocks = re.findall(r"^```python\n(.*?)^```", (GUIDES / page).read_text(), re.S | re.M)
    assert blocks
    scope = types.ModuleType("page").__dict__
    for number, block in enumerate(blocks):
        name = f"<{page}, block {number}>"
        linecache.cache[name] = (len(block), None, block.splitlines(keepends=True), name)
        exec(compile(block, name, "exec"), scope)
