"""A progress bar by tqdm."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import tqdm

from ..lifecycle import GraphExecutionHook, NodeExecutionHook


class ProgressBar(GraphExecutionHook, NodeExecutionHook):
    """One step a node, with the name of the node that runs. Other arguments are tqdm's."""

    def __init__(self, desc: str = "Graph execution", max_node_name_width: int = 50, **kwargs: Any):
        self.desc = desc
        self.kwargs = kwargs
        self.max_node_name_width = max_node_name_width
        self.node_name_target_width: int | None = None
        self.progress_bar: Any = None

    def _told(self, name: str) -> str:
        width = self.node_name_target_width or 0
        text = name if len(name) <= width else name[: max(width - 3, 0)] + "..."
        return f"{self.desc} -> {text:<{width}}"

    def run_before_graph_execution(self, *, execution_path: Collection[str], **kwargs: Any) -> None:
        longest = max((len(name) for name in execution_path), default=0)
        self.node_name_target_width = min(longest, self.max_node_name_width)
        self.progress_bar = tqdm.tqdm(
            desc=self.desc, unit="funcs", total=len(execution_path), **self.kwargs
        )

    def run_before_node_execution(self, *, node_name: str, **kwargs: Any) -> None:
        self.progress_bar.set_description_str(self._told(node_name))

    def run_after_node_execution(self, **kwargs: Any) -> None:
        self.progress_bar.update(1)

    def run_after_graph_execution(self, **kwargs: Any) -> None:
        self.progress_bar.set_description_str(f"{self.desc} -> Execution Complete!")
        self.progress_bar.close()
