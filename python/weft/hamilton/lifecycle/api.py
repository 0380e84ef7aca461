"""The classes users derive adapters from. Methods are called with keywords and have to take **future_kwargs."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, final

from .. import node
from ..graph_types import HamiltonGraph, HamiltonNode
from .base import (
    BaseDoBuildResult,
    BaseDoCheckEdgeTypesMatch,
    BaseDoNodeExecute,
    BaseDoValidateInput,
    BasePostGraphConstruct,
    BasePostGraphExecute,
    BasePostNodeExecute,
    BasePostTaskExecute,
    BasePostTaskExpand,
    BasePostTaskGroup,
    BasePostTaskReturn,
    BasePreGraphExecute,
    BasePreNodeExecute,
    BasePreTaskExecute,
    BasePreTaskSubmission,
    BaseValidateGraph,
    BaseValidateNode,
)

if TYPE_CHECKING:
    from ..graph import FunctionGraph


class ResultBuilder(BaseDoBuildResult, abc.ABC):
    """Makes the result of a run of its outputs."""

    @abc.abstractmethod
    def build_result(self, **outputs: Any) -> Any: ...

    @final
    def do_build_result(self, outputs: dict[str, Any]) -> Any:
        return self.build_result(**outputs)

    def input_types(self) -> list[Any]:
        """Types of outputs that it can take."""
        return [Any]

    def output_type(self) -> Any:
        return Any


class LegacyResultMixin(ResultBuilder, abc.ABC):
    """A result builder whose build_result is a static method."""

    @staticmethod
    def build_result(**outputs: Any) -> Any: ...


class GraphAdapter(
    BaseDoNodeExecute, LegacyResultMixin, BaseDoValidateInput, BaseDoCheckEdgeTypesMatch, abc.ABC
):
    """Old: all methods at once."""

    @staticmethod
    @abc.abstractmethod
    def check_input_type(node_type: Any, input_value: Any) -> bool: ...

    @staticmethod
    @abc.abstractmethod
    def check_node_type_equivalence(node_type: Any, input_type: Any) -> bool: ...

    @abc.abstractmethod
    def execute_node(self, node: node.Node, kwargs: dict[str, Any]) -> Any: ...

    @final
    def do_node_execute(
        self, run_id: str, node_: node.Node, kwargs: dict[str, Any], task_id: str | None = None
    ) -> Any:
        return self.execute_node(node_, kwargs)

    @final
    def do_validate_input(self, node_type: Any, input_value: Any) -> bool:
        return self.check_input_type(node_type, input_value)

    @final
    def do_check_edge_types_match(self, type_from: Any, type_to: Any) -> bool:
        return self.check_node_type_equivalence(type_to, type_from)


class NodeExecutionHook(BasePreNodeExecute, BasePostNodeExecute, abc.ABC):
    """Before and after each node."""

    @abc.abstractmethod
    def run_before_node_execution(
        self,
        *,
        node_name: str,
        node_tags: dict[str, Any],
        node_kwargs: dict[str, Any],
        node_return_type: type,
        task_id: str | None,
        run_id: str,
        node_input_types: dict[str, Any],
        **future_kwargs: Any,
    ) -> None: ...

    @abc.abstractmethod
    def run_after_node_execution(
        self,
        *,
        node_name: str,
        node_tags: dict[str, Any],
        node_kwargs: dict[str, Any],
        node_return_type: type,
        result: Any,
        error: Exception | None,
        success: bool,
        task_id: str | None,
        run_id: str,
        **future_kwargs: Any,
    ) -> None: ...

    @final
    def pre_node_execute(
        self, *, run_id: str, node_: node.Node, kwargs: dict[str, Any], task_id: str | None = None
    ) -> None:
        self.run_before_node_execution(
            node_name=node_.name,
            node_tags=node_.tags,
            node_kwargs=kwargs,
            node_return_type=node_.type,
            task_id=task_id,
            run_id=run_id,
            node_input_types={name: type_ for name, (type_, _) in node_.input_types.items()},
        )

    @final
    def post_node_execute(
        self,
        *,
        run_id: str,
        node_: node.Node,
        kwargs: dict[str, Any],
        success: bool,
        error: Exception | None,
        result: Any | None,
        task_id: str | None = None,
    ) -> None:
        self.run_after_node_execution(
            node_name=node_.name,
            node_tags=node_.tags,
            node_kwargs=kwargs,
            node_return_type=node_.type,
            result=result,
            error=error,
            success=success,
            task_id=task_id,
            run_id=run_id,
        )


class NodeExecutionMethod(BaseDoNodeExecute, abc.ABC):
    """In the place of each node's call."""

    @abc.abstractmethod
    def run_to_execute_node(
        self,
        *,
        node_name: str,
        node_tags: dict[str, Any],
        node_callable: Any,
        node_kwargs: dict[str, Any],
        task_id: str | None,
        is_expand: bool,
        is_collect: bool,
        **future_kwargs: Any,
    ) -> Any: ...

    @final
    def do_node_execute(
        self, *, run_id: str, node_: node.Node, kwargs: dict[str, Any], task_id: str | None = None
    ) -> Any:
        return self.run_to_execute_node(
            node_name=node_.name,
            node_tags=node_.tags,
            node_callable=node_.callable,
            node_kwargs=kwargs,
            task_id=task_id,
            is_expand=node_.node_role is node.NodeType.EXPAND,
            is_collect=node_.node_role is node.NodeType.COLLECT,
        )


