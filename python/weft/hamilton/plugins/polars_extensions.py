"""Polars: frames and their columns; load_from, save_to, from_, to for its formats."""

from __future__ import annotations

from typing import Any

import polars as pl

from .. import registry
from ..io.data_adapters import DataLoader, DataSaver
from . import _files

DATAFRAME_TYPE = pl.DataFrame
COLUMN_TYPE = pl.Series


@registry.get_column.register(pl.DataFrame)
def get_column_polars(df: pl.DataFrame, column_name: str) -> pl.Series:
    return df[column_name]


@registry.fill_with_scalar.register(pl.DataFrame)
def fill_with_scalar_polars(df: pl.DataFrame, column_name: str, scalar_value: Any) -> pl.DataFrame:
    """Polars frames do not change: a new one."""
    return df.with_columns(pl.lit(scalar_value).alias(column_name))


def register_types() -> None:
    registry.register_types("polars", DATAFRAME_TYPE, COLUMN_TYPE)


register_types()


def _collected(data: Any) -> Any:
    return data.collect() if isinstance(data, pl.LazyFrame) else data


def _reader(name: str, format_: str, function: Any, path: str = "file") -> type[DataLoader]:
    return _files.reader(name, __name__, format_, function, [DATAFRAME_TYPE], path, skip=("source",))


def _writer(name: str, format_: str, method: Any, path: str = "file", skip: tuple = ()) -> type[DataSaver]:
    types = [pl.DataFrame, pl.LazyFrame]
    return _files.writer(name, __name__, format_, method, types, path, before=_collected, skip=skip)


PolarsCSVReader = _reader("PolarsCSVReader", "csv", pl.read_csv)
PolarsCSVWriter = _writer("PolarsCSVWriter", "csv", pl.DataFrame.write_csv)
PolarsParquetReader = _reader("PolarsParquetReader", "parquet", pl.read_parquet)
PolarsParquetWriter = _writer("PolarsParquetWriter", "parquet", pl.DataFrame.write_parquet)
PolarsFeatherReader = _reader("PolarsFeatherReader", "feather", pl.read_ipc, "source")
PolarsFeatherWriter = _writer("PolarsFeatherWriter", "feather", pl.DataFrame.write_ipc)
PolarsAvroReader = _reader("PolarsAvroReader", "avro", pl.read_avro)
PolarsAvroWriter = _writer("PolarsAvroWriter", "avro", pl.DataFrame.write_avro)
PolarsJSONReader = _reader("PolarsJSONReader", "json", pl.read_json, "source")
PolarsJSONWriter = _writer("PolarsJSONWriter", "json", pl.DataFrame.write_json)
PolarsNDJSONReader = _reader("PolarsNDJSONReader", "ndjson", pl.read_ndjson, "source")
PolarsNDJSONWriter = _writer("PolarsNDJSONWriter", "ndjson", pl.DataFrame.write_ndjson)
PolarsSpreadsheetReader = _reader("PolarsSpreadsheetReader", "spreadsheet", pl.read_excel, "source")
PolarsSpreadsheetWriter = _writer("PolarsSpreadsheetWriter", "spreadsheet", pl.DataFrame.write_excel, "workbook")


def _load_database(self: Any, type_: type) -> tuple[pl.DataFrame, dict[str, Any]]:
    data = pl.read_database(self.query, self.connection, **_files._given(self, pl.read_database))
    return data, _files.metadata_of(None, data)


def _save_database(self: Any, data: Any) -> dict[str, Any]:
    data = _collected(data)
    options = _files._given(self, pl.DataFrame.write_database)
    data.write_database(self.table_name, self.connection, **options)
    return _files.metadata_of(None, data)


PolarsDatabaseReader = _files._make(
    "PolarsDatabaseReader",
    __name__,
    DataLoader,
    "database",
    [DATAFRAME_TYPE],
    [("query", Any), ("connection", Any), *_files.options_of(pl.read_database)],
    {"load_data": _load_database},
)
PolarsDatabaseWriter = _files._make(
    "PolarsDatabaseWriter",
    __name__,
    DataSaver,
    "database",
    [pl.DataFrame, pl.LazyFrame],
    [("table_name", str), ("connection", Any), *_files.options_of(pl.DataFrame.write_database)],
    {"save_data": _save_database},
)

_files.register(
    [cls for name, cls in list(globals().items()) if name.startswith("Polars") and isinstance(cls, type)]
)
