"""Matplotlib: figures into files, as to.plt()."""

from __future__ import annotations

import dataclasses
from typing import Any

from matplotlib.figure import Figure

from ..io.data_adapters import DataSaver
from ..io.utils import get_file_metadata
from . import _files

COLUMN_FRIENDLY_DF_TYPE = False


@dataclasses.dataclass
class MatplotlibWriter(DataSaver):
    path: Any
    dpi: float | str | None = None
    format: str | None = None
    metadata: dict | None = None
    bbox_inches: Any = None
    pad_inches: float | str | None = None
    facecolor: Any = None
    edgecolor: Any = None
    backend: str | None = None
    orientation: str | None = None
    papertype: str | None = None
    transparent: bool | None = None
    bbox_extra_artists: list | None = None
    pil_kwargs: dict | None = None

    @classmethod
    def applicable_types(cls) -> list[type]:
        return [Figure]

    @classmethod
    def name(cls) -> str:
        return "plt"

    def save_data(self, data: Figure) -> dict[str, Any]:
        options = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)[1:]}
        data.savefig(self.path, **{name: value for name, value in options.items() if value is not None})
        return get_file_metadata(self.path)


_files.register([MatplotlibWriter])
