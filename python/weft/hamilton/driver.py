"""Driver: modules and a config, built into a graph and run for whatever is asked. Builder: how one is made."""

from __future__ import annotations

import abc
import importlib
import json
import logging
import operator
import pathlib
import uuid
from collections.abc import Callable, Collection, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, Union

from . import base, common, graph, graph_types, htypes, node
from .execution import graph_functions
from .lifecycle import base as lifecycle_base

if TYPE_CHECKING:
    from .caching.adapter import HamiltonCacheAdapter
    from .caching.stores.base import MetadataStore, ResultStore
    from .execution import executors, grouping
    from .io.materialization import ExtractorFactory, MaterializerFactory

logger = logging.getLogger(__name__)

Variable = graph_types.HamiltonNode
FinalVars = list[Union[str, Callable, Variable]]
_NOTHING: dict[str, Any] = {}
_PROGRAMS_MAX = 256


class InvalidExecutorException(Exception):
    """The graph has Parallelizable or Collect, and the driver runs node by node."""


# ---- executors ---------------------------------------------------------------------------------------


class GraphExecutor(abc.ABC):
    """How a driver runs its graph."""

    @abc.abstractmethod
    def execute(
        self,
        fg: graph.FunctionGraph,
        final_vars: list[str],
        overrides: dict[str, Any],
        inputs: dict[str, Any],
        run_id: str,
    ) -> dict[str, Any]: ...

    @abc.abstractmethod
    def validate(self, nodes_to_execute: list[node.Node]) -> None: ...


class DefaultGraphExecutor(GraphExecutor):
    """Node by node, in the caller's thread."""

    DEFAULT_TASK_NAME = "root"

    def __init__(self, adapter: lifecycle_base.LifecycleAdapterSet | None = None):
        self.adapter = adapter

    def validate(self, nodes_to_execute: list[node.Node]) -> None:
        for n in nodes_to_execute:
            if n.node_role in (node.NodeType.EXPAND, node.NodeType.COLLECT):
                raise InvalidExecutorException(
                    f"'{n.name}' is Parallelizable or takes a Collect: that needs "
                    "Builder().enable_dynamic_execution(allow_experimental_mode=True)"
                )

    def execute(
        self,
        fg: graph.FunctionGraph,
        final_vars: list[str],
        overrides: dict[str, Any],
        inputs: dict[str, Any],
        run_id: str,
    ) -> dict[str, Any]:
        nodes = [fg.nodes[name] for name in final_vars if name in fg.nodes]
        computed = fg.execute(nodes, {}, overrides, inputs, run_id=run_id)
        return {name: computed.get(name, inputs.get(name)) for name in final_vars}


class TaskBasedGraphExecutor(GraphExecutor):
    """In tasks: what lies between a Parallelizable and a Collect is a task for each element."""

    def __init__(
        self,
        execution_manager: executors.ExecutionManager,
        grouping_strategy: grouping.GroupingStrategy,
        adapter: lifecycle_base.LifecycleAdapterSet,
    ):
        self.execution_manager = execution_manager
        self.grouping_strategy = grouping_strategy
        self.adapter = adapter

    def validate(self, nodes_to_execute: list[node.Node]) -> None:
        pass

    def execute(
        self,
        fg: graph.FunctionGraph,
        final_vars: list[str],
        overrides: dict[str, Any],
        inputs: dict[str, Any],
        run_id: str,
    ) -> dict[str, Any]:
        from .execution import executors, grouping, state

        inputs = graph_functions.combine_config_and_inputs(fg.config, inputs)
        needed, _ = fg.get_upstream_nodes(final_vars, inputs, overrides)
        order = {name: i for i, name in enumerate(fg.nodes)}
        groups = self.grouping_strategy.group_nodes(sorted(needed, key=lambda n: order[n.name]))
        cache = state.DictBasedResultCache({**overrides, **inputs})
        tasks = grouping.create_task_plan(groups, final_vars, overrides, self.adapter)
        self.adapter.call_all_lifecycle_hooks_sync(
            "post_task_group", run_id=run_id, task_ids=[task.base_id for task in tasks]
        )
        executors.run_graph_to_completion(state.ExecutionState(tasks, cache, run_id), self.execution_manager)
        return cache.read(final_vars)


# ---- the driver ------------------------------------------------------------------------------------------


