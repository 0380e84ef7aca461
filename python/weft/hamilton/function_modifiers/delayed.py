"""Decorators that are computed from the config when a driver is built: resolve, resolve_from_config."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable
from typing import Any

from .. import settings
from .base import DynamicResolver, InvalidDecoratorException, NodeTransformLifecycle


class ResolveAt(enum.Enum):
    CONFIG_AVAILABLE = "config_available"


VALID_PARAM_KINDS = [inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY]


def extract_and_validate_params(fn: Callable) -> tuple[list[str], dict[str, Any]]:
    """The config keys a function takes: those it needs, and those that have a default."""
    signature = inspect.signature(fn)
    required, optional = [], {}
    for name, parameter in signature.parameters.items():
        if parameter.kind not in VALID_PARAM_KINDS:
            raise InvalidDecoratorException(f"config entries are handed over by name, so {signature} cannot be")
        if parameter.default is parameter.empty:
            required.append(name)
        else:
            optional[name] = parameter.default
    return required, optional


class resolve(DynamicResolver):
    """Decorates with what `decorate_with(**config entries)` returns."""

    def __init__(self, *, when: ResolveAt, decorate_with: Callable[..., NodeTransformLifecycle]):
        if when != ResolveAt.CONFIG_AVAILABLE:
            raise ValueError("a decorator can be resolved when the config is known, and at no other time")
        self.until = when
        self.decorate_with = decorate_with
        self._required_config, self._optional_config = extract_and_validate_params(decorate_with)

    def required_config(self) -> list[str] | None:
        return self._required_config

    def optional_config(self) -> dict[str, Any] | None:
        return self._optional_config

    def resolve(self, config: dict[str, Any], fn: Callable) -> NodeTransformLifecycle:
        key = settings.ENABLE_POWER_USER_MODE
        if not config.get(key):
            raise InvalidDecoratorException(
                f"@{self.name} of '{fn.__name__}' makes a graph harder to read, so it has to be allowed: "
                f'set the config entry "{key}" to True'
            )
        missing = [name for name in self._required_config if name not in config]
        if missing:
            raise InvalidDecoratorException(f"@{self.name} of '{fn.__name__}' needs the config entries {missing}")
        arguments = {name: config[name] for name in self._required_config}
        arguments.update((n, config[n]) for n in self._optional_config if n in config)
        decorator = self.decorate_with(**arguments)
        if hasattr(decorator, "validate"):
            decorator.validate(fn)
        return decorator


class resolve_from_config(resolve):
    """resolve(), when the config is known."""

    def __init__(self, *, decorate_with: Callable[..., NodeTransformLifecycle]):
        super().__init__(when=ResolveAt.CONFIG_AVAILABLE, decorate_with=decorate_with)
