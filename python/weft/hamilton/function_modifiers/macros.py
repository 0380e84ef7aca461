"""Functions in the place of, before or behind others: does, pipe_input, pipe_output, mutate, step, model."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Collection
from types import EllipsisType
from typing import Any, Union

from .. import models, node
from ..node import Bound, type_hints
from . import base
from .configuration import ConfigResolver, hamilton_exclude
from .dependencies import LiteralDependency, SingleDependency, UpstreamDependency, source

_KEYWORD_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def _empty():
    pass


def _empty_with_doc():
    """Is as empty as the other one, but compiles differently in some versions of Python."""


def ensure_function_empty(fn: Callable) -> None:
    """Raises InvalidDecoratorException unless the body is `pass`."""
    if fn.__code__.co_code not in (_empty.__code__.co_code, _empty_with_doc.__code__.co_code):
        raise base.InvalidDecoratorException(f"the body of '{fn.__name__}' is replaced, so it has to be `pass`")


# ---- does ------------------------------------------------------------------------------------------


class does(base.NodeCreator):
    """Another function stands in for the body; `argument_mapping` has {its parameter: the declared one}."""

    def __init__(self, replacing_function: Callable, **argument_mapping: str | list[str]):
        self.replacing_function = replacing_function
        self.argument_mapping = argument_mapping

    @staticmethod
    def map_kwargs(kwargs: dict[str, Any], argument_mapping: dict[str, str]) -> dict[str, Any]:
        """The declared arguments under the names of the replacing function."""
        taken = set(argument_mapping.values()) - argument_mapping.keys()
        out = {name: v for name, v in kwargs.items() if name not in taken}
        out.update((to, kwargs[name]) for to, name in argument_mapping.items())
        return out

    @staticmethod
    def test_function_signatures_compatible(
        fn_signature: inspect.Signature,
        replace_with_signature: inspect.Signature,
        argument_mapping: dict[str, str],
    ) -> bool:
        try:
            replace_with_signature.bind(
                **does.map_kwargs(dict.fromkeys(fn_signature.parameters), argument_mapping)
            )
        except (TypeError, KeyError):
            return False
        return True

    @staticmethod
    def ensure_function_signature_compatible(
        og_function: Callable, replacing_function: Callable, argument_mapping: dict[str, str]
    ) -> None:
        declared = inspect.signature(og_function)
        replacing = inspect.signature(replacing_function)
        nameless = [n for n, p in declared.parameters.items() if p.kind not in _KEYWORD_KINDS]
        if nameless:
            raise base.InvalidDecoratorException(
                f"'{og_function.__name__}' has parameters that cannot be given by name: {nameless}"
            )
        if not does.test_function_signatures_compatible(declared, replacing, argument_mapping):
            raise base.InvalidDecoratorException(
                f"'{replacing_function.__name__}{replacing}' cannot stand in for '{og_function.__name__}{declared}' "
                f"with the mapping {argument_mapping}"
            )

    def validate(self, fn: Callable) -> None:
        ensure_function_empty(fn)
        self.ensure_function_signature_compatible(fn, self.replacing_function, self.argument_mapping)

    def generate_nodes(self, fn: Callable, config: dict[str, Any]) -> list[node.Node]:
        declared = node.Node.from_fn(fn)
        # Names as the replacing function has them; a default of the declared one goes along as a value.
        names = self.map_kwargs({p: p for p in declared.input_types}, self.argument_mapping)
        return [declared.copy_with(callabl=_Replaced(self, declared.default_parameter_values, names))]


class _Replaced:
    __slots__ = ("does", "defaults", "names")

    def __init__(self, does_: does, defaults: dict[str, Any], names: dict[str, str]):
        self.does = does_
        self.defaults = defaults
        self.names = names  # of the replacing function -> declared

    def __call__(self, **kwargs: Any) -> Any:
        given = {**self.defaults, **kwargs} if self.defaults else kwargs
        return self.does.replacing_function(**{to: given[name] for to, name in self.names.items()})


# ---- models ----------------------------------------------------------------------------------------


class dynamic_transform(base.NodeCreator):
    """Old: a models.DynamicTransformBase made of a config entry computes the node; resolve() replaces it."""

    def __init__(
        self, transform_cls: type[models.DynamicTransformBase], config_param: str, **extra_transform_params: Any
    ):
        self.transform_cls = transform_cls
        self.config_param = config_param
        self.extra_transform_params = extra_transform_params

    def validate(self, fn: Callable) -> None:
        ensure_function_empty(fn)
        returns = type_hints(fn).get("return")
        pandas = sys.modules.get("pandas")
        if pandas is None or not isinstance(returns, type) or not issubclass(returns, pandas.Series):
            raise base.InvalidDecoratorException(f"'{fn.__name__}' is a model, so it has to return a pandas Series")
        if inspect.signature(fn).parameters:
            raise base.InvalidDecoratorException(f"'{fn.__name__}' is a model: its inputs come from the config")

    def generate_nodes(self, fn: Callable, config: dict[str, Any]) -> list[node.Node]:
        if self.config_param not in config:
            raise base.InvalidDecoratorException(
                f"@{self.name} of '{fn.__name__}' needs the config entry '{self.config_param}', which is not set"
            )
        name = fn.__name__
        transform = self.transform_cls(config[self.config_param], name, **self.extra_transform_params)
        type_ = type_hints(fn)["return"]
        inputs = {dependency: sys.modules["pandas"].Series for dependency in transform.get_dependents()}
        doc = fn.__doc__ or ""
        return [node.Node(name, type_, doc, transform.compute, input_types=inputs, tags={"module": fn.__module__})]

    def required_config(self) -> list[str] | None:
        return None

    def require_config(self) -> list[str]:
        return [self.config_param]


class model(dynamic_transform):
    def __init__(self, model_cls: type, config_param: str, **extra_model_params: Any):
        super().__init__(transform_cls=model_cls, config_param=config_param, **extra_model_params)


# ---- steps -----------------------------------------------------------------------------------------

NamespaceType = Union[str, EllipsisType, None]


class Applicable:
    """A step of a chain: a function, what its parameters are bound to, and when and where it applies."""

    def __init__(
        self,
        fn: Callable | None,
        args: tuple[Any | SingleDependency, ...],
        kwargs: dict[str, Any | SingleDependency],
        target_fn: Callable | None = None,
        _resolvers: list[ConfigResolver] | None = None,
        _name: str | None = None,
        _namespace: NamespaceType = ...,
        _target: base.TargetType = None,
    ):
        if isinstance(fn, str) or isinstance(target_fn, str):
            raise TypeError("a step takes the function itself, not its name")
        if "_name" in kwargs:
            raise ValueError("'_name' can be no argument of a step; .named() gives it a name")
        self.fn = fn
        self.target_fn = target_fn
        self.args = args
        self.kwargs = {key: v for key, v in kwargs.items() if key != "__name"}
        self.resolvers = list(_resolvers or ())
        self.name = _name
        self.namespace = _namespace
        self.target = _target

    def _with(self, **changes: Any) -> Applicable:
        arguments: dict[str, Any] = {
            "fn": self.fn,
            "args": self.args,
            "kwargs": self.kwargs,
            "target_fn": self.target_fn,
            "_resolvers": self.resolvers,
            "_name": self.name,
            "_namespace": self.namespace,
            "_target": self.target,
        }
        return Applicable(**{**arguments, **changes})

    def _when(self, resolver: ConfigResolver) -> Applicable:
        return self._with(_resolvers=[*self.resolvers, resolver])

    def when(self, **key_value_pairs: Any) -> Applicable:
        return self._when(ConfigResolver.when(**key_value_pairs))

    def when_not(self, **key_value_pairs: Any) -> Applicable:
        return self._when(ConfigResolver.when_not(**key_value_pairs))

    def when_in(self, **key_value_group_pairs: list) -> Applicable:
        return self._when(ConfigResolver.when_in(**key_value_group_pairs))

    def when_not_in(self, **key_value_group_pairs: list) -> Applicable:
        return self._when(ConfigResolver.when_not_in(**key_value_group_pairs))

    def named(self, name: str, namespace: NamespaceType = ...) -> Applicable:
        """The step's node gets this name; `namespace` None: without one, ...: as it was."""
        return self._with(
            _name=self.name if name is None else name,
            _namespace=self.namespace if namespace is ... else namespace,
        )

    def namespaced(self, namespace: NamespaceType) -> Applicable:
        return self._with(_namespace=namespace)

    def on_output(self, target: base.TargetType) -> Applicable:
        """Only for these outputs of the function (of pipe_output)."""
        return self._with(_target=self.target if target is None else target)

    def resolves(self, config: dict[str, Any]) -> bool:
        return all(resolver(config) for resolver in self.resolvers)

    def get_config_elements(self) -> list[str]:
        return [key for resolver in self.resolvers for key in resolver.optional_config]

    def validate(self, chain_first_param: bool, allow_custom_namespace: bool) -> None:
        name = getattr(self.fn, "__name__", repr(self.fn))
        signature = inspect.signature(self.fn)
        if not signature.parameters:
            raise base.InvalidDecoratorException(f"the step '{name}' takes nothing: its first parameter is passed on")
        nameless = [p.name for p in signature.parameters.values() if p.kind not in _KEYWORD_KINDS]
        if nameless:
            raise base.InvalidDecoratorException(f"parameters of the step '{name}' cannot be given by name: {nameless}")
        try:
            signature.bind(*((...,) if chain_first_param else ()), *self.args, **self.kwargs)
        except TypeError as e:
            raise base.InvalidDecoratorException(
                f"the step '{name}{signature}' cannot be called with {self.args}, {self.kwargs}: {e}"
            ) from e
        if self.namespace is not ... and not allow_custom_namespace:
            raise base.InvalidDecoratorException(
                f"the chain has a namespace, and its step '{name}' another: one of them is enough"
            )
        try:
            node.Node.from_fn(self.fn)
        except ValueError as e:
            raise base.InvalidDecoratorException(f"the step '{name}' needs types for all it takes and returns") from e

    def resolve_namespace(self, default_namespace: str) -> tuple[str, ...]:
        if self.namespace is ...:
            return (default_namespace,)
        return () if self.namespace is None else (self.namespace,)

    def bind_function_args(self, current_param: str | None) -> tuple[dict[str, str], dict[str, Any]]:
        """{parameter: node} and {parameter: value}; the first parameter takes `current_param`."""
        args = self.args if current_param is None else (source(current_param), *self.args)
        bound = inspect.signature(self.fn).bind(*args, **self.kwargs)
        nodes, values = {}, {}
        for parameter, given in {**bound.arguments, **bound.kwargs}.items():
            if isinstance(given, UpstreamDependency):
                nodes[parameter] = given.source
            else:
                values[parameter] = given.value if isinstance(given, LiteralDependency) else given
        return nodes, values


