"""A function with the text it was written as."""

from __future__ import annotations

import hashlib
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from weft.feast.definition import Definition
from weft.feast.transformation.mode import TransformationMode


def source_text(function: Callable[..., Any]) -> str:
    """The text of a function without its decorators; of one that has none, a hash of its code."""
    try:
        lines = textwrap.dedent(inspect.getsource(inspect.unwrap(function))).splitlines(keepends=True)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        if code is None:
            return repr(function)
        return "# " + hashlib.sha256(code.co_code + repr(code.co_consts).encode()).hexdigest()
    start = next((i for i, line in enumerate(lines) if line.startswith(("def ", "async def ", "class "))), 0)
    return "".join(lines[start:])


class Transformation(Definition):
    """Computes features: `udf` is the function, `udf_string` its text."""

    _fields = ("mode", "udf_string")

    mode: TransformationMode

    def __init__(self, udf: Callable[..., Any], udf_string: str = "", mode: Any = None):
        self.udf = udf
        self.udf_string = udf_string or source_text(udf)
        if mode is not None:
            self.mode = mode_of(mode)
        self.name = getattr(udf, "__name__", "")


class PandasTransformation(Transformation):
    """A DataFrame in, a DataFrame out."""

    mode = TransformationMode.PANDAS


class PythonTransformation(Transformation):
    """A dict of lists in and out; of single values where the view is a singleton."""

    mode = TransformationMode.PYTHON


def mode_of(mode: Any) -> TransformationMode:
    if isinstance(mode, TransformationMode):
        return mode
    try:
        return TransformationMode(str(mode).lower())
    except ValueError:
        known = ", ".join(m.value for m in TransformationMode)
        raise ValueError(f"mode {mode!r} is none of {known}") from None


def transformation_of(mode: Any, udf: Callable[..., Any], udf_string: str = "") -> Transformation:
    found = mode_of(mode)
    kinds = {TransformationMode.PANDAS: PandasTransformation, TransformationMode.PYTHON: PythonTransformation}
    if found not in kinds:
        raise NotImplementedError(
            f"transformations of mode {found.value!r} are not run; modes are pandas and python"
        )
    return kinds[found](udf, udf_string)
