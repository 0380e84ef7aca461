"""Readers and writers of files and databases.

A table that is read stays in its file until its columns are asked for: it may be larger than memory. Conditions of a `filter`
are texts ('year >= 2013', 'origin in ["JFK", "LGA"]', 'gate is null'); row groups and folders that they rule out are not read.
`types` declares what text files do not say: {"age": "int64"} or {"age": int}.
"""

from __future__ import annotations

import os
from typing import Any, Literal

from weft import _weft
from weft.annotations import row_type

Path = str | os.PathLike[str]
Paths = Path | list[Path]
Types = dict[str, Any]
IfExists = Literal["replace", "fail"]


def _options(path: Any = None, types: Types | None = None, **options: Any) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if value is not None}
    if path is not None:
        given["path"] = [os.fspath(p) for p in path] if isinstance(path, (list, tuple)) else os.fspath(path)
    if types is not None:
        named = {name: kind if isinstance(kind, str) else row_type(kind).name for name, kind in types.items()}
        given["types"] = ", ".join(f"{name}: {kind}" for name, kind in named.items())
    return given


def read_csv(
    path: Paths,
    *,
    columns: list[str] | None = None,
    types: Types | None = None,
    filter: list[str] | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    header: bool | None = None,
    names: list[str] | None = None,
    skip_rows: int | None = None,
    comment: str | None = None,
    nulls: list[str] | None = None,
    trues: list[str] | None = None,
    falses: list[str] | None = None,
    time_formats: list[str] | None = None,
    bad_rows: Literal["fail", "null", "quarantine"] | None = None,
    quarantine_path: Path | None = None,
    fill_missing: bool | None = None,
) -> _weft.Table:
    """A file, a list of files, a glob or a folder; perhaps compressed. What `types` does not declare is inferred from the first megabyte.

    `bad_rows` says what becomes of a row that does not fit: an error that names file, line and column, null cells, or a line in the file
    `quarantine_path`.
    """
    return _weft.load("csv", _options(**locals()))


def read_parquet(
    path: Paths, *, columns: list[str] | None = None, filter: list[str] | None = None, fill_missing: bool | None = None
) -> _weft.Table:
    """Files of Parquet; `fill_missing`: a column that some of several files lack is null there."""
    return _weft.load("parquet", _options(**locals()))


def read_ipc(
    path: Paths, *, columns: list[str] | None = None, filter: list[str] | None = None, fill_missing: bool | None = None
) -> _weft.Table:
    """Arrow IPC files (Feather version 2) and streams."""
    return _weft.load("ipc", _options(**locals()))


def read_json(
    path: Paths,
    *,
    columns: list[str] | None = None,
    types: Types | None = None,
    filter: list[str] | None = None,
    fill_missing: bool | None = None,
) -> _weft.Table:
    """One JSON object a line."""
    return _weft.load("json", _options(**locals()))


def read_table(
    path: Paths,
    *,
    columns: list[str] | None = None,
    types: Types | None = None,
    filter: list[str] | None = None,
    fill_missing: bool | None = None,
) -> _weft.Table:
    """By extension: .csv .tsv .parquet .feather .arrow .ipc .jsonl .ndjson; a folder by that of its files."""
    return _weft.load("table", _options(**locals()))


def read_delta(
    path: Path,
    *,
    columns: list[str] | None = None,
    filter: list[str] | None = None,
    version: int | None = None,
    timestamp: Any = None,
) -> _weft.Table:
    """A Delta Lake table: as it is, or as it was at a version or time."""
    return _weft.load("delta", _options(**locals()))


def read_sql(url: str, query: str, *, parameters: list[Any] | dict[str, Any] | None = None, types: Types | None = None) -> _weft.Table:
    """A query on sqlite:///path or postgresql://user@host/database; parameters are bound, never pasted."""
    return _weft.load("sql", _options(types=types, url=url, query=query, parameters=parameters))


def write_csv(
    table: Any,
    path: Path,
    *,
    delimiter: str | None = None,
    header: bool | None = None,
    null_text: str | None = None,
    partition_by: list[str] | None = None,
    if_exists: IfExists | None = None,
) -> dict[str, Any]:
    """All or nothing: the file is there when it is complete. A dict of path, rows, bytes, seconds."""
    return _saved("csv", **locals())


def write_parquet(
    table: Any,
    path: Path,
    *,
    compression: str | None = None,
    compression_level: int | None = None,
    row_group_rows: int | None = None,
    partition_by: list[str] | None = None,
    if_exists: IfExists | None = None,
) -> dict[str, Any]:
    """`partition_by`: columns that become folders key=value below the path."""
    return _saved("parquet", **locals())


def write_ipc(
    table: Any, path: Path, *, compression: str | None = None, partition_by: list[str] | None = None, if_exists: IfExists | None = None
) -> dict[str, Any]:
    """An Arrow IPC file, which is Feather version 2."""
    return _saved("ipc", **locals())


def write_json(table: Any, path: Path, *, partition_by: list[str] | None = None, if_exists: IfExists | None = None) -> dict[str, Any]:
    """One object a line; nulls are left out."""
    return _saved("json", **locals())


def write_table(table: Any, path: Path, *, if_exists: IfExists | None = None) -> dict[str, Any]:
    """By extension, as read_table."""
    return _saved("table", **locals())


def write_delta(
    table: Any,
    path: Path,
    *,
    mode: Literal["append", "overwrite", "create"] | None = None,
    partition_by: list[str] | None = None,
    cluster_by: list[str] | None = None,
    grow_schema: bool | None = None,
) -> dict[str, Any]:
    """Appends to a Delta Lake table, or makes it. A commit is atomic."""
    return _saved("delta", **locals())


def write_sql(table: Any, url: str, name: str, *, mode: Literal["create", "append", "replace"] | None = None) -> dict[str, Any]:
    """To a table of sqlite:///path or postgresql://user@host/database."""
    return _weft.save("sql", table, _options(url=url, table=name, mode=mode))


def _saved(format: str, table: Any, **options: Any) -> dict[str, Any]:
    return _weft.save(format, table, _options(**options))


__all__ = [name for name in dir() if name.startswith(("read_", "write_"))]
