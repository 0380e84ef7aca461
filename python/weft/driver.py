"""Driver: modules and a config, made into plans that run over tables, micro-batches and requests."""

from __future__ import annotations

import asyncio
import importlib
import types
from collections.abc import Callable, Iterable
from typing import Any

from weft import _weft
from weft.features import module_of


def _names(outputs: str | Callable[..., Any] | Iterable[str | Callable[..., Any]]) -> list[str]:
    if isinstance(outputs, str) or callable(outputs):
        outputs = [outputs]
    return [name if isinstance(name, str) else name.__name__ for name in outputs]


class Driver(_weft.Driver):
    """Modules (Python's, compiled ones by path, lists of functions) and a config. Immutable; thread-safe.

    Functions that can be traced run as native expressions, with the same answers; `compile=False` calls them all.
    `Plan.explain()` says which are called, and why. `cache` is a folder where results of functions with `@cache()` are kept (of all functions with `cache_all`).
    Throws InvalidGraphError with all that is wrong, each with its place.
    """

    def __init__(
        self,
        *modules: Any,
        config: dict[str, Any] | None = None,
        allow_module_overrides: bool = False,
        threads: int = 0,
        cache: str = "",
        cache_bytes_max: int = 10 << 30,
        cache_all: bool = False,
        compile: bool = True,
    ) -> None:
        options = {
            "allow_module_overrides": allow_module_overrides,
            "threads": threads,
            "cache": cache,
            "cache_bytes_max": cache_bytes_max,
            "cache_all": cache_all,
            "compile": compile,
        }
        super().__init__([module_of(module) for module in modules], config or {}, **options)
        self._made_of = (modules, {"config": config, **options})

    def __reduce__(self) -> Any:
        """Pickled as what it was made of: modules by name, compiled ones by path, functions as pickle takes them."""
        modules, options = self._made_of
        return _made_again, ([_reference(module) for module in modules], options)

    def plan(self, outputs: Any, **options: Any) -> _weft.Plan:
        """What will run for these outputs (names or functions): `context` batch, stream or online, `overrides`, `shapes`, `choices`,
        `choice`, `fit`, and `types` of inputs that no annotation gives: {"fare": "double"}."""
        return super().plan(_names(outputs), **options)

    def execute(
        self,
        outputs: Any,
        inputs: Any = None,
        overrides: dict[str, Any] | None = None,
        *,
        threads: int = 0,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> _weft.Result:
        """Runs in the batch context. `inputs` is a dict of columns and single values, or a table whose columns are inputs.

        `progress` is called about ten times a second with what is done, how much of it (rows or elements), and of how much (0: not known);
        `weft.progress.Bar()` draws it. Ctrl-C ends the run at its next step or block of rows.
        """
        return super().execute(_names(outputs), _given(inputs), overrides or {}, threads, progress)

    async def execute_async(self, outputs: Any, inputs: Any = None, overrides: dict[str, Any] | None = None) -> _weft.Result:
        """execute() for an event loop, which goes on meanwhile. If it is cancelled, so is the run."""
        task = super().execute_async(_names(outputs), _given(inputs), overrides or {})
        try:
            return await asyncio.to_thread(task.result)
        except asyncio.CancelledError:
            task.cancel()
            raise


def _given(inputs: Any) -> dict[str, Any]:
    if inputs is None or isinstance(inputs, dict):
        return inputs or {}
    rows = _weft.Table(inputs)
    return {name: rows.column(name) for name in rows.names}


def _reference(module: Any) -> Any:
    if isinstance(module, types.ModuleType):
        return _ModuleName(module.__name__)
    if isinstance(module, _weft.Module):
        if not module.path.endswith(".so"):
            raise _weft.UnsupportedError(f"module {module.name} was made in this process: give the driver the functions themselves")
        return module.path
    return module if isinstance(module, str) or callable(module) else list(module)


class _ModuleName:
    def __init__(self, name: str) -> None:
        self.name = name


def _made_again(modules: list[Any], options: dict[str, Any]) -> Driver:
    found = [importlib.import_module(m.name) if isinstance(m, _ModuleName) else m for m in modules]
    return Driver(*found, **options)
