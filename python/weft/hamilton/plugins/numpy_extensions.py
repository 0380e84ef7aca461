"""NumPy: arrays in .npy files."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from ..io.data_adapters import DataLoader, DataSaver
from ..io.utils import get_file_metadata
from . import _files

COLUMN_FRIENDLY_DF_TYPE = False


@dataclasses.dataclass
class NumpyNpyWriter(DataSaver):
    path: Any
    allow_pickle: bool | None = None
    fix_imports: bool | None = None

    @classmethod
    def applicable_types(cls) -> list[type]:
        return [np.ndarray]

    @classmethod
    def name(cls) -> str:
        return "npy"

    def save_data(self, data: np.ndarray) -> dict[str, Any]:
        np.save(self.path, data, allow_pickle=True if self.allow_pickle is None else self.allow_pickle)
        return get_file_metadata(self.path)


@dataclasses.dataclass
class NumpyNpyReader(DataLoader):
    path: Any
    mmap_mode: str | None = None
    allow_pickle: bool | None = None
    fix_imports: bool | None = None
    encoding: Literal["ASCII", "latin1", "bytes"] = "ASCII"

    @classmethod
    def applicable_types(cls) -> list[type]:
        return [np.ndarray]

    @classmethod
    def name(cls) -> str:
        return "npy"

    def load_data(self, type_: type) -> tuple[np.ndarray, dict[str, Any]]:
        array = np.load(
            self.path, mmap_mode=self.mmap_mode, allow_pickle=bool(self.allow_pickle), encoding=self.encoding
        )
        return array, get_file_metadata(self.path)


_files.register([NumpyNpyWriter, NumpyNpyReader])