class GraphExecutionHook(BasePreGraphExecute, BasePostGraphExecute, abc.ABC):
    """Before and after each run."""

    @abc.abstractmethod
    def run_before_graph_execution(
        self,
        *,
        graph: HamiltonGraph,
        final_vars: list[str],
        inputs: dict[str, Any],
        overrides: dict[str, Any],
        execution_path: list[str],
        run_id: str,
        **future_kwargs: Any,
    ) -> None: ...

    @abc.abstractmethod
    def run_after_graph_execution(
        self,
        *,
        graph: HamiltonGraph,
        success: bool,
        error: Exception | None,
        results: dict[str, Any] | None,
        run_id: str,
        **future_kwargs: Any,
    ) -> None: ...

    @final
    def pre_graph_execute(
        self,
        *,
        run_id: str,
        graph: FunctionGraph,
        final_vars: list[str],
        inputs: dict[str, Any],
        overrides: dict[str, Any],
    ) -> None:
        needed, brought = graph.get_upstream_nodes(final_vars, inputs, overrides)
        self.run_before_graph_execution(
            graph=HamiltonGraph.from_graph(graph),
            final_vars=final_vars,
            inputs=inputs,
            overrides=overrides,
            execution_path=[n.name for n in needed - brought],
            run_id=run_id,
        )

    @final
    def post_graph_execute(
        self,
        *,
        run_id: str,
        graph: FunctionGraph,
        success: bool,
        error: Exception | None,
        results: dict[str, Any] | None,
    ) -> None:
        self.run_after_graph_execution(
            graph=HamiltonGraph.from_graph(graph), success=success, error=error, results=results, run_id=run_id
        )


class GraphConstructionHook(BasePostGraphConstruct, abc.ABC):
    """After the graph has been built."""

    @abc.abstractmethod
    def run_after_graph_construction(
        self, *, graph: HamiltonGraph, config: dict[str, Any], **future_kwargs: Any
    ) -> None: ...

    def post_graph_construct(self, *, graph: FunctionGraph, modules: list, config: dict[str, Any]) -> None:
        self.run_after_graph_construction(graph=HamiltonGraph.from_graph(graph), config=config)


