"""What all definitions have in common: they compare and print by their fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any


class Definition:
    """A definition is equal to another of its class with equal fields."""

    _fields: tuple[str, ...] = ()

    name: str
    created_timestamp: datetime | None = None
    last_updated_timestamp: datetime | None = None

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in self._fields)

    def __eq__(self, other):
        if type(self) is not type(other):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self):
        return hash((type(self).__name__, getattr(self, "name", "")))

    def __repr__(self):
        shown = ", ".join(
            f"{f}={v!r}" for f, v in zip(self._fields, self._values(), strict=True) if v or f == "name"
        )
        return f"{type(self).__name__}({shown})"


def require_name(what: str, name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise ValueError(f"{what} needs a name, found {name!r}")
    return name


def text_tags(what: str, tags: Any) -> dict[str, str]:
    if tags is None:
        return {}
    if not isinstance(tags, dict) or not all(isinstance(t, str) for pair in tags.items() for t in pair):
        raise TypeError(f"{what}: tags are a dict of texts, found {tags!r}")
    return dict(tags)
