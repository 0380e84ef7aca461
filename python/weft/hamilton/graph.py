"""FunctionGraph: the nodes of modules under a config, connected by the C++ graph."""

from __future__ import annotations

import gc
import logging
import uuid
from collections.abc import Callable, Collection, Iterable
from enum import Enum
from types import ModuleType
from typing import Any

from weft import _weft

from . import htypes
from .execution import graph_functions
from .function_modifiers import base as fm_base
from .graph_utils import find_functions
from .lifecycle import base as lifecycle_base
from .node import Bound, DependencyType, Node, NodeType

logger = logging.getLogger(__name__)
_core = _weft.hamilton
_core.setup(Any, DependencyType.OPTIONAL, Bound, htypes.types_match, htypes.check_input_type)


class VisualizationNodeModifiers(Enum):
    """What a node is in a picture, beside itself."""

    IS_OUTPUT = 1
    IS_PATH = 2
    IS_USER_INPUT = 3
    IS_OVERRIDE = 4


def _resolve(
    modules: Iterable[ModuleType], config: dict[str, Any], allow_module_overrides: bool
) -> dict[str, Node]:
    """All nodes that functions make, by name. A config entry takes the place of a function of its name."""
    nodes: dict[str, Node] = {}
    for module in modules:
        for _, function in find_functions(module):
            for made in fm_base.resolve_nodes(function, config):
                name = made._full_name
                if name in config:
                    continue
                if name in nodes and not allow_module_overrides:
                    raise ValueError(_told_twice(name, function, nodes[name]))
                nodes[name] = made
    return nodes


def _told_twice(name: str, function: Callable, other: Node) -> str:
    def told(fn: Callable) -> str:
        own = getattr(fn, "__original_name__", fn.__name__)
        return f"{fn.__module__}.{own} ({fn.__code__.co_filename}:{fn.__code__.co_firstlineno})"

    first = told(other.originating_functions[0]) if other.originating_functions else "another"
    return (
        f"Cannot define function {name} more than once. It is made by {told(function)}, and before by {first}; "
        "allow_module_overrides() lets a later module's take the place of an earlier one's"
    )


def _matching(adapter: lifecycle_base.LifecycleAdapterSet) -> Callable[[Any, Any], bool]:
    def fits(wanted: Any, has: Any) -> bool:
        return htypes.types_match(wanted, has) or adapter.call_lifecycle_method_sync(
            "do_check_edge_types_match", type_from=wanted, type_to=has
        )

    return fits


def refuse_hidden(modules: Iterable[ModuleType], config: dict[str, Any]) -> None:
    """Of a strict driver: config entries in whose place a function would silently not run."""
    made = _resolve(modules, {}, True) if config else {}
    hidden = sorted(config.keys() & made.keys())
    if hidden:
        raise ValueError(f"the config has {hidden}, which functions make: it would take their place")


