"""Types: which edge of a graph fits, which input is accepted, Parallelizable and Collect."""

from __future__ import annotations

import collections.abc
import types
import typing
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Protocol, TypeVar, Union

column = Annotated

SequentialElement = TypeVar("SequentialElement", covariant=True)
ParallelizableElement = TypeVar("ParallelizableElement", covariant=True)
CollectElement = TypeVar("CollectElement", covariant=True)


class Parallelizable(Iterable[ParallelizableElement], Protocol[ParallelizableElement]):
    """What a function returns whose elements go through the rest of the graph one by one, in parallel."""


class Collect(Iterable[CollectElement], Protocol[CollectElement]):
    """A parameter that takes what a node was for all elements of a Parallelizable, in their order."""


class InvalidTypeException(Exception):
    """An annotation that is no type Hamilton takes."""


def is_parallelizable_type(type_: Any) -> bool:
    return typing.get_origin(type_) is Parallelizable


def _is_annotated_type(type_: Any) -> bool:
    return typing.get_origin(type_) is Annotated


def _is_union(type_: Any) -> bool:
    return typing.get_origin(type_) in (Union, types.UnionType)


def _plain(type_: Any) -> Any:
    return typing.get_args(type_)[0] if _is_annotated_type(type_) else type_


def _is_subclass(type_: Any, of: Any) -> bool:
    try:
        return issubclass(type_, of)
    except TypeError:  # generics and special forms are no classes
        return False


def _parameters(type_: Any) -> tuple:
    """Type arguments; () for a generic that names none, or only its own type variables."""
    args = typing.get_args(type_)
    return () if all(isinstance(a, TypeVar) for a in args) else args


def custom_subclass_check(requested_type: Any, param_type: Any) -> bool:
    """May a value of `requested_type` stand where `param_type` is asked for?

    A subclass may; any arm of a Union; list[int] for list or Sequence[int]. Type arguments have to be
    equal where both sides name some. Nothing widens: an int is no float.
    """
    made, wanted = _plain(requested_type), _plain(param_type)
    if wanted is Any or made == wanted or _is_subclass(made, wanted):
        return True
    if _is_union(wanted):
        return any(custom_subclass_check(made, arm) for arm in typing.get_args(wanted))
    made_origin = typing.get_origin(made)
    wanted_origin = typing.get_origin(wanted)
    if made_origin is Parallelizable:
        return custom_subclass_check(typing.get_args(made)[0], wanted)
    if wanted_origin is Collect:
        return custom_subclass_check(made, typing.get_args(wanted)[0])
    made_class = made if made_origin is None else made_origin
    wanted_class = wanted if wanted_origin is None else wanted_origin
    if made_class is not wanted_class and not _is_subclass(made_class, wanted_class):
        return False
    if made_origin is None and wanted_origin is None:
        return True
    made_args, wanted_args = _parameters(made), _parameters(wanted)
    return not made_args or not wanted_args or made_args == wanted_args


def types_match(param_type: Any, required_node_type: Any) -> bool:
    """Does a node of `required_node_type` fit a parameter of `param_type`?"""
    if required_node_type is Any or required_node_type == param_type:
        return True
    if isinstance(required_node_type, TypeVar) or isinstance(param_type, TypeVar):
        return False
    return custom_subclass_check(required_node_type, param_type)


def get_type_as_string(type_: Any) -> str | None:
    """The short name of a type: "int", "Series", "list"."""
    type_ = _plain(type_)
    name = getattr(type_, "__name__", None)
    if name:
        return name
    origin = typing.get_origin(type_)
    return get_type_as_string(origin) if origin is not None else repr(type_)


def get_type_information(some_type: Any) -> tuple[Any, list]:
    """The type and, of an Annotated one, its annotations."""
    if _is_annotated_type(some_type):
        original, *annotations = typing.get_args(some_type)
        return original, annotations
    return some_type, []


_COLUMN_ELEMENTS = (int, float, str, bool)


def validate_type_annotation(annotation: Any) -> bool | None:
    """Raises InvalidTypeException if `annotation` is an Annotated one that is no typed column."""
    if not _is_annotated_type(annotation):
        return True
    from . import registry

    original, *annotations = typing.get_args(annotation)
    if not any(_is_subclass(original, c) for c in registry.get_registered_column_types().values() if c):
        raise InvalidTypeException(f"only columns of a known library may be annotated, not {original}")
    if len(annotations) != 1:
        raise InvalidTypeException(f"a column takes one annotation, its element type; got {annotations}")
    if not any(custom_subclass_check(annotations[0], element) for element in _COLUMN_ELEMENTS):
        raise InvalidTypeException(
            f"the element type of a column is one of {_COLUMN_ELEMENTS}; got {annotations[0]}"
        )
    return None


_SEQUENCES = (list, collections.abc.Sequence)
_ITERABLES = (set, collections.abc.Iterable)


def check_input_type(node_type: Any, input_value: Any) -> bool:
    """Is `input_value` acceptable as an input of `node_type`? Of sequences the first element decides."""
    node_type = _plain(node_type) if _is_annotated_type(node_type) else node_type
    if node_type is Any or isinstance(node_type, TypeVar):
        return True
    origin = typing.get_origin(node_type)
    if origin is None:
        if node_type == type(input_value):
            return True
        try:
            return isinstance(input_value, node_type)
        except TypeError:  # protocols that cannot be asked, NewTypes
            return False
    if origin in (Union, types.UnionType):
        return any(check_input_type(arm, input_value) for arm in typing.get_args(node_type))
    if origin is Literal:
        return input_value in typing.get_args(node_type)
    if origin is type(input_value):
        return True
    if origin is tuple:
        return isinstance(input_value, tuple)
    for kinds in (_SEQUENCES, _ITERABLES):
        if origin in kinds and isinstance(input_value, kinds):
            return _first_fits(node_type, input_value)
    return False


def _first_fits(node_type: Any, values: Any) -> bool:
    args = typing.get_args(node_type)
    if not args:
        return True
    for value in values:
        return check_input_type(args[0], value)
    return True


def check_instance(obj: Any, type_: Any) -> bool:
    """Is `obj` of `type_`, with all elements of dicts, lists, sets and tuples looked at?"""
    if type_ is Any:
        return True
    origin = typing.get_origin(type_)
    if origin is None:
        return isinstance(obj, type_)
    if origin in (Union, types.UnionType):
        return any(check_instance(obj, arm) for arm in typing.get_args(type_))
    if origin is Literal:
        return obj in typing.get_args(type_)
    if not isinstance(obj, origin):
        return False
    args = _parameters(type_)
    if not args:
        return True
    if isinstance(obj, dict):
        return all(check_instance(k, args[0]) and check_instance(v, args[1]) for k, v in obj.items())
    if isinstance(obj, (list, set, tuple)):
        return all(check_instance(element, args[0]) for element in obj)
    return True
