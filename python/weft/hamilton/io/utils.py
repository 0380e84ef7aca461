"""What loaders and savers say about files, frames and queries."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib import parse

DATAFRAME_METADATA = "dataframe_metadata"
SQL_METADATA = "sql_metadata"
FILE_METADATA = "file_metadata"


def _now() -> float:
    return datetime.now(timezone.utc).timestamp()


def get_file_metadata(path: str | Path | os.PathLike) -> dict[str, Any]:
    """Size and times of a local file; of anything else that there is nothing to know."""
    path = os.fspath(path)
    scheme = parse.urlparse(path).scheme
    is_drive = len(scheme) == 1 and scheme.isalpha()
    local = (scheme == "" or is_drive) and os.path.exists(path)
    notes = "" if local else f"File metadata is unsupported for scheme: {scheme} or path: {path} does not exist."
    return {
        FILE_METADATA: {
            "size": os.path.getsize(path) if local else None,
            "path": path,
            "last_modified": os.path.getmtime(path) if local else time.time(),
            "timestamp": _now(),
            "scheme": scheme,
            "notes": notes,
            "__version__": "1.0.0",
        }
    }


def get_dataframe_metadata(df: Any) -> dict[str, Any]:
    """Rows, columns, their names and types; None for what the frame cannot tell."""

    def told(question: Any) -> Any:
        try:
            return question()
        except (AttributeError, TypeError):
            return None

    return {
        DATAFRAME_METADATA: {
            "rows": told(lambda: len(df)),
            "columns": told(lambda: len(df.columns)),
            "column_names": told(lambda: list(df.columns)),
            "datatypes": told(lambda: [str(t) for t in list(df.dtypes)]),
            "__version__": "1.0.0",
        }
    }


def get_file_and_dataframe_metadata(path: str, df: Any) -> dict[str, Any]:
    return {**get_file_metadata(path), **get_dataframe_metadata(df)}


def get_sql_metadata(query_or_table: str, results: Any) -> dict[str, Any]:
    """`results`: a frame, or the number of rows written."""
    is_query = "SELECT" in query_or_table
    if isinstance(results, int):
        rows: int | None = results
    else:
        rows = len(results) if hasattr(results, "columns") else None
    return {
        SQL_METADATA: {
            "rows": rows,
            "query": query_or_table if is_query else None,
            "table_name": None if is_query else query_or_table,
            "timestamp": _now(),
            "__version__": "1.0.0",
        }
    }
