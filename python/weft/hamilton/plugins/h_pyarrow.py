"""A result builder for pyarrow."""

from __future__ import annotations

from typing import Any

import pyarrow
from pyarrow.interchange import from_dataframe

from ..lifecycle.api import ResultBuilder


class PyarrowTableResult(ResultBuilder):
    """One frame of any library that has the interchange protocol, as a table."""

    def output_type(self) -> Any:
        return pyarrow.Table

    def build_result(self, **outputs: Any) -> pyarrow.Table:
        if len(outputs) != 1:
            raise AssertionError(f"PyarrowTableResult makes a table of one output; there are {list(outputs)}")
        (value,) = outputs.values()
        return value if isinstance(value, pyarrow.Table) else from_dataframe(value)
