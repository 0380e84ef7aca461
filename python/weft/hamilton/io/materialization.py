"""to.<format>(...) and from_.<format>(...): savers and loaders put around a graph from outside."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .. import common, node, registry
from ..function_modifiers.adapters import LoadFromDecorator, SaveToDecorator
from ..function_modifiers.dependencies import SingleDependency, value
from ..registry import LOADER_REGISTRY, SAVER_REGISTRY
from .data_adapters import DataLoader, DataSaver

if TYPE_CHECKING:
    from ..graph import FunctionGraph
    from ..lifecycle import ResultBuilder


def process_kwargs(kwargs: dict[str, Any]) -> dict[str, SingleDependency]:
    """Options as dependencies: a literal stands for itself."""
    return {name: v if isinstance(v, SingleDependency) else value(v) for name, v in kwargs.items()}


class ExtractorFactory:
    """Loads what an input of the graph is to be."""

    def __init__(self, target: str, loaders: list[type[DataLoader]], **data_loader_kwargs: Any):
        self.target = target
        self.loaders = loaders
        self.data_loader_kwargs = process_kwargs(data_loader_kwargs)

    def generate_nodes(self, fn_graph: FunctionGraph) -> list[node.Node]:
        target = fn_graph.nodes.get(self.target)
        if target is None:
            names = sorted(fn_graph.nodes)
            raise ValueError(f"there is no node '{self.target}' to load; the graph has {names[:10]}")
        loader = LoadFromDecorator(self.loaders, self.target, **self.data_loader_kwargs)
        return loader.get_loader_nodes(self.target, target.type, namespace=None)


class MaterializerFactory:
    """Saves nodes, one or several combined by a result builder; its node is called `id`."""

    def __init__(
        self,
        id: str,
        savers: list[type[DataSaver]],
        result_builder: ResultBuilder | None,
        dependencies: list[str | Any],
        **data_saver_kwargs: Any,
    ):
        self.id = id
        self.savers = savers
        self.result_builder = result_builder
        self.dependencies = dependencies
        self.data_saver_kwargs = process_kwargs(data_saver_kwargs)

    def sanitize_dependencies(self, module_set: set[str]) -> MaterializerFactory:
        """The same with the names of functions and variables."""
        names = common.convert_output_values(self.dependencies, module_set)
        return MaterializerFactory(self.id, self.savers, self.result_builder, names, **self.data_saver_kwargs)

    def _resolve_dependencies(self, fn_graph: FunctionGraph) -> list[node.Node]:
        missing = [name for name in self.dependencies if name not in fn_graph.nodes]
        if missing:
            raise ValueError(f"the materializer '{self.id}' saves {missing}, which are not in the graph")
        return [fn_graph.nodes[name] for name in self.dependencies]

    def generate_nodes(self, fn_graph: FunctionGraph) -> list[node.Node]:
        saved = self._resolve_dependencies(fn_graph)
        made = []
        if self.result_builder is None:
            if len(saved) != 1:
                raise ValueError(
                    f"the materializer '{self.id}' saves {len(saved)} nodes: combine= says how they become one"
                )
            data = saved[0]
        else:
            data = node.Node(
                f"{self.id}_build_result",
                self.result_builder.output_type(),
                f"Builds the result for {self.id} materializer",
                self.result_builder.build_result,
                input_types={n.name: n.type for n in saved},
                originating_functions=(self.result_builder.build_result,),
            )
            made.append(data)
        saver = SaveToDecorator(self.savers, self.id, **self.data_saver_kwargs)
        return [*made, saver.create_saver_node(data, {}, data.callable)]


def _materializer(savers: list[type[DataSaver]], id: str, dependencies: list, combine: Any = None, **kwargs: Any):
    return MaterializerFactory(id, savers, combine, dependencies, **kwargs)


def _extractor(loaders: list[type[DataLoader]], target: str, **kwargs: Any) -> ExtractorFactory:
    return ExtractorFactory(target, loaders, **kwargs)


class _Formats(type):
    """to.csv, from_.json: for the adapters of a format."""

    def __getattr__(cls, item: str) -> Any:
        if item.startswith("__"):
            raise AttributeError(item)
        adapters = cls._find(item)
        if adapters is None:
            raise AttributeError(f"{cls.__name__} has no '{item}'; there are {sorted(cls._registry)}")
        return functools.partial(cls._factory, adapters)


class Materialize(metaclass=_Formats):
    """to.<format>(id=, dependencies=[...], combine=result builder, **options)."""

    _registry = SAVER_REGISTRY
    _find = staticmethod(registry.savers_of)
    _factory = staticmethod(_materializer)


class to(Materialize):
    pass


class Extract(metaclass=_Formats):
    """from_.<format>(target=input, **options)."""

    _registry = LOADER_REGISTRY
    _find = staticmethod(registry.loaders_of)
    _factory = staticmethod(_extractor)


class from_(Extract):
    pass


def modify_graph(
    fn_graph: FunctionGraph,
    materializer_factories: list[MaterializerFactory],
    extractor_factories: list[ExtractorFactory],
) -> FunctionGraph:
    """The graph with their nodes; a loaded input's node takes the place of the input."""
    savers = [n for factory in materializer_factories for n in factory.generate_nodes(fn_graph)]
    fn_graph = fn_graph.with_nodes({n.name: n for n in savers})
    loaders = [n for factory in extractor_factories for n in factory.generate_nodes(fn_graph)]
    return fn_graph.replacing({n.name: n for n in loaders}) if loaders else fn_graph
