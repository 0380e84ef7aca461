"""Pictures of graphs: a graphviz.Digraph if that package is there, else one of our own with the same calls."""

from __future__ import annotations

import html
import inspect
import os
import pathlib
import shutil
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from . import graph_types
from .function_modifiers.metadata import schema
from .htypes import get_type_as_string
from .node import Node, NodeType

if TYPE_CHECKING:
    from .graph import FunctionGraph

_PATH_COLOR = "red"
_TYPE_LENGTH_MAX = 80
_FONT = "Helvetica"
_STYLES = {
    "config": {"shape": "note", "style": "filled", "fontname": _FONT},
    "input": {"shape": "rectangle", "margin": "0.15", "style": "filled,dashed", "fontname": _FONT},
    "function": {
        "shape": "rectangle",
        "margin": "0.15",
        "style": "rounded,filled",
        "fillcolor": "#b4d8e4",
        "fontname": _FONT,
    },
}
_ADDITIONS = {
    "output": {"fillcolor": "#FFC857"},
    "collect": {"peripheries": "2", "color": "#EA5556"},
    "expand": {"peripheries": "2", "color": "#56E39F"},
    "override": {"style": "filled,diagonals"},
    "materializer": {"shape": "cylinder"},
    "field": {"fillcolor": "#c8dae0", "fontname": "Courier"},
    "cluster": {"fillcolor": "#ffffff", "color": "#649fb3", "style": "rounded,filled,dashed"},
}
_LEGEND_ORDER = [
    "config",
    "input",
    "function",
    "cluster",
    "field",
    "output",
    "materializer",
    "override",
    "expand",
    "collect",
]


class Digraph:
    """What is used here of graphviz.Digraph, for where that package is not installed: `source` is DOT."""

    def __init__(
        self,
        name: str | None = None,
        comment: str | None = None,
        graph_attr: dict | None = None,
        node_attr: dict | None = None,
        edge_attr: dict | None = None,
        **_: Any,
    ):
        self.name = name
        self.comment = comment
        self.graph_attr = graph_attr or {}
        self.node_attr = node_attr or {}
        self.edge_attr = edge_attr or {}
        self.body: list[str] = []

    @staticmethod
    def _quoted(text: str) -> str:
        if text.startswith("<") and text.endswith(">"):
            return text
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    def _attributes(self, attributes: dict[str, str]) -> str:
        return " ".join(f"{name}={self._quoted(str(value))}" for name, value in attributes.items())

    def node(self, name: str, label: str | None = None, **attributes: str) -> None:
        told = {**({} if label is None else {"label": label}), **attributes}
        self.body.append(f"\t{self._quoted(name)} [{self._attributes(told)}]\n")

    def edge(self, tail_name: str, head_name: str, **attributes: str) -> None:
        told = f" [{self._attributes(attributes)}]" if attributes else ""
        self.body.append(f"\t{self._quoted(tail_name)} -> {self._quoted(head_name)}{told}\n")

    def attr(self, **attributes: str) -> None:
        self.body.append(f"\t{self._attributes(attributes)}\n".replace(" ", "\n\t"))

    def subgraph(self, graph: Digraph) -> None:
        self.body.append(graph._text("subgraph"))

    def _text(self, kind: str) -> str:
        head = f"{kind} {self._quoted(self.name)} {{\n" if self.name else f"{kind} {{\n"
        for what, attributes in (("graph", self.graph_attr), ("node", self.node_attr), ("edge", self.edge_attr)):
            if attributes:
                head += f"\t{what} [{self._attributes(attributes)}]\n"
        return head + "".join(self.body) + "}\n"

    @property
    def source(self) -> str:
        return (f"// {self.comment}\n" if self.comment else "") + self._text("digraph")

    def __str__(self) -> str:
        return self.source

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        return {"text/plain": self.source}


def _digraph_class() -> type:
    try:
        from graphviz import Digraph as installed
    except ImportError:
        return Digraph
    return installed


# ---- one node --------------------------------------------------------------------------------------------------


