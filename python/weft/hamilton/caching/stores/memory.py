"""Results and versions in memory: for tests, and for one process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..cache_key import decode_key
from .base import MetadataStore, ResultStore, StoredResult


class InMemoryMetadataStore(MetadataStore):
    def __init__(self):
        self._data_versions: dict[str, str] = {}
        self._keys_of_run: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._data_versions)

    def exists(self, cache_key: str) -> bool:
        return cache_key in self._data_versions

    def initialize(self, run_id: str) -> None:
        self._keys_of_run[run_id] = []

    def set(self, cache_key: str, data_version: str, run_id: str, **kwargs: Any) -> None:
        self._data_versions[cache_key] = data_version
        self._keys_of_run[run_id].append(cache_key)

    def get(self, cache_key: str) -> str | None:
        return self._data_versions.get(cache_key)

    def delete(self, cache_key: str) -> None:
        del self._data_versions[cache_key]

    def delete_all(self) -> None:
        self._data_versions.clear()

    def get_run_ids(self) -> list[str]:
        return list(self._keys_of_run)

    def get_run(self, run_id: str) -> list[dict]:
        if run_id not in self._keys_of_run:
            raise IndexError(f"there is no run {run_id}")
        return [
            {"cache_key": key, "data_version": self._data_versions[key], **decode_key(key)}
            for key in self._keys_of_run[run_id]
        ]

    def persist_to(self, metadata_store: MetadataStore | None = None) -> None:
        """Copies everything; default: to SQLite in ./.hamilton_cache."""
        if metadata_store is None:
            from .sqlite import SQLiteMetadataStore

            metadata_store = SQLiteMetadataStore(path="./.hamilton_cache")
        for run_id, keys in self._keys_of_run.items():
            metadata_store.initialize(run_id)
            for key in keys:
                metadata_store.set(cache_key=key, data_version=self._data_versions[key], run_id=run_id)

    @classmethod
    def load_from(cls, metadata_store: MetadataStore) -> InMemoryMetadataStore:
        store = cls()
        for run_id in metadata_store.get_run_ids():
            store.initialize(run_id)
            for entry in metadata_store.get_run(run_id):
                store.set(cache_key=entry["cache_key"], data_version=entry["data_version"], run_id=run_id)
        return store


class InMemoryResultStore(ResultStore):
    def __init__(self, persist_on_exit: bool = False):
        self._results: dict[str, StoredResult] = {}
        if persist_on_exit:
            import atexit

            atexit.register(self.persist_to)

    def exists(self, data_version: str) -> bool:
        return data_version in self._results

    def set(self, data_version: str, result: Any, **kwargs: Any) -> None:
        self._results[data_version] = StoredResult.new(result)

    def get(self, data_version: str) -> Any | None:
        found = self._results.get(data_version)
        return None if found is None else found.value

    def delete(self, data_version: str) -> None:
        del self._results[data_version]

    def delete_all(self) -> None:
        self._results.clear()

    def persist_to(self, result_store: ResultStore | None = None) -> None:
        """Copies everything; default: to files in ./.hamilton_cache."""
        if result_store is None:
            from .file import FileResultStore

            result_store = FileResultStore(path="./.hamilton_cache")
        for data_version, stored in self._results.items():
            result_store.set(data_version, stored.value)

    @classmethod
    def load_from(
        cls,
        result_store: ResultStore,
        metadata_store: MetadataStore | None = None,
        data_versions: Sequence[str] | None = None,
    ) -> InMemoryResultStore:
        if metadata_store is None and data_versions is None:
            raise ValueError("which results? A metadata_store or data_versions has to say")
        wanted = set(data_versions or ())
        if metadata_store is not None:
            for run_id in metadata_store.get_run_ids():
                wanted.update(entry["data_version"] for entry in metadata_store.get_run(run_id))
        store = cls()
        for data_version in wanted:
            store.set(data_version, result_store.get(data_version))
        return store
