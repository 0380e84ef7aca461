"""What a cache keeps results and their versions in."""

from __future__ import annotations

import abc
import pickle
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from ... import registry
from ...htypes import custom_subclass_check
from ...io.data_adapters import DataLoader, DataSaver


class ResultRetrievalError(Exception):
    """A result that ought to be there could not be read."""


def search_data_adapter_registry(name: str, type_: type) -> tuple[type[DataSaver], type[DataLoader]]:
    """The saver and the loader of a format for a type. Raises KeyError if one of them is not there."""
    savers, loaders = registry.savers_of(name), registry.loaders_of(name)
    if not savers or not loaders:
        raise KeyError(f"'{name}' has no pair of a saver and a loader; json, pickle, parquet, csv, ... have")

    def first(adapters: list) -> Any:
        for cls in adapters:
            if any(custom_subclass_check(type_, t) for t in cls.applicable_types()):
                return cls
        raise KeyError(f"'{name}' has no saver and loader for {type_}")

    return first(savers), first(loaders)


class ResultStore(abc.ABC):
    """Results by data version."""

    @abc.abstractmethod
    def set(self, data_version: str, result: Any, **kwargs: Any) -> None: ...

    @abc.abstractmethod
    def get(self, data_version: str, **kwargs: Any) -> Any | None:
        """None if it is not there. Raises ResultRetrievalError if it cannot be read."""

    @abc.abstractmethod
    def delete(self, data_version: str) -> None: ...

    @abc.abstractmethod
    def delete_all(self) -> None: ...

    @abc.abstractmethod
    def exists(self, data_version: str) -> bool: ...


class MetadataStore(abc.ABC):
    """Data versions by cache key, and which keys each run used."""

    @abc.abstractmethod
    def __len__(self) -> int: ...

    @abc.abstractmethod
    def initialize(self, run_id: str) -> None: ...

    @abc.abstractmethod
    def set(self, cache_key: str, data_version: str, **kwargs: Any) -> Any | None: ...

    @abc.abstractmethod
    def get(self, cache_key: str, **kwargs: Any) -> str | None: ...

    @abc.abstractmethod
    def delete(self, cache_key: str) -> None: ...

    @abc.abstractmethod
    def delete_all(self) -> None: ...

    @abc.abstractmethod
    def exists(self, cache_key: str) -> bool: ...

    @abc.abstractmethod
    def get_run_ids(self) -> Sequence[str]:
        """Oldest first."""

    @abc.abstractmethod
    def get_run(self, run_id: str) -> Sequence[dict]:
        """What the run used. Raises IndexError for a run that is not known."""

    @property
    def size(self) -> int:
        return len(self)

    @property
    def last_run_id(self) -> str:
        return self.get_run_ids()[-1]

    def get_last_run(self) -> Sequence[dict]:
        return self.get_run(self.last_run_id)


class StoredResult:
    """A value as it is kept: pickled, or saved in a format with what loads it pickled."""

    def __init__(
        self,
        value: Any,
        expires_at: datetime | None = None,
        saver: DataSaver | None = None,
        loader: DataLoader | None = None,
    ):
        self.value = value
        self.expires_at = expires_at
        self.saver = saver
        self.loader = loader

    @classmethod
    def new(
        cls,
        value: Any,
        expires_in: timedelta | float | None = None,
        saver: DataSaver | None = None,
        loader: DataLoader | None = None,
    ) -> StoredResult:
        if (saver is None) != (loader is None):
            raise ValueError("a saver needs a loader, and a loader a saver")
        if expires_in is not None and not isinstance(expires_in, timedelta):
            expires_in = timedelta(seconds=expires_in)
        expires_at = None if expires_in is None else datetime.now(timezone.utc) + expires_in
        return cls(value, expires_at, saver, loader)

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and datetime.now(timezone.utc) >= self.expires_at

    @property
    def expires_in(self) -> int:
        """Seconds; -1: never."""
        if self.expires_at is None:
            return -1
        return int((self.expires_at - datetime.now(timezone.utc)).total_seconds())

    def save(self) -> bytes:
        if self.saver is None:
            return pickle.dumps(self.value)
        self.saver.save_data(self.value)
        return pickle.dumps(self.loader)

    @classmethod
    def load(cls, raw: bytes) -> StoredResult:
        loaded = pickle.loads(raw)
        if isinstance(loaded, DataLoader):
            return cls.new(loaded.load_data(None)[0])
        return cls.new(loaded)