def _type_text(n: Node) -> str:
    text = get_type_as_string(n.type) or ""
    return text[:_TYPE_LENGTH_MAX] + "[...]" if len(text) > _TYPE_LENGTH_MAX else text


def _display_name(n: Node) -> str:
    name = n.tags.get("display_name") or n.name
    return (name[0] if name else n.name) if isinstance(name, list) else name


def _label(name: str, type_text: str) -> str:
    return f"<<b>{html.escape(name)}</b><br /><br /><i>{html.escape(type_text)}</i>>"


def _kind(n: Node) -> str:
    if n.node_role is not NodeType.EXTERNAL:
        return "function"
    return "input" if n.depended_on_by else "config"


def _refuse_style_function(function: Callable) -> None:
    for p in inspect.signature(function).parameters.values():
        if p.default is p.empty and p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD):
            raise ValueError(
                f"custom_style_function takes the keywords `node` and `node_class` only, but '{p}' is not keyword-only"
            )


class _Picture:
    def __init__(
        self,
        nodes: Collection[Node],
        modifiers: dict[str, set],
        only_these: bool,
        config: dict[str, Any],
        show_schema: bool,
        style_function: Callable | None,
        orient: str,
        graphviz_kwargs: dict,
    ):
        self.nodes = sorted(nodes, key=lambda n: n.name)
        self.names = {n.name for n in nodes}
        self.modifiers = modifiers
        self.only_these = only_these
        self.config = config
        self.show_schema = show_schema
        self.style_function = style_function
        self.kinds: set[str] = set()
        self.own_kinds: dict[tuple[str, str], dict] = {}
        attributes: dict[str, Any] = {
            "comment": "Dependency Graph",
            "graph_attr": {
                "rankdir": orient,
                "ranksep": "0.4",
                "compound": "true",
                "concentrate": "true",
                "style": "filled",
            },
            "node_attr": {"fillcolor": "#ffffff"},
            "edge_attr": {},
        }
        for key, value in graphviz_kwargs.items():
            if isinstance(value, dict) and isinstance(attributes.get(key), dict):
                attributes[key].update(value)
            else:
                attributes[key] = value
        self.graph = _digraph_class()(**attributes)

    def draw(self, hide_inputs: bool, deduplicate_inputs: bool, show_legend: bool) -> Any:
        for key, value in self.config.items():
            self.graph.node(key, label=_label(key, str(value)), **_STYLES["config"])
        for n in self.nodes:
            kind = _kind(n)
            if kind == "input":
                self.kinds.add(kind)
            elif kind == "function":
                self._draw_node(n)
        shared: dict[frozenset[str], str] = {}
        for n in self.nodes:
            self._draw_edges(n, hide_inputs, deduplicate_inputs, shared)
        if show_legend:
            self._draw_legend()
        return self.graph

    def _has(self, n: Node, modifier: str) -> bool:
        return any(m.name == modifier for m in self.modifiers.get(n.name, ()))

    def _draw_node(self, n: Node) -> None:
        name, type_text = _display_name(n), _type_text(n)
        style = dict(_STYLES["function"])
        kind = "function"
        config_key = n.tags.get("hamilton.config")
        if config_key:
            self.kinds.add("config")
            name = f"{n.name}: {config_key}"

        def add(addition: str) -> None:
            style.update(_ADDITIONS[addition])
            self.kinds.add(addition)

        if n.node_role is NodeType.EXPAND:
            add("expand")
        if n.node_role is NodeType.COLLECT:
            add("collect")
        loads = n.tags.get("hamilton.data_loader") and n.tags.get("hamilton.data_loader.has_metadata") is True
        if n.tags.get("hamilton.data_saver") or loads:
            which = "saver" if n.tags.get("hamilton.data_saver") else "loader"
            type_text = n.tags.get(f"hamilton.data_{which}.classname", type_text)
            add("materializer")
        if self.style_function is not None:
            shown = graph_types.HamiltonNode.from_node(n)
            own, base, legend = self.style_function(node=shown, node_class=kind)
            if legend:
                self.own_kinds[base, legend] = own
                kind = legend
            style.update(own)
        if self._has(n, "IS_OUTPUT"):
            add("output")
        if self._has(n, "IS_OVERRIDE"):
            add("override")
        if self._has(n, "IS_PATH"):
            style.setdefault("color", _PATH_COLOR)
        self.graph.node(n.name, label=_label(name, type_text), **style)
        fields = n.tags.get(schema.INTERNAL_SCHEMA_OUTPUT_KEY)
        if fields and self.show_schema:
            self._draw_fields(n, fields, style)
        if kind == "function":
            self.kinds.add(kind)

    def _draw_fields(self, n: Node, fields: str, style: dict[str, str]) -> None:
        self.kinds.update(("cluster", "field"))
        cluster = type(self.graph)(name="cluster_" + n.name)
        cluster.attr(**{**style, **_ADDITIONS["cluster"], "margin": "10"})
        columns = [field.strip() for field in fields.split(",")]
        width = max(len(column) for column in columns)
        for column in columns:
            text = column.ljust(width)
            own = {**style, **_ADDITIONS["field"], "fontsize": "10"}
            cluster.node(f"{n.name}:{text}", label=text, **own)
        cluster.node(n.name)
        self.graph.subgraph(cluster)

    def _draw_edges(self, n: Node, hide_inputs: bool, deduplicate: bool, shared: dict) -> None:
        inputs = []
        for d in n.dependencies:
            if self.only_these and d.name not in self.names:
                continue
            if _kind(d) == "input":
                inputs.append(d)
                continue
            style = {}
            if d.node_role is NodeType.EXPAND:
                style = {"dir": "both", "arrowhead": "crow", "arrowtail": "none"}
            if n.node_role is NodeType.COLLECT:
                style |= {"dir": "both", "arrowtail": "crow"}
            if self._has(d, "IS_PATH") and self._has(n, "IS_PATH"):
                style["color"] = _PATH_COLOR
            self.graph.edge(d.name, n.name, **style)
        if hide_inputs or not inputs:
            return
        key = frozenset(d.name for d in inputs)
        box = shared.get(key)
        if box is None:
            box = f"_{n.name}_inputs"
            if deduplicate:
                shared[key] = box
            rows = "".join(
                f"<tr><td>{html.escape(_display_name(d))}</td><td>{html.escape(_type_text(d))}</td></tr>"
                for d in inputs
            )
            self.graph.node(box, label=f'<<table border="0">{rows}</table>>', **_STYLES["input"])
        self.graph.edge(box, n.name)

    def _draw_legend(self) -> None:
        legend = type(self.graph)(
            name="cluster__legend",
            graph_attr={"label": "Legend", "rank": "same", "fontname": "helvetica", "fillcolor": "#ffffff"},
        )
        for kind in sorted(self.kinds, key=_LEGEND_ORDER.index):
            legend.node(kind, **{**_STYLES.get(kind, _STYLES["function"]), **_ADDITIONS.get(kind, {})})
        for (base, name), style in self.own_kinds.items():
            legend.node(name, **{**_STYLES.get(base, _STYLES["function"]), **style})
        self.graph.subgraph(legend)


