"""How answers of a service are logged, as a definition."""

from __future__ import annotations

from weft.feast.definition import Definition


class LoggingConfig(Definition):
    """Where a service's answers go, and which share of them."""

    _fields = ("destination", "sample_rate")

    def __init__(self, *, destination, sample_rate: float = 1.0):
        if not 0 <= sample_rate <= 1:
            raise ValueError(f"sample_rate is between 0 and 1, found {sample_rate!r}")
        self.destination = destination
        self.sample_rate = sample_rate
