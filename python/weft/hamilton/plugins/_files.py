"""Loaders and savers made of a library's own functions: their options are the fields, with their defaults."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .. import registry
from ..io import utils
from ..io.data_adapters import DataLoader, DataSaver


def options_of(
    function: Callable, skip: Sequence[str] = (), defaults: dict[str, Any] | None = None
) -> list[tuple[str, Any, Any]]:
    """(name, type, default) of each parameter that has a default; `defaults` has other ones, and options that the
    function takes as **kwargs."""
    found = []
    defaults = dict(defaults or {})
    for name, p in inspect.signature(function).parameters.items():
        if name in skip or p.default is p.empty or p.kind not in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
            continue
        default = defaults.pop(name, p.default)
        # What a dataclass takes for mutable has to be made for each instance.
        field = dataclasses.field(default_factory=lambda d=default: d)
        found.append((name, Any, field))
    return [*found, *((name, Any, default) for name, default in defaults.items() if name not in skip)]


def _given(adapter: Any, function: Callable) -> dict[str, Any]:
    """The options that are not what the function takes them to be anyway."""
    parameters = dict(inspect.signature(function).parameters)
    parameters.pop(dataclasses.fields(adapter)[0].name, None)  # the path is handed over by itself
    given = {
        name: getattr(adapter, name)
        for name, p in parameters.items()
        if p.default is not p.empty and hasattr(adapter, name) and getattr(adapter, name) is not p.default
    }
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        more = {f.name: getattr(adapter, f.name) for f in dataclasses.fields(adapter)[1:] if f.name not in parameters}
        given.update((name, value) for name, value in more.items() if value is not None)
    return given


def _make(name: str, module: str, base: type, format_: str, types: Sequence[type], fields: list, body: dict) -> type:
    namespace = {
        "applicable_types": classmethod(lambda cls: list(types)),
        "name": classmethod(lambda cls: format_),
        **body,
    }
    cls = dataclasses.make_dataclass(name, fields, bases=(base,), namespace=namespace)
    cls.__module__ = module
    return cls


def metadata_of(path: Any, frame: Any) -> dict[str, Any]:
    """Of the file, if it is one, and of the frame."""
    told = utils.get_file_metadata(path) if isinstance(path, str) or hasattr(path, "__fspath__") else {}
    return {**told, **utils.get_dataframe_metadata(frame)}


def reader(
    name: str,
    module: str,
    format_: str,
    function: Callable,
    types: Sequence[type],
    path: str = "path",
    after: Callable[[Any], Any] | None = None,
    skip: Sequence[str] = (),
    defaults: dict[str, Any] | None = None,
) -> type[DataLoader]:
    """A loader that calls `function(path, **options)`."""

    def load_data(self: Any, type_: Any) -> tuple[Any, dict[str, Any]]:
        data = function(getattr(self, path), **_given(self, function))
        if after is not None:
            data = after(data)
        return data, metadata_of(getattr(self, path), data)

    fields = [(path, Any), *options_of(function, (path, *skip), defaults)]
    return _make(name, module, DataLoader, format_, types, fields, {"load_data": load_data})


def writer(
    name: str,
    module: str,
    format_: str,
    method: Callable,
    types: Sequence[type],
    path: str = "path",
    before: Callable[[Any], Any] | None = None,
    skip: Sequence[str] = (),
    defaults: dict[str, Any] | None = None,
) -> type[DataSaver]:
    """A saver that calls `method(data, path, **options)`."""

    def save_data(self: Any, data: Any) -> dict[str, Any]:
        if before is not None:
            data = before(data)
        method(data, getattr(self, path), **_given(self, method))
        return metadata_of(getattr(self, path), data)

    fields = [(path, Any), *options_of(method, (path, *skip), defaults)]
    return _make(name, module, DataSaver, format_, types, fields, {"save_data": save_data})


def register(classes: Sequence[type]) -> None:
    for cls in classes:
        registry.register_adapter(cls)
