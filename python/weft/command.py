"""The command `weft`, with modules of Python beside compiled ones.

`modules:` in weft.yaml and -m take `features.py` and `package.module`. A file is imported as Python would import it:
by its name within its package, the folder above which is put on sys.path. A name is looked for on sys.path, in the
folder of the weft.yaml and in the working folder.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import traceback
import types
from collections.abc import Iterable
from pathlib import Path

from weft import _weft, duckdb_library


def run(words: Iterable[str]) -> int:
    """Runs a command line, without the program's name, on the process's streams, and gives its exit status."""
    words = list(words)
    if words[:1] == ["demo"] or words[:2] == ["help", "demo"]:
        from weft import demo

        return demo.main(words[1:] if words[0] == "demo" else ["--help"])
    duckdb_library.provide()
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        status = _weft.run_command(words, open_module, describe_error)
        if words in (["help"], ["--help"], ["-h"]):
            print("`weft demo` goes the whole way of the flights example, from definitions in Python.")
        return status
    finally:
        sys.stdout.flush()


def open_module(name: str, folder: str) -> _weft.Module | None:
    """The features of `features.py`, or of `package.module` as found from `folder` on; None if there is no such module."""
    from weft.features import module_of

    if name.endswith(".py"):
        return module_of(_module_of_file(Path(name)))
    if not all(part.isidentifier() for part in name.split(".")):
        return None
    _put_on_path(Path(folder).resolve())
    try:
        if importlib.util.find_spec(name) is None:
            return None
    except ModuleNotFoundError as error:
        if error.name and name.startswith(f"{error.name}."):
            return None
        raise
    return module_of(importlib.import_module(name))


def _put_on_path(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _module_of_file(path: Path) -> types.ModuleType:
    path = path.resolve()
    if not path.is_file():
        raise _weft.NotFoundError(f"there is no file {path}")
    folder, parts = path.parent, [path.stem]
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    if path.stem == "__init__" and len(parts) > 1:
        parts.pop()
    name = ".".join(parts)
    known = sys.modules.get(name)
    if known is None:
        _put_on_path(folder)
        spec = importlib.util.find_spec(name)
        if spec is not None and _is_file(spec.origin, path):
            return importlib.import_module(name)
    elif _is_file(getattr(known, "__file__", None), path):
        return known
    return _module_beside(known, name, path, folder)


def _is_file(file: str | None, path: Path) -> bool:
    return file is not None and Path(file).resolve() == path


def _module_beside(known: types.ModuleType | None, name: str, path: Path, folder: Path) -> types.ModuleType:
    """A file whose name another module has: the same module of another revision, with what it imports from its own folder."""
    hidden = {}
    if known is not None and getattr(known, "__file__", None):
        root = Path(known.__file__).resolve().parents[name.count(".")]
        for other, module in list(sys.modules.items()):
            if other != "__main__" and root in Path(getattr(module, "__file__", None) or "/").resolve().parents:
                hidden[other] = sys.modules.pop(other)
    sys.path.insert(0, str(folder))
    before = set(sys.modules)
    try:
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(folder))
        for other in set(sys.modules) - before:
            if other in hidden or other == name:
                del sys.modules[other]
        sys.modules.update(hidden)


def describe_error(error: BaseException) -> tuple[str, str, str, int]:
    """What loading a module raised: code, message, and the place in the user's files ("" and 0: none)."""
    if isinstance(error, _weft.WeftError):
        return error.code or "internal", error.message or str(error), error.file or "", error.line or 0
    text = traceback.format_exception_only(error)[-1].strip()
    if isinstance(error, SyntaxError) and error.filename:
        return "invalid_graph", text, error.filename, error.lineno or 0
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _is_ours(f.filename)]
    return ("invalid_graph", text, frames[-1].filename, frames[-1].lineno or 0) if frames else ("invalid_graph", text, "", 0)


def _is_ours(file: str) -> bool:
    return file.startswith("<frozen importlib") or Path(file).parent == Path(__file__).parent
