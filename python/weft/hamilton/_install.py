"""How `import hamilton.x` becomes `weft.hamilton.x`: the same module object under both names."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys

_ALIAS = "hamilton"
_PACKAGE = "weft.hamilton"


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, fullname, path=None, target=None):
        if fullname != _ALIAS and not fullname.startswith(_ALIAS + "."):
            return None
        real = _PACKAGE + fullname[len(_ALIAS) :]
        if importlib.util.find_spec(real) is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec):
        module = importlib.import_module(_PACKAGE + spec.name[len(_ALIAS) :])
        # The import system sets these of a module that it loads; it is the same module by either name.
        self._kept = (module.__spec__, module.__loader__)
        return module

    def exec_module(self, module):
        module.__spec__, module.__loader__ = self._kept
        alias = _ALIAS + module.__name__[len(_PACKAGE) :]
        sys.modules[alias] = module
