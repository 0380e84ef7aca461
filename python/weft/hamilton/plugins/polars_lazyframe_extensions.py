"""Polars' lazy frames, whose columns are expressions; scans of files."""

from __future__ import annotations

from typing import Any

import polars as pl

from .. import registry
from . import _files

DATAFRAME_TYPE = pl.LazyFrame
COLUMN_TYPE = pl.Expr


@registry.get_column.register(pl.LazyFrame)
def get_column_polars_lazyframe(df: pl.LazyFrame, column_name: str) -> pl.Expr:
    return pl.col(column_name)


@registry.fill_with_scalar.register(pl.LazyFrame)
def fill_with_scalar_polars_lazyframe(df: pl.LazyFrame, column_name: str, scalar_value: Any) -> pl.LazyFrame:
    return df.with_columns(pl.lit(scalar_value).alias(column_name))


def register_types() -> None:
    registry.register_types("polars_lazyframe", DATAFRAME_TYPE, COLUMN_TYPE)


register_types()


def _scan(name: str, format_: str, function: Any, path: str) -> type:
    return _files.reader(name, __name__, format_, function, [DATAFRAME_TYPE], path, skip=("source",))


PolarsScanCSVReader = _scan("PolarsScanCSVReader", "csv", pl.scan_csv, "file")
PolarsScanParquetReader = _scan("PolarsScanParquetReader", "parquet", pl.scan_parquet, "file")
PolarsScanFeatherReader = _scan("PolarsScanFeatherReader", "feather", pl.scan_ipc, "source")

_files.register([PolarsScanCSVReader, PolarsScanParquetReader, PolarsScanFeatherReader])
