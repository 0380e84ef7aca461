"""The older form of a field, kept for code that makes fields of it."""

from __future__ import annotations

from weft.feast.definition import Definition
from weft.feast.value_type import ValueType


class Feature(Definition):
    """A name and an older value type."""

    _fields = ("name", "dtype", "description", "labels")

    def __init__(
        self, name: str, dtype: ValueType, description: str = "", labels: dict[str, str] | None = None
    ):
        if not isinstance(dtype, ValueType):
            raise ValueError(f"feature {name}: dtype is a ValueType, found {dtype!r}")
        self.name = name
        self.dtype = dtype
        self.description = description
        self.labels = labels or {}
