"""Sub-DAGs: other functions under a namespace, with inputs and config of their own."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Callable, Collection
from types import ModuleType
from typing import Any, TypedDict

from .. import graph_utils, node
from ..node import Bound
from . import base
from .base import InvalidDecoratorException, NodeTransformer
from .dependencies import (
    ConfigDependency,
    GroupedDependency,
    LiteralDependency,
    ParametrizedDependency,
    SingleDependency,
    UpstreamDependency,
)

NON_FINAL_TAGS = {NodeTransformer.NON_FINAL_TAG: True}


def assign_namespace(node_name: str, namespace: str) -> str:
    return f"{namespace}.{node_name}"


def _first(value: Any) -> Any:
    return value


def create_identity_node(
    from_: str, typ: Any, name: str, namespace: tuple[str, ...], tags: dict[str, Any]
) -> node.Node:
    """A node that is another one's value."""
    take = Bound(_first, {"value": from_})
    return node.Node(name, typ, "", take, input_types={from_: typ}, namespace=namespace, tags=dict(tags))


def create_static_node(
    typ: Any, name: str, value: Any, namespace: tuple[str, ...], tags: dict[str, Any]
) -> node.Node:
    """A node that is a value."""
    take = Bound(_first, None, {"value": value})
    return node.Node(name, typ, "", take, input_types={}, namespace=namespace, tags=dict(tags))


def _validate_config_inputs(config: dict[str, Any], inputs: dict[str, Any]) -> None:
    both = sorted(config.keys() & inputs.keys())
    if both:
        raise InvalidDecoratorException(f"{both} are in the sub-DAG's config and in its inputs: config is enough")
    for key, dependency in inputs.items():
        if not isinstance(dependency, (UpstreamDependency, LiteralDependency)):
            raise InvalidDecoratorException(f"the input '{key}' is source() or value(), not {dependency!r}")


def _config_values(entries: dict[str, Any], driver_config: dict[str, Any], function: str) -> dict[str, Any]:
    """The sub-DAG's own config entries, with configuration() and value() replaced by what they stand for."""
    values: dict[str, Any] = {}
    for key, entry in entries.items():
        if isinstance(entry, LiteralDependency):
            values[key] = entry.value
        elif isinstance(entry, (GroupedDependency, UpstreamDependency)):
            raise InvalidDecoratorException(
                f"the config '{key}' of the sub-DAG of '{function}' is a value, value() or configuration(), not {entry!r}"
            )
        elif not isinstance(entry, ConfigDependency):
            values[key] = entry
    for key, entry in entries.items():
        if not isinstance(entry, ConfigDependency):
            continue
        if entry.source not in driver_config and entry.source not in values:
            raise InvalidDecoratorException(
                f"the config '{key}' of the sub-DAG of '{function}' is taken from '{entry.source}', which is not set"
            )
        values[key] = {**driver_config, **values}[entry.source]
    return values


