"""Node: a name with a type, a function and what it depends on. Decorators take nodes and make nodes."""

from __future__ import annotations

import builtins
import functools
import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from types import FunctionType, GenericAlias
from typing import Any

from .htypes import Collect, Parallelizable


class NodeType(Enum):
    """Where a node's value comes from."""

    STANDARD = 1  # its function
    EXTERNAL = 2  # the caller
    PRIOR_RUN = 3
    EXPAND = 4  # its function, one value for each element
    COLLECT = 5  # its function, which takes what all elements have become


class DependencyType(Enum):
    REQUIRED = 1
    OPTIONAL = 2

    @staticmethod
    def from_parameter(param: inspect.Parameter) -> DependencyType:
        return DependencyType.REQUIRED if param.default is param.empty else DependencyType.OPTIONAL


# Looked up once: these stand in the hot loops of a build.
REQUIRED = DependencyType.REQUIRED
OPTIONAL = DependencyType.OPTIONAL
STANDARD = NodeType.STANDARD
_VARIABLE_ARGUMENTS = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


class Bound:
    """A function and what fills its parameters: other nodes, values, lists and dicts of both.

    It is called with keyword arguments named as the nodes are. The engine looks inside and calls
    `function` itself, without a frame in between; a closure would say nothing of what it does.
    """

    __slots__ = ("function", "sources", "values", "groups")

    def __init__(
        self,
        function: Callable,
        sources: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
        groups: Mapping[str, Group] | None = None,
    ):
        self.function = function
        self.sources = dict(sources or {})  # parameter -> node
        self.values = dict(values or {})  # parameter -> value
        self.groups = dict(groups or {})  # parameter -> Group

    def __call__(self, **nodes: Any) -> Any:
        arguments = dict(self.values)
        for parameter, name in self.sources.items():
            if name in nodes:
                arguments[parameter] = nodes[name]
            elif parameter in nodes:
                arguments[parameter] = nodes[parameter]
        for parameter, group in self.groups.items():
            arguments[parameter] = group.gather(nodes)
        return self.function(**arguments)

    @property
    def __name__(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)

    # inspect.iscoroutinefunction() takes what looks like a function for one.
    @property
    def __code__(self) -> Any:
        return self.function.__code__

    @property
    def __defaults__(self) -> Any:
        return self.function.__defaults__

    @property
    def __kwdefaults__(self) -> Any:
        return self.function.__kwdefaults__

    @property
    def __annotations__(self) -> Any:
        return self.function.__annotations__

    def renamed(self, names: Mapping[str, str], values: Mapping[str, Any]) -> Bound:
        """The same with nodes of other names, or values, in the place of nodes."""
        out = Bound(self.function, None, self.values)
        for parameter, name in self.sources.items():
            if name in values:
                out.values[parameter] = values[name]
            else:
                out.sources[parameter] = names.get(name, name)
        out.groups = {p: group.renamed(names, values) for p, group in self.groups.items()}
        return out

    def __repr__(self) -> str:
        return f"Bound({self.function!r})"


class Group:
    """A list (no keys) or dict of nodes and values, put together for one parameter."""

    __slots__ = ("keys", "entries")

    def __init__(self, keys: tuple[str, ...] | None, entries: tuple[tuple[bool, Any], ...]):
        self.keys = keys
        self.entries = entries  # (is a node, its name or the value)

    def gather(self, nodes: Mapping[str, Any]) -> list | dict:
        values = [nodes[entry] if is_node else entry for is_node, entry in self.entries]
        return values if self.keys is None else dict(zip(self.keys, values, strict=True))

    def renamed(self, names: Mapping[str, str], values: Mapping[str, Any]) -> Group:
        def entry(is_node: bool, e: Any) -> tuple[bool, Any]:
            if not is_node:
                return is_node, e
            return (False, values[e]) if e in values else (True, names.get(e, e))

        return Group(self.keys, tuple(entry(*e) for e in self.entries))


def bind(callabl: Callable, parameters: typing.Iterable[str]) -> Bound:
    """`callabl`, which takes nodes as keywords of these names, as a Bound."""
    if type(callabl) is Bound:
        return callabl
    return Bound(callabl, {p: p for p in parameters})


def is_async(callabl: Any) -> bool:
    """Is it an async function, whatever it is wrapped in?"""
    while isinstance(callabl, (Bound, functools.partial)):
        callabl = callabl.function if isinstance(callabl, Bound) else callabl.func
    return inspect.iscoroutinefunction(callabl)


_NONE = type(None)
# One tuple for all parameters of a usual type: a graph of thousands has thousands of them.
_USUAL = {t: (t, REQUIRED) for t in (int, float, str, bool, list, dict, tuple, set, bytes, object)}
# Attributes with which a function says that it takes something else than its code does.
_OTHER_SIGNATURES = {"__signature__", "__wrapped__"}