class Driver:
    """Built once, run as often as wanted. Without an adapter that builds results it makes pandas frames; the
    Builder's drivers make dicts."""

    def __init__(
        self,
        config: dict[str, Any],
        *modules: ModuleType,
        adapter: lifecycle_base.LifecycleAdapter | list[lifecycle_base.LifecycleAdapter] | None = None,
        allow_module_overrides: bool = False,
        strict: bool = False,
        _materializers: Sequence[ExtractorFactory | MaterializerFactory] | None = None,
        _graph_executor: GraphExecutor | None = None,
        _use_legacy_adapter: bool = True,
    ):
        self.driver_run_id = uuid.uuid4()
        self.graph_modules = modules
        self.config = config
        self.strict = strict
        self._allow_module_overrides = allow_module_overrides
        self._materializers = list(_materializers or ())
        self.adapter = self.normalize_adapter_input(adapter, use_legacy_adapter=_use_legacy_adapter)
        self.adapter.call_all_lifecycle_hooks_sync("pre_do_anything")
        self.graph_executor = _graph_executor or DefaultGraphExecutor(self.adapter)
        self._build()
        self._perform_graph_validations(self.adapter, self.graph, modules)
        if self.adapter.does_hook("post_graph_construct", is_async=False):
            self.adapter.call_all_lifecycle_hooks_sync(
                "post_graph_construct", graph=self.graph, modules=modules, config=config
            )

    def _build(self) -> None:
        if self.strict:
            graph.refuse_hidden(self.graph_modules, self.config)
        self.graph = graph.FunctionGraph.from_modules(
            *self.graph_modules,
            config=self.config,
            adapter=self.adapter,
            allow_module_overrides=self._allow_module_overrides,
        )
        if self.strict and self.graph.core is None:
            raise ValueError(f"a cycle: {' -> '.join(self.graph._find_cycle())}")
        if self._materializers:
            self.graph = self._materialized_graph(self._materializers)[0]
        # Without an adapter that wants to see each node or run, the functions are called directly.
        adapters = self.adapter
        self._is_direct = (
            type(self.graph_executor) is DefaultGraphExecutor
            and self.graph.core is not None
            and not adapters.watches_nodes
            and not adapters.sync_hooks.keys() & {"pre_graph_execute", "post_graph_execute"}
            and "do_validate_input" not in adapters.sync_methods
        )
        builder = adapters.sync_methods.get("do_build_result")
        self._builds = None if not builder or type(builder[0]) is base.DictResult else builder[0]
        self._programs: dict[Any, Any] = {}

    @staticmethod
    def normalize_adapter_input(
        adapter: Any, use_legacy_adapter: bool = True
    ) -> lifecycle_base.LifecycleAdapterSet:
        """One adapter, several or none as a set; `use_legacy_adapter`: frames, if nobody builds results."""
        if isinstance(adapter, lifecycle_base.LifecycleAdapterSet):
            return adapter
        adapters = [] if adapter is None else list(adapter) if isinstance(adapter, (list, tuple)) else [adapter]
        if use_legacy_adapter and not any(isinstance(a, lifecycle_base.BaseDoBuildResult) for a in adapters):
            adapters.append(base.PandasDataFrameResult())
        return lifecycle_base.LifecycleAdapterSet(*adapters)

    @staticmethod
    def _perform_graph_validations(
        adapter: lifecycle_base.LifecycleAdapterSet,
        graph: graph.FunctionGraph,
        graph_modules: Sequence[ModuleType],
    ) -> None:
        if adapter.does_validation("validate_node"):
            errors = []
            for n in sorted(graph.nodes.values(), key=operator.attrgetter("name")):
                found = adapter.call_all_validators_sync("validate_node", created_node=n)
                if found:
                    errors.append(f"{n.name}: " + "\n\t".join(str(result.error) for result in found))
            if errors:
                told = "\n  ".join(errors)
                raise lifecycle_base.ValidationException(
                    f"Node validation failed! {len(errors)} errors encountered:\n  {told}"
                )
        if adapter.does_validation("validate_graph"):
            found = adapter.call_all_validators_sync(
                "validate_graph", graph=graph, modules=graph_modules, config=graph.config
            )
            if found:
                told = "\n  ".join(sorted(str(result.error) for result in found))
                raise lifecycle_base.ValidationException(
                    f"Graph validation failed! {len(found)} errors encountered:\n  {told}"
                )

    # ---- pickling: modules are found again by name -----------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        state = {k: v for k, v in self.__dict__.items() if k not in ("graph", "graph_modules", "_programs")}
        state["__graph_module_names"] = [m.__name__ for m in self.graph_modules]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        names = state.pop("__graph_module_names")
        self.__dict__.update(state)
        self.graph_modules = tuple(importlib.import_module(name) for name in names)
        self._build()

    # ---- running -------------------------------------------------------------------------------------------

    def execute(
        self,
        final_vars: FinalVars,
        overrides: dict[str, Any] | None = None,
        display_graph: bool = False,
        inputs: dict[str, Any] | None = None,
    ) -> Any:
        """Computes `final_vars`: names, functions or variables. `overrides` stand in for nodes, and what only
        they need is not run. Raises ValueError for unknown names, missing inputs and inputs of wrong types."""
        if display_graph:
            logger.warning("display_graph is deprecated: use visualize_execution()")
            self.visualize_execution(final_vars, "test-output/execute.gv", inputs=inputs)
        if not self._is_direct:
            return self._execute_with_adapters(final_vars, overrides, inputs)
        inputs = _NOTHING if inputs is None else inputs
        overrides = _NOTHING if overrides is None else overrides
        try:
            key = (tuple(final_vars), tuple(inputs), tuple(overrides))
            program = self._programs.get(key)
        except TypeError:  # Variables have no hash
            key, program = None, None
        if program is None:
            program = self._program(key, self._create_final_vars(final_vars), inputs, overrides)
        try:
            outputs = program.run(inputs, overrides)
        except Exception as e:
            _tell(e, self.graph)
            raise
        return outputs if self._builds is None else self._builds.do_build_result(outputs=outputs)

    def _program(
        self,
        key: Any,
        final_vars: list[str],
        inputs: dict[str, Any],
        overrides: dict[str, Any],
        of: graph.FunctionGraph | None = None,
    ) -> Any:
        """What runs for these outputs, given inputs and overrides of these names."""
        fg = self.graph if of is None else of
        config = fg.config
        graph_functions.combine_config_and_inputs(config, inputs)
        if self.strict:
            _refuse_ignored(fg, final_vars, inputs, overrides)
        made = fg.core.compile(final_vars, config, list(inputs), list(overrides), _refuse_inputs)
        if isinstance(made, tuple):
            problem, told = made
            if problem == "unknown":
                raise ValueError(f"Unknown nodes [{', '.join(told)}] requested. Check for typos?")
            raise ValueError(
                f"{len(told)} errors encountered: \n  "
                + "\n  ".join(f"Error: Required input {n} not provided for nodes: {c}." for n, c in told)
            )
        bad = [
            (name, type_, config[name])
            for name, type_, _ in (fg._found_inputs() if config else ())
            if name in config and config[name] is not None and name in made.order
            if not htypes.check_input_type(type_, config[name])
        ]
        if bad:
            _refuse_inputs(bad)
        roles = {name: fg._made[name].node_role for name in made.order if name in fg._made}
        if any(role in (node.NodeType.EXPAND, node.NodeType.COLLECT) for role in roles.values()):
            self.graph_executor.validate([fg._made[name] for name in roles])
        if key is not None:
            if len(self._programs) >= _PROGRAMS_MAX:
                self._programs.clear()
            self._programs[key] = made
        return made

    def _execute_with_adapters(
        self, final_vars: FinalVars, overrides: dict[str, Any] | None, inputs: dict[str, Any] | None
    ) -> Any:
        names = self._create_final_vars(final_vars)
        run_id = str(uuid.uuid4())
        call = self.adapter.call_all_lifecycle_hooks_sync
        call(
            "pre_graph_execute",
            run_id=run_id,
            graph=self.graph,
            final_vars=names,
            inputs=inputs,
            overrides=overrides,
        )
        outputs, error = None, None
        try:
            outputs = self._run(self.graph, names, overrides, inputs, run_id)
            if self.adapter.does_method("do_build_result", is_async=False):
                outputs = self.adapter.call_lifecycle_method_sync("do_build_result", outputs=outputs)
            return outputs
        except Exception as e:
            error = e
            raise
        finally:
            call(
                "post_graph_execute",
                run_id=run_id,
                graph=self.graph,
                success=error is None,
                error=error,
                results=outputs,
            )

    def _run(
        self,
        fg: graph.FunctionGraph,
        final_vars: list[str],
        overrides: dict[str, Any] | None,
        inputs: dict[str, Any] | None,
        run_id: str,
    ) -> dict[str, Any]:
        """Validated and run, without the hooks of the run."""
        if self._is_direct:
            inputs, overrides = inputs or {}, overrides or {}
            return self._program(None, final_vars, inputs, overrides, fg).run(inputs, overrides)
        if self.strict and fg.core is not None:
            _refuse_ignored(fg, final_vars, inputs or {}, overrides or {})
        self._validate(fg, final_vars, overrides, inputs)
        return self.graph_executor.execute(fg, final_vars, overrides or {}, inputs or {}, run_id)

    def _validate(
        self,
        fg: graph.FunctionGraph,
        final_vars: list[str],
        overrides: dict[str, Any] | None,
        inputs: dict[str, Any] | None,
    ) -> None:
        nodes, user_nodes = fg.get_upstream_nodes(final_vars, inputs or {}, overrides)
        self.validate_inputs(fg, self.adapter, user_nodes, inputs, nodes)
        self.graph_executor.validate(list(nodes))

    @staticmethod
    def validate_inputs(
        fn_graph: graph.FunctionGraph,
        adapter: Any,
        user_nodes: Collection[node.Node],
        inputs: dict[str, Any] | None = None,
        nodes_set: Collection[node.Node] | None = None,
    ) -> None:
        """Raises ValueError with all required inputs that are missing, and all of wrong types."""
        adapter = Driver.normalize_adapter_input(adapter)
        given = graph_functions.combine_config_and_inputs(fn_graph.config, inputs or {})
        nodes = set(fn_graph.nodes.values()) if nodes_set is None else nodes_set
        by_adapter = adapter.does_method("do_validate_input", is_async=False)
        errors = []
        for n in user_nodes:
            if n.name not in given:
                if graph_functions.node_is_required_by_anything(n, nodes):
                    consumers = [c.name for c in n.depended_on_by]
                    errors.append(f"Error: Required input {n.name} not provided for nodes: {consumers}.")
                continue
            value = given[n.name]
            if by_adapter:
                fits = adapter.call_lifecycle_method_sync(
                    "do_validate_input", node_type=n.type, input_value=value
                )
            else:
                fits = htypes.check_input_type(n.type, value)
            if not fits and value is not None:
                errors.append(_mismatch(n.name, n.type, value))
        if errors:
            raise ValueError(f"{len(errors)} errors encountered: \n  " + "\n  ".join(sorted(errors)))

    def _create_final_vars(self, final_vars: FinalVars) -> list[str]:
        names = common.convert_output_values(final_vars, {m.__name__ for m in self.graph_modules})
        # A variant may be asked for by the function itself, which is called otherwise than its node.
        variants = [v for v in final_vars if callable(v) and getattr(v, "__name__", None) in names]
        for function in variants:
            if function.__name__ not in self.graph.nodes:
                made = [n.name for n in self.graph.get_nodes() if _is_of(n, function)]
                names = [made[0] if made and name == function.__name__ else name for name in names]
        return names

    def raw_execute(
        self,
        final_vars: list[str],
        overrides: dict[str, Any] | None = None,
        display_graph: bool = False,
        inputs: dict[str, Any] | None = None,
        _fn_graph: graph.FunctionGraph | None = None,
    ) -> dict[str, Any]:
        """Old: execute() without the result builder."""
        fg = self.graph if _fn_graph is None else _fn_graph
        return self._run(fg, list(final_vars), overrides, inputs, str(uuid.uuid4()))

    # ---- saving and loading ----------------------------------------------------------------------------------

    def _process_materializers(
        self, materializers: Sequence[MaterializerFactory | ExtractorFactory]
    ) -> tuple[list[MaterializerFactory], list[ExtractorFactory]]:
        from .io.materialization import ExtractorFactory, MaterializerFactory

        modules = {m.__name__ for m in self.graph_modules}
        savers = [m.sanitize_dependencies(modules) for m in materializers if isinstance(m, MaterializerFactory)]
        return savers, [m for m in materializers if isinstance(m, ExtractorFactory)]

    def _materialized_graph(
        self, materializers: Sequence[MaterializerFactory | ExtractorFactory]
    ) -> tuple[graph.FunctionGraph, list[str]]:
        from .io.materialization import modify_graph

        savers, loaders = self._process_materializers(materializers)
        return modify_graph(self.graph, savers, loaders), [saver.id for saver in savers]

    def materialize(
        self,
        *materializers: MaterializerFactory | ExtractorFactory,
        additional_vars: FinalVars | None = None,
        overrides: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Runs to._ and from_._ around the graph: ({id: what the saver says}, {name: value})."""
        names = self._create_final_vars(additional_vars or [])
        fg, ids = self._materialized_graph(materializers)
        if not ids and not names:
            raise ValueError("nothing is asked for: neither a materializer that saves nor additional_vars")
        self._perform_graph_validations(self.adapter, fg, self.graph_modules)
        call = self.adapter.call_all_lifecycle_hooks_sync
        call("post_graph_construct", graph=fg, modules=self.graph_modules, config=fg.config)
        run_id = str(uuid.uuid4())
        asked = [*names, *ids]
        call(
            "pre_graph_execute", run_id=run_id, graph=fg, final_vars=asked, inputs=inputs, overrides=overrides
        )
        error, results = None, None
        try:
            values = self._run(fg, asked, overrides, inputs, run_id)
            results = {name: values[name] for name in names}
            return {id_: values[id_] for id_ in ids}, results
        except Exception as e:
            error = e
            _tell(e, fg)
            raise
        finally:
            call(
                "post_graph_execute",
                run_id=run_id,
                graph=fg,
                success=error is None,
                error=error,
                results=results,
            )

    def validate_execution(
        self,
        final_vars: FinalVars,
        overrides: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
    ) -> None:
        """Raises what execute() would before it runs anything."""
        self._validate(self.graph, self._create_final_vars(final_vars), overrides, inputs)

    def validate_materialization(
        self,
        *materializers: MaterializerFactory | ExtractorFactory,
        additional_vars: FinalVars | None = None,
        overrides: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
    ) -> None:
        fg, ids = self._materialized_graph(materializers)
        self._validate(fg, [*self._create_final_vars(additional_vars or []), *ids], overrides, inputs)

    # ---- asking ------------------------------------------------------------------------------------------------

    def list_available_variables(
        self, *, tag_filter: dict[str, str | None | list[str]] | None = None
    ) -> list[Variable]:
        """All nodes, or those with all of these tags; of one tag any of the values, None for whatever it is."""
        nodes = self.graph.get_nodes()
        if tag_filter:
            for value in tag_filter.values():
                if value is not None and not isinstance(value, str) and not (isinstance(value, list) and value):
                    raise ValueError("All tag query values must be a string or list of strings")
            nodes = [n for n in nodes if node.matches_query(n.tags, tag_filter)]
        return [Variable.from_node(n) for n in nodes]

    def what_is_downstream_of(self, *node_names: str) -> list[Variable]:
        return [Variable.from_node(n) for n in self.graph.get_downstream_nodes(list(node_names))]

    def what_is_upstream_of(self, *node_names: str) -> list[Variable]:
        return [Variable.from_node(n) for n in self.graph.get_upstream_nodes(list(node_names))[0]]

    def what_is_the_path_between(self, upstream_node_name: str, downstream_node_name: str) -> list[Variable]:
        """All nodes on paths; none if there is no path."""
        between = self._get_nodes_between(upstream_node_name, downstream_node_name)
        return [Variable.from_node(n) for n in between]

    def _get_nodes_between(self, upstream_node_name: str, downstream_node_name: str) -> set[node.Node]:
        for which, name in (("Upstream", upstream_node_name), ("Downstream", downstream_node_name)):
            if name not in self.graph.nodes:
                raise ValueError(f"{which} node {name} not found in graph.")
        return self.graph.nodes_between(upstream_node_name, downstream_node_name)

    def has_cycles(self, final_vars: FinalVars, _fn_graph: graph.FunctionGraph | None = None) -> bool:
        """Is one of these computed from itself? Running it raises RecursionError, unless an override cuts the cycle;
        a strict driver is not built at all."""
        return self.graph.has_cycles(*self.graph.get_upstream_nodes(self._create_final_vars(final_vars)))

    def export_execution(
        self,
        final_vars: list[str],
        inputs: dict[str, Any] | None = None,
        overrides: dict[str, Any] | None = None,
    ) -> str:
        """What would run, as JSON: {"nodes": [...]}, by name."""
        nodes, user_nodes = self.graph.get_upstream_nodes(final_vars, inputs, overrides)
        self.validate_inputs(self.graph, self.adapter, user_nodes, inputs, nodes)
        told = sorted((Variable.from_node(n).as_dict() for n in nodes), key=operator.itemgetter("name"))
        return json.dumps({"nodes": told})

    @property
    def cache(self) -> HamiltonCacheAdapter | None:
        """The cache; KeyError if there are no adapters at all, None if none of them is one."""
        from .caching.adapter import HamiltonCacheAdapter

        if not self.adapter.adapters:
            raise KeyError("there is no cache: Builder().with_cache() makes one")
        return next((a for a in self.adapter.adapters if isinstance(a, HamiltonCacheAdapter)), None)

    # ---- pictures: all of them return a graphviz.Digraph, or what stands for one without graphviz -----------

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **kwargs: Any) -> Any:
        return self.display_all_functions()._repr_mimebundle_(include=include, exclude=exclude, **kwargs)

    def display_all_functions(self, output_file_path: str | None = None, *args: Any, **kwargs: Any) -> Any:
        from . import visualization

        return visualization.display_all(self.graph, output_file_path, *args, **kwargs)

    def display_downstream_of(self, *node_names: str, **kwargs: Any) -> Any:
        from . import visualization

        return visualization.display_downstream(self.graph, node_names, **kwargs)

    def display_upstream_of(self, *node_names: str, **kwargs: Any) -> Any:
        from . import visualization

        return visualization.display_upstream(self.graph, node_names, **kwargs)

    def visualize_execution(
        self,
        final_vars: FinalVars,
        output_file_path: str | None = None,
        render_kwargs: dict | None = None,
        inputs: dict[str, Any] | None = None,
        graphviz_kwargs: dict | None = None,
        overrides: dict[str, Any] | None = None,
        bypass_validation: bool = False,
        **kwargs: Any,
    ) -> Any:
        return self._picture_of_run(
            self.graph,
            self._create_final_vars(final_vars),
            inputs,
            overrides,
            bypass_validation,
            output_file_path=output_file_path,
            render_kwargs=render_kwargs,
            graphviz_kwargs=graphviz_kwargs,
            **kwargs,
        )

    def visualize_materialization(
        self,
        *materializers: MaterializerFactory | ExtractorFactory,
        output_file_path: str | None = None,
        render_kwargs: dict | None = None,
        additional_vars: FinalVars | None = None,
        inputs: dict[str, Any] | None = None,
        overrides: dict[str, Any] | None = None,
        bypass_validation: bool = False,
        **kwargs: Any,
    ) -> Any:
        fg, ids = self._materialized_graph(materializers)
        return self._picture_of_run(
            fg,
            [*self._create_final_vars(additional_vars or []), *ids],
            inputs,
            overrides,
            bypass_validation,
            output_file_path=output_file_path,
            render_kwargs=render_kwargs,
            **kwargs,
        )

    def _picture_of_run(
        self,
        fg: graph.FunctionGraph,
        final_vars: list[str],
        inputs: dict[str, Any] | None,
        overrides: dict[str, Any] | None,
        bypass_validation: bool,
        **kwargs: Any,
    ) -> Any:
        from . import visualization

        nodes, user_nodes = fg.get_upstream_nodes(final_vars, inputs, overrides)
        if not bypass_validation:
            try:
                self.validate_inputs(fg, self.adapter, user_nodes, inputs, nodes)
            except ValueError as e:
                raise ValueError(f"{e}; Use `bypass_validation=True` to skip validation") from None
        return visualization.display_run(fg, nodes, user_nodes, final_vars, overrides or {}, **kwargs)

    def visualize_path_between(
        self,
        upstream_node_name: str,
        downstream_node_name: str,
        output_file_path: str | None = None,
        render_kwargs: dict | None = None,
        graphviz_kwargs: dict | None = None,
        strict_path_visualization: bool = False,
        **kwargs: Any,
    ) -> Any:
        from . import visualization

        between = self._get_nodes_between(upstream_node_name, downstream_node_name)
        if not between:
            raise ValueError(f"No path found between {upstream_node_name} and {downstream_node_name}.")
        return visualization.display_path(
            self.graph,
            between,
            strict_path_visualization,
            output_file_path=output_file_path,
            render_kwargs=render_kwargs,
            graphviz_kwargs=graphviz_kwargs,
            **kwargs,
        )


def _is_of(n: node.Node, function: Callable) -> bool:
    """Was the node made of this function, or of a variant's copy?"""
    code = getattr(function, "__code__", None)
    return any(getattr(f, "__code__", None) is code for f in n.originating_functions or () if code is not None)


def _mismatch(name: str, type_: Any, value: Any) -> str:
    return f"Error: Type requirement mismatch. Expected {name}:{type_} got {value}:{type(value)} instead."


def _refuse_inputs(bad: list[tuple[str, Any, Any]]) -> None:
    errors = sorted(_mismatch(*entry) for entry in bad)
    raise ValueError(f"{len(errors)} errors encountered: \n  " + "\n  ".join(errors))


def _refuse_ignored(
    fg: graph.FunctionGraph, final_vars: list[str], inputs: dict[str, Any], overrides: dict[str, Any]
) -> None:
    """Of a strict driver: what would silently be ignored."""
    told = []
    for name in inputs:
        if name in fg._made:
            told.append(f"the input '{name}' is computed by a function: it would be ignored; an override replaces it")
        elif name not in fg.core.graph and name not in final_vars:
            told.append(f"nothing takes the input '{name}'")
    told += [f"the override '{name}' is no node" for name in overrides if name not in fg.core.graph]
    told += [f"'{n}' is asked for, but is only an input" for n in final_vars if n not in fg.nodes and n in inputs]
    if told:
        raise ValueError("\n".join(told))


def _tell(error: Exception, fg: graph.FunctionGraph) -> None:
    """Logs which node failed, and what it was given."""
    failed = getattr(error, "__weft_node__", None)
    if failed is None:
        return
    del error.__weft_node__
    name, kwargs = failed
    logger.error(graph_functions.create_error_message(kwargs, fg._made[name], ""), exc_info=error)


# ---- the builder -------------------------------------------------------------------------------------------


class Builder:
    """Says step by step what a driver is to be; its drivers return dicts, unless an adapter builds something else.

    `strict`: what Hamilton ignores is an error: inputs nobody takes, or that name a computed node; overrides of
    unknown nodes; config entries that take the place of a function.
    """

    def __init__(self, *, strict: bool = False):
        self.strict = strict
        self.v2_executor = False
        self.config: dict[str, Any] = {}
        self.modules: list[ModuleType] = []
        self.materializers: list = []
        self._allow_module_overrides = False
        self.legacy_graph_adapter: base.HamiltonGraphAdapter | None = None
        self.adapters: list[lifecycle_base.LifecycleAdapter] = []
        self.execution_manager: executors.ExecutionManager | None = None
        self.local_executor: executors.TaskExecutor | None = None
        self.remote_executor: executors.TaskExecutor | None = None
        self.grouping_strategy: grouping.GroupingStrategy | None = None

    def _require_v2(self, what: str) -> None:
        if not self.v2_executor:
            raise ValueError(f"{what} is for dynamic execution: call enable_dynamic_execution() before")

    def _require_unset(self, *fields: str) -> None:
        for name in fields:
            if getattr(self, name) is not None:
                raise ValueError(f"{name} is set already, and cannot be set twice or beside this")

    def enable_dynamic_execution(self, *, allow_experimental_mode: bool = False) -> Builder:
        """Parallelizable and Collect; the argument has to be True, as Hamilton asks for it."""
        if not allow_experimental_mode:
            raise ValueError("enable_dynamic_execution() has to be called with allow_experimental_mode=True")
        self.v2_executor = True
        return self

    def with_config(self, config: dict[str, Any]) -> Builder:
        """Adds to the config; a key that is there already is replaced."""
        self.config.update(config)
        return self

    def with_modules(self, *modules: ModuleType) -> Builder:
        self.modules.extend(modules)
        return self

    def with_adapter(self, adapter: base.HamiltonGraphAdapter) -> Builder:
        """One adapter of the old kind."""
        self._require_unset("legacy_graph_adapter")
        self.legacy_graph_adapter = adapter
        return self

    def with_adapters(self, *adapters: lifecycle_base.LifecycleAdapter) -> Builder:
        from .caching.adapter import HamiltonCacheAdapter

        if any(isinstance(a, HamiltonCacheAdapter) for a in adapters):
            self._require_unset("cache")
        self.adapters.extend(adapters)
        return self

    def with_materializers(self, *materializers: ExtractorFactory | MaterializerFactory) -> Builder:
        """Savers and loaders that are part of the graph."""
        from .io.materialization import ExtractorFactory, MaterializerFactory

        for m in materializers:
            if isinstance(m, (list, tuple)):
                raise ValueError("with_materializers() takes materializers, not a list of them: put a * before it")
            if not isinstance(m, (ExtractorFactory, MaterializerFactory)):
                raise ValueError(f"with_materializers() takes to._(...) and from_._(...), not {m!r}")
        self.materializers.extend(materializers)
        return self

    def with_cache(
        self,
        path: str | pathlib.Path = ".hamilton_cache",
        metadata_store: MetadataStore | None = None,
        result_store: ResultStore | None = None,
        default: Literal[True] | Sequence[str] | None = None,
        recompute: Literal[True] | Sequence[str] | None = None,
        ignore: Literal[True] | Sequence[str] | None = None,
        disable: Literal[True] | Sequence[str] | None = None,
        default_behavior: Literal["default", "recompute", "disable", "ignore"] = "default",
        default_loader_behavior: Literal["default", "recompute", "disable", "ignore"] = "default",
        default_saver_behavior: Literal["default", "recompute", "disable", "ignore"] = "default",
        log_to_file: bool = False,
    ) -> Builder:
        """Results are kept in `path`, and read again while code and inputs are the same. `default`, `recompute`,
        `ignore`, `disable`: names of nodes, or True for all."""
        from .caching.adapter import HamiltonCacheAdapter

        self._require_unset("cache")
        self.adapters.append(
            HamiltonCacheAdapter(
                path=path,
                metadata_store=metadata_store,
                result_store=result_store,
                default=default,
                recompute=recompute,
                ignore=ignore,
                disable=disable,
                default_behavior=default_behavior,
                default_loader_behavior=default_loader_behavior,
                default_saver_behavior=default_saver_behavior,
                log_to_file=log_to_file,
            )
        )
        return self

    @property
    def cache(self) -> HamiltonCacheAdapter | None:
        from .caching.adapter import HamiltonCacheAdapter

        return next((a for a in self.adapters if isinstance(a, HamiltonCacheAdapter)), None)

    def with_execution_manager(self, execution_manager: executors.ExecutionManager) -> Builder:
        self._require_v2("an execution manager")
        self._require_unset("execution_manager", "remote_executor")
        self.execution_manager = execution_manager
        return self

    def with_remote_executor(self, remote_executor: executors.TaskExecutor) -> Builder:
        """What runs the tasks between a Parallelizable and a Collect; default: ten threads."""
        self._require_v2("a remote executor")
        self._require_unset("remote_executor", "execution_manager")
        self.remote_executor = remote_executor
        return self

    def with_local_executor(self, local_executor: executors.TaskExecutor) -> Builder:
        """What runs all other tasks; default: the caller's thread."""
        self._require_v2("a local executor")
        self._require_unset("local_executor", "execution_manager")
        self.local_executor = local_executor
        return self

    def with_grouping_strategy(self, grouping_strategy: grouping.GroupingStrategy) -> Builder:
        self._require_v2("a grouping strategy")
        self._require_unset("grouping_strategy")
        self.grouping_strategy = grouping_strategy
        return self

    def allow_module_overrides(self) -> Builder:
        """A later module's function takes the place of an earlier one's of the same name."""
        self._allow_module_overrides = True
        return self

    def _graph_executor(self, adapters: list) -> GraphExecutor | None:
        if not self.v2_executor:
            return None
        from .execution import executors, grouping

        manager = self.execution_manager or executors.DefaultExecutionManager(
            local_executor=self.local_executor or executors.SynchronousLocalTaskExecutor(),
            remote_executor=self.remote_executor or executors.MultiThreadingExecutor(max_tasks=10),
        )
        return TaskBasedGraphExecutor(
            execution_manager=manager,
            grouping_strategy=self.grouping_strategy or grouping.GroupByRepeatableBlocks(),
            adapter=lifecycle_base.LifecycleAdapterSet(*adapters),
        )

    def build(self) -> Driver:
        adapters = list(self.adapters)
        if self.legacy_graph_adapter is not None:
            adapters.append(self.legacy_graph_adapter)
        return Driver(
            self.config,
            *self.modules,
            adapter=adapters,
            allow_module_overrides=self._allow_module_overrides,
            strict=self.strict,
            _materializers=self.materializers,
            _graph_executor=self._graph_executor(adapters),
            _use_legacy_adapter=False,
        )

    def copy(self) -> Builder:
        """Another builder that starts where this one is."""
        other = type(self)()
        for name, value in self.__dict__.items():
            other.__dict__[name] = value.copy() if isinstance(value, (dict, list)) else value
        return other
