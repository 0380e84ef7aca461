"""with_columns of eager frames: columns come out by name, and go in by a method of the library."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import ModuleType
from typing import Any

from .. import node, registry
from ..function_modifiers.expanders import extract_columns
from ..function_modifiers.recursive import _default_inject_parameter, subdag, with_columns_base
from ..node import Bound, type_hints


def _itself(frame: Any) -> Any:
    return frame


class EagerWithColumns(with_columns_base):
    """Subclasses say which frames, and how columns are appended."""

    frame_type: Any = None

    def __init__(
        self,
        *load_from: Callable | ModuleType,
        columns_to_pass: list[str] | None = None,
        pass_dataframe_as: str | None = None,
        on_input: str | None = None,
        select: list[str] | None = None,
        namespace: str | None = None,
        config_required: list[str] | None = None,
    ):
        if pass_dataframe_as is not None and not self.passes_frames:
            raise NotImplementedError("pass_dataframe_as is not there for these frames: use on_input")
        super().__init__(
            *load_from,
            columns_to_pass=columns_to_pass,
            pass_dataframe_as=pass_dataframe_as,
            on_input=on_input,
            select=select,
            namespace=namespace,
            config_required=config_required,
            dataframe_type=self.frame_type,
        )

    passes_frames = False

    @staticmethod
    def append(frame: Any, columns: dict[str, Any]) -> Any:
        raise NotImplementedError

    def get_initial_nodes(self, fn: Callable, params: dict[str, Any]) -> tuple[str, Collection[node.Node]]:
        parameter = _default_inject_parameter(fn, self.target_dataframe)
        self.validate_dataframe(fn, parameter, params, self.dataframe_type)
        type_ = params[parameter]
        frame = node.Node(
            parameter, type_, callabl=Bound(_itself, {"frame": parameter}), input_types={parameter: type_}
        )
        if self.dataframe_subdag_param is not None:
            return parameter, [frame.copy_with(name=self.dataframe_subdag_param)]
        if self.target_dataframe is not None or self.initial_schema is None:
            return parameter, []
        columns = extract_columns(*self.initial_schema).transform_node(frame, {}, fn)
        return parameter, [n for n in columns if n is not frame]

    def get_subdag_nodes(self, fn: Callable, config: dict[str, Any]) -> Collection[node.Node]:
        return subdag.collect_nodes(config, self.subdag_functions)

    def chain_subdag_nodes(
        self, fn: Callable, inject_parameter: str, generated_nodes: Collection[node.Node]
    ) -> tuple[Collection[node.Node], str]:
        column_type = registry.get_column_type_from_df_type(self.dataframe_type)
        select = self.select
        if select is None:
            select = [n.name for n in generated_nodes if n.type == column_type]
        append = self.append

        def appended(**given: Any) -> Any:
            return append(given[inject_parameter], {name: given[name] for name in select})

        types = {name: column_type for name in select}
        types[inject_parameter] = self.dataframe_type
        end = node.Node("_append", self.dataframe_type, callabl=appended, input_types=types)
        return [*generated_nodes, end], end.name

    def validate(self, fn: Callable) -> None:
        parameter = _default_inject_parameter(fn, self.target_dataframe)
        self.validate_dataframe(fn, parameter, type_hints(fn), self.dataframe_type)