def step(fn: Callable, *args: SingleDependency | Any, **kwargs: SingleDependency | Any) -> Applicable:
    """A step of a chain: `fn` with its first parameter passed on and the others bound."""
    return Applicable(fn=fn, args=args, kwargs=kwargs)


def chain_transforms(
    target_arg: str,
    transforms: Collection[Applicable],
    namespace: NamespaceType,
    config: dict[str, Any],
    fn: Callable,
) -> tuple[list[node.Node], str]:
    """Nodes of the steps that the config selects, behind `target_arg`, and the name of the last one."""
    seen: Counter = Counter()
    nodes = []
    for applicable in transforms:
        if namespace is not ...:
            applicable = applicable.namespaced(namespace)
        if not applicable.resolves(config):
            continue
        name = applicable.fn.__name__
        repeat = f"_{seen[name]}" if seen[name] else ""
        seen[name] += 1
        default_name = f"with{'' if name.startswith('_') else '_'}{name}{repeat}"
        raw = node.Node.from_fn(applicable.fn).copy_with(
            name=applicable.name or default_name, namespace=applicable.resolve_namespace(fn.__name__)
        )
        sources, values = applicable.bind_function_args(target_arg)
        # Its inputs are parameters until they are bound, and a node's name may be another parameter's.
        bound = Bound(applicable.fn, {p: sources.get(p, p) for p in raw.input_types if p not in values}, values)
        types = {sources.get(p, p): kind for p, kind in raw.input_types.items() if p not in values}
        nodes.append(raw.copy_with(name=raw.name, callabl=bound, input_types=types))
        target_arg = raw.name
    return nodes, target_arg


