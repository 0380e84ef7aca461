"""What runs tasks: the caller's thread, threads, processes; and the loop that hands tasks to them."""

from __future__ import annotations

import abc
import copy
import dataclasses
import functools
import logging
import sys
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from typing import Any, Protocol

from ..node import Bound, Node, NodeType
from .graph_functions import execute_subdag
from .grouping import NodeGroupPurpose, TaskImplementation
from .state import ExecutionState, GraphState, TaskState

logger = logging.getLogger(__name__)


class TaskFuture(Protocol):
    """A task that was handed over."""

    def get_state(self) -> TaskState: ...

    def get_result(self) -> Any: ...


class TaskExecutor(abc.ABC):
    @abc.abstractmethod
    def init(self) -> None: ...

    @abc.abstractmethod
    def finalize(self) -> None: ...

    @abc.abstractmethod
    def submit_task(self, task: TaskImplementation) -> TaskFuture: ...

    @abc.abstractmethod
    def can_submit_task(self) -> bool: ...


# ---- one task ------------------------------------------------------------------------------------------


class Listed:
    """All elements of a generator; `generator` is for who wants them one by one."""

    def __init__(self, generator: Callable):
        self.generator = generator

    def __call__(self, **kwargs: Any) -> list:
        return list(self.generator(**kwargs))


def _runnable(n: Node) -> Node:
    """An expanding node gives a list: a generator's errors are the task's, and it may cross processes."""
    if n.node_role is not NodeType.EXPAND:
        return n
    return n.copy_with(callabl=Listed(n.callable))


def base_execute_task(task: TaskImplementation) -> dict[str, Any]:
    """Runs the task's nodes; what others take of it."""
    told = {
        "run_id": task.run_id,
        "task_id": task.task_id,
        "nodes": task.nodes,
        "spawning_task_id": task.spawning_task_id,
        "purpose": task.purpose,
    }
    call = task.adapter.call_all_lifecycle_hooks_sync
    call("pre_task_execute", **told, inputs=task.dynamic_inputs, overrides=task.overrides)
    results, error = None, None
    try:
        results = execute_subdag(
            nodes=[_runnable(n) for n in task.nodes],
            inputs=task.dynamic_inputs,
            adapter=task.adapter,
            overrides={**task.dynamic_inputs, **task.overrides},
            run_id=task.run_id,
            task_id=task.task_id,
        )
    except Exception as e:
        error = e
        logger.exception("the task %s failed; its nodes are %s", task.task_id, [n.name for n in task.nodes])
        raise
    finally:
        call("post_task_execute", **told, results=results, success=error is None, error=error)
    return {k: v for k, v in results.items() if k in task.outputs_to_compute or k in task.overrides}


# ---- executors -------------------------------------------------------------------------------------------


class TaskFutureWrappingFunction:
    """Runs when it is first asked for."""

    def __init__(self, function: Callable[[], Any]):
        self.function = function
        self._state = TaskState.INITIALIZED
        self._result: Any = None
        self._error: Exception | None = None

    def get_state(self) -> TaskState:
        if not TaskState.is_terminal(self._state):
            try:
                self._result = self.function()
                self._state = TaskState.SUCCESSFUL
            except Exception as e:
                self._error = e
                self._state = TaskState.FAILED
        return self._state

    def get_result(self) -> Any:
        self.get_state()
        if self._error is not None:
            raise self._error
        return self._result


class SynchronousLocalTaskExecutor(TaskExecutor):
    """In the caller's thread."""

    def submit_task(self, task: TaskImplementation) -> TaskFuture:
        return TaskFutureWrappingFunction(functools.partial(base_execute_task, task))

    def can_submit_task(self) -> bool:
        return True

    def init(self) -> None:
        pass

    def finalize(self) -> None:
        pass


@dataclasses.dataclass
class TaskFutureWrappingPythonFuture:
    future: Future

    def get_state(self) -> TaskState:
        if not self.future.done():
            return TaskState.RUNNING
        return TaskState.SUCCESSFUL if self.future.exception() is None else TaskState.FAILED

    def get_result(self) -> Any:
        return self.future.result() if self.future.done() else None


class PoolExecutor(TaskExecutor, abc.ABC):
    """In a pool that takes `max_tasks` at once."""

    def __init__(self, max_tasks: int):
        self.max_tasks = max_tasks
        self.active_futures: list[Future] = []
        self.pool: Executor | None = None

    @property
    def initialized(self) -> bool:
        return self.pool is not None

    @abc.abstractmethod
    def create_pool(self) -> Executor: ...

    def init(self) -> None:
        if self.pool is not None:
            raise RuntimeError("Cannot initialize an already initialized executor")
        self.pool = self.create_pool()

    def finalize(self) -> None:
        if self.pool is None:
            raise RuntimeError("Cannot finalize an uninitialized executor")
        self.pool.shutdown()
        self.pool = None

    def submit_task(self, task: TaskImplementation) -> TaskFuture:
        future = self.pool.submit(base_execute_task, task)
        self.active_futures.append(future)
        return TaskFutureWrappingPythonFuture(future)

    def can_submit_task(self) -> bool:
        self.active_futures = [f for f in self.active_futures if not f.done()]
        return len(self.active_futures) < self.max_tasks


