"""Every way through a function: it runs once for each, with answers given to what it asks of values that are not known."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from weft.tracing.steps import Steps

PATHS_MAX = 64


class Untraceable(Exception):
    """Why a function stays in Python, in words."""


class NeedsForks(Exception):
    """An int and a float were made one value, and now it matters which of them it is."""


_current: contextvars.ContextVar[Trace] = contextvars.ContextVar("weft_trace")


def current() -> Trace:
    return _current.get()


class Trace:
    """The steps of one function, and the path that is being explored."""

    def __init__(self, required: frozenset[str] = frozenset(), forks: bool = False) -> None:
        self.steps = Steps()
        self.required = required  # parameters that no call sees null
        self.forks = forks  # min and max of an int and a float take two paths
        self.rounds = False  # some result is rounded as Weft does it, not as NumPy
        self._path: list[tuple[int, bool]] = []
        self._known: dict[int, bool] = {}
        self._given: list[bool] = []
        self._runs = 0
        self.inputs: dict[str, int] = {}  # by parameter

    def decide(self, condition: int) -> bool:
        """Is it true? Both: first on this path, then on another."""
        known = self._known.get(condition)
        if known is not None:
            return known
        is_value, value = self.steps.literal(condition)
        if is_value:
            return bool(value)
        at = len(self._path)
        if at >= PATHS_MAX:
            raise Untraceable(f"it decides more than {PATHS_MAX} times on the way")
        answer = self._given[at] if at < len(self._given) else True
        self._path.append((condition, answer))
        self._known[condition] = answer
        return answer

    def explore(self, run: Callable[[], Any], combine: Callable[[int, Any, Any], Any]) -> Any:
        """What run() gives on all paths; combine(condition, if true, if false) makes one of two."""
        token = _current.set(self)
        try:
            return self._explore(run, combine, [])
        finally:
            _current.reset(token)

    def _explore(self, run: Callable[[], Any], combine: Callable[[int, Any, Any], Any], given: list[bool]) -> Any:
        self._runs += 1
        if self._runs > PATHS_MAX:
            raise Untraceable(f"it has more than {PATHS_MAX} ways through")
        self._given, self._path, self._known = given, [], {}
        result = run()
        path = self._path
        for at in range(len(path) - 1, len(given) - 1, -1):
            other = self._explore(run, combine, [answer for _, answer in path[:at]] + [False])
            result = combine(path[at][0], result, other)
        return result

    def condition(self) -> int | None:
        """True on the path that is being explored; None: there was nothing to decide yet."""
        whole = None
        for condition, answer in self._path:
            here = condition if answer else self.steps.function("not", condition)
            whole = here if whole is None else self.steps.function("and", whole, here)
        return whole

    def trap(self, name: str, *args: int, only_overflow: bool = False) -> int:
        """A function that may raise: only on rows that get here, and only where no parameter is null."""
        steps = self.steps
        condition = self.condition()
        if not only_overflow:
            seen = steps.function(name, *args)
            strict = steps.strict(seen)
            for parameter in sorted(self.required - strict) if strict is not None else ():
                valid = steps.function("is_valid", self.inputs[parameter])
                condition = valid if condition is None else steps.function("and", condition, valid)
        if condition is not None:
            at = next((i for i, a in enumerate(args) if not steps.literal(a)[0]), 0)
            args = (*args[:at], steps.function("keep_if", args[at], condition), *args[at + 1 :])
        number = steps.function(name, *args)
        if not only_overflow:
            steps.trapping.add(number)
        return number

    def trapping_steps(self) -> set[int]:
        return self.steps.trapping
