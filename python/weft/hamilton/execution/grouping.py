"""Nodes into tasks: what lies between a Parallelizable and a Collect is a block, run once for each element."""

from __future__ import annotations

import abc
import dataclasses
import enum
import typing
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from .. import node
from ..htypes import Collect
from ..lifecycle import base as lifecycle_base
from ..node import Node, NodeType
from .graph_functions import get_node_levels, topologically_sort_nodes


class NodeGroupPurpose(enum.Enum):
    EXPAND_UNORDERED = "expand_unordered"
    GATHER = "gather"
    EXECUTE_BLOCK = "execute_block"
    EXECUTE_SINGLE = "execute_single"

    def is_expander(self) -> bool:
        return self is NodeGroupPurpose.EXPAND_UNORDERED

    def is_gatherer(self) -> bool:
        return self is NodeGroupPurpose.GATHER


@dataclasses.dataclass(eq=False)
class NodeGroup:
    """Nodes that run in one task; `spawning_task_base_id`: the expanding task, for whose elements it runs."""

    base_id: str
    spawning_task_base_id: str | None
    nodes: list[Node]
    purpose: NodeGroupPurpose

    def __post_init__(self) -> None:
        self.available_nodes = {n.name for n in self.nodes}

    def _of_role(self, role: NodeType) -> Node | None:
        return next((n for n in self.nodes if n.node_role is role), None)

    def get_expander_node(self) -> Node | None:
        return self._of_role(NodeType.EXPAND)

    def get_collector_node(self) -> Node | None:
        return self._of_role(NodeType.COLLECT)

    def produces(self, node_name: str) -> bool:
        return node_name in self.available_nodes


@dataclasses.dataclass(eq=False)
class TaskSpec(NodeGroup):
    """A group with what it has to compute and which tasks it waits for."""

    outputs_to_compute: Collection[str]
    overrides: dict[str, Any]
    adapter: lifecycle_base.LifecycleAdapterSet
    base_dependencies: list[str]

    def get_input_vars(self) -> tuple[list[str], list[str]]:
        """Names from outside that it needs, and those it takes if they are there."""
        required, optional = set(), set()
        for n in self.nodes:
            if n.name in self.overrides:
                continue
            if n.user_defined:
                required.add(n.name)
            for name, (_, kind) in n.input_types.items():
                if name not in self.overrides and name not in self.available_nodes:
                    (required if kind is node.REQUIRED else optional).add(name)
        return sorted(required), sorted(optional - required)


@dataclasses.dataclass(eq=False)
class TaskImplementation(TaskSpec):
    """A task that can be run: `dynamic_inputs` has all it takes from outside."""

    group_id: str | None  # which element; None: not of a block
    realized_dependencies: dict[str, list[str]]
    spawning_task_id: str | None
    dynamic_inputs: dict[str, Any] = dataclasses.field(default_factory=dict)
    run_id: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.task_id = self.determine_task_id(self.base_id, self.spawning_task_id, self.group_id)

    @staticmethod
    def determine_task_id(base_id: str, spawning_task: str | None, group_id: str | None) -> str:
        return ".".join(part for part in (spawning_task, group_id, base_id) if part is not None)

    def bind(self, dynamic_inputs: dict[str, Any]) -> TaskImplementation:
        return dataclasses.replace(self, dynamic_inputs={**dynamic_inputs, **self.dynamic_inputs})


class GroupingStrategy(abc.ABC):
    @abc.abstractmethod
    def group_nodes(self, nodes: list[Node]) -> list[NodeGroup]: ...


def collected_inputs(n: Node) -> list[str]:
    """The inputs of a node that are Collects."""
    return [name for name, (type_, _) in n.input_types.items() if typing.get_origin(type_) is Collect]