class MultiThreadingExecutor(PoolExecutor):
    def create_pool(self) -> Executor:
        return ThreadPoolExecutor(max_workers=self.max_tasks)


class MultiProcessingExecutor(PoolExecutor):
    """In other processes: functions have to be found there by module and name, and values are pickled."""

    def create_pool(self) -> Executor:
        return ProcessPoolExecutor(max_workers=self.max_tasks)

    def submit_task(self, task: TaskImplementation) -> TaskFuture:
        return super().submit_task(detached(task))


def _by_name(function: Any) -> Any:
    """A variant's copy is not to be found by its name; the variant it was made of is."""
    if isinstance(function, Bound):
        return Bound(_by_name(function.function), function.sources, function.values, function.groups)
    original = getattr(function, "__original_name__", None)
    found = getattr(sys.modules.get(getattr(function, "__module__", None)), original, None) if original else None
    return function if found is None else found


def detached(task: TaskImplementation) -> TaskImplementation:
    """The task without the rest of the graph, which its nodes hold on to."""
    own: dict[str, Node] = {}
    for n in task.nodes:
        own[n.name] = n.copy_with(
            include_refs=False, callabl=_by_name(n.callable), originating_functions=None
        )
    for n in task.nodes:
        for d in n.dependencies:
            outside = Node(d.name, d.type, node_source=NodeType.EXTERNAL)
            own[n.name].dependencies.append(own.get(d.name, outside))
    out = copy.copy(task)
    out.nodes = list(own.values())
    return out


class ExecutionManager(abc.ABC):
    """Which executor gets which task."""

    def __init__(self, executors: list[TaskExecutor]):
        self.executors = executors

    def init(self) -> None:
        for executor in self.executors:
            executor.init()

    def finalize(self) -> None:
        for executor in self.executors:
            executor.finalize()

    @abc.abstractmethod
    def get_executor_for_task(self, task: TaskImplementation) -> TaskExecutor: ...


class DefaultExecutionManager(ExecutionManager):
    """Blocks go to the remote executor (default: five processes), the rest to the local one."""

    def __init__(
        self, local_executor: TaskExecutor | None = None, remote_executor: TaskExecutor | None = None
    ):
        self.local_executor = local_executor or SynchronousLocalTaskExecutor()
        self.remote_executor = remote_executor or MultiProcessingExecutor(max_tasks=5)
        super().__init__([self.local_executor, self.remote_executor])

    def get_executor_for_task(self, task: TaskImplementation) -> TaskExecutor:
        block = task.purpose is NodeGroupPurpose.EXECUTE_BLOCK
        return self.remote_executor if block else self.local_executor


# ---- the loop ------------------------------------------------------------------------------------------------


def run_graph_to_completion(execution_state: ExecutionState, execution_manager: ExecutionManager) -> None:
    """Until every task is done. Raises the first task's error."""
    futures: dict[TaskImplementation, TaskFuture] = {}
    execution_manager.init()
    try:
        while not GraphState.is_terminal(execution_state.get_graph_state()):
            submitted = _submit(execution_state, execution_manager, futures)
            if not _take_back(execution_state, futures) and not submitted:
                _wait(futures)
    finally:
        execution_manager.finalize()


def _told(task: TaskImplementation) -> dict[str, Any]:
    return {
        "run_id": task.run_id,
        "task_id": task.task_id,
        "nodes": task.nodes,
        "spawning_task_id": task.spawning_task_id,
        "purpose": task.purpose,
    }


def _submit(
    state: ExecutionState, manager: ExecutionManager, futures: dict[TaskImplementation, TaskFuture]
) -> bool:
    """As many as the executors take; True if there was one."""
    any_submitted = False
    while (task := state.release_next_task()) is not None:
        executor = manager.get_executor_for_task(task)
        if not executor.can_submit_task():
            state.reject_task(task)
            break
        task.adapter.call_all_lifecycle_hooks_sync(
            "pre_task_submission", **_told(task), inputs=task.dynamic_inputs, overrides=task.overrides
        )
        futures[task] = executor.submit_task(task)
        any_submitted = True
        if isinstance(futures[task], TaskFutureWrappingFunction):
            break  # it runs when it is asked for: others may be done meanwhile
    return any_submitted


def _take_back(state: ExecutionState, futures: dict[TaskImplementation, TaskFuture]) -> bool:
    """Results of those that are done; True if there was one."""
    any_done = False
    for task, future in list(futures.items()):
        task_state = future.get_state()
        if not TaskState.is_terminal(task_state):
            continue
        any_done = True
        del futures[task]
        result, error = None, None
        try:
            result = future.get_result()
        except Exception as e:
            error = e
        state.update_task_state(task.task_id, task_state, result)
        task.adapter.call_all_lifecycle_hooks_sync(
            "post_task_return",
            **_told(task),
            success=task_state is TaskState.SUCCESSFUL,
            error=error,
            result=result,
        )
        if error is not None:
            raise error
    return any_done


def _wait(futures: dict[TaskImplementation, TaskFuture]) -> None:
    """Until one is done, where that can be waited for."""
    waitable = [f.future for f in futures.values() if isinstance(f, TaskFutureWrappingPythonFuture)]
    if waitable:
        wait(waitable, return_when=FIRST_COMPLETED)
