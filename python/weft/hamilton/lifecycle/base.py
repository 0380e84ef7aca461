"""The points at which adapters come in, and the set of adapters a driver has.

A hook is called by all adapters that have it, in the order they were given; a method by the one adapter
that has it; a validator by all, and says what is wrong. All are called with keywords only.
"""

from __future__ import annotations

import abc
import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, Union

from .. import htypes

REGISTERED_SYNC_HOOKS: set[str] = set()
REGISTERED_ASYNC_HOOKS: set[str] = set()
REGISTERED_SYNC_METHODS: set[str] = set()
REGISTERED_ASYNC_METHODS: set[str] = set()
REGISTERED_SYNC_VALIDATORS: set[str] = set()

# The attribute of a class that names the point it is for.
SYNC_HOOK = "hooks"
ASYNC_HOOK = "async_hooks"
SYNC_METHOD = "methods"
ASYNC_METHOD = "async_methods"
SYNC_VALIDATOR = "validators"


@dataclasses.dataclass
class ValidationResult:
    success: bool
    error: str | None
    validator: object


class ValidationException(Exception):
    """Validators found fault with the graph."""


class InvalidLifecycleAdapter(Exception):
    """A class that is no hook, method or validator as it is written."""


def validate_lifecycle_adapter_function(
    fn: Callable, returns_value: bool, return_type: type | None = None
) -> None:
    """Raises InvalidLifecycleAdapter unless it takes keywords only, and returns a value or does not."""
    signature = inspect.signature(fn)
    returns = signature.return_annotation
    name = getattr(fn, "__qualname__", fn)
    if returns_value:
        if returns is signature.empty:
            raise InvalidLifecycleAdapter(f"{name} has to say what it returns")
        if return_type is not None and not htypes.custom_subclass_check(returns, return_type):
            raise InvalidLifecycleAdapter(f"{name} has to return {return_type}, not {returns}")
    elif returns is not signature.empty:
        raise InvalidLifecycleAdapter(f"{name} is a hook: what it returns is not used, so it cannot return anything")
    for p in signature.parameters.values():
        if p.kind is not p.KEYWORD_ONLY and p.name != "self":
            raise InvalidLifecycleAdapter(f"{name} is called by keywords only; '{p}' is not keyword-only")


def validate_hook_fn(fn: Callable) -> None:
    validate_lifecycle_adapter_function(fn, returns_value=False)


def validate_method_fn(fn: Callable) -> None:
    validate_lifecycle_adapter_function(fn, returns_value=True)


def validate_validator_fn(fn: Callable) -> None:
    if inspect.iscoroutinefunction(fn):
        raise InvalidLifecycleAdapter(f"{fn} is a validator; those cannot be async")
    validate_lifecycle_adapter_function(fn, returns_value=True)


def _function(cls: type, name: str) -> Callable:
    fn = getattr(cls, name, None)
    if fn is None:
        raise ValueError(f"{cls.__name__} is to be the class of '{name}', but has no such method")
    return fn


class lifecycle:
    """Class decorators that make a class the one of a hook, a method or a validator."""

    @classmethod
    def base_hook(cls, fn_name: str) -> Callable[[type], type]:
        def decorate(clazz: type) -> type:
            fn = _function(clazz, fn_name)
            validate_hook_fn(fn)
            is_async = inspect.iscoroutinefunction(fn)
            setattr(clazz, ASYNC_HOOK if is_async else SYNC_HOOK, fn_name)
            (REGISTERED_ASYNC_HOOKS if is_async else REGISTERED_SYNC_HOOKS).add(fn_name)
            return clazz

        return decorate

    @classmethod
    def base_method(cls, fn_name: str) -> Callable[[type], type]:
        def decorate(clazz: type) -> type:
            fn = _function(clazz, fn_name)
            validate_method_fn(fn)
            is_async = inspect.iscoroutinefunction(fn)
            setattr(clazz, ASYNC_METHOD if is_async else SYNC_METHOD, fn_name)
            (REGISTERED_ASYNC_METHODS if is_async else REGISTERED_SYNC_METHODS).add(fn_name)
            return clazz

        return decorate

    @classmethod
    def base_validator(cls, fn_name: str) -> Callable[[type], type]:
        def decorate(clazz: type) -> type:
            validate_validator_fn(_function(clazz, fn_name))
            setattr(clazz, SYNC_VALIDATOR, fn_name)
            REGISTERED_SYNC_VALIDATORS.add(fn_name)
            return clazz

        return decorate


# ---- the points ----------------------------------------------------------------------------------------

_POINTS: list[type] = []


