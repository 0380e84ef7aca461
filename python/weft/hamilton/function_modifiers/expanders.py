"""Many nodes of one function: parameterize*, inject, extract_*, unpack_fields."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Collection
from typing import Any

from .. import htypes, node, registry
from ..node import Bound, Group, bind, type_hints
from . import base
from .dependencies import (
    GroupedDictDependency,
    GroupedListDependency,
    LiteralDependency,
    ParametrizedDependency,
    UpstreamDependency,
    source,
    value,
    without_none,
)

Bindings = dict[str, ParametrizedDependency]


class _Words(dict):
    """For format_map: a word that is no parameter stands for itself."""

    def __missing__(self, key: str) -> str:
        return key


def _entry(dependency: ParametrizedDependency) -> tuple[bool, Any]:
    if isinstance(dependency, UpstreamDependency):
        return True, dependency.source
    return False, dependency.value


def _bound_node(node_: node.Node, name: str, doc: str | None, bindings: Bindings) -> node.Node:
    """The node with some of its inputs bound to other nodes, values and groups."""
    callabl = bind(node_.callable, node_.input_types)
    bound = Bound(callabl.function, None, callabl.values)
    types_: dict[str, Any] = {}
    groups: dict[str, Group] = {}
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    for parameter, kind in node_.input_types.items():
        dependency = bindings.get(parameter)
        if dependency is None:
            types_[parameter] = kind
        elif isinstance(dependency, UpstreamDependency):
            names[parameter] = dependency.source
            types_[dependency.source] = kind
        elif isinstance(dependency, LiteralDependency):
            values[parameter] = dependency.value
        else:
            element = dependency.resolve_dependency_type(kind[0], parameter)
            by_name = isinstance(dependency, GroupedDictDependency)
            entries = dependency.sources.values() if by_name else dependency.sources
            groups[parameter] = Group(
                tuple(dependency.sources) if by_name else None, tuple(_entry(e) for e in entries)
            )
            for entry in entries:
                if isinstance(entry, UpstreamDependency):
                    types_[entry.source] = (element, kind[1])
    bound.groups = {p: g.renamed(names, values) for p, g in callabl.groups.items()}
    for parameter, dependency_name in callabl.sources.items():
        if dependency_name in groups:
            bound.groups[parameter] = groups[dependency_name]
        elif dependency_name in values:
            bound.values[parameter] = values[dependency_name]
        else:
            bound.sources[parameter] = names.get(dependency_name, dependency_name)
    return node_.copy_with(name=name, doc_string=doc, callabl=bound, input_types=types_, include_refs=False)


class parameterize(base.NodeExpander):
    """One node for each keyword; each is a dict of parameter to source(), value() or group(), or a pair of
    that and a docstring."""

    RESERVED_KWARG = "output_name"
    # Stands for the function's own name, which inject() does not know yet.
    PLACEHOLDER_PARAM_NAME = "__<function_name>"

    def __init__(self, **parametrization: Bindings | tuple[Bindings, str]):
        self.parameterization = {
            name: given[0] if isinstance(given, tuple) else given for name, given in parametrization.items()
        }
        self.specified_docstrings = {
            name: given[1] for name, given in parametrization.items() if isinstance(given, tuple)
        }
        bad = [
            v
            for bindings in self.parameterization.values()
            for v in bindings.values()
            if not isinstance(v, ParametrizedDependency)
        ]
        if bad:
            raise base.InvalidDecoratorException(
                f"@{self.name} binds a parameter to source(), value() or group(), not to {bad}"
            )

    def expand_node(self, node_: node.Node, config: dict[str, Any], fn: Callable) -> Collection[node.Node]:
        made = []
        for output, bindings in self.parameterization.items():
            name = node_.name if output == self.PLACEHOLDER_PARAM_NAME else output
            made.append(_bound_node(node_, name, self.format_doc_string(fn, name), bindings))
        return made

    def validate(self, fn: Callable) -> None:
        where = f"@{self.name} of '{fn.__module__}.{fn.__name__}'"
        parameters = inspect.signature(fn).parameters
        if self.RESERVED_KWARG in parameters:
            raise base.InvalidDecoratorException(
                f"{where}: '{self.RESERVED_KWARG}' is what the docstring calls the node; it can be no parameter"
            )
        for output in self.parameterization:
            try:
                self.format_doc_string(fn, fn.__name__ if output == self.PLACEHOLDER_PARAM_NAME else output)
            except (KeyError, IndexError, ValueError) as e:
                raise base.InvalidDecoratorException(f"{where}: its docstring is no template: {e!r}") from e
        bound = {parameter for bindings in self.parameterization.values() for parameter in bindings}
        unknown = sorted(bound - parameters.keys())
        if unknown:
            raise base.InvalidDecoratorException(f"{where} binds {unknown}, which are no parameters")
        self._validate_groups(fn, where)

    def _validate_groups(self, fn: Callable, where: str) -> None:
        hints = None
        for bindings in self.parameterization.values():
            for parameter, dependency in bindings.items():
                by_list = isinstance(dependency, GroupedListDependency)
                if not by_list and not isinstance(dependency, GroupedDictDependency):
                    continue
                hints = type_hints(fn) if hints is None else hints
                annotation = without_none(hints[parameter])
                args = typing.get_args(annotation)
                fits = typing.get_origin(annotation) is (list if by_list else dict)
                fits = fits and (len(args) == 1 if by_list else len(args) == 2 and args[0] is str)
                if not fits:
                    wanted = "list[T]" if by_list else "dict[str, T]"
                    raise base.InvalidDecoratorException(
                        f"{where}: '{parameter}' takes a group(), so it has to be a {wanted}, not {annotation}"
                    )

    def format_doc_string(self, fn: Callable, output_name: str) -> str | None:
        """The node's documentation: given, or the function's with {parameter} replaced."""
        if output_name in self.specified_docstrings:
            return self.specified_docstrings[output_name]
        if fn.__doc__ is None:
            return None
        bindings = self.parameterization.get(output_name)
        if bindings is None:
            bindings = self.parameterization[self.PLACEHOLDER_PARAM_NAME]
        words = _Words({self.RESERVED_KWARG: output_name})
        for parameter, dependency in bindings.items():
            if isinstance(dependency, (UpstreamDependency, LiteralDependency)):
                words[parameter] = _entry(dependency)[1]
        return fn.__doc__.format_map(words)


class parameterize_values(parameterize):
    """One parameter, and a node for each of its values: {(name, doc): value}."""

    def __init__(self, parameter: str, assigned_output: dict[tuple[str, str], Any]):
        for key in assigned_output:
            if not isinstance(key, tuple):
                raise base.InvalidDecoratorException(
                    f"a key of assigned_output is a pair of name and docstring, not {key!r}"
                )
        super().__init__(
            **{name: ({parameter: value(v)}, doc) for (name, doc), v in assigned_output.items()}
        )


class parametrized(parameterize_values):
    """Old spelling of parameterize_values."""


class parameterize_sources(parameterize):
    """A node for each keyword, with its parameters taken from other nodes: {parameter: node}."""

    def __init__(self, **parameterization: dict[str, str]):
        if not parameterization:
            raise ValueError("parameterize_sources needs at least one node")
        for output, bindings in parameterization.items():
            if not bindings:
                raise ValueError(f"parameterize_sources says nothing about '{output}'")
        self.parametrization = parameterization
        super().__init__(
            **{
                output: {parameter: source(name) for parameter, name in bindings.items()}
                for output, bindings in parameterization.items()
            }
        )


class parametrized_input(parameterize):
    """Old: one parameter, and a node for each source: {source: (name, doc)}."""

    def __init__(self, parameter: str, variable_inputs: dict[str, tuple[str, str]]):
        for given in variable_inputs.values():
            if not isinstance(given, tuple):
                raise base.InvalidDecoratorException(
                    f"a value of variable_inputs is a pair of name and docstring, not {given!r}"
                )
        super().__init__(
            **{name: ({parameter: source(s)}, doc) for s, (name, doc) in variable_inputs.items()}
        )


class parameterized_inputs(parameterize_sources):
    """Old spelling of parameterize_sources."""


class inject(parameterize):
    """parameterize with one node, called as the function is."""

    def __init__(self, **key_mapping: ParametrizedDependency):
        super().__init__(**{self.PLACEHOLDER_PARAM_NAME: key_mapping})


# ---- one result taken apart -------------------------------------------------------------------------


class Then:
    """A callable whose result goes through a function; an async one's when it is there."""

    __slots__ = ("function", "after")

    def __init__(self, function: Callable, after: Callable[[Any], Any]):
        self.function = function
        self.after = after

    def __call__(self, **kwargs: Any) -> Any:
        result = self.function(**kwargs)
        if inspect.isawaitable(result):
            return self._later(result)
        return self.after(result)

    async def _later(self, result: Any) -> Any:
        return self.after(await result)


