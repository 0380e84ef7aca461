"""Variants that the config selects: config, config.when*, hamilton_exclude."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import FunctionType
from typing import Any

from . import base


class ConfigResolver:
    """A condition over the config, and the keys that it looks at."""

    def __init__(self, resolves: Callable[[dict[str, Any]], bool], config_used: list[str]):
        self.resolves = resolves
        self._config_used = config_used

    @property
    def optional_config(self) -> dict[str, Any]:
        return dict.fromkeys(self._config_used)

    def __call__(self, config: dict[str, Any]) -> bool:
        return self.resolves(config)

    @staticmethod
    def _all(holds: Callable[[Any, Any], bool], wanted: dict[str, Any]) -> ConfigResolver:
        # A key that is not set counts as None.
        def resolves(config: dict[str, Any]) -> bool:
            return all(holds(config.get(key), value) for key, value in wanted.items())

        return ConfigResolver(resolves, list(wanted))

    @staticmethod
    def when(**key_value_pairs: Any) -> ConfigResolver:
        return ConfigResolver._all(lambda has, wanted: wanted == has, key_value_pairs)

    @staticmethod
    def when_not(**key_value_pairs: Any) -> ConfigResolver:
        return ConfigResolver._all(lambda has, wanted: wanted != has, key_value_pairs)

    @staticmethod
    def when_in(**key_value_group_pairs: Collection[Any]) -> ConfigResolver:
        return ConfigResolver._all(lambda has, wanted: has in wanted, key_value_group_pairs)

    @staticmethod
    def when_not_in(**key_value_group_pairs: Collection[Any]) -> ConfigResolver:
        return ConfigResolver._all(lambda has, wanted: has not in wanted, key_value_group_pairs)


def _named_copy(fn: FunctionType, name: str, config_used: list[str]) -> FunctionType:
    """The variant under its node's name. A copy: another driver may call it something else."""
    copy = FunctionType(fn.__code__, fn.__globals__, name, fn.__defaults__, fn.__closure__)
    copy.__dict__.update(fn.__dict__)
    copy.__annotations__ = fn.__annotations__
    copy.__kwdefaults__ = fn.__kwdefaults__
    copy.__doc__ = fn.__doc__
    copy.__module__ = fn.__module__
    copy.__qualname__ = fn.__qualname__
    copy.__original_name__ = fn.__dict__.get("__original_name__", fn.__name__)
    copy.__config_decorated__ = config_used
    return copy


class config(base.NodeResolver):
    """Keeps the function if `resolves(config)`; the node is called what stands before the last "__"."""

    def __init__(
        self,
        resolves: Callable[[dict[str, Any]], bool],
        target_name: str | None = None,
        config_used: list[str] | None = None,
    ):
        self.does_resolve = resolves
        self.target_name = target_name
        self._config_used = config_used

    def required_config(self) -> list[str] | None:
        return None if self._config_used is None else []

    def optional_config(self) -> dict[str, Any] | None:
        return None if self._config_used is None else dict.fromkeys(self._config_used)

    def _get_function_name(self, fn: Callable) -> str:
        return base.sanitize_function_name(fn.__name__) if self.target_name is None else self.target_name

    def resolve(self, fn: Callable, config: dict[str, Any]) -> Callable | None:
        if not self.does_resolve(config):
            return None
        used = self._config_used if self._config_used is not None else ["__UNKNOWN__"]
        return _named_copy(fn, self._get_function_name(fn), used)

    def validate(self, fn: Callable) -> None:
        if fn.__name__.endswith("__"):
            raise base.InvalidDecoratorException(
                f"'{fn.__name__}' ends with \"__\": what follows says which variant it is, as in fare__surge"
            )

    @staticmethod
    def _of(resolver: ConfigResolver, name: str | None = None) -> config:
        return config(resolver, target_name=name, config_used=list(resolver.optional_config))

    @staticmethod
    def when(name: str | None = None, **key_value_pairs: Any) -> config:
        """All keys have these values."""
        return config._of(ConfigResolver.when(**key_value_pairs), name)

    @staticmethod
    def when_not(name: str | None = None, **key_value_pairs: Any) -> config:
        """No key has its value."""
        return config._of(ConfigResolver.when_not(**key_value_pairs), name)

    @staticmethod
    def when_in(name: str | None = None, **key_value_group_pairs: Collection[Any]) -> config:
        """Each key has one of its values."""
        return config._of(ConfigResolver.when_in(**key_value_group_pairs), name)

    @staticmethod
    def when_not_in(**key_value_group_pairs: Collection[Any]) -> config:
        """No key has one of its values."""
        return config._of(ConfigResolver.when_not_in(**key_value_group_pairs))


class hamilton_exclude(base.NodeResolver):
    """The function is never a node."""

    def resolve(self, *args: Any, **kwargs: Any) -> Callable | None:
        return None

    def validate(self, fn: Callable) -> None:
        pass
