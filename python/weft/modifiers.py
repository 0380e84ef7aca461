"""Modifiers: what stands above a feature function. Each adds a piece of data to it and leaves the function as it is.

    @tag(owner="growth")
    @check(in_range(-6, 6))
    def age_normalized(age: float, age_mean: float, age_stddev: float) -> float:
        return (age - age_mean) / age_stddev

The last written is applied first, as decorators are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft import _weft
from weft._weft import configuration, group, source, value
from weft.annotations import passing

Function = Callable[..., Any]


def _adds(modifier: _weft.Modifier) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        function.__weft_modifiers__ = (*getattr(function, "__weft_modifiers__", ()), modifier)
        function.__dict__.pop("__weft_definition__", None)
        return function

    return decorate


def _type(annotation: Any) -> Any:
    return None if annotation is None else passing(annotation).type


def _outputs(names: tuple[Any, ...], typed: dict[str, Any]) -> list[tuple[str, Any, str]]:
    outputs = [(name, None, "") if isinstance(name, str) else (*name, None, "")[:3] for name in names]
    outputs = [(name, _type(kind), doc or "") for name, kind, doc in outputs]
    return outputs + [(name, _type(kind), "") for name, kind in typed.items()]


def tag(*, target: Any = None, **tags: str | list[str]) -> Callable[[Function], Function]:
    """Tags by key; `target` names one output of several, `...` means inner nodes too."""
    return _adds(_weft.tag(tags, target))


def tag_output(node: str, **tags: str | list[str]) -> Callable[[Function], Function]:
    """Tags a single output of a function that makes several."""
    return _adds(_weft.tag(tags, [node]))


def declassify(reason: str) -> Callable[[Function], Function]:
    """What is computed from values tagged pii is as personal as they are, unless this says why not."""
    return _adds(_weft.tag({"declassify": reason}, ...))


def when(**conditions: Any) -> Callable[[Function], Function]:
    """Keeps the function only if each config key has this value."""
    return _adds_all([_weft.when(key, [wanted]) for key, wanted in conditions.items()])


def when_not(**conditions: Any) -> Callable[[Function], Function]:
    """Drops the function if a config key has this value."""
    return _adds_all([_weft.when(key, [unwanted], True) for key, unwanted in conditions.items()])


def when_in(**conditions: Any) -> Callable[[Function], Function]:
    """Keeps the function only if each config key has one of these values."""
    return _adds_all([_weft.when(key, list(wanted)) for key, wanted in conditions.items()])


def when_not_in(**conditions: Any) -> Callable[[Function], Function]:
    """Drops the function if a config key has one of these values."""
    return _adds_all([_weft.when(key, list(unwanted), True) for key, unwanted in conditions.items()])


def _adds_all(modifiers: list[_weft.Modifier]) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        for modifier in modifiers:
            _adds(modifier)(function)
        return function

    return decorate


def exclude(function: Function) -> Function:
    """The function is never a node."""
    return _adds(_weft.exclude())(function)


def parameterize(**variants: dict[str, Any] | tuple[dict[str, Any], str]) -> Callable[[Function], Function]:
    """One node for each variant: name={parameter: source("node") or a value}, or ({...}, documentation)."""
    made = [(name, *(v if isinstance(v, tuple) else (v, ""))) for name, v in variants.items()]
    return _adds(_weft.parameterize(made))


def inject(**bindings: Any) -> Callable[[Function], Function]:
    """Binds parameters: to source("node"), a value, a group of them."""
    return _adds(_weft.inject(bindings))


def extract_columns(*names: Any, **typed: Any) -> Callable[[Function], Function]:
    """Of a table: a node for each column. `extract_columns("gender", age=int)`."""
    return _adds(_weft.extract_columns(_outputs(names, typed)))


def extract_fields(*names: Any, **typed: Any) -> Callable[[Function], Function]:
    """Of a struct or a dict: a node for each field."""
    return _adds(_weft.extract_fields(_outputs(names, typed)))


def unpack(*names: str) -> Callable[[Function], Function]:
    """Of a tuple or list: a node for each element, in order."""
    return _adds(_weft.unpack(list(names)))


def does(replacement: Function, **renamed: str) -> Callable[[Function], Function]:
    """Another function stands in for the body."""
    from weft.features import definition_of

    return _adds(_weft.does(definition_of(replacement), renamed))


def resolve_from_config(*keys: str) -> Callable[[Function], Callable[[Function], Function]]:
    """Modifiers computed from the config: `@resolve_from_config("columns")(lambda config: [extract_columns(*config["columns"])])`."""

    def takes(function: Function) -> Callable[[Function], Function]:
        return _adds(_weft.resolve_from_config(list(keys), lambda config: _modifiers_of(function(config))))

    return takes


def _modifiers_of(decorators: Any) -> list[_weft.Modifier]:
    def holder() -> None: ...

    for decorator in decorators if isinstance(decorators, (list, tuple)) else [decorators]:
        decorator(holder)
    return list(getattr(holder, "__weft_modifiers__", ()))


def _definitions(features: tuple[Any, ...]) -> list[_weft.Definition]:
    from weft.features import module_of

    return [d for feature in features for d in module_of(feature).definitions]


def subdag(*features: Any, inputs: dict[str, Any] | None = None, config: dict[str, Any] | None = None, namespace: str = "",
           external_inputs: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """A copy of other features under the namespace of this function, whose parameters then are outputs of the copy."""
    instance = {"inputs": inputs or {}, "config": config or {}, "external_inputs": list(external_inputs)}
    return _adds(_weft.subdag([], _definitions(features), namespace, [instance]))


def parameterized_subdag(*features: Any, inputs: dict[str, Any] | None = None, config: dict[str, Any] | None = None,
                         **instances: dict[str, Any]) -> Callable[[Function], Function]:
    """One copy for each keyword: name={"inputs": {...}, "config": {...}}, beside what all have."""
    made = [
        {
            "name": name,
            "inputs": {**(inputs or {}), **own.get("inputs", {})},
            "config": {**(config or {}), **own.get("config", {})},
            "external_inputs": list(own.get("external_inputs", ())),
        }
        for name, own in instances.items()
    ]
    return _adds(_weft.subdag([], _definitions(features), "", made))


def step(function: Function, *, named: str = "", namespace: str = "", when: dict[str, Any] | None = None,
         on_output: tuple[str, ...] = (), **bindings: Any) -> _weft.Step:
    """A link of a chain: a function whose first parameter is the value that is passed on."""
    from weft.features import definition_of

    conditions = [_weft.when(key, [wanted]) for key, wanted in (when or {}).items()]
    return _weft.step(definition_of(function), bindings, named, namespace, conditions, list(on_output))


def pipe_input(*steps: _weft.Step, on_input: str = "", namespace: str = "") -> Callable[[Function], Function]:
    """The steps before the first parameter, or `on_input`."""
    return _adds(_weft.pipe_input(list(steps), on_input, namespace))


def pipe_output(*steps: _weft.Step, on_output: tuple[str, ...] = (), namespace: str = "") -> Callable[[Function], Function]:
    """The steps after the function; `on_output` names those outputs of several that they are for."""
    return _adds(_weft.pipe_output(list(steps), list(on_output), namespace))


def mutate(*targets: str | Function, **bindings: Any) -> Callable[[Function], Function]:
    """The function becomes a step after each of these, in the same module."""
    return _adds(_weft.mutate([t if isinstance(t, str) else t.__name__ for t in targets], bindings))


def with_columns(*features: Any, columns_to_pass: tuple[str, ...] = (), select: tuple[str, ...] = (), on_input: str = "",
                 namespace: str = "") -> Callable[[Function], Function]:
    """Columns computed by other features from columns of the table parameter are appended to it."""
    return _adds(_weft.with_columns([], _definitions(features), list(columns_to_pass), list(select), on_input, namespace))


def load_from(loader: str, *, parameter: str = "", **options: Any) -> Callable[[Function], Function]:
    """A parameter's value is loaded: `@load_from("csv", path=source("survey_path"))`."""
    return _adds(_weft.load_from(loader, options, parameter))


