"""Data versions in an SQLite file, `metadata_store.db`."""

from __future__ import annotations

import pathlib
import sqlite3
import threading
from typing import Any

from ..cache_key import decode_key
from .base import MetadataStore

_TABLES = """
CREATE TABLE IF NOT EXISTS run_ids (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY AUTOINCREMENT, cache_key TEXT, run_id TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS cache_metadata (
    cache_key TEXT PRIMARY KEY, data_version TEXT NOT NULL, node_name TEXT NOT NULL,
    code_version TEXT NOT NULL, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
"""


class SQLiteMetadataStore(MetadataStore):
    def __init__(self, path: str, connection_kwargs: dict[str, Any] | None = None):
        self._directory = pathlib.Path(path).resolve()
        self._directory.mkdir(parents=True, exist_ok=True)
        self._path = self._directory / "metadata_store.db"
        self.connection_kwargs = connection_kwargs or {}
        self._local = threading.local()
        self.connection.executescript(_TABLES)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": str(self._directory), "connection_kwargs": self.connection_kwargs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's."""
        if not hasattr(self._local, "connection"):
            self._local.connection = sqlite3.connect(
                str(self._path), check_same_thread=False, **self.connection_kwargs
            )
        return self._local.connection

    def _one(self, query: str, *arguments: Any) -> Any:
        return self.connection.execute(query, arguments).fetchone()

    def _write(self, *statements: tuple) -> None:
        with self.connection as connection:
            for query, *arguments in statements:
                connection.execute(query, arguments)

    def initialize(self, run_id: str) -> None:
        self._write(("INSERT INTO run_ids (run_id) VALUES (?)", run_id))

    def __len__(self) -> int:
        return self._one("SELECT COUNT(*) FROM cache_metadata")[0]

    def set(
        self,
        *,
        cache_key: str,
        data_version: str,
        run_id: str,
        node_name: str | None = None,
        code_version: str | None = None,
        **kwargs: Any,
    ) -> None:
        if node_name is None or code_version is None:
            try:
                decoded = decode_key(cache_key)
            except Exception as e:
                raise ValueError(f"'{cache_key}' was not made by create_cache_key(): say node_name and code_version") from e
            node_name, code_version = decoded["node_name"], decoded["code_version"]
        self._write(
            ("INSERT INTO history (cache_key, run_id) VALUES (?, ?)", cache_key, run_id),
            (
                "INSERT INTO cache_metadata (cache_key, node_name, code_version, data_version) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (cache_key) DO UPDATE SET data_version = excluded.data_version",
                cache_key,
                node_name,
                code_version,
                data_version,
            ),
        )

    def get(self, cache_key: str) -> str | None:
        found = self._one("SELECT data_version FROM cache_metadata WHERE cache_key = ?", cache_key)
        return None if found is None else found[0]

    def delete(self, cache_key: str) -> None:
        self._write(("DELETE FROM cache_metadata WHERE cache_key = ?", cache_key))

    def delete_all(self) -> None:
        self._write(*((f"DELETE FROM {table}",) for table in ("run_ids", "history", "cache_metadata")))

    def exists(self, cache_key: str) -> bool:
        return self.get(cache_key) is not None

    def get_run_ids(self) -> list[str]:
        return [row[0] for row in self.connection.execute("SELECT run_id FROM run_ids ORDER BY id")]

    def get_run(self, run_id: str) -> list[dict]:
        if self._one("SELECT 1 FROM run_ids WHERE run_id = ?", run_id) is None:
            raise IndexError(f"there is no run {run_id}")
        rows = self.connection.execute(
            "SELECT m.cache_key, m.data_version, m.node_name, m.code_version FROM history h "
            "JOIN cache_metadata m ON h.cache_key = m.cache_key WHERE h.run_id = ? ORDER BY h.id",
            (run_id,),
        )
        names = ("cache_key", "data_version", "node_name", "code_version")
        return [dict(zip(names, row, strict=True)) for row in rows]
