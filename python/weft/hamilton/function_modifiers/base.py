"""The stages of a decorated function: resolve, generate, inject, expand, transform, decorate.

These stages are Python because they are an interface: plugins and users derive from NodeTransformer,
NodeInjector and the others, and are handed nodes, with callables in them, and hand nodes back. The
modifiers of the C++ resolver are data and could not call them in between. What the stages yield are
plain definitions; from there on the graph, its types, its order and its plans are the C++ ones.
"""

from __future__ import annotations

import abc
import collections
import logging
from collections.abc import Callable, Collection
from types import EllipsisType
from typing import Any, Union

from .. import node, settings

logger = logging.getLogger(__name__)


class InvalidDecoratorException(Exception):
    """A decorator that cannot stand where it stands, or whose arguments cannot be."""


class MissingConfigParametersException(Exception):
    """A decorator needs a config entry that is not there."""


def sanitize_function_name(name: str) -> str:
    """The node of a variant: what stands before the last "__"."""
    at = name.rfind("__")
    return name if at == -1 else name[:at]


class NodeTransformLifecycle(abc.ABC):
    """A decorator: validated where it is written, applied when a driver is built."""

    @classmethod
    @abc.abstractmethod
    def get_lifecycle_name(cls) -> str:
        """The stage, and the attribute of the function that has the decorators of it."""

    @classmethod
    @abc.abstractmethod
    def allows_multiple(cls) -> bool: ...

    @abc.abstractmethod
    def validate(self, fn: Callable) -> None:
        """Raises InvalidDecoratorException if it cannot decorate `fn`."""

    def __call__(self, fn: Callable) -> Callable:
        self.validate(fn)
        stage = self.get_lifecycle_name()
        present = fn.__dict__.get(stage)
        if present is not None and not self.allows_multiple():
            raise ValueError(f"'{fn.__name__}' has two decorators of the kind @{self.name}; one is the most")
        setattr(fn, stage, [*(present or ()), self])
        return fn

    def required_config(self) -> list[str] | None:
        """Config entries it has to see; None: the whole config."""
        return []

    def optional_config(self) -> dict[str, Any] | None:
        """Config entries it may see, with what stands for those that are not there."""
        return {}

    @property
    def name(self) -> str:
        return type(self).__name__


class NodeResolver(NodeTransformLifecycle):
    """Whether the function is there at all, and by what name."""

    @abc.abstractmethod
    def resolve(self, fn: Callable, config: dict[str, Any]) -> Callable | None: ...

    @classmethod
    def get_lifecycle_name(cls) -> str:
        return "resolve"

    @classmethod
    def allows_multiple(cls) -> bool:
        return True


class NodeCreator(NodeTransformLifecycle, abc.ABC):
    """The first nodes of the function."""

    @abc.abstractmethod
    def generate_nodes(self, fn: Callable, config: dict[str, Any]) -> list[node.Node]: ...

    @classmethod
    def get_lifecycle_name(cls) -> str:
        return "generate"

    @classmethod
    def allows_multiple(cls) -> bool:
        return False


class SubDAGModifier(NodeTransformLifecycle, abc.ABC):
    """All nodes the function has so far in, all that it has then out."""

    @abc.abstractmethod
    def transform_dag(
        self, nodes: Collection[node.Node], config: dict[str, Any], fn: Callable
    ) -> Collection[node.Node]: ...


class NodeInjector(SubDAGModifier, abc.ABC):
    """Puts nodes between the function and its inputs."""

    @staticmethod
    def find_injectable_params(nodes: Collection[node.Node]) -> dict[str, Any]:
        """Inputs that none of the nodes makes, with their types."""
        made = {n.name for n in nodes}
        return {p: t for n in nodes for p, (t, _) in n.input_types.items() if p not in made}

    def transform_dag(
        self, nodes: Collection[node.Node], config: dict[str, Any], fn: Callable
    ) -> Collection[node.Node]:
        injected, renamed = self.inject_nodes(self.find_injectable_params(nodes), config, fn)
        out = [
            n.reassign_inputs(input_names=renamed) if renamed.keys() & n.input_types.keys() else n
            for n in nodes
        ]
        return [*out, *injected]

    @abc.abstractmethod
    def inject_nodes(
        self, params: dict[str, Any], config: dict[str, Any], fn: Callable
    ) -> tuple[list[node.Node], dict[str, str]]:
        """The new nodes, and {input: the node that takes its place}."""

    @classmethod
    def get_lifecycle_name(cls) -> str:
        return "inject"

    @classmethod
    def allows_multiple(cls) -> bool:
        return True


