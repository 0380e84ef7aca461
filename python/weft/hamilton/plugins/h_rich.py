"""A progress bar by rich, also for tasks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rich.progress import Progress, ProgressColumn

from ..execution.grouping import NodeGroupPurpose
from ..lifecycle import GraphExecutionHook, NodeExecutionHook, TaskExecutionHook, TaskGroupingHook


class RichProgressBar(TaskExecutionHook, TaskGroupingHook, GraphExecutionHook, NodeExecutionHook):
    """One bar for the run, and one for the elements of each Parallelizable. Other arguments are Progress'."""

    def __init__(
        self,
        run_desc: str = "",
        collect_desc: str = "",
        columns: list[str | ProgressColumn] | None = None,
        **kwargs: Any,
    ):
        self._run_desc = run_desc or "Running:"
        self._collect_desc = collect_desc or "Collecting:"
        self._progress = Progress(*(columns or []), **kwargs)
        self._by_tasks = False

    def run_before_graph_execution(self, *, execution_path: Collection[str], **kwargs: Any) -> None:
        self._run = self._progress.add_task(self._run_desc, total=len(execution_path))
        self._elements = self._run
        self._progress.start()

    def run_after_graph_execution(self, **kwargs: Any) -> None:
        self._progress.stop()

    def run_after_task_grouping(self, *, task_ids: list[str], **kwargs: Any) -> None:
        self._by_tasks = True
        self._progress.update(self._run, total=len(task_ids))

    def run_after_task_expansion(self, *, parameters: dict[str, Any], **kwargs: Any) -> None:
        self._elements = self._progress.add_task(self._collect_desc, total=len(parameters))

    def run_before_task_execution(self, *, purpose: NodeGroupPurpose, **kwargs: Any) -> None:
        if purpose is NodeGroupPurpose.GATHER:
            self._progress.advance(self._run)
            self._progress.stop_task(self._elements)

    def run_after_task_execution(self, *, purpose: NodeGroupPurpose, **kwargs: Any) -> None:
        block = purpose is NodeGroupPurpose.EXECUTE_BLOCK
        self._progress.advance(self._elements if block else self._run)

    def run_before_node_execution(self, **kwargs: Any) -> None:
        pass

    def run_after_node_execution(self, **kwargs: Any) -> None:
        if not self._by_tasks:
            self._progress.advance(self._run)