def _column_of(frame: Any, column: str, whole: str) -> Any:
    if column not in frame:
        raise base.InvalidDecoratorException(f"'{whole}' has no column '{column}'; it has {frame.columns}")
    return registry.get_column(frame, column)


def _field_of(fields: Any, field: str, whole: str) -> Any:
    if field not in fields:
        raise base.InvalidDecoratorException(f"'{whole}' has no field '{field}'; it has {list(fields)}")
    return fields[field]


def _element_of(elements: Any, index: int, whole: str) -> Any:
    if not 0 <= index < len(elements):
        raise base.InvalidDecoratorException(f"'{whole}' has no element {index}; it has {len(elements)}")
    return elements[index]


def _part(whole: node.Node, whole_type: Any, name: str, type_: Any, doc: str, take: Bound) -> node.Node:
    return node.Node(name, type_, doc, take, input_types={whole.name: whole_type}, tags=dict(whole.tags))


class extract_columns(base.SingleNodeNodeTransformer):
    """A node for each column of a frame; a column is a name or a pair of name and docstring."""

    def __init__(self, *columns: tuple[str, str] | str, fill_with: Any = None):
        super().__init__()
        if not columns:
            raise base.InvalidDecoratorException("extract_columns names no column")
        if isinstance(columns[0], list):
            raise base.InvalidDecoratorException("extract_columns takes names, not a list: put a * before it")
        self.columns = columns
        self.fill_with = fill_with

    @staticmethod
    def validate_return_type(fn: Callable) -> None:
        returns = type_hints(fn).get("return")
        try:
            registry.get_column_type_from_df_type(returns)
        except NotImplementedError as e:
            raise base.InvalidDecoratorException(f"'{fn.__name__}' has no columns to extract: {e}") from e

    def validate(self, fn: Callable) -> None:
        self.validate_return_type(fn)

    def _filled(self, frame: Any) -> Any:
        for column in self.columns:
            name = column[0] if isinstance(column, tuple) else column
            if name not in frame:
                filled = registry.fill_with_scalar(frame, name, self.fill_with)
                frame = frame if filled is None else filled
        return frame

    def transform_node(self, node_: node.Node, config: dict[str, Any], fn: Callable) -> Collection[node.Node]:
        whole = node_
        if self.fill_with is not None:
            whole = node_.copy_with(callabl=Then(node_.callable, self._filled))
        type_ = registry.get_column_type_from_df_type(node_.type)
        made = [whole]
        for column in self.columns:
            name, doc = column if isinstance(column, tuple) else (column, node_.documentation)
            take = Bound(_column_of, {"frame": node_.name}, {"column": name, "whole": node_.name})
            made.append(_part(node_, node_.type, name, type_, doc, take))
        return made


