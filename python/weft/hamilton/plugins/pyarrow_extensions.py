"""pyarrow: tables and their columns."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from .. import registry

DATAFRAME_TYPE = pa.Table
COLUMN_TYPE = pa.ChunkedArray


@registry.get_column.register(pa.Table)
def get_column_pyarrow(df: pa.Table, column_name: str) -> pa.ChunkedArray:
    return df.column(column_name)


@registry.fill_with_scalar.register(pa.Table)
def fill_with_scalar_pyarrow(df: pa.Table, column_name: str, scalar_value: Any) -> pa.Table:
    return df.append_column(column_name, pa.array([scalar_value] * df.num_rows))


def register_types() -> None:
    registry.register_types("pyarrow", DATAFRAME_TYPE, COLUMN_TYPE)


register_types()
