"""Running nodes one by one in Python: where adapters come in, and inside of tasks."""

from __future__ import annotations

import functools
import logging
import pprint
from collections import deque
from collections.abc import Callable, Collection
from typing import Any

from .. import node
from ..lifecycle.base import LifecycleAdapterSet

logger = logging.getLogger(__name__)


def topologically_sort_nodes(nodes: list[node.Node]) -> list[node.Node]:
    """Each after all it depends on; what is not among them does not count."""
    by_name = {n.name: n for n in nodes}
    waits = {n.name: sum(d in by_name for d in n.input_types) for n in nodes}
    consumers: dict[str, list[node.Node]] = {}
    for n in nodes:
        for d in n.input_types:
            consumers.setdefault(d, []).append(n)
    queue = deque(n for n in nodes if waits[n.name] == 0)
    order = []
    while queue:
        n = queue.popleft()
        order.append(n)
        for consumer in consumers.get(n.name, ()):
            waits[consumer.name] -= 1
            if waits[consumer.name] == 0:
                queue.append(consumer)
    return order


def get_node_levels(topologically_sorted_nodes: list[node.Node]) -> dict[str, int]:
    """How many nodes at most lie before each."""
    levels: dict[str, int] = {}
    for n in topologically_sorted_nodes:
        levels[n.name] = max((levels[d] + 1 for d in n.input_types if d in levels), default=0)
    return levels


