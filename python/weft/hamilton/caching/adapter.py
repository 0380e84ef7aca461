"""The cache of a driver: a node whose code and inputs are known has its result read instead of computed."""

from __future__ import annotations

import dataclasses
import enum
import json
import logging
import pathlib
import time
import uuid
from collections.abc import Collection
from typing import Any, Literal

from .. import graph_types, node
from ..function_modifiers.metadata import cache as cache_decorator
from ..lifecycle.base import BaseDoNodeExecute, BasePostNodeExecute, BasePreGraphExecute, BasePreNodeExecute
from . import fingerprinting
from .cache_key import create_cache_key
from .stores.base import MetadataStore, ResultRetrievalError, ResultStore, search_data_adapter_registry
from .stores.file import FileResultStore
from .stores.sqlite import SQLiteMetadataStore

logger = logging.getLogger("hamilton.caching")

CACHING_BEHAVIORS = Literal["default", "recompute", "disable", "ignore"]
_Names = Literal[True] | Collection[str] | None


class CachingBehavior(enum.Enum):
    DEFAULT = 1  # read if it is known, else computed and kept
    RECOMPUTE = 2  # always computed, and kept
    DISABLE = 3  # as if there were no cache; what takes it is computed as well
    IGNORE = 4  # computed, and of no consequence to what takes it

    @classmethod
    def from_string(cls, string: str) -> CachingBehavior:
        try:
            return cls[string.upper()]
        except KeyError:
            raise KeyError(f"'{string}' is no caching behavior; those are default, recompute, disable, ignore") from None


class CachingEventType(enum.Enum):
    GET_DATA_VERSION = "get_data_version"
    SET_DATA_VERSION = "set_data_version"
    GET_CACHE_KEY = "get_cache_key"
    SET_CACHE_KEY = "set_cache_key"
    GET_RESULT = "get_result"
    SET_RESULT = "set_result"
    MISSING_RESULT = "missing_result"
    FAILED_RETRIEVAL = "failed_retrieval"
    EXECUTE_NODE = "execute_node"
    FAILED_EXECUTION = "failed_execution"
    RESOLVE_BEHAVIOR = "resolve_behavior"
    UNHASHABLE_DATA_VERSION = "unhashable_data_version"
    IS_OVERRIDE = "is_override"
    IS_INPUT = "is_input"
    IS_FINAL_VAR = "is_final_var"
    IS_DEFAULT_PARAMETER_VALUE = "is_default_parameter_value"


_MAIN_EVENTS = (CachingEventType.GET_RESULT, CachingEventType.EXECUTE_NODE)


@dataclasses.dataclass(frozen=True)
class CachingEvent:
    run_id: str
    actor: Literal["adapter", "metadata_store", "result_store"]
    event_type: CachingEventType
    node_name: str
    task_id: str | None = None
    msg: str | None = None
    value: Any | None = None
    timestamp: float = dataclasses.field(default_factory=time.time)

    def __str__(self) -> str:
        parts = (self.node_name, self.task_id, self.actor, self.event_type.value, self.msg)
        return "::".join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        told = dataclasses.asdict(self)
        told["event_type"] = self.event_type.value
        told["value"] = str(self.value) if self.value else self.value
        return told


