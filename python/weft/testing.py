"""Testing features: cases in YAML run in every context, and tables compared cell by cell."""

from __future__ import annotations

import os
from typing import Any

from weft import _weft
from weft.features import module_of
from weft.tracing.compare import Difference, TracedReport, compare_traced


def difference(expected: Any, found: Any) -> str:
    """The first few cells in which two tables differ, one a line; "" if they are equal, NaN equal to NaN."""
    return _weft.difference(expected, found)


def assert_equal(expected: Any, found: Any) -> None:
    """Raises AssertionError with the first differences of two tables."""
    differs = difference(expected, found)
    if differs:
        raise AssertionError(f"the tables differ:\n{differs}")


def run_cases(path: str | os.PathLike[str], *modules: Any) -> list[dict[str, Any]]:
    """Runs each case of a file over a table, in micro-batches and row by row (docs/reference/testing.md).

    Gives a dict for each: name, file, line, passed, message, contexts. For pytest:

        @pytest.mark.parametrize("case", weft.testing.run_cases("cases.yaml", features), ids=lambda case: case["name"])
        def test_case(case):
            assert case["passed"], case["message"]
    """
    return _weft.run_cases(os.fspath(path), [module_of(module) for module in modules])


def update_cases(path: str | os.PathLike[str], *modules: Any) -> int:
    """Writes what the batch computes now into the file's `expect`, for cases that did not pass. How many were rewritten."""
    return _weft.update_cases(os.fspath(path), [module_of(module) for module in modules])


__all__ = ["Difference", "TracedReport", "assert_equal", "compare_traced", "difference", "run_cases", "update_cases"]