def combine_config_and_inputs(config: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Raises ValueError for names that are in both."""
    both = [name for name in inputs if name in config]
    if both:
        raise ValueError(f"The following inputs are present in both config and inputs: {both}. They must be disjoint.")
    return {**config, **inputs}


# ---- errors ----------------------------------------------------------------------------------------


def create_input_string(kwargs: dict[str, Any]) -> str:
    """Inputs for a message, cut where they are long."""

    def told(value: Any) -> Any:
        text = repr(value)
        return text[:50] + "..." if len(text) > 50 else value

    text = pprint.pformat({name: told(value) for name, value in kwargs.items()})
    return text[:1000] + "..." if len(text) > 1000 else text


def create_error_message(kwargs: dict[str, Any], node_: node.Node, step: str) -> str:
    """Which node failed, of which function, and what it was given."""
    module, function = "unknown_module", "unknown"
    if node_.originating_functions:
        first = node_.originating_functions[0]
        module = getattr(first, "__module__", module)
        function = getattr(first, "__original_name__", getattr(first, "__name__", function))
    border = "*" * 80
    head = f">{step} {node_.name} [{module}.{function}()] encountered an error"
    return f"\n{border}\n{head:<79}<\n> Node inputs:\n{create_input_string(kwargs)}\n{border}"


# ---- running ---------------------------------------------------------------------------------------


def execute_lifecycle_for_node(
    __node_: node.Node,
    __adapter: LifecycleAdapterSet,
    __run_id: str | None,
    __task_id: str | None,
    **__kwargs: Any,
) -> Any:
    """One node, with the adapters before, around and after it."""
    hooks = {"run_id": __run_id, "node_": __node_, "kwargs": __kwargs, "task_id": __task_id}
    try:
        __adapter.call_all_lifecycle_hooks_sync("pre_node_execute", **hooks)
    except Exception:
        logger.exception(create_error_message(__kwargs, __node_, "[pre-node-execute]"))
        raise
    error: Exception | None = None
    result = None
    try:
        if "do_node_execute" in __adapter.sync_methods:
            result = __adapter.call_lifecycle_method_sync("do_node_execute", **hooks)
        else:
            result = __node_.callable(**__kwargs)
        return result
    except Exception as e:
        error = e
        logger.exception(create_error_message(__kwargs, __node_, ""))
        raise
    finally:
        try:
            __adapter.call_all_lifecycle_hooks_sync(
                "post_node_execute", **hooks, success=error is None, error=error, result=result
            )
        except Exception:
            logger.exception(create_error_message(__kwargs, __node_, "[post-node-execute]"))
            raise


def _order(
    nodes: Collection[node.Node], computed: dict[str, Any], overrides: dict[str, Any], inputs: dict[str, Any]
) -> list[node.Node]:
    """What has to be computed, depth first, without recursion: chains may be long."""
    order: list[node.Node] = []
    done: set[str] = set()
    on_path: set[str] = set()
    for start in nodes:
        stack: list[tuple[node.Node, Any]] = [(start, None)]
        while stack:
            n, rest = stack.pop()
            name = n.name
            if rest is None:
                if name in done or name in computed:
                    continue
                if name in overrides:
                    computed[name] = overrides[name]
                    continue
                if n.user_defined:
                    if name in inputs:
                        computed[name] = inputs[name]
                    continue
                if name in on_path:
                    raise RecursionError(f"a cycle: '{name}' is computed from itself")
                on_path.add(name)
                rest = iter(n.dependencies)
            for dependency in rest:
                if dependency.name not in done and dependency.name not in computed:
                    stack.append((n, rest))
                    stack.append((dependency, None))
                    break
            else:
                on_path.discard(name)
                done.add(name)
                order.append(n)
    return order


def execute_subdag(
    nodes: Collection[node.Node],
    inputs: dict[str, Any],
    adapter: LifecycleAdapterSet | None = None,
    computed: dict[str, Any] | None = None,
    overrides: dict[str, Any] | None = None,
    run_id: str | None = None,
    task_id: str | None = None,
) -> dict[str, Any]:
    """The values of `nodes`, in `computed`. What only lay on the way is let go of at its last use."""
    adapter = LifecycleAdapterSet() if adapter is None else adapter
    computed = {} if computed is None else computed
    before = set(computed)
    order = _order(nodes, computed, overrides or {}, inputs)
    wanted = {n.name for n in nodes} | before
    last_use: dict[str, node.Node] = {}
    for n in order:
        for dependency in n.input_types:
            last_use[dependency] = n
    remote = "do_remote_execute" in adapter.sync_methods
    for n in order:
        kwargs = {}
        for dependency, (_, kind) in n.input_types.items():
            if dependency in computed:
                kwargs[dependency] = computed[dependency]
            elif kind is node.REQUIRED:
                raise NotImplementedError(f"{dependency} was expected to be passed in but was not: '{n.name}' takes it")
        if remote:
            run: Callable = functools.partial(execute_lifecycle_for_node, n, adapter, run_id, task_id)
            result = adapter.call_lifecycle_method_sync(
                "do_remote_execute", node=n, execute_lifecycle_for_node=run, **kwargs
            )
        else:
            result = execute_lifecycle_for_node(n, adapter, run_id, task_id, **kwargs)
        computed[n.name] = result
        for dependency in n.input_types:
            if last_use[dependency] is n and dependency not in wanted:
                computed.pop(dependency, None)
    return computed


def nodes_between(
    end_node: node.Node, search_condition: Callable[[node.Node], bool]
) -> tuple[node.Node | None, list[node.Node]]:
    """The node of the condition upstream of `end_node`, and what lies between the two."""
    upstream: dict[str, node.Node] = {}
    found: node.Node | None = None
    stack = list(end_node.dependencies)
    while stack:
        n = stack.pop()
        if n.name in upstream:
            continue
        upstream[n.name] = n
        if search_condition(n):
            found = n
        else:
            stack.extend(n.dependencies)
    if found is None:
        return None, []
    between: dict[str, node.Node] = {}
    stack = [d for d in found.depended_on_by if d.name in upstream]
    while stack:
        n = stack.pop()
        if n.name in between or n.name not in upstream or n is found:
            continue
        between[n.name] = n
        stack.extend(n.depended_on_by)
    return found, list(between.values())


def node_is_required_by_anything(node_: node.Node, node_set: Collection[node.Node]) -> bool:
    """Does any of these need it, rather than have a default for it?"""
    return any(c in node_set and c.requires(node_.name) for c in node_.depended_on_by)
