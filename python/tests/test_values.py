"""How values pass between Python and Weft: there and back, and what does not pass."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone

import hypothesis.strategies as st
import pytest
from hypothesis import given

import weft
from weft import _weft

EAST = timezone(timedelta(hours=2))
NOON = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=timezone.utc)

# A value, the type of the column it is given in, and what comes back (... : itself).
PASSES = [
    (True, "bool", ...),
    (-(2**63), "int64", ...),
    (2**63 - 1, "int64", ...),
    (3, "double", 3.0),
    (2.5, "double", ...),
    (math.inf, "double", ...),
    ("grün 🌱", "string", ...),
    ("", "string", ...),
    ("a\0b", "string", ...),
    (NOON, "timestamp", ...),
    (NOON.replace(tzinfo=None), "timestamp", NOON),
    (NOON.astimezone(EAST), "timestamp", NOON),
    (date(1969, 12, 31), "timestamp", datetime(1969, 12, 31, tzinfo=timezone.utc)),
    (datetime.min, "timestamp", datetime.min.replace(tzinfo=timezone.utc)),
    (datetime.max, "timestamp", datetime.max.replace(tzinfo=timezone.utc)),
    (timedelta(days=-1, microseconds=1), "duration", ...),
    ([1, 2], "list<int64>", ...),
    ([], "list<string>", ...),
    (("a", "b"), "list<string>", ["a", "b"]),
    (None, "double", ...),
    (None, "list<int64>", ...),
]


@pytest.mark.parametrize(("value", "type", "back"), PASSES, ids=repr)
def test_a_value_passes_there_and_back(value: object, type: str, back: object) -> None:
    expected = value if back is ... else back
    found = weft.ColumnData([value], type)[0]
    assert found == expected
    assert found is None or found.__class__ is expected.__class__


def test_nan_is_a_value_and_none_is_null() -> None:
    column = weft.ColumnData([math.nan, None])
    assert math.isnan(column[0])
    assert column[1] is None
    assert column.null_count == 1


# A value, the type asked for, the error, and a part of what it says.
REFUSED = [
    (2**63, "int64", weft.BadDataError, "9223372036854775808 is beyond int64"),
    (2.5, "int64", weft.TypeMismatchError, "expected int64, found 2.5 (float)"),
    (True, "int64", weft.TypeMismatchError, "expected int64, found True (bool)"),
    ("2.5", "double", weft.TypeMismatchError, "expected double, found '2.5' (str)"),
    (1, "bool", weft.TypeMismatchError, "expected bool, found 1 (int)"),
    (b"text", "string", weft.TypeMismatchError, "expected string, found b'text' (bytes)"),
    ("abc", "list<string>", weft.TypeMismatchError, "expected list<string>, found 'abc' (str)"),
    ([1, None], "list<int64>", weft.TypeMismatchError, "expected int64, found None (NoneType)"),
    (5, "timestamp", weft.TypeMismatchError, "expected timestamp, found 5 (int)"),
]


@pytest.mark.parametrize(("value", "type", "error", "text"), REFUSED, ids=repr)
def test_what_does_not_fit_is_refused(value: object, type: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        weft.ColumnData([value], type)
    assert text in str(raised.value)


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))))
def test_integers_of_a_list_come_back(values: list[int | None]) -> None:
    column = weft.ColumnData(values, "int64")
    assert [column[i] for i in range(len(column))] == values


@given(st.lists(st.one_of(st.none(), st.text())))
def test_texts_of_a_list_come_back(values: list[str | None]) -> None:
    storable = [v for v in values if v is None or not any("\ud800" <= c <= "\udfff" for c in v)]
    column = weft.ColumnData(storable, "string")
    assert [column[i] for i in range(len(column))] == storable


@given(st.lists(st.datetimes(timezones=st.just(timezone.utc))), st.lists(st.timedeltas(timedelta(days=-100_000), timedelta(days=100_000))))
def test_times_and_durations_come_back(times: list[datetime], durations: list[timedelta]) -> None:
    assert list(weft.ColumnData(times, "timestamp")) == times
    assert list(weft.ColumnData(durations, "duration")) == durations


def test_a_list_of_mixed_numbers_is_one_of_floats() -> None:
    assert weft.ColumnData([1, 2.5, None]).type == "double"
    assert weft.ColumnData([[], [1]]).type == "list<int64>"


def test_an_object_stays_itself() -> None:
    class Model:
        pass

    def model() -> Model:
        return made

    def again(model: Model) -> Model:
        return model

    made = Model()
    model.__annotations__["return"] = again.__annotations__["return"] = again.__annotations__["model"] = Model
    assert weft.Driver([model, again]).execute("again")["again"] is made


def test_types_are_one_object_each() -> None:
    assert _weft.type_by_name("list<int64>") == _weft.list_type(_weft.type_by_name("int64"))
    assert _weft.object_type(dict) == _weft.object_type(dict)
    assert _weft.object_type(dict[str, int]).annotation == dict[str, int]
    assert _weft.type_by_name("no such type") is None
