"""From Python functions to definitions: what a module's features are, and what each depends on."""

from __future__ import annotations

import functools
import inspect
import linecache
import sys
import textwrap
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any

from weft import _weft, interchange
from weft.annotations import Passing, passing

_EMPTY = inspect.Parameter.empty


def module_of(source: Any, name: str | None = None) -> _weft.Module:
    """The features of a Python module: its public functions that were defined in it, in the order of the text.

    A compiled module (a `_weft.Module`, or the path of a shared library) is taken as it is; a list of functions and
    decorated functions becomes a module of its own.
    """
    if isinstance(source, _weft.Module):
        return source
    if isinstance(source, str):
        return _weft.load_module(source)
    if isinstance(source, types.ModuleType):
        return _weft.Module(name or source.__name__, [definition_of(f) for f in functions_of(source)], source.__file__ or "")
    if callable(source):
        source = [source]
    if isinstance(source, Iterable):
        return _weft.Module(name or "functions", [definition_of(f) for f in source])
    raise _weft.TypeMismatchError(f"expected a module, a list of functions or the path of a compiled module, found {source!r}")


def functions_of(module: types.ModuleType) -> list[Callable[..., Any]]:
    """Functions of this module that are features: defined here, public, in the order of the text."""
    found = [
        value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and not name.startswith("_") and value.__module__ == module.__name__
    ]
    return sorted(found, key=lambda function: function.__code__.co_firstlineno)


def definition_of(function: Callable[..., Any]) -> _weft.Definition:
    """A function as a definition. Throws TypeMismatchError that names the place for a signature that says too little."""
    if isinstance(function, _weft.Definition):
        return function
    made = getattr(function, "__weft_definition__", None)
    if made is not None and made[0] is function.__code__:
        return made[1]
    definition = _make(function)
    function.__weft_definition__ = (function.__code__, definition)
    return definition


def _inner(function: Callable[..., Any]) -> Callable[..., Any]:
    return inspect.unwrap(function) if hasattr(function, "__wrapped__") else function


def place_of(function: Callable[..., Any]) -> tuple[str, int]:
    code = _inner(function).__code__
    return code.co_filename, code.co_firstlineno


_ANY_NUMBER = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


def _signature(function: Callable[..., Any]) -> tuple[list[tuple[str, Any]], bool]:
    """Names and defaults of the parameters, and whether some may only be given by keyword.

    Read from the code object: inspect.signature() takes ten times as long, and a driver may have thousands of functions.
    """
    if hasattr(function, "__wrapped__") or hasattr(function, "__signature__"):
        found = inspect.signature(function).parameters.values()
        if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in found):
            _refuse_any_number(function)
        return [(p.name, p.default) for p in found], any(p.kind is p.KEYWORD_ONLY for p in found)
    code = function.__code__
    if code.co_flags & _ANY_NUMBER:
        _refuse_any_number(function)
    count = code.co_argcount
    names = code.co_varnames[: count + code.co_kwonlyargcount]
    defaults = function.__defaults__ or ()
    values = [_EMPTY] * (count - len(defaults)) + list(defaults)
    values += [(function.__kwdefaults__ or {}).get(name, _EMPTY) for name in names[count:]]
    return list(zip(names, values)), code.co_kwonlyargcount > 0


def _refuse_any_number(function: Callable[..., Any]) -> typing.NoReturn:
    _refuse(function, "takes any number of arguments, but a feature's parameters are the names of its inputs")