def _is_type(type_: Any) -> bool:
    return isinstance(type_, (type, types.UnionType)) or type_ is Any or typing.get_origin(type_) is not None


def _fits(made: Any, wanted: Any) -> bool:
    return made == wanted or htypes.custom_subclass_check(made, wanted)


def _typed_dict_fields(fields: Any, returns: Any) -> dict[str, Any]:
    has = typing.get_type_hints(returns)
    if fields is None:
        return has
    names = fields if isinstance(fields, list) else list(fields)
    unknown = [name for name in names if name not in has]
    if unknown:
        raise base.InvalidDecoratorException(f"{returns} has no fields {unknown}; it has {list(has)}")
    if isinstance(fields, list):
        return {name: has[name] for name in fields}
    wrong = [f"{n} ({t}, not {has[n]})" for n, t in fields.items() if not _fits(t, has[n])]
    if wrong:
        raise base.InvalidDecoratorException(f"fields of {returns} are of other types: {', '.join(wrong)}")
    return fields


def _determine_fields_to_extract(fields: Any, output_type: Any) -> dict[str, Any]:
    """{field: type}, checked against what the function returns."""
    if typing.is_typeddict(output_type) or _is_extension_typed_dict(output_type):
        chosen = _typed_dict_fields(fields, output_type)
    elif output_type is dict or output_type is typing.Dict:  # noqa: UP006
        if not isinstance(fields, dict):
            raise base.InvalidDecoratorException(
                "of a plain dict the types of the fields are not known: give {field: type}"
            )
        chosen = fields
    elif typing.get_origin(output_type) is dict:
        args = typing.get_args(output_type)
        if len(args) != 2 and fields is not None:
            raise base.InvalidDecoratorException(f"{output_type} does not say what its values are")
        if fields is None:
            raise base.InvalidDecoratorException(f"{output_type} does not say which fields there are: name them")
        chosen = dict.fromkeys(fields, args[1]) if isinstance(fields, list) else fields
    else:
        raise base.InvalidDecoratorException(f"fields are extracted of a dict or TypedDict, not of {output_type}")
    if not chosen:
        raise base.InvalidDecoratorException("extract_fields names no field")
    bad = [f"{n!r}: {t!r}" for n, t in chosen.items() if not isinstance(n, str) or not _is_type(t)]
    if bad:
        raise base.InvalidDecoratorException(f"extract_fields takes names and types, not {{{', '.join(bad)}}}")
    return chosen


