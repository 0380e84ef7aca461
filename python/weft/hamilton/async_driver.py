"""AsyncDriver: async and plain functions in one graph; what does not depend on each other waits at the same time."""

from __future__ import annotations

import asyncio
import inspect
import logging
import typing
import uuid
from types import ModuleType
from typing import Any

from . import base, driver, graph, htypes, lifecycle, node
from .execution.graph_functions import create_error_message
from .lifecycle import base as lifecycle_base

logger = logging.getLogger(__name__)


async def await_dict_of_tasks(task_dict: dict[str, typing.Awaitable]) -> dict[str, Any]:
    """The results by name, when all are there."""
    return dict(zip(task_dict, await asyncio.gather(*task_dict.values()), strict=True))


async def process_value(val: Any) -> Any:
    """The value, or what it becomes."""
    return await val if inspect.isawaitable(val) else val


class AsyncGraphAdapter(lifecycle.ResultBuilder):
    """The result builder of an async driver, and its async adapters."""

    def __init__(
        self,
        result_builder: base.ResultMixin | None = None,
        async_lifecycle_adapters: lifecycle_base.LifecycleAdapterSet | None = None,
    ):
        self.adapter = async_lifecycle_adapters or lifecycle_base.LifecycleAdapterSet()
        self.result_builder = result_builder or base.PandasDataFrameResult()

    def build_result(self, **outputs: Any) -> Any:
        return self.result_builder.build_result(**outputs)


class _Run:
    """One execution: plain values are there at once, async ones are tasks until somebody needs them."""

    def __init__(self, adapter: lifecycle_base.LifecycleAdapterSet, run_id: str):
        self.adapter = adapter
        self.run_id = run_id
        self.watched = adapter.watches_nodes or any(
            name in adapter.async_hooks for name in ("pre_node_execute", "post_node_execute")
        )
        self.watched = self.watched or "do_node_execute" in adapter.async_methods
        self.values: dict[str, Any] = {}
        self.tasks: list[asyncio.Task] = []

    def start(self, n: node.Node) -> None:
        """Calls the node, or has it called when what it takes is there."""
        kwargs = {name: self.values[name] for name in n.input_types if name in self.values}
        pending = any(isinstance(value, asyncio.Task) for value in kwargs.values())
        if not pending and not self.watched:
            result = self._call(n, kwargs)
            if not inspect.isawaitable(result):
                self.values[n.name] = result
                return
            work = self._guarded(n, kwargs, result)
        else:
            work = self._later(n, kwargs)
        task = asyncio.ensure_future(work)
        self.values[n.name] = task
        self.tasks.append(task)

    def _call(self, n: node.Node, kwargs: dict[str, Any]) -> Any:
        try:
            return n.callable(**kwargs)
        except Exception:
            logger.exception(create_error_message(kwargs, n, ""))
            raise

    async def _guarded(self, n: node.Node, kwargs: dict[str, Any], result: Any) -> Any:
        try:
            return await result
        except Exception:
            logger.exception(create_error_message(kwargs, n, ""))
            raise

    async def _later(self, n: node.Node, kwargs: dict[str, Any]) -> Any:
        for name, value in kwargs.items():
            if isinstance(value, asyncio.Task):
                kwargs[name] = await value
        if not self.watched:
            result = self._call(n, kwargs)
            return await self._guarded(n, kwargs, result) if inspect.isawaitable(result) else result
        return await self._with_adapters(n, kwargs)

    async def _with_adapters(self, n: node.Node, kwargs: dict[str, Any]) -> Any:
        call = self.adapter.call_all_lifecycle_hooks_sync_and_async
        hooks = {"run_id": self.run_id, "node_": n, "kwargs": kwargs, "task_id": None}
        try:
            await call("pre_node_execute", **hooks)
        except Exception:
            logger.exception(create_error_message(kwargs, n, "[pre-node-execute:async]"))
            raise
        error, result = None, None
        try:
            if "do_node_execute" in self.adapter.async_methods:
                result = await self.adapter.call_lifecycle_method_async("do_node_execute", **hooks)
            elif "do_node_execute" in self.adapter.sync_methods:
                result = await process_value(
                    self.adapter.call_lifecycle_method_sync("do_node_execute", **hooks)
                )
            else:
                result = await process_value(n.callable(**kwargs))
            return result
        except Exception as e:
            error = e
            logger.exception(create_error_message(kwargs, n, ""))
            raise
        finally:
            try:
                await call(
                    "post_node_execute", **hooks, success=error is None, error=error, result=result
                )
            except Exception:
                logger.exception(create_error_message(kwargs, n, "[post-node-execute]"))
                raise


