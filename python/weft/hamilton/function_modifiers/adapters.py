"""Loading and saving around functions: load_from, save_to, dataloader, datasaver."""

from __future__ import annotations

import inspect
import logging
import typing
from collections.abc import Callable, Collection, Sequence
from typing import Any

from .. import node, registry
from ..htypes import custom_subclass_check
from ..io.data_adapters import AdapterCommon, DataLoader, DataSaver
from ..node import OPTIONAL, REQUIRED, Bound, type_hints
from ..registry import LOADER_REGISTRY, SAVER_REGISTRY
from .base import InvalidDecoratorException, NodeCreator, NodeInjector, SingleNodeNodeTransformer
from .dependencies import LiteralDependency, ParametrizedDependency, UpstreamDependency

logger = logging.getLogger(__name__)


class AdapterFactory:
    """A loader or saver class and its arguments, checked."""

    def __init__(self, adapter_cls: type[AdapterCommon], **kwargs: ParametrizedDependency):
        self.adapter_cls = adapter_cls
        self.kwargs = kwargs
        self.validate()

    def validate(self) -> None:
        required = self.adapter_cls.get_required_arguments()
        known = {**required, **self.adapter_cls.get_optional_arguments()}
        name = self.adapter_cls.__qualname__
        missing = sorted(required.keys() - self.kwargs.keys())
        if missing:
            raise InvalidDecoratorException(f"{name} needs {missing}; it takes {sorted(known)}")
        extra = sorted(self.kwargs.keys() - known.keys())
        if extra:
            raise InvalidDecoratorException(f"{name} has no {extra}; it takes {sorted(known)}")

    def create_loader(self, **resolved_kwargs: Any) -> DataLoader:
        if not self.adapter_cls.can_load():
            raise InvalidDecoratorException(f"{self.adapter_cls.__qualname__} cannot load")
        return self.adapter_cls(**resolved_kwargs)

    def create_saver(self, **resolved_kwargs: Any) -> DataSaver:
        if not self.adapter_cls.can_save():
            raise InvalidDecoratorException(f"{self.adapter_cls.__qualname__} cannot save")
        return self.adapter_cls(**resolved_kwargs)


