"""FutureAdapter: every node in a thread of a pool, as soon as what it takes is there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from .. import lifecycle, node
from ..lifecycle import base


def _value(value: Any) -> Any:
    while isinstance(value, Future):
        value = value.result()
    return value


def _call(function: Callable, kwargs: dict[str, Any]) -> Any:
    return function(**{name: _value(value) for name, value in kwargs.items()})


class FutureAdapter(base.BaseDoRemoteExecute, lifecycle.ResultBuilder):
    """For functions that wait: for files, the network, other services."""

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        result_builder: lifecycle.ResultBuilder | None = None,
    ):
        self.executor = ThreadPoolExecutor(max_workers=max_workers, thread_name_prefix=thread_name_prefix)
        self.result_builder = result_builder

    def input_types(self) -> list[Any]:
        return [Any]

    def output_type(self) -> Any:
        return Any if self.result_builder is None else self.result_builder.output_type()

    def do_remote_execute(
        self, *, execute_lifecycle_for_node: Callable, node: node.Node, **kwargs: Any
    ) -> Any:
        # A node is submitted after all it takes, so waiting threads never wait for one that has none.
        return self.executor.submit(_call, execute_lifecycle_for_node, kwargs)

    def build_result(self, **outputs: Any) -> Any:
        values = {name: _value(value) for name, value in outputs.items()}
        return values if self.result_builder is None else self.result_builder.build_result(**values)
