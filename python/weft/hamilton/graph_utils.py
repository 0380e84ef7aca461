"""Which functions of a module are features."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, ModuleType


def is_submodule(child: ModuleType | None, parent: ModuleType) -> bool:
    """Is `child` the module `parent`, or inside of that package?"""
    return child is not None and _is_within(child.__name__, parent.__name__)


def _is_within(child: str | None, parent: str) -> bool:
    return child is not None and (child == parent or child.startswith(parent + "."))


def find_functions(function_module: ModuleType) -> list[tuple[str, Callable]]:
    """The functions a module defines, by name: imported ones and those that start with _ are none."""
    name = function_module.__name__
    found = [
        (attribute, value)
        for attribute, value in vars(function_module).items()
        if isinstance(value, FunctionType)
        and not value.__name__.startswith("_")
        and _is_within(value.__module__, name)
    ]
    found.sort(key=lambda entry: entry[0])
    return found
