"""Adapters that are there: printing, debugging, type checks at run time, graceful errors."""

from __future__ import annotations

import hashlib
import inspect
import logging
import pickle
import pprint
import random
import time
from collections.abc import Callable
from typing import Any, Union

from .. import graph_types, htypes
from ..node import Bound
from .api import EdgeConnectionHook, GraphExecutionHook, NodeExecutionHook, NodeExecutionMethod

logger = logging.getLogger(__name__)

# A name, names, a function of name and tags, or None for all nodes.
NodeFilter = Union[Callable[[str, dict[str, Any]], bool], list[str], str, None]


def should_run_node(node_name: str, node_tags: dict[str, Any], node_filter: NodeFilter) -> bool:
    if node_filter is None:
        return True
    if isinstance(node_filter, str):
        return node_name == node_filter
    if isinstance(node_filter, list):
        return node_name in node_filter
    if callable(node_filter):
        return node_filter(node_name, node_tags)
    raise ValueError(f"a node filter is a name, names, a function or None; not {node_filter!r}")


class PrintLn(NodeExecutionHook):
    """Prints a line before and after each node; with verbosity 2 its inputs and result too."""

    def __init__(
        self, verbosity: int = 1, print_fn: Callable[[str], None] = print, node_filter: NodeFilter = None
    ):
        if verbosity not in (1, 2):
            raise ValueError(f"verbosity is 1 or 2, not {verbosity}")
        self.verbosity = verbosity
        self.print_fn = print_fn
        self.node_filter = node_filter
        self.timer_dict: dict[str, float] = {}

    @staticmethod
    def _format_time_delta(delta: float) -> str:
        for unit, factor in (("s", 1), ("ms", 1e3)):
            if delta * factor >= 1:
                return f"{delta * factor:.3g}{unit}"
        return f"{delta * 1e6:.3g}μs"

    @staticmethod
    def _format_node_name(node_name: str, task_id: str | None) -> str:
        return node_name if task_id is None else f"{task_id}:{node_name}"

    def run_before_node_execution(
        self,
        *,
        node_name: str,
        node_tags: dict[str, Any],
        node_kwargs: dict[str, Any],
        task_id: str | None,
        **future_kwargs: Any,
    ) -> None:
        if not should_run_node(node_name, node_tags, self.node_filter):
            return
        name = self._format_node_name(node_name, task_id)
        self.timer_dict[name] = time.time()
        inputs = f" Inputs: \n{pprint.pformat(node_kwargs)}" if self.verbosity == 2 else ""
        self.print_fn(f"Executing node: {name}.{inputs}")

    def run_after_node_execution(
        self,
        *,
        node_name: str,
        node_tags: dict[str, Any],
        node_kwargs: dict[str, Any],
        result: Any,
        error: Exception | None,
        success: bool,
        task_id: str | None,
        **future_kwargs: Any,
    ) -> None:
        if not should_run_node(node_name, node_tags, self.node_filter):
            return
        name = self._format_node_name(node_name, task_id)
        took = self._format_time_delta(time.time() - self.timer_dict.pop(name))
        message = f"Finished debugging node: {name} in {took}. Status: {'Success' if success else 'Failure'}."
        if self.verbosity == 2:
            message += f" Result: \n{pprint.pformat(result)}\n" if success else f" Error: \n{pprint.pformat(error)}"
        self.print_fn(message)


