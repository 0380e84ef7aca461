"""What a driver tells of its graph: HamiltonNode, HamiltonGraph, versions of code."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import node
from .htypes import get_type_as_string

if TYPE_CHECKING:
    from .graph import FunctionGraph

logger = logging.getLogger(__name__)


def _remove_docs_and_comments(source: str) -> str:
    tree = ast.parse(source)
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        first = function.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            if isinstance(first.value.value, str):
                function.body = function.body[1:]
    return ast.unparse(tree)


@functools.lru_cache(maxsize=65536)
def _hash_text(source: str, strip: bool) -> str:
    source = source.strip()
    if strip:
        try:
            source = _remove_docs_and_comments(source)
        except SyntaxError:
            pass  # a lambda in the middle of a line: its text as it is
    return hashlib.sha256(source.encode()).hexdigest()


def hash_source_code(source: str | Callable, strip: bool = False) -> str:
    """Of a function's text; `strip`: without documentation, comments and layout. Raises OSError if there is no text."""
    text = source if isinstance(source, str) else inspect.getsource(source)
    return _hash_text(text, strip)


@dataclass
class HamiltonNode:
    """A node as it is shown: by the driver's questions, and to adapters."""

    name: str
    type: type
    tags: dict[str, str | list[str]]
    is_external_input: bool
    originating_functions: tuple[Callable, ...] | None
    documentation: str | None
    required_dependencies: set[str]
    optional_dependencies: set[str]
    optional_dependencies_default_values: dict[str, Any]

    @staticmethod
    def from_node(n: node.Node) -> HamiltonNode:
        required, optional = set(), set()
        for name, (_, kind) in n.input_types.items():
            (required if kind is node.REQUIRED else optional).add(name)
        return HamiltonNode(
            name=n.name,
            type=n.type,
            tags=n.tags,
            is_external_input=n.user_defined,
            originating_functions=n.originating_functions,
            documentation=n.documentation,
            required_dependencies=required,
            optional_dependencies=optional,
            optional_dependencies_default_values=dict(n.default_parameter_values),
        )

    @functools.cached_property
    def version(self) -> str | None:
        """A hash of the function's text; an input's name; None where there is no text."""
        if not self.originating_functions:
            return self.name if self.is_external_input else None
        try:
            return hash_source_code(self.originating_functions[0], strip=True)
        except (OSError, TypeError):
            logger.warning("the text of '%s' cannot be read, so it has no version", self.name)
            return None

    def as_dict(self, include_optional_dependencies_default_values: bool = False) -> dict:
        functions = self.originating_functions
        told = {
            "name": self.name,
            "tags": self.tags,
            "output_type": get_type_as_string(self.type) or "",
            "required_dependencies": sorted(self.required_dependencies),
            "optional_dependencies": sorted(self.optional_dependencies),
            "source": inspect.getsource(functions[0]) if functions else None,
            "documentation": self.documentation,
            "version": self.version,
        }
        if include_optional_dependencies_default_values:
            told["optional_dependencies_default_values"] = self.optional_dependencies_default_values
        return told

    def __repr__(self) -> str:
        return f'Node("{self.name}": {get_type_as_string(self.type)})'


@dataclass
class HamiltonGraph:
    nodes: list[HamiltonNode]

    @staticmethod
    def from_graph(fn_graph: FunctionGraph) -> HamiltonGraph:
        return HamiltonGraph([HamiltonNode.from_node(n) for n in fn_graph.nodes.values()])

    @functools.cached_property
    def version(self) -> str:
        versions = sorted(n.version for n in self.nodes if n.version is not None)
        return hashlib.sha256(str(versions).encode()).hexdigest()

    @functools.cached_property
    def _by_name(self) -> dict[str, HamiltonNode]:
        return {n.name: n for n in self.nodes}

    def __getitem__(self, key: str) -> HamiltonNode:
        return self._by_name[key]

    def filter_nodes(self, filter: Callable[[HamiltonNode], bool]) -> list[HamiltonNode]:
        return [n for n in self.nodes if filter(n) is True]