class GroupByRepeatableBlocks(GroupingStrategy):
    """Each Parallelizable a task, what depends on it up to the Collects a task for each element, the rest single.

    Several Collects of one Parallelizable are fine, and so is none. One Parallelizable within the block of
    another is not.
    """

    def group_nodes(self, nodes: list[Node]) -> list[NodeGroup]:
        in_order = topologically_sort_nodes(nodes)
        block_of: dict[str, Node] = {}  # node -> the expander for whose elements it runs
        blocks: dict[str, list[Node]] = {n.name: [] for n in in_order if n.node_role is NodeType.EXPAND}
        collectors: dict[str, list[Node]] = {name: [] for name in blocks}
        by_name = {n.name: n for n in in_order}
        for n in in_order:
            collected = set(collected_inputs(n))
            inside, gathers = {}, {}
            for name in n.input_types:
                expander = by_name[name] if name in blocks else block_of.get(name)
                if expander is not None:
                    (gathers if name in collected else inside)[expander.name] = expander
            self._refuse(n, inside, gathers)
            if inside:
                block_of[n.name] = next(iter(inside.values()))
                blocks[block_of[n.name].name].append(n)
            elif gathers:
                collectors[next(iter(gathers))].append(n)
        groups = []
        taken: set[str] = set()
        for name, block in blocks.items():
            purposes = NodeGroupPurpose
            groups.append(NodeGroup(f"expand-{name}", None, [by_name[name]], purposes.EXPAND_UNORDERED))
            taken.add(name)
            if block:
                groups.append(NodeGroup(f"block-{name}", f"expand-{name}", block, purposes.EXECUTE_BLOCK))
                taken.update(n.name for n in block)
            for i, collector in enumerate(collectors[name]):
                base_id = f"collect-{name}" if i == 0 else f"collect-{name}-{collector.name}"
                groups.append(NodeGroup(base_id, f"expand-{name}", [collector], purposes.GATHER))
                taken.add(collector.name)
        groups.extend(
            NodeGroup(n.name, None, [n], NodeGroupPurpose.EXECUTE_SINGLE) for n in nodes if n.name not in taken
        )
        return groups

    @staticmethod
    def _refuse(n: Node, inside: dict[str, Node], gathers: dict[str, Node]) -> None:
        if len(inside) > 1:
            raise ValueError(f"'{n.name}' depends on single elements of several Parallelizables: {sorted(inside)}")
        if inside and n.node_role is NodeType.EXPAND:
            raise ValueError(
                f"'{n.name}' is Parallelizable and runs for each element of '{next(iter(inside))}': "
                "collect these first, blocks within blocks cannot be"
            )
        if inside and gathers or len(gathers) > 1:
            raise ValueError(f"'{n.name}' collects, so all it takes of blocks has to be Collects of one Parallelizable")


def convert_node_type_to_group_purpose(node_type: NodeType) -> NodeGroupPurpose:
    return {
        NodeType.EXPAND: NodeGroupPurpose.EXPAND_UNORDERED,
        NodeType.COLLECT: NodeGroupPurpose.GATHER,
    }.get(node_type, NodeGroupPurpose.EXECUTE_BLOCK)


class GroupNodesIndividually(GroupingStrategy):
    def group_nodes(self, nodes: list[Node]) -> list[NodeGroup]:
        return [NodeGroup(n.name, None, [n], convert_node_type_to_group_purpose(n.node_role)) for n in nodes]


class GroupNodesAllAsOne(GroupingStrategy):
    def group_nodes(self, nodes: list[Node]) -> list[NodeGroup]:
        return [NodeGroup("root", None, nodes, convert_node_type_to_group_purpose(nodes[0].node_role))]


class GroupNodesByLevel(GroupingStrategy):
    """A task for all nodes with the same number of nodes before them."""

    def group_nodes(self, nodes: list[Node]) -> list[NodeGroup]:
        by_name = {n.name: n for n in nodes}
        by_level: dict[int, list[Node]] = defaultdict(list)
        for name, level in get_node_levels(topologically_sort_nodes(nodes)).items():
            by_level[level].append(by_name[name])
        return [
            NodeGroup(f"level_{i}", None, by_level[i], NodeGroupPurpose.EXECUTE_BLOCK)
            for i in range(len(by_level))
        ]


def create_task_plan(
    node_groups: list[NodeGroup],
    outputs: list[str],
    overrides: dict[str, Any],
    adapter: lifecycle_base.LifecycleAdapterSet,
) -> list[TaskSpec]:
    """What each group has to compute, and which it waits for."""
    asked = set(outputs)
    task_of = {n.name: group.base_id for group in node_groups for n in group.nodes if n.name not in overrides}
    tasks = []
    for group in node_groups:
        own = {n.name for n in group.nodes}
        live = [n for n in group.nodes if n.name not in overrides]
        waits = {
            task_of[name]
            for n in live
            for name in n.input_types
            if name not in own and name not in overrides and name in task_of
        }
        outside = [
            n.name
            for n in live
            if n.name in asked
            or any(c.name not in own and c.name not in overrides and c.name in task_of for c in n.depended_on_by)
        ]
        tasks.append(
            TaskSpec(
                base_id=group.base_id,
                spawning_task_base_id=group.spawning_task_base_id,
                nodes=group.nodes,
                purpose=group.purpose,
                outputs_to_compute=outside,
                overrides={name: overrides[name] for name in own if name in overrides},
                adapter=adapter,
                base_dependencies=sorted(waits),
            )
        )
    return tasks