def _optional_config(transforms: Collection[Applicable]) -> dict[str, Any]:
    return dict.fromkeys(key for applicable in transforms for key in applicable.get_config_elements())


def _refuse(decorator: str, collapse: bool, chain: bool) -> None:
    if collapse or chain:
        raise NotImplementedError(f"{decorator} makes a node for each step; collapse and chain are not there")


class pipe_input(base.NodeInjector):
    """Steps between a parameter (`on_input`; else the first) and where it comes from."""

    def __init__(
        self,
        *transforms: Applicable,
        namespace: NamespaceType = ...,
        on_input: base.TargetType = None,
        collapse: bool = False,
        _chain: bool = False,
    ):
        if on_input is not None and not isinstance(on_input, str):
            raise NotImplementedError("pipe_input is for one parameter: on_input is its name")
        _refuse("pipe_input", collapse, _chain)
        self.transforms = transforms
        self.collapse = collapse
        self.chain = _chain
        self.namespace = namespace
        self.target = [on_input]

    def inject_nodes(
        self, params: dict[str, Any], config: dict[str, Any], fn: Callable
    ) -> tuple[list[node.Node], dict[str, str]]:
        declared = list(inspect.signature(fn).parameters)
        wanted = self.target[0]
        # A name that is no input of the nodes falls back to the first parameter, as in Hamilton.
        parameter = wanted if wanted in params else next(iter(declared), None)
        if parameter not in params or parameter not in declared:
            raise base.InvalidDecoratorException(
                f"pipe_input of '{fn.__name__}' is for its parameter '{parameter}', which is no input any more: "
                "another decorator has bound it"
            )
        nodes, last = chain_transforms(parameter, self.transforms, self.namespace, config, fn)
        return nodes, {parameter: last}

    def validate(self, fn: Callable) -> None:
        for applicable in self.transforms:
            applicable.validate(chain_first_param=True, allow_custom_namespace=self.namespace is ...)

    def optional_config(self) -> dict[str, Any]:
        return _optional_config(self.transforms)


