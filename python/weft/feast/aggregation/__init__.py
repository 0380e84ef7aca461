"""Aggregations of stream views, as definitions."""

from __future__ import annotations

from datetime import timedelta

from weft.feast.definition import Definition


class Aggregation(Definition):
    """A function over the rows of a column within a window."""

    _fields = ("column", "function", "time_window", "slide_interval", "name")

    def __init__(
        self,
        column: str = "",
        function: str = "",
        time_window: timedelta | None = None,
        slide_interval: timedelta | None = None,
        name: str = "",
    ):
        self.column = column
        self.function = function
        self.time_window = time_window
        self.slide_interval = slide_interval or time_window
        self.name = name
