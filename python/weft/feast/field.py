"""A named, typed column of a view."""

from __future__ import annotations

from weft.feast.definition import Definition, require_name, text_tags
from weft.feast.types import ComplexFeastType, FeastType, PrimitiveFeastType, from_value_type
from weft.feast.value_type import ValueType


class Field(Definition):
    """A column of a view or a value of a request."""

    _fields = (
        "name",
        "dtype",
        "description",
        "tags",
        "vector_index",
        "vector_length",
        "vector_search_metric",
    )

    def __init__(
        self,
        *,
        name: str,
        dtype: FeastType,
        description: str = "",
        tags: dict[str, str] | None = None,
        vector_index: bool = False,
        vector_length: int = 0,
        vector_search_metric: str | None = None,
    ):
        self.name = require_name("a field", name)
        if isinstance(dtype, ValueType):
            dtype = from_value_type(dtype)
        if not isinstance(dtype, (PrimitiveFeastType, ComplexFeastType)):
            raise TypeError(f"field {name}: dtype is a type of weft.feast.types, found {dtype!r}")
        self.dtype = dtype
        self.description = description
        self.tags = text_tags(f"field {name}", tags)
        self.vector_index = vector_index
        self.vector_length = vector_length
        self.vector_search_metric = vector_search_metric

    @classmethod
    def from_feature(cls, feature):
        return cls(
            name=feature.name,
            dtype=from_value_type(feature.dtype),
            description=feature.description,
            tags=feature.labels,
        )

    def __repr__(self):
        return f"Field(name={self.name!r}, dtype={self.dtype})"
