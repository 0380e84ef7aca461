"""For a look at groups of nodes."""

from __future__ import annotations


from .grouping import NodeGroup, TaskSpec



def print_node_groups(node_groups: list[NodeGroup]) -> None:
    for group in node_groups:
        print(f"{group.base_id} ({group.purpose.value}): {', '.join(n.name for n in group.nodes)}")


def print_tasks(tasks: list[TaskSpec]) -> None:
    for task in tasks:
        waits = ", ".join(task.base_dependencies) or "nothing"
        print(f"{task.base_id} ({task.purpose.value}) waits for {waits}")
