"""Types of fields: their names, their older value types, and values kept and given back."""

from __future__ import annotations

import datetime
import decimal
import uuid

import pyarrow as pa
import pytest
from trips import UTC
from weft.feast import codec
from weft.feast import types as t
from weft.feast.value_type import ValueType

COMPLEX = [
    t.Array(t.Int64),
    t.Array(t.Array(t.Float32)),
    t.Set(t.String),
    t.Struct({"a": t.Int64, "b": t.Array(t.String)}),
    t.Array(t.Map),
    t.Set(t.Uuid),
]
ALL = [*(p for p in t.PrimitiveFeastType if p is not t.Invalid), *COMPLEX]


@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_types_are_read_as_they_print(dtype):
    assert t.type_from_text(str(dtype)) == dtype
    assert hash(t.type_from_text(str(dtype))) == hash(dtype)


def test_value_types():
    assert t.Float32.to_value_type() is ValueType.FLOAT
    assert t.Array(t.UnixTimestamp).to_value_type() is ValueType.UNIX_TIMESTAMP_LIST
    assert t.Array(t.Array(t.Int64)).to_value_type() is ValueType.VALUE_LIST
    for value_type in (ValueType.INT64, ValueType.DOUBLE_LIST, ValueType.STRING_SET, ValueType.SCALAR_MAP):
        assert t.from_value_type(value_type).to_value_type() is value_type
    with pytest.raises(ValueError):
        t.from_value_type(ValueType.NULL)
    with pytest.raises(ValueError):
        t.Array(int)
    with pytest.raises(ValueError):
        t.type_from_text("Int65")


ROUND_TRIPS = [
    (t.Map, {"a": 1, "b": [1, 2]}, None),
    (t.ScalarMap, {"1": "x"}, None),
    (t.Json, [1, {"a": None}], None),
    (t.Bytes, b"\x00\xff", None),
    (t.Uuid, uuid.UUID(int=5), None),
    (t.Decimal, decimal.Decimal("1.230"), None),
    (t.Set(t.Int64), {1, 2}, None),
    (t.Set(t.Uuid), {uuid.UUID(int=1)}, None),
    (t.Array(t.Map), [{"a": 1}, {}], None),
    (t.Array(t.Array(t.Int64)), [[1], [], [2, 3]], None),
    (t.Struct({"a": t.Int64}), {"a": 1}, None),
    (
        t.ZonedTimestamp,
        datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        None,
    ),
    (t.UnixTimestamp, datetime.datetime(2024, 1, 1, tzinfo=UTC), None),
    (t.Map, [("a", 1)], {"a": 1}),
    (t.Json, '{"a": 1}', {"a": 1}),
    (t.Uuid, str(uuid.UUID(int=5)), uuid.UUID(int=5)),
]


class Objects:
    def __init__(self, values):
        self.values = values

    def to_pylist(self):
        return self.values


@pytest.mark.parametrize(("dtype", "value", "expected"), ROUND_TRIPS)
def test_values_come_back(dtype, value, expected):
    plain = codec.is_plain(dtype)
    column = pa.array([value, None]) if plain else Objects([value, None])
    kept = codec.to_store("x", column, dtype, codec.weft_type(dtype))
    assert kept.type == codec.arrow_of_weft(codec.weft_type(dtype))
    found = codec.decode_list(dtype, kept.to_pylist())
    assert found == [value if expected is None else expected, None]
    assert codec.to_arrow(dtype, found).null_count == 1


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (t.Json, "{"),
        (t.Uuid, "x"),
        (t.Decimal, "one"),
        (t.Map, "no map"),
        (t.Bytes, "text"),
        (t.Int64, "1"),
        (t.Int64, 1.5),
        (t.Int32, 2**40),
        (t.String, 1),
        (t.Bool, 1),
        (t.UnixTimestamp, 5),
        (t.Array(t.Int64), [1.5]),
        (t.UnixTimestamp, "soon"),
    ],
)
def test_values_of_another_type_are_refused(dtype, value):
    column = pa.array([value]) if codec.is_plain(dtype) else Objects([value])
    with pytest.raises((TypeError, ValueError), match="column x"):
        codec.to_store("x", column, dtype, codec.weft_type(dtype))


def test_numbers_widen_and_floats_round():
    assert codec.cast("x", pa.array([1.0, None]), pa.int64()).to_pylist() == [1, None]
    assert codec.cast("x", pa.array([0.1]), pa.float32()).type == pa.float32()
    assert codec.cast("x", pa.array([1, 2]), pa.float64()).to_pylist() == [1.0, 2.0]
    assert codec.cast("x", pa.array(["a"]).dictionary_encode(), pa.string()).to_pylist() == ["a"]
    assert codec.cast("x", pa.array([None]), pa.int64()).to_pylist() == [None]
    fine = pa.array([1_704_067_200_000_000_999], pa.timestamp("ns"))
    assert codec.cast("x", fine, pa.timestamp("us", "UTC"))[0].value == 1_704_067_200_000_000


def test_keys():
    assert codec.key_type("entity e", ValueType.INT64) is t.Int64
    with pytest.raises(TypeError, match="entity e"):
        codec.key_type("entity e", ValueType.DOUBLE)