def resolve_kwargs(kwargs: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """{argument: node} and {argument: value}."""
    nodes, values = {}, {}
    for name, given in kwargs.items():
        if isinstance(given, UpstreamDependency):
            nodes[name] = given.source
        else:
            values[name] = given.value if isinstance(given, LiteralDependency) else given
    return nodes, values


def resolve_adapter_class(
    type_: Any, loader_classes: Sequence[type[AdapterCommon]]
) -> type[AdapterCommon] | None:
    """The class for data of this type: the one that was registered last, one for Any only if there is no other."""
    newest_first = list(reversed(loader_classes))
    applicable = [cls for cls in newest_first if cls.applies_to(type_)]
    if len(applicable) > 1:
        logger.warning("several adapters apply to %s; %s was registered last", type_, applicable[0])
    if applicable:
        return applicable[0]
    return next((cls for cls in newest_first if Any in cls.applicable_types()), None)


def _argument_types(
    cls: type[AdapterCommon], nodes: dict[str, str], values: dict[str, Any]
) -> dict[str, tuple[Any, node.DependencyType]]:
    types = {
        nodes.get(name, name): (type_, REQUIRED)
        for name, type_ in cls.get_required_arguments().items()
        if name not in values
    }
    types.update(
        (nodes[name], (type_, OPTIONAL))
        for name, type_ in cls.get_optional_arguments().items()
        if name in nodes
    )
    return types


class _Load:
    """Loads data of a type with an adapter."""

    def __init__(self, factory: AdapterFactory, type_: Any):
        self.factory = factory
        self.type = type_

    def __call__(self, **arguments: Any) -> Any:
        return self.factory.create_loader(**arguments).load_data(self.type)


class _Save:
    """Saves data with an adapter."""

    def __init__(self, factory: AdapterFactory):
        self.factory = factory

    def __call__(self, data: Any, arguments: dict[str, Any]) -> Any:
        return self.factory.create_saver(**arguments).save_data(data)


def _saved(save: _Save, data_name: str, nodes: dict[str, str], values: dict[str, Any]) -> Callable:
    # The data's name may be that of an argument of the adapter, so they are not mixed.
    def save_data(**given: Any) -> Any:
        arguments = dict(values)
        arguments.update((name, given[source]) for name, source in nodes.items() if source in given)
        return save(given[data_name], arguments)

    return save_data


def _data_of(loaded: tuple) -> Any:
    return loaded[0]


class LoadFromDecorator(NodeInjector):
    """A parameter takes what a loader loads: `fn.load_data.p` has data and metadata, `fn.select_data.p` the data."""

    def __init__(
        self,
        loader_classes: Sequence[type[DataLoader]],
        inject_: str | None = None,
        **kwargs: ParametrizedDependency,
    ):
        self.loader_classes = loader_classes
        self.kwargs = kwargs
        self.inject = inject_

    def _select_param_to_inject(self, params: list[str], fn: Callable) -> str:
        if self.inject is None:
            if len(params) != 1:
                raise InvalidDecoratorException(
                    f"load_from of '{fn.__qualname__}' has to say for which of {params} it is, with inject_"
                )
            return params[0]
        if self.inject not in params:
            raise InvalidDecoratorException(f"'{fn.__qualname__}' has no input '{self.inject}' to load")
        return self.inject

    def get_loader_nodes(
        self, inject_parameter: str, load_type: Any, namespace: str | None = None
    ) -> list[node.Node]:
        cls = resolve_adapter_class(load_type, self.loader_classes)
        if cls is None:
            raise InvalidDecoratorException(
                f"none of {[c.__qualname__ for c in self.loader_classes]} loads a {load_type}"
            )
        factory = AdapterFactory(cls, **self.kwargs)
        nodes, values = resolve_kwargs(self.kwargs)
        tags = {
            "hamilton.data_loader": True,
            "hamilton.data_loader.source": cls.name(),
            "hamilton.data_loader.classname": cls.__qualname__,
            "hamilton.data_loader.node": inject_parameter,
        }
        types = _argument_types(cls, nodes, values)
        arguments = {n: nodes.get(n, n) for n in (*cls.get_required_arguments(), *nodes) if n not in values}
        loader = node.Node(
            inject_parameter,
            tuple[dict[str, Any], load_type],
            callabl=Bound(_Load(factory, load_type), arguments, values),
            input_types=types,
            tags={**tags, "hamilton.data_loader.has_metadata": True},
            namespace=(namespace, "load_data") if namespace else ("load_data",),
        )
        data = node.Node(
            inject_parameter,
            load_type,
            callabl=Bound(_data_of, {"loaded": loader.name}),
            input_types={loader.name: loader.type},
            tags={**tags, "hamilton.data_loader.has_metadata": False},
            namespace=(namespace, "select_data") if namespace else (),
        )
        return [loader, data]

    def inject_nodes(
        self, params: dict[str, Any], config: dict[str, Any], fn: Callable
    ) -> tuple[Collection[node.Node], dict[str, str]]:
        parameter = self._select_param_to_inject(list(params), fn)
        nodes = self.get_loader_nodes(parameter, params[parameter], fn.__name__)
        return nodes, {parameter: nodes[1].name}

    def validate(self, fn: Callable) -> None:
        parameter = self._select_param_to_inject(list(inspect.signature(fn).parameters), fn)
        type_ = type_hints(fn)[parameter]
        cls = resolve_adapter_class(type_, self.loader_classes)
        if cls is None:
            raise InvalidDecoratorException(
                f"no loader for '{parameter}' of '{fn.__qualname__}', which is {type_}; there are "
                f"{[c.__qualname__ for c in self.loader_classes]}"
            )
        AdapterFactory(cls, **self.kwargs)


class SaveToDecorator(SingleNodeNodeTransformer):
    """A node `save.<fn>` (or output_name_) that saves the function's result and yields metadata."""

    def __init__(
        self,
        saver_classes_: Sequence[type[DataSaver]],
        output_name_: str | None = None,
        target_: str | None = None,
        **kwargs: ParametrizedDependency,
    ):
        super().__init__()
        self.artifact_name = output_name_
        self.saver_classes = saver_classes_
        self.kwargs = kwargs
        self.target = target_

    def create_saver_node(self, node_: node.Node, config: dict[str, Any], fn: Callable) -> node.Node:
        saved = node_.name if self.target is None else self.target
        cls = resolve_adapter_class(node_.type, self.saver_classes)
        if cls is None:
            raise InvalidDecoratorException(
                f"no saver for '{saved}', which is {node_.type}; there are "
                f"{[c.__qualname__ for c in self.saver_classes]}"
            )
        factory = AdapterFactory(cls, **self.kwargs)
        nodes, values = resolve_kwargs(self.kwargs)
        types = _argument_types(cls, nodes, values)
        unbound = {n: n for n in cls.get_required_arguments() if n not in values and n not in nodes}
        types[saved] = (node_.type, REQUIRED)
        return node.Node(
            saved if self.artifact_name is None else self.artifact_name,
            dict[str, Any],
            callabl=_saved(_Save(factory), saved, {**unbound, **nodes}, values),
            input_types=types,
            namespace=("save",) if self.artifact_name is None else (),
            tags={
                "hamilton.data_saver": True,
                "hamilton.data_saver.sink": cls.name(),
                "hamilton.data_saver.classname": cls.__qualname__,
            },
        )

    def transform_node(self, node_: node.Node, config: dict[str, Any], fn: Callable) -> Collection[node.Node]:
        return [self.create_saver_node(node_, config, fn), node_]

    def validate(self, fn: Callable) -> None:
        pass


class _ByFormat(type):
    """load_from.csv, save_to.json: a decorator for the adapters of a format."""

    def __getattr__(cls, item: str) -> Callable:
        if item.startswith("__"):
            raise AttributeError(item)
        found = cls._find(item)
        if found is None:
            raise AttributeError(f"{cls.__name__} has no '{item}'; there are {sorted(cls._registry)}")
        return cls.decorator_factory(found)


class load_from(metaclass=_ByFormat):
    """@load_from.<format>(inject_=parameter, **options): options are values, value() or source()."""

    _registry = LOADER_REGISTRY
    _find = staticmethod(registry.loaders_of)

    def __call__(self, *args: Any, **kwargs: Any) -> LoadFromDecorator:
        return LoadFromDecorator(*args, **kwargs)

    @classmethod
    def decorator_factory(cls, loaders: Sequence[type[DataLoader]]) -> Callable[..., LoadFromDecorator]:
        def create(inject_: str | None = None, **kwargs: ParametrizedDependency) -> LoadFromDecorator:
            return LoadFromDecorator(loaders, inject_=inject_, **kwargs)

        return create


class save_to(metaclass=_ByFormat):
    """@save_to.<format>(output_name_=, target_=, **options)."""

    _registry = SAVER_REGISTRY
    _find = staticmethod(registry.savers_of)

    def __call__(self, *args: Any, **kwargs: Any) -> SaveToDecorator:
        return SaveToDecorator(*args, **kwargs)

    @classmethod
    def decorator_factory(cls, savers: Sequence[type[DataSaver]]) -> Callable[..., SaveToDecorator]:
        def create(**kwargs: ParametrizedDependency) -> SaveToDecorator:
            return SaveToDecorator(savers, **kwargs)

        return create


class dataloader(NodeCreator):
    """The function loads itself and returns data and metadata; `fn.loader` has both, `fn` the data."""

    def validate(self, fn: Callable) -> None:
        returns = type_hints(fn).get("return")
        args = typing.get_args(returns)
        if typing.get_origin(returns) is not tuple or len(args) != 2:
            raise InvalidDecoratorException(f"'{fn.__qualname__}' loads, so it has to return tuple[data, dict]")
        if not custom_subclass_check(args[1], dict) or typing.get_args(args[1])[:1] not in ((), (str,)):
            raise InvalidDecoratorException(
                f"'{fn.__qualname__}' returns {args[1]} beside the data; metadata is a dict[str, ...]"
            )

    def generate_nodes(self, fn: Callable, config: dict[str, Any]) -> list[node.Node]:
        own = node.Node.from_fn(fn)
        name = fn.__name__
        tags = {
            "hamilton.data_loader": True,
            "hamilton.data_loader.node": name,
            "hamilton.data_loader.classname": f"{name}()",
        }
        loader = own.copy_with(
            name="loader",
            namespace=(name,),
            tags={
                **own.tags,
                **tags,
                "hamilton.data_loader.has_metadata": True,
                "hamilton.data_loader.source": "loader",
            },
        )
        data = node.Node(
            name,
            typing.get_args(own.type)[0],
            callabl=Bound(_data_of, {"loaded": loader.name}),
            input_types={loader.name: own.type},
            tags={**tags, "hamilton.data_loader.has_metadata": False, "hamilton.data_loader.source": name},
        )
        return [loader, data]


class datasaver(NodeCreator):
    """The function saves itself and returns metadata."""

    def validate(self, fn: Callable) -> None:
        if type_hints(fn).get("return") not in (dict, typing.Dict):  # noqa: UP006
            raise InvalidDecoratorException(f"'{fn.__qualname__}' saves, so it has to return a dict")

    def generate_nodes(self, fn: Callable, config: dict[str, Any]) -> list[node.Node]:
        own = node.Node.from_fn(fn)
        tags = {
            **own.tags,
            "hamilton.data_saver": True,
            "hamilton.data_saver.sink": own.name,
            "hamilton.data_saver.classname": f"{fn.__name__}()",
        }
        return [own.copy_with(tags=tags)]
