"""What the annotations of a feature function say: types, and how each value passes."""

from __future__ import annotations

import datetime
import types
import typing
from dataclasses import dataclass
from typing import Any

from weft import _weft, interchange
from weft.expressions import Column, Scalar

T = typing.TypeVar("T")


class Series(typing.Generic[T]):
    """`Series[float]`: all rows at once, as a `ColumnData`."""


class Parallel(typing.Generic[T]):
    """As a result: what depends on it runs once for each element, up to a function that takes a `Collect`."""


class Collect(typing.Generic[T]):
    """As a parameter: a list of the values that a node had for all elements."""


_ROW_TYPES = {
    bool: "bool",
    int: "int64",
    float: "double",
    str: "string",
    datetime.datetime: "timestamp",
    datetime.timedelta: "duration",
}
_SHAPES = {Column: "column", Scalar: "scalar", Series: "series", Parallel: "parallel", Collect: "collect"}


@dataclass(frozen=True)
class Passing:
    """How a parameter or result passes between Weft and a Python function."""

    shape: str  # "row", "column", "scalar", "series", "object", "parallel", "collect"
    type: Any  # a _weft.Type; None: known only from the data
    nullable: bool = False
    convert: Any = None  # of a parameter: makes what the annotation says out of what Weft gives

    @property
    def is_row_value(self) -> bool:
        return self.shape == "row"

    @property
    def is_object(self) -> bool:
        """A Python object or a table, which may stand beside values of rows, the same for all."""
        return self.shape == "object" and self.type is not None and (self.type.annotation is not None or self.type == _weft.table_type())


def row_type(annotation: Any) -> Any:
    """The row type of `float`, `list[str]`, numpy's scalar types, ...; None if it is none."""
    if isinstance(annotation, type) and annotation in _ROW_TYPES:
        return _weft.type_by_name(_ROW_TYPES[annotation])
    if typing.get_origin(annotation) in (list, typing.Sequence):
        arguments = typing.get_args(annotation)
        element = row_type(arguments[0]) if arguments else None
        return _weft.list_type(element) if element is not None else None
    if interchange.frame_kind(annotation) and annotation.__module__ == "numpy":
        names = {"float64": "double", "float32": "float", "int64": "int64", "int32": "int32", "bool": "bool", "bool_": "bool"}
        return _weft.type_by_name(names[annotation.__name__]) if annotation.__name__ in names else None
    return None


def without_none(annotation: Any) -> tuple[Any, bool]:
    """`T` and whether None was allowed beside it."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        members = typing.get_args(annotation)
        rest = tuple(member for member in members if member is not type(None))
        if len(rest) < len(members):
            return (rest[0] if len(rest) == 1 else typing.Union[rest]), True
    return annotation, False


_known: dict[Any, Passing] = {}


def passing(annotation: Any) -> Passing:
    """How a value of this annotation passes. Without an annotation (`inspect.Parameter.empty`) it may be anything."""
    try:
        known = _known.get(annotation)
    except TypeError:  # unhashable, in an Annotated
        return _passing(annotation)
    if known is None:
        known = _known[annotation] = _passing(annotation)
    return known


def _passing(annotation: Any) -> Passing:
    annotation, nullable = without_none(annotation)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return passing(typing.get_args(annotation)[0])
    if origin in _SHAPES:
        inner = passing(typing.get_args(annotation)[0])
        return Passing(_SHAPES[origin], inner.type, nullable or inner.nullable)
    if annotation in _SHAPES:
        return Passing(_SHAPES[annotation], None, nullable)
    row = row_type(annotation)
    if row is not None:
        return Passing("row", row, nullable)
    if annotation is _weft.Table:
        return Passing("object", _weft.table_type(), nullable)
    definition = _weft.definition_type(annotation) if isinstance(annotation, type) else None
    if definition is not None:
        return Passing("object", definition, nullable)
    if annotation is _weft.ColumnData:
        return Passing("series", None, nullable)
    convert = interchange.table_converter(annotation)
    if convert:
        return Passing("object", _weft.table_type(), nullable, convert)
    convert = interchange.column_converter(annotation)
    if convert:
        return Passing("series", None, nullable, convert)
    if annotation is Any:
        return Passing("object", None, True)
    return Passing("object", _weft.object_type(annotation), nullable)
