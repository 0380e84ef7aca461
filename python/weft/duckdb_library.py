"""DuckDB out of its Python package: `pip install weft[sql]`. The module it consists of is also its library."""

from __future__ import annotations

import importlib.util
import os


def provide() -> None:
    """Names the library for SqlEngine in WEFT_DUCKDB, unless that is set or the package is not installed."""
    if "WEFT_DUCKDB" in os.environ:
        return
    spec = importlib.util.find_spec("_duckdb")
    if spec is not None and spec.origin and spec.origin.endswith(".so"):
        os.environ["WEFT_DUCKDB"] = spec.origin