class pipe(pipe_input):
    """Old spelling of pipe_input."""


class SingleTargetError(Exception):
    """The chain says on which output, and one of its steps too."""


def _identity(foo: Any) -> Any:
    return foo


class pipe_output(base.NodeTransformer):
    """Steps behind the function: `f.raw`, the steps, and then `f`, the value of the last one."""

    def __init__(
        self,
        *transforms: Applicable,
        namespace: NamespaceType = ...,
        on_output: base.TargetType = None,
        collapse: bool = False,
        _chain: bool = False,
    ):
        if on_output is not None and any(t.target is not None for t in transforms):
            raise SingleTargetError("the output is named by pipe_output or by its steps, not by both")
        if on_output is ...:
            raise ValueError("on_output is a name, names, or None for the last nodes; not ...")
        _refuse("pipe_output", collapse, _chain)
        super().__init__(target=on_output)
        self.transforms = transforms
        self.collapse = collapse
        self.chain = _chain
        self.namespace = namespace

    def _steps_for(self, node_: node.Node) -> list[Applicable]:
        def applies(target: base.TargetType) -> bool:
            if isinstance(target, str):
                return node_.name == target
            return node_.name in target if isinstance(target, Collection) else True

        return [t for t in self.transforms if applies(t.target)]

    def transform_node(self, node_: node.Node, config: dict[str, Any], fn: Callable) -> Collection[node.Node]:
        steps = self._steps_for(node_)
        raw_name = f"{node_.name}.raw"
        namespace = node_.name if self.namespace is ... else self.namespace
        nodes, last = chain_transforms(raw_name, steps, namespace, config, fn)
        if not nodes:
            return [node_]
        end = node.Node(
            node_.name,
            nodes[-1].type,
            "",
            Bound(_identity, {"foo": last}),
            input_types={last: Any},
            tags={"module": fn.__module__},
        )
        return [node_.copy_with(name=raw_name), *nodes, end]

    def validate(self, fn: Callable) -> None:
        for applicable in self.transforms:
            applicable.validate(chain_first_param=True, allow_custom_namespace=self.namespace is ...)

    def optional_config(self) -> dict[str, Any]:
        return _optional_config(self.transforms)


# ---- mutate ----------------------------------------------------------------------------------------


def apply_to(fn_: Callable, **mutating_fn_kwargs: SingleDependency | Any) -> Applicable:
    """A target of mutate(), with arguments, conditions or a name of its own."""
    return Applicable(fn=None, args=(), kwargs=mutating_fn_kwargs, target_fn=fn_)


class NotSameModuleError(Exception):
    def __init__(self, fn: Callable, target_fn: Callable):
        super().__init__(
            f"mutate reaches functions of its own module only: '{fn.__name__}' is in {fn.__module__}, "
            f"'{target_fn.__name__}' in {target_fn.__module__}"
        )


class mutate:
    """The function becomes a step behind each of the targets, and is no node itself."""

    def __init__(
        self,
        *target_functions: Applicable | Callable,
        collapse: bool = False,
        _chain: bool = False,
        **mutating_function_kwargs: SingleDependency | Any,
    ):
        _refuse("mutate", collapse, _chain)
        self.collapse = collapse
        self.chain = _chain
        self.remote_applicables = tuple(t if isinstance(t, Applicable) else apply_to(t) for t in target_functions)
        self.mutating_function_kwargs = mutating_function_kwargs
        self.restrict_to_single_module = True

    def validate_same_module(self, mutating_fn: Callable) -> None:
        for applicable in self.remote_applicables:
            if applicable.target_fn.__module__ != mutating_fn.__module__:
                raise NotSameModuleError(mutating_fn, applicable.target_fn)

    def __call__(self, mutating_fn: Callable) -> Callable:
        mutating_fn = hamilton_exclude()(mutating_fn)
        if self.restrict_to_single_module:
            self.validate_same_module(mutating_fn)
        for applicable in self.remote_applicables:
            kwargs = applicable.kwargs or self.mutating_function_kwargs
            new_step = applicable._with(fn=mutating_fn, kwargs=kwargs)
            target = applicable.target_fn
            chains = [d for d in getattr(target, "transform", ()) if isinstance(d, pipe_output)]
            for chain in chains:
                chain.transforms = (*chain.transforms, new_step)
            if not chains:
                pipe_output(new_step)(target)
        return mutating_fn