def type_hints(fn: Callable) -> dict[str, Any]:
    """The annotations of a function as types. Raises NameError for a name that is not there."""
    annotations = getattr(fn, "__annotations__", None) or {}
    hints = {}
    for name, hint in annotations.items():
        if type(hint) is str:  # of a module with `from __future__ import annotations`
            hint = fn.__globals__.get(hint, getattr(builtins, hint, hint))
        if hint is None or hint == "None":
            hint = _NONE
        elif not isinstance(hint, type) or hint.__class__ is GenericAlias:
            return _slow_type_hints(fn)  # a string, or a form that may hold one
        hints[name] = hint
    return hints


def _slow_type_hints(fn: Callable) -> dict[str, Any]:
    if sys.version_info >= (3, 13):
        return typing.get_type_hints(fn, globalns=fn.__globals__, include_extras=True)
    return typing.get_type_hints(fn, include_extras=True)


def _input_types(fn: Callable, name: str, hints: Mapping[str, Any]) -> tuple[dict, dict]:
    """{parameter: (type, required or optional)} and the defaults."""
    types: dict[str, tuple[Any, DependencyType]] = {}
    defaults: dict[str, Any] = {}
    if type(fn) is FunctionType and not fn.__dict__.keys() & _OTHER_SIGNATURES:
        code = fn.__code__
        if not code.co_flags & _VARIABLE_ARGUMENTS:
            count = code.co_argcount
            try:
                for p in code.co_varnames[: count + code.co_kwonlyargcount]:
                    hint = hints[p]
                    types[p] = _USUAL[hint] if type(hint) is type and hint in _USUAL else (hint, REQUIRED)
            except KeyError:
                raise ValueError(f"Missing type hint for {p} in function {name}. Please add one to fix.") from None
            if fn.__defaults__:
                given = fn.__defaults__
                defaults.update(zip(code.co_varnames[count - len(given) : count], given, strict=True))
            if fn.__kwdefaults__:
                defaults.update(fn.__kwdefaults__)
            for p in defaults:
                types[p] = (hints[p], OPTIONAL)
            return types, defaults
    for p, parameter in inspect.signature(fn).parameters.items():
        if p not in hints:
            raise ValueError(f"Missing type hint for {p} in function {name}. Please add one to fix.")
        types[p] = (hints[p], DependencyType.from_parameter(parameter))
        if parameter.default is not parameter.empty:
            defaults[p] = parameter.default
    return types, defaults