class HamiltonCacheAdapter(BaseDoNodeExecute, BasePreGraphExecute, BasePostNodeExecute, BasePreNodeExecute):
    """See Builder.with_cache(). The code version of a node is that of its function's text alone; what the function
    calls is not in it."""

    def __init__(
        self,
        path: str | pathlib.Path = ".hamilton_cache",
        metadata_store: MetadataStore | None = None,
        result_store: ResultStore | None = None,
        default: _Names = None,
        recompute: _Names = None,
        ignore: _Names = None,
        disable: _Names = None,
        default_behavior: CACHING_BEHAVIORS | None = None,
        default_loader_behavior: CACHING_BEHAVIORS | None = None,
        default_saver_behavior: CACHING_BEHAVIORS | None = None,
        log_to_file: bool = False,
        **kwargs: Any,
    ):
        self._path = path
        self.metadata_store = SQLiteMetadataStore(path=str(path)) if metadata_store is None else metadata_store
        self.result_store = FileResultStore(path=str(path)) if result_store is None else result_store
        self.log_to_file = log_to_file
        self._default = default
        self._disable = disable
        self._recompute = recompute
        self._ignore = ignore
        if sum(names is True for names in self._chosen.values()) > 1:
            raise ValueError("default, recompute, disable and ignore cannot be True at once: name nodes")
        self.default_behavior = default_behavior or "default"
        self.default_loader_behavior = default_loader_behavior or self.default_behavior
        self.default_saver_behavior = default_saver_behavior or self.default_behavior
        self.run_ids: list[str] = []
        self.behaviors: dict[str, dict[str, CachingBehavior]] = {}
        self.data_versions: dict[str, dict[str, Any]] = {}
        self.code_versions: dict[str, dict[str, str]] = {}
        self.cache_keys: dict[str, dict[str, Any]] = {}
        self._graphs: dict[str, Any] = {}
        self._expanders: dict[str, set[str]] = {}  # of each run, as another process has no graph
        self._logs: dict[str, list[CachingEvent]] = {}

    @property
    def _chosen(self) -> dict[CachingBehavior, _Names]:
        return {
            CachingBehavior.DEFAULT: self._default,
            CachingBehavior.DISABLE: self._disable,
            CachingBehavior.RECOMPUTE: self._recompute,
            CachingBehavior.IGNORE: self._ignore,
        }

    @property
    def last_run_id(self) -> str:
        return self.run_ids[-1]

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_graphs", "_logs")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _graphs={}, _logs={run_id: [] for run_id in state["run_ids"]})

    # ---- the log ---------------------------------------------------------------------------------------------

    def _log_event(
        self,
        run_id: str,
        node_name: str,
        actor: str,
        event_type: CachingEventType,
        msg: str | None = None,
        value: Any = None,
        task_id: str | None = None,
    ) -> None:
        event = CachingEvent(run_id, actor, event_type, node_name, task_id, msg, value)
        self._logs.setdefault(run_id, []).append(event)
        logger.log(logging.INFO if event_type in _MAIN_EVENTS else logging.DEBUG, "%s", event)
        if self.log_to_file:
            with pathlib.Path(self._path, "cache_logs.jsonl").open("a") as f:
                f.write(json.dumps(event.as_dict()) + "\n")

    def logs(self, run_id: str | None = None, level: Literal["debug", "info"] = "info") -> dict:
        """Events of a run by node (and task), or of all runs by run; "info": what was read and what computed."""

        def wanted(events: list[CachingEvent]) -> list[CachingEvent]:
            return [e for e in events if level == "debug" or e.event_type in _MAIN_EVENTS]

        if run_id is None:
            return {run: wanted(events) for run, events in self._logs.items()}
        by_node: dict[Any, list[CachingEvent]] = {}
        for event in wanted(self._logs[run_id]):
            key = (event.node_name, event.task_id) if event.task_id else event.node_name
            by_node.setdefault(key, []).append(event)
        return by_node

    def view_run(self, run_id: str | None = None, output_file_path: str | None = None) -> Any:
        """A picture of the run: which results were read. Not of runs in tasks (ValueError)."""
        from .. import visualization

        run_id = self.last_run_id if run_id is None else run_id
        logs = self.logs(run_id, level="debug")
        if any(isinstance(key, tuple) for key in logs):
            raise ValueError("a run in tasks cannot be drawn: logs(run_id=...) tells what it did")
        named = {t: [] for t in CachingEventType}
        for name, events in logs.items():
            for event_type in {e.event_type for e in events}:
                named[event_type].append(name)
        read = set(named[CachingEventType.GET_RESULT])

        def style(*, node: Any, node_class: str) -> tuple[dict, str, str | None]:
            if node.name in read:
                return {"penwidth": "3", "color": "#F06449", "fillcolor": "#ffffff"}, node_class, "from cache"
            return {}, node_class, None

        fg = self._graphs[run_id]
        finals = named[CachingEventType.IS_FINAL_VAR]
        overrides = dict.fromkeys(named[CachingEventType.IS_OVERRIDE])
        inputs = dict.fromkeys(named[CachingEventType.IS_INPUT])
        nodes, user_nodes = fg.get_upstream_nodes(finals, inputs, overrides)
        return visualization.display_run(
            fg,
            nodes,
            user_nodes,
            finals,
            overrides,
            output_file_path=output_file_path,
            custom_style_function=style,
        )

    # ---- versions ----------------------------------------------------------------------------------------------

    def version_data(self, result: Any, run_id: str | None = None) -> str:
        """The data version of a value."""
        return fingerprinting.hash_value(result)

    def version_code(self, node_name: str, run_id: str | None = None) -> str:
        """The version of a node's code, in a run's graph."""
        fg = self._graphs[self.last_run_id if run_id is None else run_id]
        return graph_types.HamiltonNode.from_node(fg.nodes[node_name]).version

    def _version_data(self, run_id: str, node_name: str, result: Any, task_id: str | None = None) -> str:
        version = self.version_data(result)
        if version != fingerprinting.UNHASHABLE:
            return version
        # It cannot be known whether it is the same: what takes it is computed each time.
        msg = f"values of {type(result)} have no version"
        self._log_event(
            run_id, node_name, "adapter", CachingEventType.UNHASHABLE_DATA_VERSION, msg, task_id=task_id
        )
        logger.warning(
            "%s: what depends on '%s' is computed each time. Behavior `ignore`, or a function registered with "
            "fingerprinting.hash_value, changes that",
            msg,
            node_name,
        )
        return f"{fingerprinting.UNHASHABLE}_{uuid.uuid4()}"

    def _version_of_dependency(
        self, run_id: str, task_id: str | None, name: str, value: Any, type_: Any
    ) -> str:
        behavior = self.behaviors[run_id].get(name)
        if behavior is CachingBehavior.IGNORE:
            return "<ignore>"
        if behavior is CachingBehavior.DISABLE:
            return f"<disable>_{uuid.uuid4()}"
        known = self.data_versions[run_id].get(name)
        in_task = task_id is not None and (isinstance(known, dict) or self._is_of_block(run_id, name))
        if isinstance(known, str) and not in_task:
            return known
        return self._version_data(run_id, name, value, task_id)

    def _is_of_block(self, run_id: str, name: str) -> bool:
        return name in self._expanders[run_id]

    # ---- keys and versions of this run --------------------------------------------------------------------------

    @staticmethod
    def _put(of_run: dict[str, Any], name: str, task_id: str | None, value: str) -> None:
        if task_id is None or task_id == name:
            of_run[name] = value
        else:
            held = of_run.setdefault(name, {})
            if not isinstance(held, dict):
                held = of_run[name] = {}
            held[task_id] = value

    @staticmethod
    def _got(of_run: dict[str, Any], name: str, task_id: str | None) -> str | None:
        value = of_run.get(name)
        return value.get(task_id) if isinstance(value, dict) else value

    def get_cache_key(self, run_id: str, node_name: str, task_id: str | None = None) -> str | None:
        key = self._got(self.cache_keys[run_id], node_name, task_id)
        msg = "miss" if key is None else "hit"
        self._log_event(
            run_id, node_name, "adapter", CachingEventType.GET_CACHE_KEY, msg, key, task_id
        )
        return key

    def get_data_version(
        self, run_id: str, node_name: str, cache_key: str | None = None, task_id: str | None = None
    ) -> str | None:
        """Of this run, or what is kept under the key; None if neither is known."""
        version = self._got(self.data_versions[run_id], node_name, task_id)
        actor = "adapter"
        if version is None and cache_key is not None:
            version, actor = self.metadata_store.get(cache_key=cache_key), "metadata_store"
        msg = "miss" if version is None else "hit"
        self._log_event(
            run_id, node_name, actor, CachingEventType.GET_DATA_VERSION, msg, task_id=task_id
        )
        return version

    def _set_versions(
        self, run_id: str, node_name: str, task_id: str | None, cache_key: str | None, version: str
    ) -> None:
        self._put(self.data_versions[run_id], node_name, task_id, version)
        event = CachingEventType.SET_DATA_VERSION
        self._log_event(run_id, node_name, "adapter", event, value=version, task_id=task_id)
        if cache_key is None:
            return
        self.metadata_store.set(
            run_id=run_id,
            node_name=node_name,
            code_version=self.code_versions[run_id][node_name],
            data_version=version,
            cache_key=cache_key,
        )
        self._log_event(run_id, node_name, "metadata_store", event, value=version, task_id=task_id)

    # ---- what to do with which node --------------------------------------------------------------------------------

    def _behavior_of(self, n: node.Node, name: str) -> CachingBehavior:
        if n.node_role is node.NodeType.EXPAND:
            return CachingBehavior.RECOMPUTE
        for is_named in (True, False):
            found = [
                behavior
                for behavior, names in self._chosen.items()
                if (names is True and not is_named) or (names not in (None, True) and is_named and name in names)
            ]
            if len(found) > 1:
                raise ValueError(f"the driver names several caching behaviors for '{name}': {found}")
            if found:
                return found[0]
        tagged = n.tags.get(cache_decorator.BEHAVIOR_KEY)
        if tagged is not None:
            return CachingBehavior.from_string(tagged)
        if n.tags.get("hamilton.data_loader"):
            return CachingBehavior.from_string(self.default_loader_behavior)
        if n.tags.get("hamilton.data_saver"):
            return CachingBehavior.from_string(self.default_saver_behavior)
        return CachingBehavior.from_string(self.default_behavior)

    def resolve_behaviors(self, run_id: str) -> dict[str, CachingBehavior]:
        """By node, in a run's graph. The nodes a loader is made of go together."""
        behaviors = {}
        nodes = self._graphs[run_id].nodes
        for name, n in nodes.items():
            main = n.tags.get("hamilton.data_loader.node") if n.tags.get("hamilton.data_loader") else None
            of = nodes.get(main, n) if main is not None else n
            behaviors[name] = self._behavior_of(of, main if main is not None else name)
            self._log_event(
                run_id, name, "adapter", CachingEventType.RESOLVE_BEHAVIOR, value=behaviors[name]
            )
        return behaviors

    def resolve_code_versions(
        self,
        run_id: str,
        final_vars: list[str] | None = None,
        inputs: dict[str, Any] | None = None,
        overrides: dict[str, Any] | None = None,
    ) -> dict[str, str]:
        """By node: of all, or of those that `final_vars` need."""
        fg = self._graphs[run_id]
        nodes = fg.get_nodes()
        if final_vars:
            needed, brought = fg.get_upstream_nodes(final_vars, inputs or {}, overrides or {})
            nodes = needed - brought
        return {n.name: self.version_code(n.name, run_id) for n in nodes}

    # ---- around a run and its nodes -----------------------------------------------------------------------------------

    def pre_graph_execute(
        self,
        *,
        run_id: str,
        graph: Any,
        final_vars: list[str],
        inputs: dict[str, Any] | None,
        overrides: dict[str, Any] | None,
    ) -> None:
        self.run_ids.append(run_id)
        self.metadata_store.initialize(run_id)
        self._logs[run_id] = []
        self._graphs[run_id] = graph
        self._expanders[run_id] = {
            n.name for n in graph.get_nodes() if n.node_role is node.NodeType.EXPAND
        }
        self.data_versions[run_id] = {}
        self.cache_keys[run_id] = {}
        self.code_versions[run_id] = self.resolve_code_versions(run_id, final_vars, inputs, overrides)
        self.behaviors[run_id] = self.resolve_behaviors(run_id)
        for name in final_vars:
            self._log_event(run_id, name, "adapter", CachingEventType.IS_FINAL_VAR)
        given = {CachingEventType.IS_INPUT: inputs, CachingEventType.IS_OVERRIDE: overrides}
        for event_type, values in given.items():
            for name, value in (values or {}).items():
                version = self._version_data(run_id, name, value)
                self.data_versions[run_id][name] = version
                if event_type is CachingEventType.IS_INPUT:
                    self.code_versions[run_id][name] = f"input__{name}"
                self._log_event(run_id, name, "adapter", event_type, value=version)

    @staticmethod
    def _with_defaults(n: node.Node, kwargs: dict[str, Any]) -> dict[str, Any]:
        return {**n.default_parameter_values, **kwargs}

    def pre_node_execute(
        self, *, run_id: str, node_: node.Node, kwargs: dict[str, Any], task_id: str | None = None
    ) -> None:
        name = node_.name
        if self.behaviors[run_id][name] in (CachingBehavior.IGNORE, CachingBehavior.DISABLE):
            return
        versions = {
            dependency: self._version_of_dependency(
                run_id, task_id, dependency, value, node_.input_types.get(dependency)
            )
            for dependency, value in self._with_defaults(node_, kwargs).items()
        }
        key = create_cache_key(name, self.code_versions[run_id][name], versions)
        self._put(self.cache_keys[run_id], name, task_id, key)
        self._log_event(
            run_id, name, "adapter", CachingEventType.SET_CACHE_KEY, value=key, task_id=task_id
        )

    def do_node_execute(
        self, *, run_id: str, node_: node.Node, kwargs: dict[str, Any], task_id: str | None = None
    ) -> Any:
        name = node_.name
        behavior = self.behaviors[run_id][name]
        cache_key = None
        if behavior in (CachingBehavior.DEFAULT, CachingBehavior.RECOMPUTE):
            cache_key = self.get_cache_key(run_id, name, task_id)
        if behavior is CachingBehavior.DEFAULT:
            found, result = self._read(run_id, name, cache_key, task_id)
            if found:
                return result
        result = node_.callable(**self._with_defaults(node_, kwargs))
        self._log_event(run_id, name, "adapter", CachingEventType.EXECUTE_NODE, task_id=task_id)
        if node_.node_role is node.NodeType.EXPAND:
            self._set_versions(run_id, name, task_id, cache_key, self._version_data(run_id, name, result))
            self.data_versions[run_id][name] = {}  # each element has its own
        elif behavior is not CachingBehavior.DISABLE:
            loads = node_.tags.get("hamilton.data_loader.has_metadata") is True
            # What a loader says of the data (times, paths) is not what the data is.
            data = result[0] if loads and isinstance(result, tuple) else result
            if node_.tags.get("hamilton.data_saver"):
                version = f"{name}__metadata"
            else:
                version = self._version_data(run_id, name, data, task_id)
                version += "__loaded" if loads else ""
            self._set_versions(run_id, name, task_id, cache_key, version)
        return result

    def _read(self, run_id: str, name: str, cache_key: str, task_id: str | None) -> tuple[bool, Any]:
        """(True, the result) if it is kept and can be read."""

        def log(event_type: CachingEventType, msg: str | None = None) -> None:
            self._log_event(run_id, name, "result_store", event_type, msg, version, task_id)

        version = self.get_data_version(run_id, name, cache_key, task_id)
        if version is None or version.startswith(fingerprinting.UNHASHABLE):
            return False, None
        if not self.result_store.exists(version):
            log(CachingEventType.MISSING_RESULT)
            return False, None
        try:
            result = self.result_store.get(data_version=version)
        except ResultRetrievalError:
            log(CachingEventType.FAILED_RETRIEVAL)
            self.metadata_store.delete(cache_key=cache_key)
            self.result_store.delete(version)
            return False, None
        log(CachingEventType.GET_RESULT, "hit")
        self._put(self.data_versions[run_id], name, task_id, version)
        return True, result

    def post_node_execute(
        self,
        *,
        run_id: str,
        node_: node.Node,
        result: Any,
        success: bool = True,
        error: Exception | None = None,
        task_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        name = node_.name
        if not success:
            self._log_event(
                run_id, name, "adapter", CachingEventType.FAILED_EXECUTION, str(error), task_id=task_id
            )
            return
        if self.behaviors[run_id][name] not in (CachingBehavior.DEFAULT, CachingBehavior.RECOMPUTE):
            return
        version = self._got(self.data_versions[run_id], name, task_id)
        if version is None or version.startswith(fingerprinting.UNHASHABLE):
            return
        adapters: dict[str, Any] = {}
        missing = not self.result_store.exists(version)
        format_ = node_.tags.get(cache_decorator.FORMAT_KEY)
        if format_ is not None:
            saver, loader = search_data_adapter_registry(format_, type(result))
            adapters = {"saver_cls": saver, "loader_cls": loader}
            path = getattr(self.result_store, "_materialized_path", None)
            missing = missing or (path is not None and not path(version, saver).exists())
        if missing:
            self.result_store.set(data_version=version, result=result, **adapters)
            self._log_event(
                run_id, name, "result_store", CachingEventType.SET_RESULT, value=version, task_id=task_id
            )


