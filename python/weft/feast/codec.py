"""Values of Feast's types as columns that a store keeps, and back.

Numbers, texts, bools, times and lists of them are kept as they are. What has no type of its own there (maps,
structs, bytes, decimals, ...) is kept as text: JSON, base64, or its usual spelling.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import uuid
from collections.abc import Callable
from typing import Any

from weft.feast import types as t
from weft.feast.types import Array, FeastType, Set, Struct
from weft.feast.value_type import ValueType

# The type's name in Weft.
_PLAIN = {
    t.Bool: "bool",
    t.Int32: "int32",
    t.Int64: "int64",
    t.Float32: "float",
    t.Float64: "double",
    t.String: "string",
    t.UnixTimestamp: "timestamp",
}
_KEYS = {
    ValueType.INT32: t.Int32,
    ValueType.INT64: t.Int64,
    ValueType.STRING: t.String,
    ValueType.BOOL: t.Bool,
    ValueType.UNIX_TIMESTAMP: t.UnixTimestamp,
}


def key_type(what: str, value_type: ValueType) -> FeastType:
    """The type of a join key. Raises TypeError for one that is no key."""
    if value_type in _KEYS:
        return _KEYS[value_type]
    raise TypeError(
        f"{what}: a join key of type {value_type.name}: keys are whole numbers, texts, bools or times"
    )


def is_plain(dtype: FeastType) -> bool:
    """Is a value kept as it is?"""
    if isinstance(dtype, Array):
        return is_plain(dtype.base_type)
    return dtype in _PLAIN


def weft_type(dtype: FeastType) -> str:
    """The name of the type in which values are kept."""
    if isinstance(dtype, (Array, Set)) and is_plain(dtype.base_type):
        return f"list<{weft_type(dtype.base_type)}>"
    return _PLAIN.get(dtype, "string")


def arrow_of_weft(name: str):
    """The Arrow type of a type of Weft."""
    import pyarrow as pa

    if name.startswith("list<"):
        return pa.list_(arrow_of_weft(name[5:-1]))
    return {
        "bool": pa.bool_(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "float": pa.float32(),
        "double": pa.float64(),
        "string": pa.string(),
        "timestamp": pa.timestamp("us", "UTC"),
        "duration": pa.duration("us"),
    }[name]


def weft_of_arrow(type_) -> str | None:
    """The type that Weft gives a column of this Arrow type; None: it has none that a view can have."""
    import pyarrow.types as at

    if at.is_dictionary(type_):
        return weft_of_arrow(type_.value_type)
    if at.is_list(type_) or at.is_large_list(type_) or at.is_fixed_size_list(type_):
        element = weft_of_arrow(type_.value_type)
        return element and f"list<{element}>"
    for names, is_one in (
        ("bool", at.is_boolean),
        ("int64", lambda x: x.id in _wide_ids()),
        ("int32", at.is_integer),
        ("float", lambda x: at.is_float16(x) or at.is_float32(x)),
        ("double", at.is_floating),
        ("double", at.is_null),
        ("string", lambda x: at.is_string(x) or at.is_large_string(x)),
        ("timestamp", lambda x: at.is_timestamp(x) or at.is_date(x)),
    ):
        if is_one(type_):
            return names
    return None


def _wide_ids():
    import pyarrow as pa

    return {pa.int64().id, pa.uint32().id, pa.uint64().id}


def field_type_of_arrow(type_) -> FeastType | None:
    """The type of a field that nobody declared, of its column."""
    import pyarrow.types as at

    name = weft_of_arrow(type_)
    if name:
        plain = {v: k for k, v in _PLAIN.items()}
        depth = name.count("list<")
        dtype = plain[name.replace("list<", "").rstrip(">")]
        for _ in range(depth):
            dtype = Array(dtype)
        return dtype
    if at.is_map(type_) or at.is_struct(type_):
        return t.Map
    if at.is_binary(type_) or at.is_large_binary(type_) or at.is_fixed_size_binary(type_):
        return t.Bytes
    if at.is_decimal(type_):
        return t.Decimal
    return None


# ---- values ------------------------------------------------------------------------------------


def _json_default(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _to_json(value: Any) -> str:
    return json.dumps(value, default=_json_default, ensure_ascii=False)


def _map_to_json(value: Any) -> str:
    # Arrow gives a map as a list of pairs.
    if isinstance(value, str):
        json.loads(value)
        return value
    return _to_json(dict(value))


def _json_to_json(value: Any) -> str:
    if isinstance(value, str):
        json.loads(value)
        return value
    return _to_json(value)


def _encoder(dtype: FeastType) -> Callable[[Any], Any]:
    if dtype in (t.Map, t.ScalarMap) or isinstance(dtype, Struct):
        return _map_to_json
    if dtype is t.Json:
        return _json_to_json
    if dtype in (t.Bytes, t.PdfBytes, t.ImageBytes):
        return lambda v: base64.b64encode(v).decode()
    if dtype in (t.Uuid, t.TimeUuid):
        return lambda v: str(v if isinstance(v, uuid.UUID) else uuid.UUID(str(v)))
    if dtype is t.Decimal:
        return lambda v: str(v if isinstance(v, decimal.Decimal) else decimal.Decimal(str(v)))
    if dtype is t.ZonedTimestamp:
        return lambda v: v.isoformat() if isinstance(v, datetime.datetime) else str(v)
    if isinstance(dtype, Set) and is_plain(dtype.base_type):
        return lambda v: list(dict.fromkeys(v.tolist() if hasattr(v, "tolist") else v))
    if isinstance(dtype, (Array, Set)):
        one = _encoder(dtype.base_type)
        return lambda v: _to_json([one(x) for x in v])
    return lambda v: v


def _decoder(dtype: FeastType) -> Callable[[Any], Any] | None:
    if dtype in (t.Map, t.ScalarMap, t.Json) or isinstance(dtype, Struct):
        return json.loads
    if dtype in (t.Bytes, t.PdfBytes, t.ImageBytes):
        return base64.b64decode
    if dtype in (t.Uuid, t.TimeUuid):
        return uuid.UUID
    if dtype is t.Decimal:
        return decimal.Decimal
    if dtype is t.ZonedTimestamp:
        return datetime.datetime.fromisoformat
    if isinstance(dtype, Set) and is_plain(dtype.base_type):
        return set
    if isinstance(dtype, (Array, Set)) and not is_plain(dtype):
        one = _decoder(dtype.base_type) or (lambda v: v)
        collect = set if isinstance(dtype, Set) else list
        return lambda v: collect(one(x) for x in json.loads(v))
    return None


def decoder(dtype: FeastType) -> Callable[[Any], Any] | None:
    """Of a kept value the value of the field; None where it is the same."""
    return None if is_plain(dtype) else _decoder(dtype)


def decode_list(dtype: FeastType, values: list[Any]) -> list[Any]:
    decode = decoder(dtype)
    return [None if v is None else decode(v) for v in values] if decode else values


# ---- columns -----------------------------------------------------------------------------------


def to_store(name: str, column, dtype: FeastType, weft_name: str):
    """A column of values as a store keeps it, in the Arrow type of `weft_name`. Raises TypeError or
    ValueError that name the column."""
    import pyarrow as pa

    if is_plain(dtype):
        return cast(name, column, arrow_of_weft(weft_name))
    encode = _encoder(dtype)
    try:
        values = [None if v is None else encode(v) for v in column.to_pylist()]
        return pa.array(values, arrow_of_weft(weft_name))
    except (ValueError, TypeError, AttributeError, decimal.InvalidOperation, pa.ArrowException) as e:
        raise TypeError(f"column {name}: not all values are of type {dtype}: {e}") from e


def cast(name: str, column, wanted):
    """The column in another Arrow type where that loses nothing but a float's last digits."""
    import pyarrow as pa
    import pyarrow.types as at

    if at.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    found = column.type
    if found == wanted:
        return column
    if at.is_null(found):
        return pa.nulls(len(column), wanted)
    number = at.is_integer(found) or at.is_floating(found)
    if (at.is_integer(wanted) and number) or (at.is_floating(wanted) and number):
        try:
            return column.cast(wanted, safe=not (at.is_floating(found) and at.is_floating(wanted)))
        except pa.ArrowInvalid as e:
            raise ValueError(f"column {name}: {e}; it is {wanted}") from e
    if at.is_timestamp(wanted) and at.is_string(found):
        return pa.array([_time(name, v) for v in column.to_pylist()], wanted)
    if at.is_timestamp(wanted) and (at.is_timestamp(found) or at.is_date(found)):
        # Finer than microseconds is rounded down; a time without a zone is UTC.
        return floor_times(column).cast(wanted)
    if at.is_string(wanted) and (at.is_string(found) or at.is_large_string(found)):
        return column.cast(wanted)
    if at.is_list(wanted) and (at.is_list(found) or at.is_large_list(found) or at.is_fixed_size_list(found)):
        safe = not at.is_floating(wanted.value_type)
        try:
            return column.cast(wanted, safe=safe)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as e:
            raise ValueError(f"column {name}: {e}") from e
    raise TypeError(f"column {name} is {found}, expected {wanted}")


