"""Polars' lazy frames: a result builder, and with_columns."""

from __future__ import annotations

from typing import Any

import polars as pl

from .. import base
from ._with_columns import EagerWithColumns
from .polars_lazyframe_extensions import DATAFRAME_TYPE


class PolarsLazyFrameResult(base.ResultMixin):
    """The frame, still lazy; of several outputs one frame."""

    def build_result(self, **outputs: Any) -> pl.LazyFrame:
        if len(outputs) == 1:
            (value,) = outputs.values()
            if isinstance(value, pl.LazyFrame):
                return value
        return pl.LazyFrame(outputs)

    def output_type(self) -> Any:
        return pl.LazyFrame


class with_columns(EagerWithColumns):
    """Functions of expressions, appended to the lazy frame a parameter takes."""

    frame_type = DATAFRAME_TYPE
    passes_frames = True

    @staticmethod
    def append(frame: Any, columns: dict[str, Any]) -> Any:
        return frame.with_columns(**columns)
