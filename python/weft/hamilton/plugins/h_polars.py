"""Polars: a result builder, and with_columns."""

from __future__ import annotations

from typing import Any

import polars as pl

from .. import base
from ._with_columns import EagerWithColumns
from .polars_extensions import DATAFRAME_TYPE


class PolarsDataFrameResult(base.ResultMixin):
    """One frame of columns and single values; a lone frame is returned as it is."""

    def build_result(self, **outputs: Any) -> pl.DataFrame:
        values = list(outputs.values())
        if len(values) == 1:
            if isinstance(values[0], pl.DataFrame):
                return values[0]
            if isinstance(values[0], pl.LazyFrame):
                return values[0].collect()
            if not isinstance(values[0], pl.Series):
                return pl.DataFrame({name: [value] for name, value in outputs.items()})
        return pl.DataFrame(outputs)

    def output_type(self) -> Any:
        return pl.DataFrame


class with_columns(EagerWithColumns):
    """Functions of columns, whose results are appended to the frame a parameter takes."""

    frame_type = DATAFRAME_TYPE

    @staticmethod
    def append(frame: Any, columns: dict[str, Any]) -> Any:
        return frame.with_columns(**columns)
