"""What a trace writes down: steps of an expression, each one once. As JSON they are what C++ reads (exec/expression_json.h)."""

from __future__ import annotations

import json
import math
from typing import Any

# Functions whose result may be there although an argument is null.
_INTERSECTING = {"coalesce", "and", "or"}
_NEVER_NULL = {"is_null", "is_valid"}


class Steps:
    """Steps by number. Equal steps are one, so that what two paths share is computed once."""

    def __init__(self) -> None:
        self.steps: list[tuple[Any, ...]] = []
        self._numbers: dict[tuple[Any, ...], int] = {}
        # Of each step: the inputs that make it null if they are. None stands for all there are: a null.
        self._strict: list[frozenset[str] | None] = []
        self.trapping: set[int] = set()  # steps that raise where Python does

    def _add(self, key: tuple[Any, ...], step: tuple[Any, ...], strict: frozenset[str] | None) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.steps)
            self.steps.append(step)
            self._strict.append(strict)
        return number

    def input(self, name: str, type: str, scalar: bool = False) -> int:
        step = ("input", name, type, "scalar") if scalar else ("input", name, type)
        return self._add(step, step, frozenset((name,)))

    def value(self, type: str, value: Any) -> int:
        return self._add(("value", type, repr(value)), ("value", type, value), None if value is None else frozenset())

    def function(self, name: str, *args: int) -> int:
        step = ("function", name, args)
        number = self._numbers.get(step)
        return number if number is not None else self._add(step, step, self._strict_of(name, args))

    def aggregate(self, name: str, args: tuple[int, ...], options: dict[str, Any] | None = None) -> int:
        return self._with_options("aggregate", name, args, options)

    def operator(self, name: str, args: tuple[int, ...], options: dict[str, Any] | None = None) -> int:
        return self._with_options("operator", name, args, options)

    def _with_options(self, kind: str, name: str, args: tuple[int, ...], options: dict[str, Any] | None) -> int:
        return self._add((kind, name, args, repr(options)), (kind, name, args, options or {}), frozenset())

    def strict(self, number: int) -> frozenset[str] | None:
        return self._strict[number]

    def _strict_of(self, name: str, args: tuple[int, ...]) -> frozenset[str] | None:
        if name in _NEVER_NULL:
            return frozenset()
        strict = [self._strict[a] for a in args]
        if name in ("if_else",):
            return _union(strict[0], _intersection(strict[1], strict[2]))
        if name in _INTERSECTING:
            return _intersection(*strict)
        out: frozenset[str] | None = frozenset()
        for one in strict:
            out = _union(out, one)
        return out

    def literal(self, number: int) -> tuple[bool, Any]:
        """Whether the step is a plain value, and which."""
        step = self.steps[number]
        return (True, step[2]) if step[0] == "value" else (False, None)

    def reached(self, result: int) -> list[int]:
        """The steps that the result needs, in order."""
        needed = {result}
        for number in range(result, -1, -1):
            if number in needed and self.steps[number][0] not in ("input", "value"):
                needed.update(self.steps[number][2])
        return sorted(needed)

    def to_json(self, result: int) -> str:
        numbers: dict[int, int] = {}
        steps = []
        for number in self.reached(result):
            step = self.steps[number]
            if step[0] == "value":
                step = (step[0], step[1], _plain(step[2]))
            elif step[0] != "input":
                options = ({name: [type, _plain(value)] for name, (type, value) in step[3].items()},) if len(step) > 3 else ()
                step = (step[0], step[1], [numbers[a] for a in step[2]], *options)
            numbers[number] = len(steps)
            steps.append(step)
        return json.dumps({"result": numbers[result], "steps": steps})


def _union(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    return None if a is None or b is None else a | b


def _intersection(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    return b if a is None else a if b is None else a & b


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value