# ---- whole pictures ------------------------------------------------------------------------------------------------


def _write(graph: Any, path: str, render_kwargs: dict, keep_dot: bool) -> None:
    """Renders into a file; DOT text needs no program, other formats need graphviz' `dot`."""
    stem, suffix = os.path.splitext(path)
    format_ = render_kwargs.get("format") or suffix[1:] or "png"
    if format_ in ("dot", "gv"):
        pathlib.Path(f"{stem}.{format_}").write_text(graph.source)
        return
    if isinstance(graph, Digraph) or shutil.which("dot") is None:
        raise RuntimeError(
            f"to draw into '{path}' the Python package graphviz and the program `dot` have to be installed; "
            "a path that ends with .dot takes the text"
        )
    options = {"format": format_, **{k: v for k, v in render_kwargs.items() if k != "format"}}
    if keep_dot:
        graph.render(stem, view=options.pop("view", False), **options)
    else:
        options.pop("view", None)
        pathlib.Path(f"{stem}.{format_}").write_bytes(graph.pipe(**options))


def display(
    nodes: Collection[Node],
    output_file_path: str | None = None,
    render_kwargs: dict | None = None,
    graphviz_kwargs: dict | None = None,
    node_modifiers: dict[str, set] | None = None,
    strictly_display_only_passed_in_nodes: bool = False,
    show_legend: bool = True,
    orient: str = "LR",
    hide_inputs: bool = False,
    deduplicate_inputs: bool = False,
    display_fields: bool = True,
    show_schema: bool = True,
    custom_style_function: Callable | None = None,
    config: dict | None = None,
    keep_dot: bool = False,
) -> Any:
    """The nodes as a graph, written to `output_file_path` if that is given."""
    if custom_style_function is not None:
        _refuse_style_function(custom_style_function)
    picture = _Picture(
        nodes,
        node_modifiers or {},
        strictly_display_only_passed_in_nodes,
        config or {},
        display_fields and show_schema,
        custom_style_function,
        orient,
        graphviz_kwargs or {},
    )
    graph = picture.draw(hide_inputs, deduplicate_inputs, show_legend)
    if output_file_path:
        _write(graph, output_file_path, render_kwargs or {}, keep_dot)
    return graph


