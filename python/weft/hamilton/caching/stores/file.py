"""Results as files of a directory."""

from __future__ import annotations

import inspect
import os
import shutil
from pathlib import Path
from typing import Any

from .base import ResultRetrievalError, ResultStore, StoredResult


def _at(cls: type, path: Path) -> Any:
    """A saver or loader of this path, whatever it calls it."""
    names = inspect.signature(cls.__init__).parameters
    for name in ("file", "path", "source", "filepath_or_buffer"):
        if name in names:
            return cls(**{name: str(path)})
    raise ValueError(f"{cls.__qualname__} has no argument `file` or `path`, so it cannot be told where")


class FileResultStore(ResultStore):
    def __init__(self, path: str, create_dir: bool = True):
        self.path = Path(path)
        self.create_dir = create_dir
        if create_dir:
            self.path.mkdir(exist_ok=True, parents=True)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": str(self.path)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)

    def _path_from_data_version(self, data_version: str) -> Path:
        return self.path / data_version

    def _materialized_path(self, data_version: str, saver_cls: type) -> Path:
        return self._path_from_data_version(data_version).with_suffix(f".{saver_cls.name()}")

    def exists(self, data_version: str) -> bool:
        return self._path_from_data_version(data_version).exists()

    def set(
        self, data_version: str, result: Any, saver_cls: type | None = None, loader_cls: type | None = None
    ) -> None:
        """With a saver and a loader the value is kept in their format, beside a small file that tells of it."""
        if (saver_cls is None) != (loader_cls is None):
            raise ValueError("a saver needs a loader, and a loader a saver")
        self.path.mkdir(exist_ok=True, parents=True)
        saver = loader = None
        if saver_cls is not None:
            path = self._materialized_path(data_version, saver_cls).absolute()
            saver, loader = _at(saver_cls, path), _at(loader_cls, path)
        target = self._path_from_data_version(data_version)
        # Whole or not at all: another process may be reading, and this one may be killed.
        half = target.with_name(f"{target.name}.{os.getpid()}.part")
        half.write_bytes(StoredResult.new(result, saver=saver, loader=loader).save())
        os.replace(half, target)

    def get(self, data_version: str) -> Any | None:
        try:
            raw = self._path_from_data_version(data_version).read_bytes()
        except FileNotFoundError:
            return None
        try:
            return StoredResult.load(raw).value
        except Exception as e:
            raise ResultRetrievalError(f"the result {data_version} cannot be read: {e!r}") from e

    def delete(self, data_version: str) -> None:
        self._path_from_data_version(data_version).unlink(missing_ok=True)

    def delete_all(self) -> None:
        shutil.rmtree(self.path)
        self.path.mkdir(exist_ok=True)
