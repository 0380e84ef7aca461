"""Where a run of tasks is: which can go, which wait for what, what they have left."""

from __future__ import annotations

import abc
import collections
import enum
from typing import Any

from .grouping import NodeGroupPurpose, TaskImplementation, TaskSpec


class TaskState(enum.Enum):
    QUEUED = "queued"
    UNINITIALIZED = "uninitialized"
    INITIALIZED = "initialized"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"

    @staticmethod
    def is_terminal(task_state: TaskState) -> bool:
        return task_state in (TaskState.SUCCESSFUL, TaskState.FAILED)


GraphState = TaskState


class ResultCache(abc.ABC):
    """The results of nodes; those of a block by element."""

    @abc.abstractmethod
    def write(
        self, results: dict[str, Any], group_id: str | None = None, spawning_task_id: str | None = None
    ) -> None: ...

    @abc.abstractmethod
    def read(
        self,
        keys: list[str],
        group_id: str | None = None,
        spawning_task_id: str | None = None,
        optional: bool = False,
    ) -> dict[str, Any]: ...


class DictBasedResultCache(ResultCache):
    def __init__(self, cache: dict[str, Any]):
        self.cache = cache
        # Of a block's nodes the values of all elements, by position.
        self.elements: dict[str, dict[int, Any]] = collections.defaultdict(dict)

    def write(
        self, results: dict[str, Any], group_id: str | None = None, spawning_task_id: str | None = None
    ) -> None:
        if group_id is None:
            self.cache.update(results)
            return
        for name, value in results.items():
            self.elements[name][int(group_id)] = value

    def read(
        self,
        keys: list[str],
        group_id: str | None = None,
        spawning_task_id: str | None = None,
        optional: bool = False,
    ) -> dict[str, Any]:
        """A node of a block is the list of what it was for all elements, in their order."""
        found = {}
        for key in keys:
            if key in self.cache:
                found[key] = self.cache[key]
            elif group_id is not None and int(group_id) in self.elements.get(key, ()):
                found[key] = self.elements[key][int(group_id)]
            elif key in self.elements:
                found[key] = [value for _, value in sorted(self.elements[key].items())]
            elif not optional:
                raise KeyError(f"Key {key} not found in cache")
        return found


class ExecutionState:
    """Hands out tasks that can run; told of what they returned, it makes those runnable that waited for them."""

    def __init__(self, tasks: list[TaskSpec], result_cache: ResultCache, run_id: str):
        self.result_cache = result_cache
        self.run_id = run_id
        self.task_states: dict[str, TaskState] = {}
        self.task_pool: dict[str, TaskImplementation] = {}
        self.task_queue: collections.deque[TaskImplementation] = collections.deque()
        self._failed = False
        self._running = 0
        self._elements: dict[str, list] = {}  # of expanding tasks that are done
        self._open_elements: dict[str, int] = {}  # of blocks: elements not done yet
        self._waiting = {task.base_id: task for task in tasks}
        self._waits = {task.base_id: set(task.base_dependencies) for task in tasks}
        self._followers: dict[str, list[str]] = collections.defaultdict(list)
        for task in tasks:
            # Elements of an expander that the caller overrides, or of a node that is none, need no task before.
            if task.spawning_task_base_id in self._waits:
                self._waits[task.base_id].add(task.spawning_task_base_id)
            for before in self._waits[task.base_id]:
                self._followers[before].append(task.base_id)
        for task in list(tasks):
            self._release_if_ready(task.base_id)

    def _release_if_ready(self, base_id: str) -> None:
        if self._waits[base_id] or base_id not in self._waiting:
            return
        task = self._waiting.pop(base_id)
        expander = task.spawning_task_base_id
        if task.purpose is NodeGroupPurpose.EXECUTE_BLOCK and expander in self._elements:
            elements = self._elements[expander]
            self._open_elements[base_id] = len(elements)
            name = expander[len("expand-") :]
            for i, element in enumerate(elements):
                self._queue(task, {name: element}, expander, str(i))
            if not elements:
                for output in task.outputs_to_compute:
                    self.result_cache.write({output: []})
                self._done(base_id)
        else:
            self._queue(task, {}, None, None)

    def _queue(
        self, task: TaskSpec, bound: dict[str, Any], spawning_task_id: str | None, group_id: str | None
    ) -> None:
        required, optional = task.get_input_vars()
        inputs = self.result_cache.read([n for n in required if n not in bound])
        inputs |= self.result_cache.read([n for n in optional if n not in bound], optional=True)
        implementation = TaskImplementation(
            base_id=task.base_id,
            spawning_task_base_id=task.spawning_task_base_id,
            nodes=task.nodes,
            purpose=task.purpose,
            outputs_to_compute=task.outputs_to_compute,
            overrides=task.overrides,
            adapter=task.adapter,
            base_dependencies=task.base_dependencies,
            group_id=group_id,
            realized_dependencies={d: [d] for d in task.base_dependencies},
            spawning_task_id=spawning_task_id,
            dynamic_inputs={**inputs, **bound},
            run_id=self.run_id,
        )
        self.task_pool[implementation.task_id] = implementation
        self.task_states[implementation.task_id] = TaskState.QUEUED
        self.task_queue.append(implementation)

    def release_next_task(self) -> TaskImplementation | None:
        if not self.task_queue:
            return None
        task = self.task_queue.popleft()
        self.task_states[task.task_id] = TaskState.INITIALIZED
        self._running += 1
        return task

    def reject_task(self, task_to_reject: TaskImplementation) -> None:
        """Its executor has no room: back to the queue."""
        self.task_states[task_to_reject.task_id] = TaskState.QUEUED
        self._running -= 1
        self.task_queue.appendleft(task_to_reject)

    def update_task_state(self, task_id: str, new_state: TaskState, results: dict[str, Any] | None) -> None:
        self.task_states[task_id] = new_state
        if not TaskState.is_terminal(new_state):
            return
        self._running -= 1
        task = self.task_pool[task_id]
        if new_state is TaskState.FAILED:
            self._failed = True
            return
        results = dict(results or {})
        if task.purpose.is_expander():
            expander = task.get_expander_node().name
            elements = list(results.pop(expander))
            self._elements[task.base_id] = elements
            self.result_cache.write({expander: elements})
            task.adapter.call_all_lifecycle_hooks_sync(
                "post_task_expand",
                run_id=task.run_id,
                task_id=task.task_id,
                parameters={str(i): element for i, element in enumerate(elements)},
            )
        self.result_cache.write(results, task.group_id, task.spawning_task_id)
        if task.group_id is not None:
            self._open_elements[task.base_id] -= 1
            if self._open_elements[task.base_id] > 0:
                return
        self._done(task.base_id)

    def _done(self, base_id: str) -> None:
        for follower in self._followers[base_id]:
            self._waits[follower].discard(base_id)
            self._release_if_ready(follower)

    def get_graph_state(self) -> GraphState:
        if self._failed:
            return GraphState.FAILED
        if self._running or self.task_queue:
            return GraphState.RUNNING
        return GraphState.FAILED if self._waiting else GraphState.SUCCESSFUL