def _modifier(name: str) -> Any:
    from .graph import VisualizationNodeModifiers

    return VisualizationNodeModifiers[name]


def _as_inputs(nodes: Collection[Node]) -> dict[str, set]:
    return {n.name: {_modifier("IS_USER_INPUT")} for n in nodes if n.user_defined}


def display_all(
    fg: FunctionGraph,
    output_file_path: str | None = None,
    render_kwargs: dict | None = None,
    graphviz_kwargs: dict | None = None,
    **kwargs: Any,
) -> Any:
    nodes = fg.get_nodes()
    return display(
        nodes,
        output_file_path,
        render_kwargs,
        graphviz_kwargs,
        node_modifiers=_as_inputs(nodes),
        config=fg.config,
        **kwargs,
    )


def display_downstream(fg: FunctionGraph, names: Collection[str], **kwargs: Any) -> Any:
    """With what else these nodes take."""
    nodes = fg.get_downstream_nodes(list(names))
    shown = nodes | {d for n in nodes for d in n.dependencies}
    return display(shown, strictly_display_only_passed_in_nodes=True, config=fg.config, **kwargs)


def display_upstream(fg: FunctionGraph, names: Collection[str], **kwargs: Any) -> Any:
    nodes, user_nodes = fg.get_upstream_nodes(list(names))
    return display(
        nodes,
        strictly_display_only_passed_in_nodes=True,
        node_modifiers=_as_inputs(user_nodes),
        config=fg.config,
        **kwargs,
    )


def display_run(
    fg: FunctionGraph,
    nodes: Collection[Node],
    user_nodes: Collection[Node],
    final_vars: Collection[str],
    overrides: Collection[str],
    **kwargs: Any,
) -> Any:
    modifiers = _as_inputs(user_nodes)
    for name in final_vars:
        modifiers.setdefault(name, set()).add(_modifier("IS_OUTPUT"))
    for name in overrides:
        modifiers.setdefault(name, set()).add(_modifier("IS_OVERRIDE"))
    return display(
        nodes,
        node_modifiers=modifiers,
        strictly_display_only_passed_in_nodes=True,
        config=fg.config,
        **kwargs,
    )


def display_path(fg: FunctionGraph, between: Collection[Node], strict: bool, **kwargs: Any) -> Any:
    modifiers = _as_inputs(fg.get_nodes())
    for n in between:
        modifiers.setdefault(n.name, set()).add(_modifier("IS_PATH"))
    shown = set(between)
    if not strict:
        shown.update(d for n in between for d in n.dependencies)
    return display(
        shown,
        node_modifiers=modifiers,
        strictly_display_only_passed_in_nodes=True,
        config=fg.config,
        **kwargs,
    )