class NodeExpander(SubDAGModifier):
    """Many nodes of one."""

    EXPAND_NODES = "expand_nodes"

    def transform_dag(
        self, nodes: Collection[node.Node], config: dict[str, Any], fn: Callable
    ) -> Collection[node.Node]:
        if len(nodes) != 1:
            raise ValueError(
                f"@{self.name} of '{fn.__name__}' expands one node, but there are {len(nodes)}: "
                f"{sorted(n.name for n in nodes)}"
            )
        return self.expand_node(next(iter(nodes)), config, fn)

    @abc.abstractmethod
    def expand_node(
        self, node_: node.Node, config: dict[str, Any], fn: Callable
    ) -> Collection[node.Node]: ...

    @classmethod
    def get_lifecycle_name(cls) -> str:
        return "expand"

    @classmethod
    def allows_multiple(cls) -> bool:
        return False


# None: the function's last nodes; ...: all of them; else by name.
TargetType = Union[str, Collection[str], None, EllipsisType]


class NodeTransformer(SubDAGModifier):
    """Replaces the nodes that are its target."""

    NON_FINAL_TAG = "hamilton.non_final_node"

    def __init__(self, target: TargetType):
        self.target = target

    @classmethod
    def _early_validate_target(cls, target: TargetType, allow_multiple: bool) -> None:
        if target is None or target is Ellipsis or isinstance(target, str):
            return
        if not isinstance(target, Collection) or not all(isinstance(name, str) for name in target):
            raise InvalidDecoratorException(f"a target is a name, names, None or ...; not {target!r}")
        if len(target) > 1 and not allow_multiple:
            raise InvalidDecoratorException(f"@{cls.__name__} takes one target, not {list(target)}")

    @staticmethod
    def select_nodes(target: TargetType, nodes: Collection[node.Node]) -> Collection[node.Node]:
        if target is Ellipsis:
            return nodes
        if target is None:
            taken = {dependency for n in nodes for dependency in n.input_types}
            inner = NodeTransformer.NON_FINAL_TAG
            return [n for n in nodes if n.name not in taken and not n.tags.get(inner)]
        if not isinstance(target, (str, Collection)):
            raise ValueError(f"a target is a name, names, None or ...; not {target!r}")
        wanted = {target} if isinstance(target, str) else set(target)
        found = [n for n in nodes if n.name in wanted]
        missing = wanted - {n.name for n in found}
        if missing:
            raise InvalidDecoratorException(
                f"there is no node {sorted(missing)}; the function makes {sorted(n.name for n in nodes)}"
            )
        return found

    @staticmethod
    def compliment(
        all_nodes: Collection[node.Node], nodes_to_transform: Collection[node.Node]
    ) -> Collection[node.Node]:
        chosen = {id(n) for n in nodes_to_transform}
        return [n for n in all_nodes if id(n) not in chosen]

    def transform_targets(
        self, targets: Collection[node.Node], config: dict[str, Any], fn: Callable
    ) -> Collection[node.Node]:
        return [made for target in targets for made in self.transform_node(target, config, fn)]

    def transform_dag(
        self, nodes: Collection[node.Node], config: dict[str, Any], fn: Callable
    ) -> Collection[node.Node]:
        targets = self.select_nodes(self.target, nodes)
        return [*self.compliment(nodes, targets), *self.transform_targets(targets, config, fn)]

    @abc.abstractmethod
    def transform_node(
        self, node_: node.Node, config: dict[str, Any], fn: Callable
    ) -> Collection[node.Node]: ...

    @classmethod
    def get_lifecycle_name(cls) -> str:
        return "transform"

    @classmethod
    def allows_multiple(cls) -> bool:
        return True


class SingleNodeNodeTransformer(NodeTransformer, abc.ABC):
    """Of a function that has one last node."""

    def __init__(self):
        super().__init__(target=None)

    def transform_targets(
        self, targets: Collection[node.Node], config: dict[str, Any], fn: Callable
    ) -> Collection[node.Node]:
        if len(targets) != 1:
            raise InvalidDecoratorException(
                f"@{self.name} is for a function with one result, but '{fn.__qualname__}' makes "
                f"{len(targets)}: {sorted(n.name for n in targets)}"
            )
        return super().transform_targets(targets, config, fn)


class NodeDecorator(NodeTransformer, abc.ABC):
    """Says something about nodes and leaves what they compute alone."""

    DECORATE_NODES = "decorate_nodes"

    def validate_node(self, node_: node.Node) -> None:
        """Raises InvalidDecoratorException if nothing of the kind can be said of this node."""

    def transform_node(
        self, node_: node.Node, config: dict[str, Any], fn: Callable
    ) -> Collection[node.Node]:
        self.validate_node(node_)
        return [self.decorate_node(node_)]

    @classmethod
    def get_lifecycle_name(cls) -> str:
        return NodeDecorator.DECORATE_NODES

    def validate(self, fn: Callable) -> None:
        pass

    @abc.abstractmethod
    def decorate_node(self, node_: node.Node) -> node.Node: ...


