"""Types of fields: `Int64`, `Array(Float32)`, `Struct({"name": String})`, ..."""

from __future__ import annotations

import enum
from typing import Union

from weft.feast.value_type import ValueType


class PrimitiveFeastType(enum.Enum):
    """Types without parameters."""

    INVALID = 0
    BYTES = 1
    STRING = 2
    INT32 = 3
    INT64 = 4
    FLOAT64 = 5
    FLOAT32 = 6
    BOOL = 7
    UNIX_TIMESTAMP = 8
    PDF_BYTES = 9
    IMAGE_BYTES = 10
    MAP = 11
    JSON = 12
    UUID = 13
    TIME_UUID = 14
    DECIMAL = 15
    SCALAR_MAP = 16
    ZONED_TIMESTAMP = 17

    def __str__(self):
        return _NAMES[self]

    def __hash__(self):
        return hash(self.value)

    def to_value_type(self) -> ValueType:
        return _VALUE_TYPES[self]


Invalid = PrimitiveFeastType.INVALID
Bytes = PrimitiveFeastType.BYTES
String = PrimitiveFeastType.STRING
Int32 = PrimitiveFeastType.INT32
Int64 = PrimitiveFeastType.INT64
Float64 = PrimitiveFeastType.FLOAT64
Float32 = PrimitiveFeastType.FLOAT32
Bool = PrimitiveFeastType.BOOL
UnixTimestamp = PrimitiveFeastType.UNIX_TIMESTAMP
PdfBytes = PrimitiveFeastType.PDF_BYTES
ImageBytes = PrimitiveFeastType.IMAGE_BYTES
Map = PrimitiveFeastType.MAP
Json = PrimitiveFeastType.JSON
Uuid = PrimitiveFeastType.UUID
TimeUuid = PrimitiveFeastType.TIME_UUID
Decimal = PrimitiveFeastType.DECIMAL
ScalarMap = PrimitiveFeastType.SCALAR_MAP
ZonedTimestamp = PrimitiveFeastType.ZONED_TIMESTAMP

_NAMES = {
    Invalid: "Invalid",
    Bytes: "Bytes",
    String: "String",
    Int32: "Int32",
    Int64: "Int64",
    Float64: "Float64",
    Float32: "Float32",
    Bool: "Bool",
    UnixTimestamp: "UnixTimestamp",
    PdfBytes: "PdfBytes",
    ImageBytes: "ImageBytes",
    Map: "Map",
    Json: "Json",
    Uuid: "Uuid",
    TimeUuid: "TimeUuid",
    Decimal: "Decimal",
    ScalarMap: "ScalarMap",
    ZonedTimestamp: "ZonedTimestamp",
}
_VALUE_TYPES = {
    Invalid: ValueType.UNKNOWN,
    Float64: ValueType.DOUBLE,
    Float32: ValueType.FLOAT,
}
_VALUE_TYPES |= {t: ValueType[t.name] for t in PrimitiveFeastType if t not in _VALUE_TYPES}
_BY_NAME = {name: t for t, name in _NAMES.items()}


class ComplexFeastType:
    """Types with parameters."""

    def to_value_type(self) -> ValueType:
        raise NotImplementedError

    def __eq__(self, other):
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self):
        return hash(str(self))

    def __repr__(self):
        return str(self)


class _Collection(ComplexFeastType):
    _kind = ""

    def __init__(self, base_type: FeastType):
        if not isinstance(base_type, (PrimitiveFeastType, ComplexFeastType)) or base_type is Invalid:
            raise ValueError(f"{base_type!r} is no type that a {type(self).__name__} can have as its base")
        self.base_type = base_type

    def to_value_type(self) -> ValueType:
        if isinstance(self.base_type, _Collection):
            return ValueType[f"VALUE_{self._kind}"]
        return ValueType[f"{self.base_type.to_value_type().name}_{self._kind}"]

    def __str__(self):
        return f"{type(self).__name__}({self.base_type})"


class Array(_Collection):
    """A list of values of one type."""

    _kind = "LIST"


class Set(_Collection):
    """Values of one type, each once."""

    _kind = "SET"


class Struct(ComplexFeastType):
    """Named values, each of its type."""

    def __init__(self, fields: dict[str, FeastType]):
        if not fields:
            raise ValueError("a Struct needs at least one field")
        self.fields = dict(fields)

    def to_value_type(self) -> ValueType:
        return ValueType.STRUCT

    def __str__(self):
        return "Struct({" + ", ".join(f"{name}: {t}" for name, t in self.fields.items()) + "})"


FeastType = Union[ComplexFeastType, PrimitiveFeastType]

_ELEMENTS = {v: t for t, v in _VALUE_TYPES.items() if t is not Invalid}


def from_value_type(value_type: ValueType) -> FeastType:
    """The type of an older value type."""
    if value_type in _ELEMENTS:
        return _ELEMENTS[value_type]
    base, _, kind = value_type.name.rpartition("_")
    if base in ValueType.__members__ and kind in ("LIST", "SET") and ValueType[base] in _ELEMENTS:
        return (Array if kind == "LIST" else Set)(_ELEMENTS[ValueType[base]])
    raise ValueError(f"{value_type} is the type of no field")


def type_from_text(text: str) -> FeastType:
    """The type that prints as `text`."""
    found, rest = _parse(text.replace(" ", ""))
    if rest:
        raise ValueError(f"{text!r} is no type")
    return found


def _parse(text: str) -> tuple[FeastType, str]:
    for collection in (Array, Set):
        start = collection.__name__ + "("
        if text.startswith(start):
            base, rest = _parse(text[len(start) :])
            return collection(base), rest[1:]
    if text.startswith("Struct({"):
        fields, rest = {}, text[len("Struct({") :]
        while not rest.startswith("}"):
            name, _, rest = rest.removeprefix(",").partition(":")
            fields[name], rest = _parse(rest)
        return Struct(fields), rest[2:]
    end = next((i for i, c in enumerate(text) if not c.isalnum()), len(text))
    if text[:end] not in _BY_NAME:
        raise ValueError(f"{text[:end]!r} is no type")
    return _BY_NAME[text[:end]], text[end:]


def from_feast_to_pyarrow_type(feast_type: FeastType):
    """The Arrow type in which values of this type come out of a store."""
    from weft.feast.codec import arrow_type

    return arrow_type(feast_type)