class PDBDebugger(NodeExecutionHook, NodeExecutionMethod):
    """Stops in the debugger before, in or after nodes; CONTEXT has what is known of the node."""

    CONTEXT: dict[str, Any] = {}

    def __init__(
        self, node_filter: NodeFilter, before: bool = False, during: bool = False, after: bool = False
    ):
        self.node_filter = node_filter
        self.run_before = before
        self.run_during = during
        self.run_after = after

    def _stops(self, wanted: bool, context: dict[str, Any]) -> bool:
        if not wanted or not should_run_node(context["node_name"], context["node_tags"], self.node_filter):
            return False
        PDBDebugger.CONTEXT = context
        told = "\n".join(f" - {key}: {repr(value)[:80]}" for key, value in context.items())
        logger.warning("In the debugger at the node %s. PDBDebugger.CONTEXT has:\n%s", context["node_name"], told)
        return True

    def run_to_execute_node(self, *, node_callable: Any, node_kwargs: dict[str, Any], **context: Any) -> Any:
        import pdb

        context = {**context, "node_callable": node_callable, "node_kwargs": node_kwargs}
        if not self._stops(self.run_during, context):
            return node_callable(**node_kwargs)
        return pdb.runcall(node_callable, **node_kwargs)

    def run_before_node_execution(self, **context: Any) -> None:
        import pdb

        if self._stops(self.run_before, context):
            pdb.set_trace()  # noqa: T100  that is what it is for

    def run_after_node_execution(self, **context: Any) -> None:
        import pdb

        if self._stops(self.run_after, context):
            pdb.set_trace()  # noqa: T100


class CacheAdapter(NodeExecutionHook, NodeExecutionMethod, GraphExecutionHook):
    """Old: results in a shelve file, by code and inputs. Builder.with_cache() replaces it."""

    nodes_history_key: str = "_nodes_history"

    def __init__(self, cache_vars: list[str] | None = None, cache_path: str = "./hamilton-cache"):
        import shelve

        self.cache_vars = cache_vars or []
        self.cache_path = cache_path
        with shelve.open(self.cache_path) as cache:
            self.nodes_history: dict[str, list[str]] = cache.get(self.nodes_history_key, {})
        self.used_nodes_hash: dict[str, str] = {}
        logger.warning("CacheAdapter is deprecated: Builder().with_cache() keeps results in a better way")

    def run_before_graph_execution(self, *, graph: graph_types.HamiltonGraph, **kwargs: Any) -> None:
        import shelve

        self.cache = shelve.open(self.cache_path)
        if not self.cache_vars:
            self.cache_vars = [n.name for n in graph.nodes]

    def run_to_execute_node(
        self, *, node_name: str, node_callable: Any, node_kwargs: dict[str, Any], **kwargs: Any
    ) -> Any:
        if node_name not in self.cache_vars:
            return node_callable(**node_kwargs)
        function = node_callable
        while not inspect.isfunction(function) and (hasattr(function, "func") or isinstance(function, Bound)):
            function = function.function if isinstance(function, Bound) else function.func
        node_hash = graph_types.hash_source_code(function, strip=True)
        kept = self.cache.get(self.create_key(node_hash, node_kwargs))
        if kept is not None:
            return kept
        self.used_nodes_hash[node_name] = node_hash
        self.nodes_history.setdefault(node_name, []).append(node_hash)
        return node_callable(**node_kwargs)

    def run_before_node_execution(self, **kwargs: Any) -> None:
        pass

    def run_after_node_execution(
        self, *, node_name: str, node_kwargs: dict[str, Any], result: Any, **kwargs: Any
    ) -> None:
        node_hash = self.used_nodes_hash.get(node_name)
        if node_name in self.cache_vars and node_hash is not None:
            self.cache[self.create_key(node_hash, node_kwargs)] = result

    def run_after_graph_execution(self, **kwargs: Any) -> None:
        self.cache[self.nodes_history_key] = self.nodes_history
        self.cache.close()

    @staticmethod
    def create_key(node_hash: str, node_inputs: dict[str, Any]) -> str:
        digest = hashlib.sha256(node_hash.encode())
        for value in node_inputs.values():
            digest.update(pickle.dumps(value))
        return digest.hexdigest()