class AsyncDriver(driver.Driver):
    """`await dr.execute(...)`. Without a result builder it makes pandas frames, as Driver does."""

    def __init__(
        self,
        config: dict[str, Any],
        *modules: ModuleType,
        result_builder: base.ResultMixin | None = None,
        adapters: list[lifecycle.LifecycleAdapter] | None = None,
        allow_module_overrides: bool = False,
        strict: bool = False,
    ):
        given = list(adapters or ())
        builders = [a for a in given if isinstance(a, lifecycle_base.BaseDoBuildResult)]
        builders += [result_builder] if result_builder is not None else []
        if len(builders) > 1:
            raise ValueError("an async driver takes one result builder, as an adapter or as result_builder")
        others = [a for a in given if a not in builders]
        own = AsyncGraphAdapter(builders[0] if builders else None, lifecycle_base.LifecycleAdapterSet(*others))
        super().__init__(
            config,
            *modules,
            adapter=[own, *others],
            allow_module_overrides=allow_module_overrides,
            strict=strict,
        )
        self.initialized = False

    async def ainit(self) -> AsyncDriver:
        """Runs what adapters do asynchronously before the first run."""
        if not self.initialized:
            await self.adapter.call_all_lifecycle_hooks_async(
                "post_graph_construct", graph=self.graph, modules=self.graph_modules, config=self.config
            )
            await self.adapter.ainit()
            self.initialized = True
        return self

    async def raw_execute(
        self,
        final_vars: list[str],
        overrides: dict[str, Any] | None = None,
        display_graph: bool = False,
        inputs: dict[str, Any] | None = None,
        _fn_graph: graph.FunctionGraph | None = None,
    ) -> dict[str, Any]:
        """The outputs by name, without the result builder."""
        if display_graph:
            raise ValueError("display_graph is not there for the async driver: use visualize_execution()")
        inputs, overrides = dict(inputs or {}), dict(overrides or {})
        run_id = str(uuid.uuid4())
        call = self.adapter.call_all_lifecycle_hooks_sync_and_async
        await call(
            "pre_graph_execute",
            run_id=run_id,
            graph=self.graph,
            final_vars=final_vars,
            inputs=inputs,
            overrides=overrides,
        )
        results, error = None, None
        try:
            results = await self._run_async(final_vars, inputs, overrides, run_id)
            return results
        except Exception as e:
            error = e
            raise
        finally:
            await call(
                "post_graph_execute",
                run_id=run_id,
                graph=self.graph,
                success=error is None,
                error=error,
                results=results,
            )

    async def _run_async(
        self, final_vars: list[str], inputs: dict[str, Any], overrides: dict[str, Any], run_id: str
    ) -> dict[str, Any]:
        key = (tuple(final_vars), tuple(inputs), tuple(overrides))
        program = self._programs.get(key)
        if program is None:
            program = self._program(key, list(final_vars), inputs, overrides)
        types = {name: type_ for name, type_, _ in self.graph.core.inputs()}
        bad = [
            (name, types[name], value)
            for name, value in inputs.items()
            # An input may be awaited like any other value.
            if name in types and value is not None and not inspect.isawaitable(value)
            if not htypes.check_input_type(types[name], value)
        ]
        if bad:
            driver._refuse_inputs(bad)
        run = _Run(self.adapter, run_id)
        given = {**self.graph.config, **inputs}
        try:
            for name in program.order:
                if name in overrides:
                    run.values[name] = _task_of(overrides[name])
                elif name in self.graph._made:
                    run.start(self.graph._made[name])
                elif name in given:
                    run.values[name] = _task_of(given[name])
            return {
                name: await process_value(run.values.get(name, given.get(name))) for name in final_vars
            }
        except BaseException:
            for task in run.tasks:
                task.cancel()
            await asyncio.gather(*run.tasks, return_exceptions=True)
            raise

    async def execute(
        self,
        final_vars: driver.FinalVars,
        overrides: dict[str, Any] | None = None,
        display_graph: bool = False,
        inputs: dict[str, Any] | None = None,
    ) -> Any:
        """As Driver.execute(), awaited. When a node fails, what is still under way is cancelled."""
        names = self._create_final_vars(final_vars)
        outputs = await self.raw_execute(names, overrides, display_graph, inputs)
        if self.adapter.does_method("do_build_result", is_async=False):
            return self.adapter.call_lifecycle_method_sync("do_build_result", outputs=outputs)
        return outputs


def _task_of(value: Any) -> Any:
    return asyncio.ensure_future(value) if inspect.isawaitable(value) else value


class Builder(driver.Builder):
    """`await Builder()....build()`; its drivers return dicts."""

    def _not_supported(self, what: str, advice: str = "") -> typing.NoReturn:
        raise ValueError(f"{what}() is not there for the async driver. {advice}".strip())

    def enable_dynamic_execution(self, *, allow_experimental_mode: bool = False) -> Builder:
        self._not_supported("enable_dynamic_execution")

    def with_materializers(self, *materializers: Any) -> Builder:
        self._not_supported("with_materializers")

    def with_adapter(self, adapter: base.HamiltonGraphAdapter) -> Builder:
        self._not_supported("with_adapter", "with_adapters() takes them")

    def build_without_init(self) -> AsyncDriver:
        builds = any(isinstance(a, lifecycle_base.BaseDoBuildResult) for a in self.adapters)
        return AsyncDriver(
            self.config,
            *self.modules,
            adapters=list(self.adapters),
            result_builder=None if builds else base.DictResult(),
            allow_module_overrides=self._allow_module_overrides,
            strict=self.strict,
        )

    async def build(self) -> AsyncDriver:
        return await self.build_without_init().ainit()