class Node:
    """`input_types` has {name of a node or input: (type, required or optional)}; `callable` takes them
    as keywords of these names."""

    def __init__(
        self,
        name: str,
        typ: Any,
        doc_string: str = "",
        callabl: Callable | None = None,
        node_source: NodeType = NodeType.STANDARD,
        input_types: dict[str, Any] | None = None,
        tags: dict[str, Any] | None = None,
        namespace: tuple[str, ...] = (),
        originating_functions: tuple[Callable, ...] | None = None,
        optional_values: dict[str, Any] | None = None,
    ):
        if typ is None or typ is inspect.Parameter.empty:
            raise ValueError(f"Missing type for hint for function {name}. Please add one to fix.")
        self._tags = {} if tags is None else tags
        self._name = name
        self._full_name = ".".join((*namespace, name)) if namespace else name
        self._type = typ
        self._callable = callabl
        self._doc = doc_string
        self._node_source = node_source
        self._dependencies: list[Node] | None = None
        self._depended_on_by: list[Node] | None = None
        self._namespace = namespace
        self._originating_functions = originating_functions
        self._input_types: dict[str, tuple[Any, DependencyType]] = {}
        self._default_parameter_values: dict[str, Any] = {}
        if node_source is NodeType.EXTERNAL:
            if input_types:
                raise ValueError(f"Input types cannot be provided for user-defined node {self._full_name}")
        elif input_types is not None:
            self._input_types = {
                key: value if isinstance(value, tuple) else (value, REQUIRED)
                for key, value in input_types.items()
            }
            self._default_parameter_values = optional_values or {}
        elif node_source is not NodeType.PRIOR_RUN:
            self._input_types, self._default_parameter_values = _input_types(
                callabl, name, type_hints(callabl)
            )

    @staticmethod
    def from_fn(fn: Callable, name: str | None = None) -> Node:
        """The node a function is by itself, without its decorators."""
        hints = type_hints(fn)
        if "return" not in hints:
            raise ValueError(f"Missing type hint for return value in function {fn.__qualname__}.")
        returns = hints["return"]
        source = STANDARD
        for hint in hints.values():
            if type(hint) is type:
                continue
            if typing.get_origin(hint) is Collect:
                source = NodeType.COLLECT
                break
        if source is STANDARD and type(returns) is not type and typing.get_origin(returns) is Parallelizable:
            source = NodeType.EXPAND
        tags = {"module": fn.__module__}
        attributes = fn.__dict__
        if attributes and attributes.get("__config_decorated__"):
            tags["hamilton.config"] = ",".join(attributes["__config_decorated__"])
        # Past __init__: it takes what users may hand over, and most nodes are made here.
        made = Node.__new__(Node)
        made._name = made._full_name = fn.__name__ if name is None else name
        made._tags = tags
        made._type = returns
        made._callable = fn
        made._doc = fn.__doc__ or ""
        made._node_source = source
        made._dependencies = made._depended_on_by = made._originating_functions = None
        made._namespace = ()
        made._input_types, made._default_parameter_values = _input_types(fn, made._name, hints)
        return made

    @property
    def name(self) -> str:
        return self._full_name

    @property
    def namespace(self) -> tuple[str, ...]:
        return self._namespace

    @property
    def type(self) -> Any:
        return self._type

    def set_type(self, typ: Any) -> None:
        """Of an input: a tighter type."""
        assert self.user_defined, "only an input's type may be set"
        self._type = typ

    @property
    def documentation(self) -> str:
        return self._doc

    @property
    def callable(self) -> Callable:
        return self._callable

    @property
    def input_types(self) -> dict[str, tuple[Any, DependencyType]]:
        return self._input_types

    @property
    def default_parameter_values(self) -> dict[str, Any]:
        return self._default_parameter_values

    def requires(self, dependency: str) -> bool:
        """Is it an input that has to be there?"""
        return dependency in self._input_types and self._input_types[dependency][1] is REQUIRED

    @property
    def collect_dependency(self) -> str | None:
        """The input that is collected; ValueError if the node collects nothing."""
        if self._node_source is not NodeType.COLLECT:
            raise ValueError(f"Node {self.name} is not a collect node.")
        for key, (type_, _) in self._input_types.items():
            if typing.get_origin(type_) is Collect:
                return key
        return None

    @property
    def user_defined(self) -> bool:
        """Does the caller bring it?"""
        return self._node_source is NodeType.EXTERNAL

    @property
    def node_role(self) -> NodeType:
        return self._node_source

    @property
    def dependencies(self) -> list[Node]:
        """The nodes it takes, once a graph has connected it."""
        if self._dependencies is None:
            self._dependencies = []
        return self._dependencies

    @property
    def depended_on_by(self) -> list[Node]:
        """The nodes that take it."""
        if self._depended_on_by is None:
            self._depended_on_by = []
        return self._depended_on_by

    @property
    def tags(self) -> dict[str, Any]:
        return self._tags

    def add_tag(self, tag_name: str, tag_value: Any) -> None:
        self._tags[tag_name] = tag_value

    @property
    def originating_functions(self) -> tuple[Callable, ...] | None:
        """The functions it was made of, the innermost first; of an input those that ask for it."""
        return self._originating_functions

    def add_originating_function(self, fn: Callable) -> None:
        assert self.user_defined, "only an input is asked for by more and more functions"
        self._originating_functions = (*(self._originating_functions or ()), fn)

    def copy_with(self, include_refs: bool = True, **overrides: Any) -> Node:
        """A copy, with some arguments of the constructor replaced."""
        arguments: dict[str, Any] = {
            "name": self._full_name,
            "typ": self._type,
            "doc_string": self._doc,
            "callabl": self._callable,
            "node_source": self._node_source,
            "input_types": dict(self._input_types),
            "tags": dict(self._tags),
            "originating_functions": self._originating_functions,
            "optional_values": dict(self._default_parameter_values),
        }
        arguments.update(overrides)
        out = Node(**arguments)
        if include_refs:
            out._dependencies = self._dependencies
            out._depended_on_by = self._depended_on_by
        return out

    def copy(self, include_refs: bool = True) -> Node:
        return self.copy_with(include_refs)

    def reassign_inputs(
        self, input_names: dict[str, str] | None = None, input_values: dict[str, Any] | None = None
    ) -> Node:
        """A copy whose inputs are other nodes (`input_names`: old name -> new) or values."""
        names, values = input_names or {}, input_values or {}
        return self.copy_with(
            callabl=bind(self._callable, self._input_types).renamed(names, values),
            input_types={names.get(k, k): v for k, v in self._input_types.items() if k not in values},
        )

    def transform_output(self, __transform: Callable[[Any, dict[str, Any]], Any], __output_type: Any) -> Node:
        """A copy of another type: `__transform` gets the output and the keyword arguments."""
        inner = self._callable

        def transformed(**kwargs: Any) -> Any:
            return __transform(inner(**kwargs), kwargs)

        return self.copy_with(callabl=transformed, typ=__output_type)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._callable(*args, **kwargs)

    def __hash__(self) -> int:
        return hash(self._full_name)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, Node)
            and self._full_name == other._full_name
            and self._type == other._type
            and self._doc == other._doc
            and self._tags == other._tags
            and self._node_source is other._node_source
            and [n.name for n in self.dependencies] == [n.name for n in other.dependencies]
            and [n.name for n in self.depended_on_by] == [n.name for n in other.depended_on_by]
        )

    def __repr__(self) -> str:
        return f"<{self.name} {self._tags}>"


def matches_query(tags: Mapping[str, Any], query_dict: Mapping[str, Any]) -> bool:
    """Has it every tag of the query; of one key any of the values (None: whatever it is)?"""
    for key, wanted in query_dict.items():
        if key not in tags:
            return False
        if wanted is None:
            continue
        has = tags[key] if isinstance(tags[key], list) else [tags[key]]
        wants = wanted if isinstance(wanted, list) else [wanted]
        if not any(value in has for value in wants):
            return False
    return True
