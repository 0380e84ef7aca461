"""What may be asked for: names, functions, variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def convert_output_value(
    output_value: str | Callable | Any, module_set: set[str]
) -> tuple[str | None, str | None]:
    """The name that is asked for, or None and what is wrong."""
    if isinstance(output_value, str):
        return output_value, None
    if hasattr(output_value, "name"):
        return output_value.name, None
    if callable(output_value):
        if output_value.__module__ in module_set:
            return output_value.__name__, None
        where = f"{output_value.__module__}.{output_value.__name__}"
        return None, f"{where} is a function of none of the driver's modules, which are {sorted(module_set)}"
    return None, f"{output_value!r} is no name, function or variable of the driver"


def convert_output_values(output_values: list[str | Callable | Any], module_set: set[str]) -> list[str]:
    """All names. Raises ValueError telling of all that are none."""
    pairs = [convert_output_value(v, module_set) for v in output_values]
    errors = sorted(error for _, error in pairs if error)
    if errors:
        raise ValueError(f"{len(errors)} outputs cannot be asked for:\n  " + "\n  ".join(errors))
    return [name for name, _ in pairs if name]