def save_to(saver: str, *, output_name: str = "", target: Any = None, **options: Any) -> Callable[[Function], Function]:
    """What the function gives is also saved, by the node save.<name>."""
    return _adds(_weft.save_to(saver, options, output_name, target))


def dataloader(function: Function) -> Function:
    """The function loads data itself: it gives (data, dict that tells of it)."""
    return _adds(_weft.dataloader())(function)


def datasaver(function: Function) -> Function:
    """The function saves data itself, and gives a dict that tells of it."""
    return _adds(_weft.datasaver())(function)


def cache(behavior: str = "default") -> Callable[[Function], Function]:
    """The result is kept on disk: default, recompute, ignore or disable."""
    return _adds(_weft.cache(behavior))


def schema(**columns: Any) -> Callable[[Function], Function]:
    """What a table looks like: compared with the data when it runs."""
    return _adds(_weft.schema(_outputs((), columns)))


def on_error_null(function: Function) -> Function:
    """A row whose function raises becomes null instead of failing the run."""
    return _adds(_weft.on_error_null())(function)


# ---- checks ---------------------------------------------------------------------------------------------------------


class Check:
    """A check of a node's data; `warn` unless fail() or quarantine() says otherwise."""

    def __init__(self, name: str, options: dict[str, Any] | None = None, importance: str = "warn", function: Any = None) -> None:
        self.name, self.options, self.importance, self.function = name, options or {}, importance, function

    def spec(self) -> _weft.CheckSpec:
        return _weft.check_spec(self.name, self.options, self.importance, {}, self.function)


def check(*checks: Check | Function, target: Any = None) -> Callable[[Function], Function]:
    """Checks what the function gives; a function is a check of one's own: it takes the data and gives a bool, or a dict
    with passed, message, failed_rows (row numbers) and values."""
    made = [c if isinstance(c, Check) else Check(c.__name__, function=c) for c in checks]
    return _adds(_weft.check([c.spec() for c in made], target))


def fail(c: Check | Function) -> Check:
    """The run ends with CheckFailedError, which tells of all checks that failed."""
    return _important(c, "fail")


def warn(c: Check | Function) -> Check:
    """The run goes on; Result.checks() tells of the check."""
    return _important(c, "warn")


def quarantine(c: Check | Function) -> Check:
    """Bad values become null, bad rows of a table are left out; Result.quarantine has them."""
    return _important(c, "quarantine")


def _important(c: Check | Function, importance: str) -> Check:
    if isinstance(c, Check):
        return Check(c.name, c.options, importance, c.function)
    return Check(c.__name__, {}, importance, c)


def in_range(lo: Any, hi: Any) -> Check:
    """lo <= value <= hi; NaN is outside."""
    return Check("range", {"lo": lo, "hi": hi})


def values_in(*values: Any) -> Check:
    """Every value is one of these, given one by one or as one list."""
    return Check("values_in", {"values": list(values[0]) if len(values) == 1 and isinstance(values[0], (list, tuple, set)) else list(values)})


def not_null() -> Check:
    """No value is null."""
    return Check("not_null")


__all__ = [name for name in dir() if not name.startswith("_") and name not in ("annotations", "Any", "Callable", "Function", "passing")]
