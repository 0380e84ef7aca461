"""with_columns for pandas."""

from __future__ import annotations

from typing import Any

from ._with_columns import EagerWithColumns
from .pandas_extensions import DATAFRAME_TYPE


class with_columns(EagerWithColumns):
    """Functions of columns, whose results are appended to the frame a parameter takes."""

    frame_type = DATAFRAME_TYPE

    @staticmethod
    def append(frame: Any, columns: dict[str, Any]) -> Any:
        return frame.assign(**columns)