class FunctionGraph:
    """`nodes` has functions' nodes, inputs, and config entries nobody reads."""

    def __init__(
        self,
        nodes: dict[str, Node],
        config: dict[str, Any],
        adapter: lifecycle_base.LifecycleAdapterSet | None = None,
    ):
        self._config = config
        self.adapter = adapter if adapter is not None else lifecycle_base.LifecycleAdapterSet()
        external = NodeType.EXTERNAL
        self._inputs = {name: n for name, n in nodes.items() if n._node_source is external}
        self._made = {k: n for k, n in nodes.items() if k not in self._inputs} if self._inputs else nodes
        self._nodes: dict[str, Node] | None = None
        own_checks = self.adapter.does_method("do_check_edge_types_match", is_async=False)
        # None: there is a cycle, so that only what is cut out of it by overrides can run.
        self.core = None
        try:
            self.core = _core.Graph(list(self._made.values()), not own_checks)
        except _weft.WeftError as e:
            if not self._find_cycle():
                raise ValueError(str(e)) from None
        if own_checks:
            self._check_types(_matching(self.adapter))

    def _find_cycle(self) -> list[str]:
        """The names of a cycle's nodes, each taking the one before it; empty if there is none."""
        # Taking away what takes nothing that is left, again and again, leaves cycles and what hangs on them.
        takes = {name: {d for d in n.input_types if d in self._made} for name, n in self._made.items()}
        takers: dict[str, list[str]] = {}
        for name, taken in takes.items():
            for d in taken:
                takers.setdefault(d, []).append(name)
        free = [name for name, taken in takes.items() if not taken]
        while free:
            name = free.pop()
            del takes[name]
            for taker in takers.get(name, ()):
                takes[taker].discard(name)
                if not takes[taker]:
                    free.append(taker)
        path: list[str] = []
        name = next(iter(takes), None)
        while name is not None and name not in path:
            path.append(name)
            name = min(takes[name])
        return path[path.index(name) :][::-1] if path else []

    @staticmethod
    def from_modules(
        *modules: ModuleType,
        config: dict[str, Any],
        adapter: lifecycle_base.LifecycleAdapterSet | None = None,
        allow_module_overrides: bool = False,
    ) -> FunctionGraph:
        """Raises ValueError if the functions do not fit together, InvalidDecoratorException."""
        # All that is made here stays: looking for garbage in between finds none, and looks at everything.
        collects = gc.isenabled()
        gc.disable()
        try:
            return FunctionGraph(_resolve(modules, config, allow_module_overrides), config, adapter)
        finally:
            if collects:
                gc.enable()

    @property
    def config(self) -> dict[str, Any]:
        return self._config

    @property
    def nodes(self) -> dict[str, Node]:
        if self._nodes is None:
            self._nodes = self._connected()
        return self._nodes

    # ---- connecting ---------------------------------------------------------------------------------

    def _connected(self) -> dict[str, Node]:
        """All nodes, each with what it takes and who takes it. Made when first asked for: running needs none."""
        # Nodes may be another graph's as well, with other connections there.
        nodes = {name: n.copy(include_refs=False) for name, n in self._made.items()}
        place = {name: i for i, name in enumerate(nodes)}
        for name, type_, consumers in self._found_inputs():
            functions = self._asking([nodes[c] for c in sorted(consumers, key=place.__getitem__)], name)
            known = self._inputs.get(name)
            if known is not None and type_ is Any:
                type_ = known.type
            nodes[name] = Node(
                name, type_, node_source=NodeType.EXTERNAL, originating_functions=functions
            )
        for name, n in self._inputs.items():
            nodes.setdefault(name, n)
        for name, n in list(nodes.items()):
            for dependency in n.input_types:
                n.dependencies.append(nodes[dependency])
                nodes[dependency].depended_on_by.append(nodes[name])
        for name in self._config:
            if name not in nodes:
                nodes[name] = Node(name, Any, node_source=NodeType.EXTERNAL)
        return nodes

    @staticmethod
    def _asking(consumers: list[Node], name: str) -> tuple[Callable, ...] | None:
        """The functions an input tells of: the first that asks for it, and those that want a tighter type."""
        functions = consumers[0].originating_functions
        has = consumers[0].input_types[name][0]
        for n in consumers[1:]:
            wanted = n.input_types[name][0]
            if not htypes.types_match(wanted, has):
                functions = (*(functions or ()), *(n.originating_functions or ()))
                has = wanted
        return functions

    def _found_inputs(self) -> list[tuple[str, Any, list[str]]]:
        """Names no function makes, their types and who takes them."""
        if self.core is not None:
            return self.core.inputs()
        found: dict[str, tuple[str, Any, list[str]]] = {}
        for name, n in self._made.items():
            for dependency, (type_, _) in n.input_types.items():
                if dependency not in self._made:
                    found.setdefault(dependency, (dependency, type_, []))[2].append(name)
        return list(found.values())

    def _check_types(self, fits: Callable[[Any, Any], bool]) -> None:
        """The types of all edges by an adapter's rules, which the C++ graph does not know."""
        wanted: dict[str, tuple[Any, str]] = {}
        for name, n in self._made.items():
            for dependency, (type_, _) in n.input_types.items():
                source = self._made.get(dependency)
                if source is not None:
                    if not fits(type_, source.type):
                        raise ValueError(
                            f"'{name}' takes {dependency}: {type_}, but '{dependency}' is {source.type}"
                        )
                    continue
                has, first = wanted.setdefault(dependency, (type_, name))
                if fits(type_, has):
                    continue
                if not fits(has, type_):
                    raise ValueError(
                        f"the input '{dependency}' cannot serve both '{first}', which takes {has}, and '{name}', "
                        f"which takes {type_}: incompatible types"
                    )
                wanted[dependency] = (type_, name)
        self._inputs = {name: Node(name, t, node_source=NodeType.EXTERNAL) for name, (t, _) in wanted.items()}

    def with_nodes(self, nodes: dict[str, Node]) -> FunctionGraph:
        """The graph with more nodes. Raises ValueError if one of them is there already."""
        twice = sorted(self.nodes.keys() & nodes.keys())
        if twice:
            raise ValueError(f"Duplicate node names found: {twice}")
        return FunctionGraph({**self._made, **nodes}, self._config, self.adapter)

    def replacing(self, nodes: dict[str, Node]) -> FunctionGraph:
        """The graph with these in the place of inputs or nodes of their names."""
        return FunctionGraph({**self._made, **nodes}, self._config, self.adapter)

    # ---- asking ---------------------------------------------------------------------------------------

    def get_nodes(self) -> list[Node]:
        return list(self.nodes.values())

    def _named(self, names: Iterable[str]) -> set[Node]:
        return {self.nodes[name] for name in names}

    def _refuse_unknown(self, names: Iterable[str], known: Collection[str] = ()) -> None:
        unknown = [name for name in names if name not in self.nodes and name not in known]
        if unknown:
            raise ValueError(f"Unknown nodes [{', '.join(unknown)}] requested. Check for typos?")

    def get_downstream_nodes(self, var_changes: list[str]) -> set[Node]:
        """The nodes and all that is computed from them."""
        self._refuse_unknown(var_changes)
        if self.core is None:
            return self._reached(var_changes, lambda n: n.depended_on_by)
        graph = self.core.graph
        names = {name for start in var_changes if start in graph for name in graph.downstream(start)}
        return self._named(names.union(var_changes))

    def get_impacted_nodes(self, var_changes: list[str]) -> set[Node]:
        return self.get_downstream_nodes(var_changes)

    def nodes_between(self, start: str, end: str) -> set[Node]:
        """All nodes on paths; none if there is no path."""
        self._refuse_unknown([start, end])
        if self.core is None:
            after = self._reached([start], lambda n: n.depended_on_by)
            return after & self._reached([end], lambda n: n.dependencies)
        graph = self.core.graph
        if start == end or start not in graph or end not in graph:
            return self._named([start]) if start == end else set()
        return self._named(graph.between(start, end))

    def get_upstream_nodes(
        self,
        final_vars: Iterable[str],
        runtime_inputs: dict[str, Any] | None = None,
        runtime_overrides: dict[str, Any] | None = None,
    ) -> tuple[set[Node], set[Node]]:
        """What these need, and which of it the caller brings. Overrides cut; defaults whose input is not given
        need nothing, once inputs are given."""
        final_vars = list(final_vars)
        self._refuse_unknown(final_vars, runtime_inputs or ())
        if runtime_inputs is None and not runtime_overrides and self.core is not None:
            graph = self.core.graph
            inside = [name for name in final_vars if name in graph]
            found = self._named([*graph.upstream(inside), *final_vars] if inside else final_vars)
            return found, {n for n in found if n.user_defined}
        overrides = runtime_overrides or {}
        found: dict[str, Node] = {}
        stack = [self.nodes[name] for name in final_vars if name in self.nodes]
        while stack:
            n = stack.pop()
            if n.name in found:
                continue
            found[n.name] = n
            if n.name in overrides:
                continue
            for dependency in n.dependencies:
                absent = (
                    runtime_inputs is not None
                    and dependency.user_defined
                    and dependency.name not in runtime_inputs
                    and dependency.name not in self._config
                )
                if not absent or n.requires(dependency.name):
                    stack.append(dependency)
        return set(found.values()), {n for n in found.values() if n.user_defined}

    def _reached(self, names: Iterable[str], following: Callable[[Node], list[Node]]) -> set[Node]:
        found: dict[str, Node] = {}
        stack = [self.nodes[name] for name in names]
        while stack:
            n = stack.pop()
            if n.name not in found:
                found[n.name] = n
                stack.extend(following(n))
        return set(found.values())

    def has_cycles(self, nodes: set[Node], user_nodes: set[Node]) -> bool:
        return bool(self.get_cycles(nodes, user_nodes))

    def get_cycles(self, nodes: set[Node], user_nodes: set[Node]) -> list[list[str]]:
        """A cycle among these nodes, if there is one."""
        if self.core is not None:
            return []
        cycle = FunctionGraph.__new__(FunctionGraph)
        cycle._made = {n.name: n for n in nodes if not n.user_defined}
        found = cycle._find_cycle()
        return [found] if found else []

    # ---- running with adapters ----------------------------------------------------------------------------

    def execute(
        self,
        nodes: Collection[Node] | None = None,
        computed: dict[str, Any] | None = None,
        overrides: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        run_id: str | None = None,
    ) -> dict[str, Any]:
        """Computes nodes one by one, with the adapters around each."""
        return graph_functions.execute_subdag(
            nodes=self.get_nodes() if nodes is None else nodes,
            inputs=graph_functions.combine_config_and_inputs(self._config, inputs or {}),
            adapter=self.adapter,
            computed=computed,
            overrides=overrides,
            run_id=str(uuid.uuid4()) if run_id is None else run_id,
        )

    # ---- pictures ---------------------------------------------------------------------------------------------

    def display_all(self, output_file_path: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """All nodes, drawn; see display()."""
        from . import visualization

        return visualization.display_all(self, output_file_path, *args, **kwargs)

    @staticmethod
    def display(nodes: set[Node], *args: Any, **kwargs: Any) -> Any:
        from . import visualization

        return visualization.display(nodes, *args, **kwargs)


def create_function_graph(
    *modules: ModuleType,
    config: dict[str, Any],
    adapter: lifecycle_base.LifecycleAdapterSet | None = None,
    fg: FunctionGraph | None = None,
    allow_module_overrides: bool = False,
) -> dict[str, Node]:
    """The nodes of modules, connected."""
    made = _resolve(modules, config, allow_module_overrides)
    return FunctionGraph({**(fg._made if fg else {}), **made}, config, adapter).nodes


def update_dependencies(
    nodes: dict[str, Node], adapter: lifecycle_base.LifecycleAdapterSet, reset_dependencies: bool = True
) -> dict[str, Node]:
    """The nodes, connected again."""
    return FunctionGraph(nodes, {}, adapter).nodes


