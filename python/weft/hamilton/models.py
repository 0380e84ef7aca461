"""Nodes that a config entry describes: the old way, which function_modifiers.resolve replaces."""

from __future__ import annotations

import abc
from typing import Any


class DynamicTransformBase(abc.ABC):
    """Knows what it depends on and computes, given its config entry and the name of its node."""

    def __init__(self, config_parameters: Any, name: str):
        self._config_parameters = config_parameters
        self._name = name

    @abc.abstractmethod
    def get_dependents(self) -> list[str]:
        """The nodes it takes."""

    @abc.abstractmethod
    def compute(self, **inputs: Any) -> Any: ...

    @property
    def config_parameters(self) -> Any:
        return self._config_parameters

    @property
    def name(self) -> str:
        return self._name


class BaseModel(DynamicTransformBase, abc.ABC):
    def compute(self, **inputs: Any) -> Any:
        return self.predict(**inputs)

    @abc.abstractmethod
    def predict(self, **inputs: Any) -> Any: ...