class EdgeConnectionHook(BaseDoCheckEdgeTypesMatch, BaseDoValidateInput, abc.ABC):
    """Which types fit, of edges and of inputs, beside those that fit anyway."""

    @abc.abstractmethod
    def check_edge_types_match(self, type_from: type, type_to: type, **kwargs: Any) -> bool: ...

    @abc.abstractmethod
    def validate_input(self, node_type: type, input_value: Any, **kwargs: Any) -> bool: ...

    @final
    def do_check_edge_types_match(self, *, type_from: type, type_to: type) -> bool:
        return self.check_edge_types_match(type_from, type_to)

    @final
    def do_validate_input(self, *, node_type: type, input_value: Any) -> bool:
        return self.validate_input(node_type=node_type, input_value=input_value)


class StaticValidator(BaseValidateGraph, BaseValidateNode):
    """Refuses nodes and graphs: (False, why)."""

    def run_to_validate_node(self, *, node: HamiltonNode, **future_kwargs: Any) -> tuple[bool, str | None]:
        return True, None

    def run_to_validate_graph(self, graph: HamiltonGraph, **future_kwargs: Any) -> tuple[bool, str | None]:
        return True, None

    @final
    def validate_node(self, *, created_node: node.Node) -> tuple[bool, str | None]:
        return self.run_to_validate_node(node=HamiltonNode.from_node(created_node))

    @final
    def validate_graph(
        self, *, graph: FunctionGraph, modules: list, config: dict[str, Any]
    ) -> tuple[bool, str | None]:
        return self.run_to_validate_graph(graph=HamiltonGraph.from_graph(graph))


class TaskSubmissionHook(BasePreTaskSubmission, abc.ABC):
    """Before a task goes to its executor."""

    @abc.abstractmethod
    def run_before_task_submission(self, **kwargs: Any) -> None:
        """Keywords: run_id, task_id, nodes, inputs, overrides, spawning_task_id, purpose."""

    def pre_task_submission(self, **kwargs: Any) -> None:
        self.run_before_task_submission(**kwargs)


class TaskReturnHook(BasePostTaskReturn, abc.ABC):
    """After a task has come back from its executor."""

    @abc.abstractmethod
    def run_after_task_return(self, **kwargs: Any) -> None:
        """Keywords: run_id, task_id, nodes, result, success, error, spawning_task_id, purpose."""

    def post_task_return(self, **kwargs: Any) -> None:
        self.run_after_task_return(**kwargs)


class TaskExecutionHook(BasePreTaskExecute, BasePostTaskExecute, abc.ABC):
    """Before and after a task, where it runs."""

    @abc.abstractmethod
    def run_before_task_execution(self, **kwargs: Any) -> None:
        """Keywords: task_id, run_id, nodes, inputs, overrides, spawning_task_id, purpose."""

    @abc.abstractmethod
    def run_after_task_execution(self, **kwargs: Any) -> None:
        """Keywords: task_id, run_id, nodes, results, success, error, spawning_task_id, purpose."""

    def pre_task_execute(self, *, nodes: list[node.Node], **kwargs: Any) -> None:
        self.run_before_task_execution(nodes=[HamiltonNode.from_node(n) for n in nodes], **kwargs)

    def post_task_execute(self, *, nodes: list[node.Node], **kwargs: Any) -> None:
        self.run_after_task_execution(nodes=[HamiltonNode.from_node(n) for n in nodes], **kwargs)


class TaskGroupingHook(BasePostTaskGroup, BasePostTaskExpand, abc.ABC):
    """After nodes have been grouped into tasks, and after one has become many."""

    @abc.abstractmethod
    def run_after_task_grouping(self, *, run_id: str, task_ids: list[str], **future_kwargs: Any) -> None: ...

    @abc.abstractmethod
    def run_after_task_expansion(
        self, *, run_id: str, task_id: str, parameters: dict[str, Any], **future_kwargs: Any
    ) -> None: ...

    @final
    def post_task_group(self, *, run_id: str, task_ids: list[str]) -> None:
        self.run_after_task_grouping(run_id=run_id, task_ids=task_ids)

    @final
    def post_task_expand(self, *, run_id: str, task_id: str, parameters: dict[str, Any]) -> None:
        self.run_after_task_expansion(run_id=run_id, task_id=task_id, parameters=parameters)