def _make(function: Callable[..., Any]) -> _weft.Definition:
    hints = _hints(function)
    signature, keyword_only = _signature(function)
    parameters = []
    for name, default in signature:
        if name not in hints:
            _refuse(function, f"does not say of what type {name} is: {name}: float")
        parameters.append((name, passing(hints[name]), default))
    passings = [p for _, p, _ in parameters]
    if "return" not in hints:
        _refuse(function, "does not say what it gives: -> float")
    result = passing(hints["return"])
    kind, shape = _kind(passings, result, inspect.iscoroutinefunction(function))
    text = source_of(function)
    return _weft.definition(
        function.__name__,
        [_parameter(name, p, default, kind) for name, p, default in parameters],
        result.type,
        shape,
        _callable(function, passings, kind, [name for name, _ in signature], keyword_only),
        kind=kind,
        nullable=result.nullable or kind == "row",
        modifiers=list(reversed(getattr(function, "__weft_modifiers__", ()))),
        doc=inspect.cleandoc(function.__doc__) if function.__doc__ else "",
        source_text=text,
        module=function.__module__ or "",
        where=place_of(function),
        version=version_of(function, text),
        translate=None if inspect.iscoroutinefunction(function) else _Translator(function, parameters, result, kind),
    )


class _Translator:
    """What C++ asks for the expression of a function, once the types of its arguments are known."""

    __slots__ = ("_function", "_parameters", "_result", "_kind")

    def __init__(self, function: Callable[..., Any], parameters: list[tuple[str, Passing, Any]], result: Passing, kind: str) -> None:
        self._function, self._parameters, self._result, self._kind = function, parameters, result, kind

    def __call__(self, known: list[tuple[str | None, int, Any]]) -> tuple[str | None, int, str]:
        made = self.trace(known)
        return made.expression, made.missing, made.reason

    def trace(self, known: list[tuple[str | None, int, Any]]) -> Any:
        from weft import tracing

        arguments = []
        for (name, p, default), (type_, missing, constant) in zip(self._parameters, known):
            if p.shape == "object":
                return tracing.Traced(None, f"{name} is a Python object")
            if self._kind == "row":
                arguments.append(tracing.Argument(name, p.type.name, "row", p.nullable or default is None))
            elif p.shape == "series":
                if p.convert is not interchange.to_pandas:
                    return tracing.Traced(None, f"{name} is no pandas.Series")
                arguments.append(tracing.Argument(name, type_, "series", p.nullable, missing))
            else:
                arguments.append(tracing.Argument(name, type_, "scalar", p.nullable, missing, constant))
        r = self._result
        if self._kind == "row":
            return tracing.trace(self._function, arguments, r.type.name)
        if r.shape == "series" and r.convert is interchange.to_pandas:
            return tracing.trace(self._function, arguments, None, "series")
        if r.is_row_value and any(a.shape == "series" for a in arguments):
            return tracing.trace(self._function, arguments, r.type.name, "scalar")
        return tracing.Traced(None, "it gives a Python object")


def traced(function: Callable[..., Any], types: dict[str, str]) -> Any:
    """The expression of a feature function or the reason why it has none; `types` are those of its pd.Series, without nulls."""
    known = [(types.get(name), 1, None) for name in inspect.signature(function).parameters]
    return translation(function, known)


def translation(function: Callable[..., Any], known: list[tuple[str | None, int, Any]]) -> Any:
    """The same for (type, missing, constant) of each parameter, as _Translator is called with them."""
    hints = _hints(function)
    parameters = [(name, passing(hints[name]), p.default) for name, p in inspect.signature(function).parameters.items()]
    result = passing(hints["return"])
    kind = _kind([p for _, p, _ in parameters], result, inspect.iscoroutinefunction(function))[0]
    if kind == "column":
        from weft import tracing

        return tracing.Traced(None, "it is a column function, which is an expression by itself")
    known = [(type_ or (p.type.name if p.is_row_value else None), *rest) for (_, p, _), (type_, *rest) in zip(parameters, known)]
    return _Translator(function, parameters, result, kind).trace(known)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    written = getattr(function, "__annotations__", {})
    if not any(isinstance(annotation, str) for annotation in written.values()):
        return {name: type(None) if annotation is None else annotation for name, annotation in written.items()}
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        _refuse(function, f"has an annotation that cannot be read: {error}")


def _refuse(function: Callable[..., Any], what: str) -> typing.NoReturn:
    file, line = place_of(function)
    raise _weft.TypeMismatchError(f"{file}:{line}: {function.__name__} {what}")