def _point(name: str, method: str, kind: str, arguments: str) -> type:
    """The abstract class of a point; `arguments` are the keywords it is called with."""

    def point(self: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(method)

    point.__name__ = method
    point.__qualname__ = f"{name}.{method}"
    point.__doc__ = f"Called with the keywords {arguments}." if arguments else "Called without arguments."
    cls = abc.ABCMeta(name, (abc.ABC,), {method: abc.abstractmethod(point), "__module__": __name__, kind: method})
    registered = {
        SYNC_HOOK: REGISTERED_SYNC_HOOKS,
        ASYNC_HOOK: REGISTERED_ASYNC_HOOKS,
        SYNC_METHOD: REGISTERED_SYNC_METHODS,
        ASYNC_METHOD: REGISTERED_ASYNC_METHODS,
        SYNC_VALIDATOR: REGISTERED_SYNC_VALIDATORS,
    }[kind]
    registered.add(method)
    _POINTS.append(cls)
    return cls


_GRAPH = "graph, modules, config"
_RUN = "run_id, graph, final_vars, inputs, overrides"
_RAN = "run_id, graph, success, error, results"
_NODE = "run_id, node_, kwargs, task_id"
_NODE_RAN = "run_id, node_, kwargs, success, error, result, task_id"
_TASK = "run_id, task_id, nodes, inputs, overrides, spawning_task_id, purpose"
_TASK_RAN = "run_id, task_id, nodes, results, success, error, spawning_task_id, purpose"
_TASK_BACK = "run_id, task_id, nodes, result, success, error, spawning_task_id, purpose"

BasePreDoAnythingHook = _point("BasePreDoAnythingHook", "pre_do_anything", SYNC_HOOK, "")
BaseDoCheckEdgeTypesMatch = _point(
    "BaseDoCheckEdgeTypesMatch", "do_check_edge_types_match", SYNC_METHOD, "type_from, type_to"
)
BaseDoValidateInput = _point("BaseDoValidateInput", "do_validate_input", SYNC_METHOD, "node_type, input_value")
BaseValidateNode = _point("BaseValidateNode", "validate_node", SYNC_VALIDATOR, "created_node")
BaseValidateGraph = _point("BaseValidateGraph", "validate_graph", SYNC_VALIDATOR, _GRAPH)
BasePostGraphConstruct = _point("BasePostGraphConstruct", "post_graph_construct", SYNC_HOOK, _GRAPH)
BasePostGraphConstructAsync = _point("BasePostGraphConstructAsync", "post_graph_construct", ASYNC_HOOK, _GRAPH)
BasePreGraphExecute = _point("BasePreGraphExecute", "pre_graph_execute", SYNC_HOOK, _RUN)
BasePreGraphExecuteAsync = _point("BasePreGraphExecuteAsync", "pre_graph_execute", ASYNC_HOOK, _RUN)
BasePostTaskGroup = _point("BasePostTaskGroup", "post_task_group", SYNC_HOOK, "run_id, task_ids")
BasePostTaskExpand = _point("BasePostTaskExpand", "post_task_expand", SYNC_HOOK, "run_id, task_id, parameters")
BasePreTaskSubmission = _point("BasePreTaskSubmission", "pre_task_submission", SYNC_HOOK, _TASK)
BasePreTaskExecute = _point("BasePreTaskExecute", "pre_task_execute", SYNC_HOOK, _TASK)
BasePreTaskExecuteAsync = _point("BasePreTaskExecuteAsync", "pre_task_execute", ASYNC_HOOK, _TASK)
BasePreNodeExecute = _point("BasePreNodeExecute", "pre_node_execute", SYNC_HOOK, _NODE)
BasePreNodeExecuteAsync = _point("BasePreNodeExecuteAsync", "pre_node_execute", ASYNC_HOOK, _NODE)
BaseDoNodeExecute = _point("BaseDoNodeExecute", "do_node_execute", SYNC_METHOD, _NODE)
BaseDoNodeExecuteAsync = _point("BaseDoNodeExecuteAsync", "do_node_execute", ASYNC_METHOD, _NODE)
BaseDoRemoteExecute = _point(
    "BaseDoRemoteExecute", "do_remote_execute", SYNC_METHOD, "node, execute_lifecycle_for_node, **kwargs"
)
BasePostNodeExecute = _point("BasePostNodeExecute", "post_node_execute", SYNC_HOOK, _NODE_RAN)
BasePostNodeExecuteAsync = _point("BasePostNodeExecuteAsync", "post_node_execute", ASYNC_HOOK, _NODE_RAN)
BasePostTaskExecute = _point("BasePostTaskExecute", "post_task_execute", SYNC_HOOK, _TASK_RAN)
BasePostTaskExecuteAsync = _point("BasePostTaskExecuteAsync", "post_task_execute", ASYNC_HOOK, _TASK_RAN)
BasePostTaskReturn = _point("BasePostTaskReturn", "post_task_return", SYNC_HOOK, _TASK_BACK)
BasePostGraphExecute = _point("BasePostGraphExecute", "post_graph_execute", SYNC_HOOK, _RAN)
BasePostGraphExecuteAsync = _point("BasePostGraphExecuteAsync", "post_graph_execute", ASYNC_HOOK, _RAN)
BaseDoBuildResult = _point("BaseDoBuildResult", "do_build_result", SYNC_METHOD, "outputs")

LifecycleAdapter = Union[tuple(_POINTS)]


# ---- a driver's adapters -----------------------------------------------------------------------------------


class LifecycleAdapterSet:
    """The adapters by point. One adapter at most may have a method."""

    def __init__(self, *adapters: LifecycleAdapter):
        self._adapters = list({id(a): a for a in adapters}.values())
        self.sync_hooks = self._by_point(SYNC_HOOK)
        self.async_hooks = self._by_point(ASYNC_HOOK)
        self.sync_methods = self._by_point(SYNC_METHOD)
        self.async_methods = self._by_point(ASYNC_METHOD)
        self.sync_validators = self._by_point(SYNC_VALIDATOR)
        twice = [
            f"{name} ({', '.join(type(a).__name__ for a in found)})"
            for methods in (self.sync_methods, self.async_methods)
            for name, found in methods.items()
            if len(found) > 1
        ]
        if twice:
            raise ValueError(f"one adapter at most may have a lifecycle method; there are several of {twice}")

    def _by_point(self, kind: str) -> dict[str, list]:
        found: dict[str, list] = {}
        for adapter in self._adapters:
            for cls in type(adapter).__mro__:
                name = getattr(cls, kind, None)
                if isinstance(name, str) and adapter not in found.setdefault(name, []):
                    found[name].append(adapter)
        return found

    @property
    def adapters(self) -> list:
        return self._adapters

    @property
    def watches_nodes(self) -> bool:
        """Does an adapter come in at each node? If not, the functions are called directly."""
        hooks = ("pre_node_execute", "post_node_execute")
        methods = ("do_node_execute", "do_remote_execute")
        return any(h in self.sync_hooks for h in hooks) or any(m in self.sync_methods for m in methods)

    def _does(self, name: str, is_async: bool | None, sync: dict, asynchronous: dict, known: tuple) -> bool:
        if is_async is not True and name not in known[0] or is_async and name not in known[1]:
            raise ValueError(f"there is no {'async' if is_async else 'sync'} lifecycle point '{name}'")
        if is_async is None:
            return name in sync or name in asynchronous
        return name in (asynchronous if is_async else sync)

    def does_hook(self, hook_name: str, is_async: bool | None = None) -> bool:
        known = (REGISTERED_SYNC_HOOKS, REGISTERED_ASYNC_HOOKS)
        return self._does(hook_name, is_async, self.sync_hooks, self.async_hooks, known)

    def does_method(self, method_name: str, is_async: bool | None = None) -> bool:
        known = (REGISTERED_SYNC_METHODS, REGISTERED_ASYNC_METHODS)
        return self._does(method_name, is_async, self.sync_methods, self.async_methods, known)

    def does_validation(self, validator_name: str) -> bool:
        if validator_name not in REGISTERED_SYNC_VALIDATORS:
            raise ValueError(f"there is no lifecycle validator '{validator_name}'")
        return validator_name in self.sync_validators

    def call_all_lifecycle_hooks_sync(self, hook_name: str, **kwargs: Any) -> None:
        for adapter in self.sync_hooks.get(hook_name, ()):
            getattr(adapter, hook_name)(**kwargs)

    async def call_all_lifecycle_hooks_async(self, hook_name: str, **kwargs: Any) -> None:
        adapters = self.async_hooks.get(hook_name, ())
        if adapters:
            import asyncio

            await asyncio.gather(*(getattr(adapter, hook_name)(**kwargs) for adapter in adapters))

    async def call_all_lifecycle_hooks_sync_and_async(self, hook_name: str, **kwargs: Any) -> None:
        self.call_all_lifecycle_hooks_sync(hook_name, **kwargs)
        await self.call_all_lifecycle_hooks_async(hook_name, **kwargs)

    def call_lifecycle_method_sync(self, method_name: str, **kwargs: Any) -> Any:
        if method_name not in REGISTERED_SYNC_METHODS:
            raise ValueError(f"there is no lifecycle method '{method_name}'")
        if method_name not in self.sync_methods:
            raise ValueError(f"no adapter has the lifecycle method '{method_name}'")
        return getattr(self.sync_methods[method_name][0], method_name)(**kwargs)

    async def call_lifecycle_method_async(self, method_name: str, **kwargs: Any) -> Any:
        if method_name not in REGISTERED_ASYNC_METHODS:
            raise ValueError(f"there is no async lifecycle method '{method_name}'")
        return await getattr(self.async_methods[method_name][0], method_name)(**kwargs)

    def call_all_validators_sync(
        self, validator_name: str, output_only_failures: bool = True, **kwargs: Any
    ) -> list[ValidationResult]:
        results = []
        for adapter in self.sync_validators[validator_name]:
            valid, message = getattr(adapter, validator_name)(**kwargs)
            if not valid or not output_only_failures:
                results.append(ValidationResult(valid, message, adapter))
        return results

    async def ainit(self) -> None:
        for adapter in self.adapters:
            if hasattr(adapter, "ainit"):
                await adapter.ainit()
