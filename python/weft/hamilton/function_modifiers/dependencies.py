"""What a parameter is filled with: source, value, group, configuration."""

from __future__ import annotations

import abc
import collections.abc
import dataclasses
import enum
import typing
from typing import Any

from .base import InvalidDecoratorException


class ParametrizedDependencySource(enum.Enum):
    LITERAL = "literal"
    UPSTREAM = "upstream"
    GROUPED_LIST = "grouped_list"
    GROUPED_DICT = "grouped_dict"
    CONFIGURATION = "configuration"


class ParametrizedDependency(abc.ABC):
    @abc.abstractmethod
    def get_dependency_type(self) -> ParametrizedDependencySource: ...


class SingleDependency(ParametrizedDependency, abc.ABC):
    pass


@dataclasses.dataclass
class LiteralDependency(SingleDependency):
    value: Any

    def get_dependency_type(self) -> ParametrizedDependencySource:
        return ParametrizedDependencySource.LITERAL


@dataclasses.dataclass
class UpstreamDependency(SingleDependency):
    source: str

    def get_dependency_type(self) -> ParametrizedDependencySource:
        return ParametrizedDependencySource.UPSTREAM


@dataclasses.dataclass
class ConfigDependency(SingleDependency):
    source: str

    def get_dependency_type(self) -> ParametrizedDependencySource:
        return ParametrizedDependencySource.CONFIGURATION


class GroupedDependency(ParametrizedDependency, abc.ABC):
    @classmethod
    @abc.abstractmethod
    def resolve_dependency_type(cls, annotated_type: Any, param_name: str) -> Any:
        """The type of one entry of the group."""


def without_none(annotation: Any) -> Any:
    """X of Optional[X]; anything else as it is."""
    args = typing.get_args(annotation)
    if type(None) in args and len(args) == 2:
        return args[0] if args[1] is type(None) else args[1]
    return annotation


def _element(annotation: Any, container: type, count: int, param: str, what: str) -> tuple:
    annotation = without_none(annotation)
    origin = typing.get_origin(annotation)
    args = typing.get_args(annotation)
    if not isinstance(origin, type) or not issubclass(origin, container) or len(args) != count:
        raise InvalidDecoratorException(
            f"'{param}' is {annotation}, but a group() of this kind needs {what}, so that the types of its "
            "entries can be checked"
        )
    return args


@dataclasses.dataclass
class GroupedListDependency(GroupedDependency):
    sources: list[ParametrizedDependency]

    @classmethod
    def resolve_dependency_type(cls, annotated_type: Any, param_name: str) -> Any:
        return _element(annotated_type, collections.abc.Sequence, 1, param_name, "a list[T]")[0]

    def get_dependency_type(self) -> ParametrizedDependencySource:
        return ParametrizedDependencySource.GROUPED_LIST


@dataclasses.dataclass
class GroupedDictDependency(GroupedDependency):
    sources: dict[str, ParametrizedDependency]

    @classmethod
    def resolve_dependency_type(cls, annotated_type: Any, param_name: str) -> Any:
        args = _element(annotated_type, collections.abc.Mapping, 2, param_name, "a dict[str, T]")
        if not isinstance(args[0], type) or not issubclass(args[0], str):
            raise InvalidDecoratorException(f"the keys of '{param_name}' are {args[0]}; group() makes str keys")
        return args[1]

    def get_dependency_type(self) -> ParametrizedDependencySource:
        return ParametrizedDependencySource.GROUPED_DICT


def value(literal_value: Any) -> LiteralDependency:
    """A value as it is."""
    return literal_value if isinstance(literal_value, LiteralDependency) else LiteralDependency(literal_value)


def source(dependency_on: Any) -> UpstreamDependency:
    """What the node or input of this name has."""
    return dependency_on if isinstance(dependency_on, UpstreamDependency) else UpstreamDependency(dependency_on)


def configuration(dependency_on: str) -> ConfigDependency:
    """What the driver's config has under this key; for subdag(config=)."""
    return ConfigDependency(dependency_on)


def group(
    *dependency_args: ParametrizedDependency, **dependency_kwargs: ParametrizedDependency
) -> GroupedDependency:
    """Several sources and values as one list, or by name as one dict."""
    if dependency_args and dependency_kwargs:
        raise InvalidDecoratorException("a group() is a list or a dict: its entries all have a name or none has")
    if not dependency_args and not dependency_kwargs:
        raise InvalidDecoratorException("a group() needs at least one entry")
    for entry in (*dependency_args, *dependency_kwargs.values()):
        if not isinstance(entry, (LiteralDependency, UpstreamDependency)):
            raise InvalidDecoratorException(f"an entry of a group() is source() or value(), not {entry!r}")
    if dependency_args:
        return GroupedListDependency(list(dependency_args))
    return GroupedDictDependency(dependency_kwargs)