def _kind(passings: list[Passing], result: Passing, is_async: bool) -> tuple[str, str]:
    """Which of the three kinds of functions it is, and the shape of its result."""
    if result.shape in ("column", "scalar"):
        return "column", result.shape
    lifts = all(p.is_row_value or (p.is_object and not p.convert) for p in passings)
    if result.is_row_value and not is_async and lifts and (not passings or any(p.is_row_value for p in passings)):
        return "row", "row"
    return "object", "object" if result.is_row_value else result.shape


def _parameter(name: str, p: Passing, default: Any, kind: str) -> _weft.Parameter:
    shape = "object" if kind == "object" and p.is_row_value else p.shape
    nullable = p.nullable or default is None
    arguments = () if default is _EMPTY else (default,)
    return _weft.Parameter(name, p.type, shape, nullable, *arguments)


def _callable(function: Callable[..., Any], passings: list[Passing], kind: str, names: list[str], keyword_only: bool) -> Callable[..., Any]:
    """What C++ calls: the function itself, unless its arguments have to be made into something first, or it is async."""
    if inspect.iscoroutinefunction(function):
        from weft.aio import started

        function = started(function)
    if kind == "column":
        from weft.expressions import wrapped

        convert = [wrapped if p.shape in ("column", "scalar") else None for p in passings]
    else:
        convert = [p.convert for p in passings]
    if not any(convert) and not keyword_only:
        return function

    @functools.wraps(function)
    def call(*values: Any) -> Any:
        made = [c(v) if c and v is not None else v for c, v in zip(convert, values)]
        return function(**dict(zip(names, made))) if keyword_only else function(*made)

    return call


def source_of(function: Callable[..., Any]) -> str:
    """Its text with its decorators, or "" where there is none (a prompt, an eval)."""
    code = _inner(function).__code__
    lines = linecache.getlines(code.co_filename)
    first = code.co_firstlineno
    if len(lines) < first or code.co_name == "<lambda>":
        return ""
    text = "".join(lines[first - 1 : _last_line(code)])
    return textwrap.dedent(text) if text[:1].isspace() else text


def _last_line(code: types.CodeType) -> int:
    last = code.co_firstlineno
    for _, end, _, _ in code.co_positions():
        if end and end > last:
            last = end
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            last = max(last, _last_line(constant))
    return last


def version_of(function: Callable[..., Any], text: str | None = None) -> str:
    """What the results depend on: the function's text without its decorators (they are modifiers, which have their own part in the
    fingerprint), documentation, comments and spaces; the functions and plain values of its module that it uses, and what those use."""
    inner = _inner(function)
    seen: dict[str, str] = {}
    _collect(inner, seen, source_of(inner) if text is None else text)
    if len(seen) == 1:
        return next(iter(seen.values()))
    return "\n".join(f"{name}={seen[name]}" for name in sorted(seen))


def _collect(function: Callable[..., Any], seen: dict[str, str], text: str) -> None:
    name = f"{function.__module__}.{function.__qualname__}"
    if name in seen:
        return
    seen[name] = _normalized(function, text)
    scope, cells = function.__globals__, {}
    for free, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            cells[free] = cell.cell_contents
        except ValueError:  # not filled yet
            continue
    for used in _names(function.__code__):
        value = cells.get(used, scope.get(used))
        if value is None:
            continue
        if inspect.isfunction(value) and value.__module__ == function.__module__:
            _collect(value, seen, source_of(value))
        elif isinstance(value, (bool, int, float, str, bytes, tuple, frozenset)):
            seen[f"{function.__module__}.{used}"] = repr(value)


def _names(code: types.CodeType) -> set[str]:
    names = {*code.co_names, *code.co_freevars}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


def _normalized(function: Callable[..., Any], text: str) -> str:
    if text:
        return _weft.normalized_python(text)
    return function.__code__.co_code.hex() + repr(function.__code__.co_consts)
