"""Loaders and savers. Importing it registers those that need no library."""

from ..registry import LOADER_REGISTRY, SAVER_REGISTRY, register_adapter
from .default_data_loaders import DATA_ADAPTERS

for _adapter in DATA_ADAPTERS:
    if _adapter not in LOADER_REGISTRY.get(_adapter.name(), ()) and (
        _adapter not in SAVER_REGISTRY.get(_adapter.name(), ())
    ):
        register_adapter(_adapter)
