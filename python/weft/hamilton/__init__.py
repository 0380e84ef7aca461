"""Hamilton's public API over Weft: change `hamilton` to `weft.hamilton` in the import, and nothing else.

`install()` goes further: after it `import hamilton` is this package, for code that cannot be changed.
"""

from __future__ import annotations

import sys

from .version import VERSION

__version__ = ".".join(str(part) for part in VERSION)
__all__ = ["install", "uninstall"]


def __getattr__(name: str):
    # `from weft.hamilton import driver` finds modules by itself; `weft.hamilton.driver` after a bare
    # `import weft.hamilton` is what this is for.
    import importlib

    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as e:
        if e.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'") from None


def install() -> None:
    """From now on `import hamilton` and `import hamilton.x` in this process are weft.hamilton.

    Raises RuntimeError if Hamilton itself has been imported already: two of its copies would not know
    each other's nodes.
    """
    from ._install import AliasFinder

    found = sys.modules.get("hamilton")
    if found is not None and found is not sys.modules[__name__]:
        raise RuntimeError("hamilton has been imported already; call weft.hamilton.install() before it is")
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder())
    sys.modules["hamilton"] = sys.modules[__name__]


def uninstall() -> None:
    """Undoes install(): `import hamilton` finds what is installed under that name."""
    from ._install import AliasFinder

    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, AliasFinder)]
    for name in [n for n in sys.modules if n == "hamilton" or n.startswith("hamilton.")]:
        del sys.modules[name]