class subdag(base.NodeCreator):
    """The function's parameters are outputs of a copy of other functions; `external_inputs` come from outside."""

    def __init__(
        self,
        *load_from: ModuleType | Callable,
        inputs: dict[str, ParametrizedDependency] | None = None,
        config: dict[str, Any] | None = None,
        namespace: str | None = None,
        final_node_name: str | None = None,
        external_inputs: list[str] | None = None,
    ):
        self.subdag_functions = self.collect_functions(load_from)
        self.inputs = inputs or {}
        self.config = config or {}
        self.external_inputs = external_inputs or []
        _validate_config_inputs(self.config, self.inputs)
        self.namespace = namespace
        self.final_node_name = final_node_name

    @staticmethod
    def collect_functions(load_from: Collection[ModuleType | Callable]) -> list[Callable]:
        if not load_from:
            raise ValueError("a sub-DAG needs modules or functions to be made of")
        functions: list[Callable] = []
        for item in load_from:
            if isinstance(item, ModuleType):
                functions.extend(fn for _, fn in graph_utils.find_functions(item))
            else:
                functions.append(item)
        return functions

    @staticmethod
    def collect_nodes(config: dict[str, Any], subdag_functions: list[Callable]) -> list[node.Node]:
        return [
            n.copy_with(tags={**n.tags, **NON_FINAL_TAGS})
            for fn in subdag_functions
            for n in base.resolve_nodes(fn, config)
        ]

    @staticmethod
    def add_namespace(
        nodes: Collection[node.Node],
        namespace: str,
        inputs: dict[str, Any] | None = None,
        config: dict[str, Any] | None = None,
    ) -> list[node.Node]:
        """The nodes under the namespace; what none of them makes, and is no input or config, stays outside."""
        inside = {n.name for n in nodes} | (inputs or {}).keys() | (config or {}).keys()
        names = {name: assign_namespace(name, namespace) for name in inside}
        return [
            n.reassign_inputs(names).copy_with(name=names[n.name], include_refs=False) for n in nodes
        ]

    def _create_additional_static_nodes(
        self, nodes: Collection[node.Node], namespace: str, config: dict[str, Any]
    ) -> list[node.Node]:
        wanted = {dependency: type_ for n in nodes for dependency, (type_, _) in n.input_types.items()}
        made = []
        for key, dependency in self.inputs.items():
            if isinstance(dependency, LiteralDependency):
                value = dependency.value
                made.append(create_static_node(type(value), key, value, (namespace,), NON_FINAL_TAGS))
            elif assign_namespace(key, namespace) in wanted:
                type_ = wanted[assign_namespace(key, namespace)]
                made.append(create_identity_node(dependency.source, type_, key, (namespace,), NON_FINAL_TAGS))
        for key, value in config.items():
            made.append(create_static_node(type(value), key, value, (namespace,), NON_FINAL_TAGS))
        return made

    def add_final_node(self, fn: Callable, node_name: str, namespace: str) -> node.Node:
        """The function itself, its parameters taken from inside."""
        own = node.Node.from_fn(fn)
        names = {p: assign_namespace(p, namespace) for p in own.input_types if p not in self.external_inputs}
        return own.reassign_inputs(names).copy_with(name=node_name, include_refs=False)

    def generate_nodes(self, fn: Callable, configuration: dict[str, Any]) -> Collection[node.Node]:
        namespace = fn.__name__ if self.namespace is None else self.namespace
        name = fn.__name__ if self.final_node_name is None else self.final_node_name
        own_config = _config_values(self.config, configuration, fn.__name__)
        nodes = self.collect_nodes({**configuration, **own_config}, self.subdag_functions)
        # A config entry, and an input, take the place of the function of their name.
        nodes = [n for n in nodes if n.name not in own_config]
        nodes = self.add_namespace(nodes, namespace, self.inputs, self.config)
        final = self.add_final_node(fn, name, namespace)
        static = self._create_additional_static_nodes([*nodes, final], namespace, own_config)
        return [*nodes, *static, final]

    def _validate_parameterization(self) -> None:
        bad = [v for v in self.inputs.values() if not isinstance(v, ParametrizedDependency)]
        if bad:
            raise ValueError(f"inputs of a sub-DAG are source() or value(), not {bad}")

    def validate(self, fn: Callable) -> None:
        self._validate_parameterization()

    def required_config(self) -> list[str] | None:
        return None


class SubdagParams(TypedDict, total=False):
    inputs: dict[str, ParametrizedDependency]
    config: dict[str, Any]
    external_inputs: list[str]


class parameterized_subdag(base.NodeCreator):
    """One subdag for each keyword; what an entry says goes before what is said for all."""

    def __init__(
        self,
        *load_from: ModuleType | Callable,
        inputs: dict[str, SingleDependency] | None = None,
        config: dict[str, Any] | None = None,
        external_inputs: list[str] | None = None,
        **parameterization: SubdagParams,
    ):
        self.load_from = load_from
        self.inputs = inputs or {}
        self.config = config or {}
        self.external_inputs = external_inputs or []
        self.parameterization = parameterization

    def _gather_subdag_generators(self) -> list[subdag]:
        return [
            subdag(
                *self.load_from,
                inputs={**self.inputs, **entry.get("inputs", {})},
                config={**self.config, **entry.get("config", {})},
                external_inputs=entry.get("external_inputs", self.external_inputs),
                namespace=key,
                final_node_name=key,
            )
            for key, entry in self.parameterization.items()
        ]

    def generate_nodes(self, fn: Callable, config: dict[str, Any]) -> list[node.Node]:
        return [n for one in self._gather_subdag_generators() for n in one.generate_nodes(fn, config)]

    def validate(self, fn: Callable) -> None:
        for one in self._gather_subdag_generators():
            one.validate(fn)

    def required_config(self) -> list[str] | None:
        return None


# ---- columns appended to a frame ----------------------------------------------------------------------