class DefaultNodeCreator(NodeCreator):
    def generate_nodes(self, fn: Callable, config: dict[str, Any]) -> list[node.Node]:
        return [node.Node.from_fn(fn)]

    def validate(self, fn: Callable) -> None:
        pass


class DefaultNodeResolver(NodeResolver):
    def resolve(self, fn: Callable, config: dict[str, Any]) -> Callable:
        return fn

    def validate(self, fn: Callable) -> None:
        pass


class DefaultNodeDecorator(NodeDecorator):
    def __init__(self):
        super().__init__(target=...)

    def decorate_node(self, node_: node.Node) -> node.Node:
        return node_


class DynamicResolver(NodeTransformLifecycle):
    """Stands for a decorator that the config decides about."""

    @classmethod
    def get_lifecycle_name(cls) -> str:
        return "dynamic"

    @classmethod
    def allows_multiple(cls) -> bool:
        return True

    def validate(self, fn: Callable) -> None:
        pass


# ---- from a function to nodes ---------------------------------------------------------------------


def resolve_config(
    name_for_error: str,
    config: dict[str, Any],
    config_required: list[str] | None,
    config_optional_with_defaults: dict[str, Any] | None,
) -> dict[str, Any]:
    """The part of the config a decorator sees; all of it if `config_required` is None."""
    if config_required is None:
        return config
    defaults = dict(config_optional_with_defaults or {})
    defaults.setdefault(settings.ENABLE_POWER_USER_MODE, False)
    missing = [key for key in config_required if key not in config and key not in defaults]
    if missing:
        raise MissingConfigParametersException(
            f"{name_for_error} needs config entries that are not set: {missing}"
        )
    seen = {key: config[key] for key in config_required if key in config}
    seen.update((key, config.get(key, default)) for key, default in defaults.items())
    return seen


def filter_config(config: dict[str, Any], decorator: NodeTransformLifecycle) -> dict[str, Any]:
    return resolve_config(decorator.name, config, decorator.required_config(), decorator.optional_config())


_STAGES = ("resolve", "generate", "inject", "expand", "transform", "decorate_nodes")
_DECORATED = {*_STAGES, "dynamic"}
_CREATE = DefaultNodeCreator()


def get_node_decorators(fn: Callable, config: dict[str, Any]) -> dict[str, list[NodeTransformLifecycle]]:
    """The function's decorators by stage, in the order in which they are applied."""
    by_stage: dict[str, list] = collections.defaultdict(list)
    for stage in _STAGES:
        by_stage[stage].extend(getattr(fn, stage, ()))
    for dynamic in getattr(fn, "dynamic", ()):
        decorator = dynamic.resolve(filter_config(config, dynamic), fn)
        by_stage[decorator.get_lifecycle_name()].append(decorator)
    if not by_stage["generate"]:
        by_stage["generate"] = [_CREATE]
    return by_stage


def resolve_nodes(fn: Callable, config: dict[str, Any]) -> Collection[node.Node]:
    """The nodes of a function under a config; none if the config leaves it out."""
    try:
        attributes = fn.__dict__
        if not attributes or _DECORATED.isdisjoint(attributes):
            made = node.Node.from_fn(fn)
            made._originating_functions = (fn,)
            return [made]
        return _resolve_decorated(fn, config)
    except Exception as e:
        e.add_note(f"while '{fn.__name__}' of module '{fn.__module__}' was made into nodes")
        raise


def _resolve_decorated(fn: Callable, config: dict[str, Any]) -> list[node.Node]:
    decorators = get_node_decorators(fn, config)
    for resolver in decorators["resolve"]:
        resolved = resolver.resolve(fn, config=filter_config(config, resolver))
        if resolved is None:
            return []
        fn = resolved
    creators = decorators["generate"]
    expanders = decorators["expand"]
    for kind in (creators, expanders):
        if len(kind) > 1:
            names = ", ".join(f"@{d.name}" for d in kind)
            raise ValueError(f"'{fn.__name__}' has {names}; one of these is the most")
    nodes = creators[0].generate_nodes(fn, filter_config(config, creators[0]))
    for stage in ("inject", "expand", "transform", "decorate_nodes"):
        for decorator in decorators[stage]:
            nodes = decorator.transform_dag(nodes, filter_config(config, decorator), fn)
    return [n.copy_with(originating_functions=(*(n.originating_functions or ()), fn)) for n in nodes]
