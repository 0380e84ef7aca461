"""From Python functions to definitions: what a module's features are, and what each depends on."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import linecache
import sys
import textwrap
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any

from weft import _weft
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


def place_of(function: Callable[..., Any]) -> tuple[str, int]:
    code = inspect.unwrap(function).__code__
    return code.co_filename, code.co_firstlineno


def _make(function: Callable[..., Any]) -> _weft.Definition:
    hints = _hints(function)
    parameters, passings = [], []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            _refuse(function, f"takes {parameter}, but a feature's parameters are the names of its inputs")
        if name not in hints:
            _refuse(function, f"does not say of what type {name} is: {name}: float")
        passings.append(passing(hints[name]))
        parameters.append((name, passings[-1], parameter.default))
    if "return" not in hints:
        _refuse(function, "does not say what it gives: -> float")
    result = passing(hints["return"])
    kind, shape = _kind(passings, result)
    return _weft.definition(
        function.__name__,
        [_parameter(name, p, default, kind) for name, p, default in parameters],
        result.type,
        shape,
        _callable(function, passings, kind, [name for name, _, _ in parameters]),
        kind=kind,
        nullable=result.nullable or kind == "row",
        modifiers=list(reversed(getattr(function, "__weft_modifiers__", ()))),
        doc=inspect.getdoc(function) or "",
        source_text=source_of(function),
        module=function.__module__,
        where=place_of(function),
        version=version_of(function),
    )


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


def _kind(passings: list[Passing], result: Passing) -> tuple[str, str]:
    """Which of the three kinds of functions it is, and the shape of its result."""
    if result.shape in ("column", "scalar"):
        return "column", result.shape
    if result.is_row_value and all(p.is_row_value for p in passings):
        return "row", "row"
    return "object", "object" if result.is_row_value else result.shape


def _parameter(name: str, p: Passing, default: Any, kind: str) -> _weft.Parameter:
    shape = "object" if kind == "object" and p.is_row_value else p.shape
    nullable = p.nullable or default is None
    arguments = () if default is _EMPTY else (default,)
    return _weft.Parameter(name, p.type, shape, nullable, *arguments)


def _callable(function: Callable[..., Any], passings: list[Passing], kind: str, names: list[str]) -> Callable[..., Any]:
    """What C++ calls: the function itself, unless its arguments have to be made into something first."""
    keyword_only = any(p.kind is p.KEYWORD_ONLY for p in inspect.signature(function).parameters.values())
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


class _File:
    """A source file, read once: where its functions are, and their text."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.functions: dict[int, ast.AST] = {}
        try:
            tree = ast.parse("".join(lines))
        except SyntaxError:
            return
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                self.functions[first] = node


_files: dict[str, tuple[list[str], _File]] = {}


def _file_of(name: str) -> _File:
    lines = linecache.getlines(name)
    known = _files.get(name)
    if known is None or known[0] is not lines:
        known = _files[name] = (lines, _File(lines))
    return known[1]


def _node_of(function: Callable[..., Any]) -> tuple[_File, ast.AST | None]:
    code = inspect.unwrap(function).__code__
    file = _file_of(code.co_filename)
    return file, file.functions.get(code.co_firstlineno)


def source_of(function: Callable[..., Any]) -> str:
    """Its text, or "" where there is none (a lambda, a prompt, an eval)."""
    file, node = _node_of(function)
    if node is None:
        return ""
    first = inspect.unwrap(function).__code__.co_firstlineno
    return textwrap.dedent("".join(file.lines[first - 1 : node.end_lineno]))


def version_of(function: Callable[..., Any]) -> str:
    """A hash of what the results depend on: the function's code without comments and spaces, the functions and plain values of its module
    that it uses, and what those use."""
    seen: dict[str, str] = {}
    _collect(inspect.unwrap(function), seen)
    text = "\n".join(f"{name}={seen[name]}" for name in sorted(seen))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _collect(function: Callable[..., Any], seen: dict[str, str]) -> None:
    name = f"{function.__module__}.{function.__qualname__}"
    if name in seen:
        return
    seen[name] = _normalized(function)
    scope = dict(function.__globals__)
    if function.__closure__:
        for free, cell in zip(function.__code__.co_freevars, function.__closure__):
            try:
                scope[free] = cell.cell_contents
            except ValueError:
                continue
    for used in _names(function.__code__):
        value = scope.get(used)
        if inspect.isfunction(value) and value.__module__ == function.__module__:
            _collect(value, seen)
        elif isinstance(value, (bool, int, float, str, bytes, tuple, frozenset)):
            seen[f"{function.__module__}.{used}"] = repr(value)


def _names(code: types.CodeType) -> set[str]:
    names = set(code.co_names) | set(code.co_freevars)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


def _normalized(function: Callable[..., Any]) -> str:
    node = _node_of(function)[1]
    if node is None:
        return function.__code__.co_code.hex() + repr(function.__code__.co_consts)
    body = node.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        body = body[1:]
    # Decorators are modifiers, which have their own part in the fingerprint.
    return ast.dump(node.args) + "".join(ast.dump(statement) for statement in body)