def prune_nodes(nodes: list[node.Node], select: list[str] | None = None) -> list[node.Node]:
    """What the selected nodes need, and they themselves; all if none are named."""
    if select is None:
        return nodes
    by_name = {n.name: n for n in nodes}
    missing = [name for name in select if name not in by_name]
    if missing:
        raise ValueError(f"{missing} are selected, but none of the functions makes them; those are {sorted(by_name)}")
    wanted: dict[str, node.Node] = {}
    stack = list(reversed(select))
    while stack:
        name = stack.pop()
        if name in wanted or name not in by_name:
            continue
        wanted[name] = by_name[name]
        stack.extend(by_name[name].input_types)
    return list(wanted.values())


def _default_inject_parameter(fn: Callable, target_dataframe: str | None = None) -> str:
    if target_dataframe is not None:
        return target_dataframe
    parameters = list(inspect.signature(fn).parameters)
    if not parameters:
        raise ValueError(f"'{fn.__qualname__}' takes nothing, so there is no frame with_columns could extend")
    return parameters[0]


class with_columns_base(base.NodeInjector, abc.ABC):
    """Functions of columns make a sub-DAG whose results are appended to the frame a parameter takes.

    The libraries' own with_columns derive from it: they know how columns come out of a frame and go in.
    """

    def __init__(
        self,
        *load_from: Callable | ModuleType,
        columns_to_pass: list[str] | None = None,
        pass_dataframe_as: str | None = None,
        on_input: str | None = None,
        select: list[str] | None = None,
        namespace: str | None = None,
        config_required: list[str] | None = None,
        dataframe_type: Any = None,
    ):
        self.subdag_functions = subdag.collect_functions(load_from)
        if sum(given is not None for given in (columns_to_pass, pass_dataframe_as, on_input)) == 2:
            raise ValueError(
                "columns_to_pass hands over columns; pass_dataframe_as and on_input hand over the frame, whose "
                "columns are extracted inside: say one of them"
            )
        if dataframe_type is None:
            raise InvalidDecoratorException("with_columns has to know the library's type of frames")
        self.select = select
        self.initial_schema = columns_to_pass
        self.dataframe_subdag_param = pass_dataframe_as
        self.target_dataframe = on_input
        self.namespace = namespace
        self.config_required = config_required
        self.dataframe_type = dataframe_type

    @staticmethod
    def contains_duplicates(nodes_: list[node.Node]) -> bool:
        return len({n.name for n in nodes_}) < len(nodes_)

    @staticmethod
    def validate_dataframe(
        fn: Callable, inject_parameter: str, params: dict[str, Any], required_type: Any
    ) -> None:
        if inject_parameter not in params:
            raise InvalidDecoratorException(
                f"'{fn.__name__}' takes no '{inject_parameter}' that with_columns could extend; its inputs are "
                f"{sorted(params)}. pass_dataframe_as and on_input name another"
            )

    def required_config(self) -> list[str] | None:
        return self.config_required

    @abc.abstractmethod
    def get_initial_nodes(self, fn: Callable, params: dict[str, Any]) -> tuple[str, Collection[node.Node]]:
        """The parameter that is extended, and the nodes that take it apart."""

    @abc.abstractmethod
    def get_subdag_nodes(self, fn: Callable, config: dict[str, Any]) -> Collection[node.Node]: ...

    @abc.abstractmethod
    def chain_subdag_nodes(
        self, fn: Callable, inject_parameter: str, generated_nodes: Collection[node.Node]
    ) -> tuple[Collection[node.Node], str]:
        """All nodes, with the one that appends the columns, and its name."""

    def inject_nodes(
        self, params: dict[str, Any], config: dict[str, Any], fn: Callable
    ) -> tuple[list[node.Node], dict[str, str]]:
        namespace = fn.__name__ if self.namespace is None else self.namespace
        parameter, initial = self.get_initial_nodes(fn=fn, params=params)
        nodes = [*initial, *self.get_subdag_nodes(fn=fn, config=config)]
        if self.contains_duplicates(nodes):
            raise ValueError(
                f"with_columns of '{fn.__name__}': a column that is passed and a function have the same name. To "
                "replace a column pass the frame, extract the column inside under another name and select"
            )
        kept = prune_nodes(nodes, self.select)
        if not kept:
            raise ValueError(f"with_columns of '{fn.__qualname__}' makes no column; it selects {self.select}")
        out, last = self.chain_subdag_nodes(fn=fn, inject_parameter=parameter, generated_nodes=kept)
        return subdag.add_namespace(out, namespace), {parameter: assign_namespace(last, namespace)}


