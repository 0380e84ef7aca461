"""Lets `import feast` find weft.feast."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from typing import Any

_OWN = "weft.feast"


class _Alias(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """`feast.x.y` is the module `weft.feast.x.y` itself."""

    def find_spec(self, name: str, path: Any = None, target: Any = None):
        if name != "feast" and not name.startswith("feast."):
            return None
        own = _OWN + name[len("feast") :]
        try:
            found = importlib.util.find_spec(own)
        except ModuleNotFoundError:
            found = None
        if found is None:
            return None
        return importlib.machinery.ModuleSpec(
            name, self, is_package=found.submodule_search_locations is not None
        )

    def create_module(self, spec: Any):
        module = importlib.import_module(_OWN + spec.name[len("feast") :])
        # The import system writes a module's own spec anew; it is put back below.
        self._kept = (module.__spec__, module.__loader__, module.__package__)
        return module

    def exec_module(self, module: Any):
        module.__spec__, module.__loader__, module.__package__ = self._kept


def install():
    known = sys.modules.get("feast")
    if known is not None and known is not sys.modules.get(_OWN):
        raise ImportError("another feast is imported already: call weft.feast.install() before")
    if not any(isinstance(finder, _Alias) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Alias())
    importlib.import_module("feast")
