"""YAML files of plain values."""

from __future__ import annotations

import dataclasses
from typing import Any

import yaml

from ..io.data_adapters import DataLoader, DataSaver
from ..io.utils import get_file_metadata
from . import _files

COLUMN_FRIENDLY_DF_TYPE = False
AcceptedTypes = [str, int, float, bool, dict, list]


@dataclasses.dataclass
class YAMLDataLoader(DataLoader):
    path: Any

    @classmethod
    def applicable_types(cls) -> list[type]:
        return list(AcceptedTypes)

    @classmethod
    def name(cls) -> str:
        return "yaml"

    def load_data(self, type_: type) -> tuple[Any, dict[str, Any]]:
        with open(self.path) as f:
            return yaml.safe_load(f), get_file_metadata(self.path)


@dataclasses.dataclass
class YAMLDataSaver(DataSaver):
    path: Any

    @classmethod
    def applicable_types(cls) -> list[type]:
        return list(AcceptedTypes)

    @classmethod
    def name(cls) -> str:
        return "yaml"

    def save_data(self, data: Any) -> dict[str, Any]:
        with open(self.path, "w") as f:
            yaml.dump(data, f)
        return get_file_metadata(self.path)


_files.register([YAMLDataLoader, YAMLDataSaver])
