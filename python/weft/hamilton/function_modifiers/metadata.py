"""What is said about nodes: tag, tag_outputs, schema, cache, ray_remote_options."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from .. import htypes, node, registry
from . import base

RAY_REMOTE_TAG_NAMESPACE = "ray_remote"


def _value_problem(value: Any) -> bool:
    if isinstance(value, str):
        return False
    if not isinstance(value, list) or not value:
        return True
    return not all(isinstance(v, str) for v in value) or len(set(value)) != len(value)


class tag(base.NodeDecorator):
    """Tags: dotted identifiers as keys, text or lists of different texts as values."""

    RESERVED_TAG_NAMESPACES = [
        "hamilton",
        "data_quality",
        "gdpr",
        "ccpa",
        "dag",
        "module",
        RAY_REMOTE_TAG_NAMESPACE,
    ]

    def __init__(
        self,
        *,
        target_: base.TargetType = None,
        bypass_reserved_namespaces_: bool = False,
        **tags: str | list[str],
    ):
        super().__init__(target=target_)
        self.tags = tags
        self.bypass_reserved_namespaces = bypass_reserved_namespaces_

    def decorate_node(self, node_: node.Node) -> node.Node:
        return node_.copy_with(tags={**node_.tags, **self.tags})

    def _key_allowed(self, key: str) -> bool:
        parts = key.split(".")
        reserved = parts[0] in self.RESERVED_TAG_NAMESPACES and not self.bypass_reserved_namespaces
        return not reserved and all(part.isidentifier() for part in parts)

    def validate(self, fn: Callable) -> None:
        bad = [
            f"{key}={value}"
            for key, value in self.tags.items()
            if not self._key_allowed(key) or _value_problem(value)
        ]
        if bad:
            raise base.InvalidDecoratorException(
                f"tags of '{fn.__name__}' that cannot be: {', '.join(bad)}. A key is identifiers with dots "
                f"between them and does not begin with one of {self.RESERVED_TAG_NAMESPACES}; a value is text or "
                "a list of different texts"
            )


class tag_outputs(base.NodeDecorator):
    """Tags by the name of the node; names the function does not make are left alone."""

    def __init__(self, **tag_mapping: dict[str, str | list[str]]):
        super().__init__(target=...)
        self.tag_mapping = tag_mapping

    def decorate_node(self, node_: node.Node) -> node.Node:
        if node_.name not in self.tag_mapping:
            return node_
        return node_.copy_with(tags={**node_.tags, **self.tag_mapping[node_.name]})


class SchemaOutput(tag):
    def __init__(self, *fields: tuple[str, str], target_: str | None = None):
        text = ",".join(f"{name}={type_}" for name, type_ in fields)
        super().__init__(**{schema.INTERNAL_SCHEMA_OUTPUT_KEY: text}, target_=target_)

    def validate_node(self, node_: node.Node) -> None:
        known = registry.get_registered_dataframe_types()
        if not any(htypes.custom_subclass_check(node_.type, frame) for frame in known.values()):
            raise base.InvalidDecoratorException(
                f"schema is for data frames, but '{node_.name}' is {node_.type}; known are {sorted(known)}"
            )

    @classmethod
    def allows_multiple(cls) -> bool:
        return False

    def validate(self, fn: Callable) -> None:
        pass


class schema:
    """What columns a frame has: shown, not checked."""

    INTERNAL_SCHEMA_OUTPUT_KEY = "hamilton.internal.schema_output"

    @staticmethod
    def output(*fields: tuple[str, str], target_: str | None = None) -> SchemaOutput:
        return SchemaOutput(*fields, target_=target_)


class RayRemote(tag):
    def __init__(self, **options: int | dict[str, int]):
        tags = {f"{RAY_REMOTE_TAG_NAMESPACE}.{name}": json.dumps(value) for name, value in options.items()}
        super().__init__(bypass_reserved_namespaces_=True, **tags)


def ray_remote_options(**kwargs: int | dict[str, int]) -> RayRemote:
    """Options of ray.remote() for a node, as tags."""
    return RayRemote(**kwargs)


CACHE_MATERIALIZERS = Literal["json", "file", "pickle", "parquet", "csv", "feather", "orc", "excel"]
CACHE_BEHAVIORS = Literal["default", "recompute", "ignore", "disable"]


class cache(base.NodeDecorator):
    """How the nodes of a function are cached, by a driver that has a cache."""

    BEHAVIOR_KEY = "cache.behavior"
    FORMAT_KEY = "cache.format"

    def __init__(
        self,
        *,
        behavior: CACHE_BEHAVIORS | None = None,
        format: CACHE_MATERIALIZERS | str | None = None,
        target_: base.TargetType = ...,
    ):
        super().__init__(target=target_)
        given = {self.BEHAVIOR_KEY: behavior, self.FORMAT_KEY: format}
        self.cache_tags = {key: value for key, value in given.items() if value}

    def decorate_node(self, node_: node.Node) -> node.Node:
        return node_.copy_with(tags={**node_.tags, **self.cache_tags})