def _is_extension_typed_dict(type_: Any) -> bool:
    # typing_extensions has a TypedDict of its own, which typing does not know.
    return isinstance(type_, type) and issubclass(type_, dict) and hasattr(type_, "__total__")


class extract_fields(base.SingleNodeNodeTransformer):
    """A node for each field of a dict: {field: type}, or names where the return type tells the types."""

    def __init__(self, fields: Any = None, *others: Any, fill_with: Any = None):
        super().__init__()
        if isinstance(fields, list):
            fields = fields + list(others)
        elif fields and not isinstance(fields, dict):
            fields = [fields, *others]
        self.fields = fields
        self.fill_with = fill_with

    def validate(self, fn: Callable) -> None:
        self.output_type = type_hints(fn).get("return")
        self.resolved_fields = _determine_fields_to_extract(self.fields, self.output_type)

    def _filled(self, fields: Any) -> Any:
        for field in self.resolved_fields:
            if field not in fields:
                fields[field] = self.fill_with
        return fields

    def transform_node(self, node_: node.Node, config: dict[str, Any], fn: Callable) -> Collection[node.Node]:
        whole = node_
        if self.fill_with is not None:
            whole = node_.copy_with(callabl=Then(node_.callable, self._filled))
        made = [whole]
        for field, type_ in self.resolved_fields.items():
            take = Bound(_field_of, {"fields": node_.name}, {"field": field, "whole": node_.name})
            made.append(_part(node_, self.output_type, field, type_, node_.documentation, take))
        return made


def _determine_fields_to_unpack(fields: list[str], output_type: Any) -> list[Any]:
    if typing.get_origin(output_type) is not tuple:
        raise base.InvalidDecoratorException(f"elements are unpacked of a tuple[...], not of {output_type}")
    args = typing.get_args(output_type)
    if Ellipsis in args:
        if len(args) != 2 or args[1] is not Ellipsis or args[0] is Ellipsis:
            raise base.InvalidDecoratorException(f"the ... of {output_type} has to be its second element")
        args = (args[0],) * len(fields)
    if len(args) < len(fields):
        raise base.InvalidDecoratorException(
            f"unpack_fields has {len(fields)} names for the {len(args)} elements of {output_type}"
        )
    bad = [arg for arg in args if not _is_type(arg)]
    if bad:
        raise base.InvalidDecoratorException(f"elements of {output_type} that are no types: {bad}")
    return list(args)


class unpack_fields(base.SingleNodeNodeTransformer):
    """A node for each element of a tuple, in order; fewer names than elements will do."""

    def __init__(self, *fields: str):
        super().__init__()
        self.fields = list(fields)

    def validate(self, fn: Callable) -> None:
        self.output_type = type_hints(fn).get("return")
        self.field_types = _determine_fields_to_unpack(self.fields, self.output_type)

    def transform_node(self, node_: node.Node, config: dict[str, Any], fn: Callable) -> Collection[node.Node]:
        made = [node_]
        for i, (field, type_) in enumerate(zip(self.fields, self.field_types, strict=False)):
            take = Bound(_element_of, {"elements": node_.name}, {"index": i, "whole": node_.name})
            made.append(_part(node_, self.output_type, field, type_, node_.documentation, take))
        return made


@dataclasses.dataclass
class ParameterizedExtract:
    """One frame of parameterize_extract_columns: its columns, and what its parameters are bound to."""

    outputs: tuple[str, ...]
    input_mapping: Bindings


class _Renamed:
    """Names the columns of a frame by position."""

    __slots__ = ("columns",)

    def __init__(self, columns: tuple[str, ...]):
        self.columns = columns

    def __call__(self, frame: Any) -> Any:
        frame.columns = self.columns
        return frame


class parameterize_extract_columns(base.NodeExpander):
    """parameterize and extract_columns at once: frames `fn__0`, `fn__1`, ..., and the columns of each."""

    def __init__(self, *extract_config: ParameterizedExtract, reassign_columns: bool = True):
        self.extract_config = extract_config
        self.reassign_columns = reassign_columns

    def expand_node(self, node_: node.Node, config: dict[str, Any], fn: Callable) -> Collection[node.Node]:
        made: list[node.Node] = []
        for i, extract in enumerate(self.extract_config):
            name = f"{node_.name}__{i}"
            expand = parameterize(**{name: extract.input_mapping})
            frame = _bound_node(node_, name, expand.format_doc_string(fn, name), extract.input_mapping)
            if self.reassign_columns:
                frame = frame.copy_with(callabl=Then(frame.callable, _Renamed(extract.outputs)))
            made.extend(extract_columns(*extract.outputs).transform_node(frame, config, fn))
        return made

    def validate(self, fn: Callable) -> None:
        extract_columns.validate_return_type(fn)


