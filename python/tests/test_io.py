"""Files there and back, what readers refuse, and cases as data."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timezone
from pathlib import Path

import pytest

import weft
from weft import testing
from weft.notebook import module_of_cell

TABLE = weft.Table(
    {
        "id": [1, 2, 3],
        "name": ["a", None, "c"],
        "price": [1.5, 2.5, None],
        "at": [datetime(2024, 1, 2, tzinfo=timezone.utc), None, datetime(1960, 1, 1, tzinfo=timezone.utc)],
    }
)
FORMATS = [
    ("t.csv", weft.read_csv, weft.write_csv),
    ("t.csv.gz", weft.read_csv, weft.write_csv),
    ("t.parquet", weft.read_parquet, weft.write_parquet),
    ("t.arrow", weft.read_ipc, weft.write_ipc),
    ("t.jsonl", weft.read_json, weft.write_json),
    ("t.parquet", weft.read_table, weft.write_table),
    ("delta", weft.read_delta, weft.write_delta),
]


@pytest.mark.parametrize(("name", "read", "write"), FORMATS)
def test_a_table_written_is_read_back(tmp_path: Path, name: str, read: object, write: object) -> None:
    said = write(TABLE, tmp_path / name)
    assert said["rows"] == 3
    found = read(tmp_path / name, columns=["id", "name", "price", "at"])
    assert testing.difference(TABLE, found) == ""
    assert list(read(tmp_path / name, filter=["id >= 2"])["id"]) == [2, 3]


def test_a_database_there_and_back(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "t.db").close()
    path = f"sqlite:///{tmp_path / 't.db'}"
    weft.write_sql(TABLE, path, "things")
    found = weft.read_sql(path, "select id, price from things where id > ?", parameters=[1])
    assert list(found["price"]) == [2.5, None]


def test_declared_types_and_partitions(tmp_path: Path) -> None:
    weft.write_parquet({"year": [2020, 2021], "v": [1, 2]}, tmp_path / "p", partition_by=["year"])
    assert list(weft.read_parquet(tmp_path / "p", filter=["year == 2021"])["v"]) == [2]
    weft.write_csv({"code": ["01", "02"]}, tmp_path / "c.csv")
    assert weft.read_csv(tmp_path / "c.csv").schema == {"code": "int64"}
    assert list(weft.read_csv(tmp_path / "c.csv", types={"code": str})["code"]) == ["01", "02"]
    assert weft.read_csv(tmp_path / "c.csv", types={"code": "double"}).schema == {"code": "double"}


def test_mistakes_are_told(tmp_path: Path) -> None:
    with pytest.raises(weft.NotFoundError, match="no-such"):
        weft.read_csv(tmp_path / "no-such.csv")
    weft.write_csv({"age": [1, 2]}, tmp_path / "a.csv")
    with pytest.raises(weft.NotFoundError, match="did you mean 'age'"):
        weft.read_csv(tmp_path / "a.csv", columns=["aeg"])
    (tmp_path / "bad.csv").write_text("age\n1\nx\n")
    with pytest.raises(weft.BadDataError, match="bad.csv"):
        weft.read_csv(tmp_path / "bad.csv", types={"age": int}).column("age")
    assert list(weft.read_csv(tmp_path / "bad.csv", types={"age": int}, bad_rows="null")["age"]) == [1, None]
    with pytest.raises(weft.AlreadyExistsError):
        weft.write_csv({"age": [1]}, tmp_path / "a.csv", if_exists="fail")


def test_differences_are_shown() -> None:
    with pytest.raises(AssertionError, match="row 1, column a: expected 2, found 3"):
        testing.assert_equal({"a": [1, 2]}, {"a": [1, 3]})


CASES = """
cases:
- name: adults
  columns: {age: [20.0, 10.0, null]}
  expect: {is_adult: [true, false, null]}
- name: wrong on purpose
  columns: {age: [20.0]}
  expect: {is_adult: [false]}
"""


def test_cases_run_python_features_in_every_context(tmp_path: Path) -> None:
    features = module_of_cell("case_features", "def is_adult(age: float) -> bool:\n    return age >= 18\n")
    path = tmp_path / "cases.yaml"
    path.write_text(CASES)
    right, wrong = testing.run_cases(path, features)
    assert right["passed"], right["message"]
    assert right["contexts"] == ["batch", "stream", "online"]
    assert not wrong["passed"]
    assert "is_adult" in wrong["message"]
    assert testing.update_cases(path, features) == 1
    assert all(case["passed"] for case in testing.run_cases(path, features))