def floor_times(column):
    """Times in microseconds, UTC."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as at

    if at.is_date(column.type):
        return column.cast(pa.timestamp("us"))
    if column.type.unit == "ns":
        column = (
            pc.floor_temporal(column, unit="microsecond")
            if column.type.tz is None
            else pc.floor_temporal(column.cast(pa.timestamp("ns", "UTC")), unit="microsecond")
        )
    return column.cast(pa.timestamp("us", "UTC") if column.type.tz else pa.timestamp("us"))


def _time(name: str, text: str | None):
    if text is None:
        return None
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"column {name}: {text!r} is no time in ISO 8601") from None
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)


def from_store(dtype: FeastType, column):
    """A kept column as retrievals give it: structs as structs, sets as lists, maps and JSON as JSON text."""
    if arrow_of_weft(weft_type(dtype)) == arrow_type(dtype):
        return column
    return to_arrow(dtype, decode_list(dtype, column.to_pylist()))


def to_arrow(dtype: FeastType, values: list[Any]):
    """Values of a field as a column in the type that retrievals give."""
    import pyarrow as pa

    if is_plain(dtype):
        return pa.array(values, arrow_type(dtype))
    give = _giver(dtype)
    return pa.array([None if v is None else give(v) for v in values], arrow_type(dtype))


def _giver(dtype: FeastType) -> Callable[[Any], Any]:
    """Of a field's value what Arrow takes for its type."""
    import pyarrow as pa

    if isinstance(dtype, (Array, Set)):
        one = _giver(dtype.base_type)
        return lambda v: [one(x) for x in v]
    if isinstance(dtype, Struct):
        parts = {name: _giver(each) for name, each in dtype.fields.items()}
        return lambda v: {n: None if v.get(n) is None else one(v[n]) for n, one in parts.items()}
    if arrow_type(dtype) == pa.string():
        return _encoder(dtype)
    return lambda v: v


def arrow_type(dtype: FeastType):
    """The Arrow type in which retrievals give values of a field."""
    import pyarrow as pa

    if isinstance(dtype, Struct):
        return pa.struct([(name, arrow_type(each)) for name, each in dtype.fields.items()])
    if isinstance(dtype, (Array, Set)):
        return pa.list_(arrow_type(dtype.base_type))
    if dtype in (t.Bytes, t.PdfBytes, t.ImageBytes):
        return pa.binary()
    if dtype is t.ZonedTimestamp:
        return pa.timestamp("us", "UTC")
    if dtype in (t.Uuid, t.TimeUuid, t.Decimal):
        return pa.string()
    return arrow_of_weft(weft_type(dtype))