class SlowDownYouMoveTooFast(NodeExecutionHook):
    """Sleeps before each node, for as long as chance will have it."""

    def __init__(self, sleep_time_mean: float, sleep_time_std: float):
        self.sleep_time_mean = sleep_time_mean
        self.sleep_time_std = sleep_time_std

    def run_before_node_execution(self, **future_kwargs: Any) -> None:
        time.sleep(max(0.0, random.gauss(self.sleep_time_mean, self.sleep_time_std)))

    def run_after_node_execution(self, **future_kwargs: Any) -> None:
        pass


class FunctionInputOutputTypeChecker(NodeExecutionHook):
    """Raises TypeError if a node takes or returns what it did not say."""

    def __init__(self, check_input: bool = True, check_output: bool = True):
        self.check_input = check_input
        self.check_output = check_output

    def run_before_node_execution(
        self, *, node_name: str, node_kwargs: dict[str, Any], node_input_types: dict[str, Any], **kwargs: Any
    ) -> None:
        if not self.check_input:
            return
        for name, value in node_kwargs.items():
            if not htypes.check_instance(value, node_input_types[name]):
                raise TypeError(
                    f"Node {node_name} received an input of type {type(value)} for {name}, "
                    f"expected {node_input_types[name]}"
                )

    def run_after_node_execution(
        self, *, node_name: str, node_return_type: type, result: Any, success: bool = True, **kwargs: Any
    ) -> None:
        if self.check_output and success and not htypes.check_instance(result, node_return_type):
            raise TypeError(
                f"Node {node_name} returned a result of type {type(result)}, expected {node_return_type}"
            )


SENTINEL_DEFAULT = None
INJECTION_ALLOWED = "injection is requested"


def accept_error_sentinels(func: Callable) -> Callable:
    """The function wants to see what stands for failed inputs, rather than to be left out."""
    from ..function_modifiers.metadata import tag

    return tag(**{"hamilton.error_sentinel": INJECTION_ALLOWED}, bypass_reserved_namespaces_=True)(func)


class GracefulErrorAdapter(NodeExecutionMethod):
    """A node that raises `error_to_catch` becomes the sentinel, and so does all that depends on it."""

    def __init__(
        self,
        error_to_catch: type[Exception],
        sentinel_value: Any = SENTINEL_DEFAULT,
        try_all_parallel: bool = True,
        allow_injection: bool = True,
    ):
        self.error_to_catch = error_to_catch
        self.sentinel_value = sentinel_value
        self.try_all_parallel = try_all_parallel
        self.allow_injection = allow_injection

    def _is_sentinel(self, value: Any) -> bool:
        return type(value) is type(self.sentinel_value) and value == self.sentinel_value

    def run_to_execute_node(
        self,
        *,
        node_callable: Any,
        node_kwargs: dict[str, Any],
        node_tags: dict[str, Any],
        is_expand: bool,
        **future_kwargs: Any,
    ) -> Any:
        sees_them = self.allow_injection and node_tags.get("hamilton.error_sentinel") == INJECTION_ALLOWED
        if not sees_them and any(self._is_sentinel(v) for v in node_kwargs.values()):
            return [self.sentinel_value] if is_expand else self.sentinel_value
        results: list[Any] = []
        try:
            if not is_expand:
                return node_callable(**node_kwargs)
            generator = node_callable
            if self.try_all_parallel:  # what was yielded before an error is not to be lost
                generator = getattr(node_callable, "generator", node_callable)
            for element in generator(**node_kwargs):
                results.append(element)
        except self.error_to_catch:
            if not is_expand:
                return self.sentinel_value
            # What came before the error is still worth trying, if the caller says so.
            results = [*results, self.sentinel_value] if self.try_all_parallel else [self.sentinel_value]
        return results


class NoEdgeAndInputTypeChecking(EdgeConnectionHook):
    """All types fit."""

    def check_edge_types_match(self, type_from: type, type_to: type, **kwargs: Any) -> bool:
        return True

    def validate_input(self, node_type: type, input_value: Any, **kwargs: Any) -> bool:
        return True
