"""Driver: modules and a config, made into plans that run over tables, micro-batches and requests."""

from __future__ import annotations

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

    `cache` is a folder where results of functions with `@cache()` are kept (of all functions with `cache_all`).
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
    ) -> None:
        super().__init__(
            [module_of(module) for module in modules],
            config or {},
            allow_module_overrides=allow_module_overrides,
            threads=threads,
            cache=cache,
            cache_bytes_max=cache_bytes_max,
            cache_all=cache_all,
        )

    def plan(self, outputs: Any, **options: Any) -> _weft.Plan:
        """What will run for these outputs (names or functions): `context` batch, stream or online, `overrides`, `shapes`, `choices`,
        `choice`, `fit`."""
        return super().plan(_names(outputs), **options)

    def execute(self, outputs: Any, inputs: Any = None, overrides: dict[str, Any] | None = None, threads: int = 0) -> _weft.Result:
        """Runs in the batch context. `inputs` is a dict of columns and single values, or a table whose columns are inputs."""
        given = inputs if isinstance(inputs, dict) else columns_of(inputs)
        return super().execute(_names(outputs), given, overrides or {}, threads)


def columns_of(table: Any) -> dict[str, Any]:
    if table is None:
        return {}
    rows = _weft.Table(table)
    return {name: rows.column(name) for name in rows.names}
