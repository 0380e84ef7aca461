"""A function's body as it runs while it is traced: its names stand for functions that know symbols, and what has an effect is refused."""

from __future__ import annotations

import ast
import builtins
import copy
import dis
import functools
import sys
import types
from collections.abc import Callable
from typing import Any

from weft.tracing import scalars
from weft.tracing.paths import Untraceable
from weft.tracing.scalars import Symbol

_OP = dis.opmap
_REFUSED = {
    "STORE_GLOBAL": "it sets a global name",
    "DELETE_GLOBAL": "it deletes a global name",
    "STORE_ATTR": "it sets an attribute",
    "DELETE_ATTR": "it deletes an attribute",
    "IMPORT_NAME": "it imports a module when it is called",
    "MATCH_CLASS": "it matches a class",
    "MATCH_MAPPING": "it matches a mapping",
    "MATCH_SEQUENCE": "it matches a sequence",
    "YIELD_VALUE": "it is a generator",
    "GET_AWAITABLE": "it awaits",
}
_REFUSED_OPS = {_OP[name]: why for name, why in _REFUSED.items() if name in _OP}
_FORMATS = {_OP[name] for name in ("FORMAT_VALUE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC") if name in _OP}
_GENERATORS = 0x20 | 0x80 | 0x200  # generator, coroutine, asynchronous generator
_ITEMS_MAX = 10_000


class _Values(tuple):
    """Constants after `in`: one question instead of one for each."""

    def __contains__(self, x: Any) -> bool:
        if not isinstance(x, Symbol):
            return tuple.__contains__(self, x)
        return bool(is_one_of(x, self))


def is_one_of(x: Symbol, values: Any) -> Any:
    found: Any = False
    for value in values:
        same = x == value
        if same is False:
            continue
        found = same if found is False else scalars.symbol("bool", scalars.steps().function("or", found.number, same.number))
    return found


# ---- code ---------------------------------------------------------------------------------------------------------------


def checked(code: types.CodeType) -> bool:
    """Raises Untraceable for what cannot be run for its value alone; tells whether it has an f-string."""
    if code.co_flags & _GENERATORS and code.co_name != "<genexpr>":
        raise Untraceable("it is a generator or a coroutine")
    if code.co_exceptiontable and code.co_name != "<genexpr>" and not _only_comprehensions(code):
        raise Untraceable("it catches exceptions, or has a with block")
    raw = code.co_code
    ops = set(raw[::2])
    for op, why in _REFUSED_OPS.items():
        if op in ops and not (code.co_name == "<genexpr>" and why == "it is a generator"):
            raise Untraceable(why)
    if _OP.get("IS_OP") in ops:
        _check_is(code)
    formats = bool(ops & _FORMATS)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            formats |= checked(constant)
    return formats


def _only_comprehensions(code: types.CodeType) -> bool:
    # From 3.12 on comprehensions lie inside of their function and guard its names.
    if sys.version_info < (3, 12):
        return False
    return not any(i.opname in ("CHECK_EXC_MATCH", "BEFORE_WITH", "WITH_EXCEPT_START", "PUSH_EXC_INFO") for i in dis.get_instructions(code))


def _check_is(code: types.CodeType) -> None:
    before = None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IS_OP" and not (before is not None and before.opname == "LOAD_CONST" and before.argval is None):
            raise Untraceable("`is` of anything but None")
        if instruction.opname != "EXTENDED_ARG":
            before = instruction


def _with_values(code: types.CodeType) -> types.CodeType:
    """The same code, where constants after `in` are _Values."""
    constants = list(code.co_consts)
    raw = code.co_code
    contains, load = _OP["CONTAINS_OP"], _OP["LOAD_CONST"]
    changed = False
    for at in range(2, len(raw), 2):
        if raw[at] == contains and raw[at - 2] == load and (at < 4 or raw[at - 4] != _OP["EXTENDED_ARG"]):
            value = constants[raw[at - 1]]
            if isinstance(value, (tuple, frozenset)) and not isinstance(value, _Values):
                constants[raw[at - 1]] = _Values(sorted(value, key=repr) if isinstance(value, frozenset) else value)
                changed = True
    for at, constant in enumerate(constants):
        if isinstance(constant, types.CodeType):
            constants[at] = _with_values(constant)
            changed |= constants[at] is not constant
    return code.replace(co_consts=tuple(constants)) if changed else code


class _Formats(ast.NodeTransformer):
    """f-strings as calls of joined()."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        parts: list[ast.expr] = []
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                spec = self.visit(value.format_spec) if value.format_spec else ast.Constant("")
                if value.format_spec and all(isinstance(v, ast.Constant) for v in value.format_spec.values):
                    spec = ast.Constant("".join(v.value for v in value.format_spec.values))
                parts.append(ast.Tuple([self.visit(value.value), ast.Constant(value.conversion), spec], ast.Load()))
            else:
                parts.append(value)
        return ast.Call(ast.Name("__weft_joined__", ast.Load()), [ast.Tuple(parts, ast.Load())], [])


def _without_formats(function: types.FunctionType) -> types.CodeType:
    from weft.features import source_of

    text = source_of(function)
    node = ast.parse(text).body[0] if text else None
    if not isinstance(node, ast.FunctionDef) or function.__closure__:
        raise Untraceable("an f-string in a function without source text or with a closure")
    node.decorator_list, node.returns = [], None
    for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
        argument.annotation = None
    node.args.defaults = [ast.Constant(None) for _ in node.args.defaults]
    node.args.kw_defaults = [None if d is None else ast.Constant(None) for d in node.args.kw_defaults]
    node.body = [_Formats().visit(statement) for statement in node.body]
    module = ast.fix_missing_locations(ast.Module([node], []))
    code = compile(module, function.__code__.co_filename, "exec", dont_inherit=True)
    return next(c for c in code.co_consts if isinstance(c, types.CodeType) and c.co_name == function.__name__)


# ---- names --------------------------------------------------------------------------------------------------------------


class Bodies:
    """Functions as they are traced, with what they use. `reads` remembers the values of globals that may change."""

    def __init__(self) -> None:
        self.reads: list[tuple[dict[str, Any], str, Any]] = []
        self._made: dict[int, Any] = {}

    def prepared(self, function: types.FunctionType) -> Callable[..., Any]:
        known = self._made.get(id(function))
        if known is not None:
            return known
        code = function.__code__
        formats = checked(code)
        if formats:
            code = _without_formats(function)
        code = _with_values(code)
        scope: dict[str, Any] = {"__builtins__": _BUILTINS, "__name__": function.__module__, "__weft_joined__": scalars.joined}
        made = types.FunctionType(code, scope, function.__name__, self._defaults(function.__defaults__), self._closure(function))
        made.__kwdefaults__ = function.__kwdefaults__
        self._made[id(function)] = made
        for name in _names(code):
            if name in function.__globals__:
                scope[name] = self.value(function.__globals__[name], name, function.__globals__)
        return made

    def _defaults(self, defaults: Any) -> Any:
        for value in defaults or ():
            if isinstance(value, (list, dict, set)):
                raise Untraceable("a default value that may change")
        return defaults

    def _closure(self, function: types.FunctionType) -> Any:
        if not function.__closure__:
            return None
        cells = []
        for name, cell in zip(function.__code__.co_freevars, function.__closure__):
            try:
                value = cell.cell_contents
            except ValueError:
                raise Untraceable(f"{name} has no value yet") from None
            if isinstance(value, (list, dict, set)):
                raise Untraceable(f"{name}, which it takes from around it, may change")
            cells.append(types.CellType(self.value(value, name, {})))
        return tuple(cells)

    def value(self, value: Any, name: str, scope: dict[str, Any]) -> Any:
        kind = type(value)
        if kind in (bool, int, float, str, bytes, type(None)):
            return value
        if kind in (tuple, frozenset):
            return _Values(sorted(value, key=repr) if kind is frozenset else value) if _is_plain(value) else self._refuse(name, value)
        if kind in (dict, list, set):
            return self._read(value, name, scope)
        if kind is types.FunctionType:
            from weft.expressions import Symbol as _Column  # noqa: F401  a column function's own module is no helper

            if (value.__module__ or "").partition(".")[0] in ("weft", "hamilton"):
                return self._refuse(name, value)
            return self.prepared(value)
        if kind is types.ModuleType:
            return module_of(value, name)
        found = known_callable(value)
        return found if found is not None else self._refuse(name, value)

    def _read(self, value: Any, name: str, scope: dict[str, Any]) -> Any:
        if len(value) > _ITEMS_MAX or not _is_plain(value):
            return self._refuse(name, value)
        snapshot = copy.copy(value)
        self.reads.append((scope, name, snapshot))
        if isinstance(value, dict):
            return Mapping(snapshot)
        return _Values(sorted(snapshot, key=repr) if isinstance(value, set) else snapshot)

    def unchanged(self) -> bool:
        """Do the globals that were read still hold what they held?"""
        return all(scope.get(name) == value for scope, name, value in self.reads)

    @staticmethod
    def _refuse(name: str, value: Any) -> Any:
        return Refusal(f"it uses {name}, a {type(value).__name__}" if not callable(value) else f"it calls {name}()")


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(k) and _is_plain(v) for k, v in value.items())
    if isinstance(value, (tuple, list, set, frozenset)):
        return all(_is_plain(v) for v in value)
    return isinstance(value, (bool, int, float, str, bytes, type(None)))


def _names(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


class Mapping:
    """A module's dict, which may be asked for a value that is not known."""

    def __init__(self, values: dict[Any, Any]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        if name in ("keys", "values", "items"):
            return getattr(self._values, name)
        raise Untraceable(f"it uses .{name} of a dict")

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, key: Any) -> Any:
        return self._values[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._values if not isinstance(key, Symbol) else self._found(key) is not None

    def get(self, key: Any, default: Any = None) -> Any:
        if not isinstance(key, Symbol):
            return self._values.get(key, default)
        found = self._found(key)
        return default if found is None else found

    def _found(self, key: Symbol) -> Symbol | None:
        """Its value on the path where it is a key, None on the one where it is not."""
        own = {"str": str, "int": int}.get(key.kind)
        kinds = {type(v) for v in self._values.values()}
        if own is None or {type(k) for k in self._values} != {own} or len(kinds) != 1 or not kinds <= {float, int, bool, str}:
            raise Untraceable("it looks a value up in a dict of mixed types")
        names = {float: "double", int: "int64", bool: "bool", str: "string"}
        keys = sorted(self._values)
        steps = scalars.steps()
        listed = steps.value(f"list<{names[own]}>", keys)
        if not scalars.symbol("bool", steps.function("is_in_sorted", key.number, listed)):
            return None
        (kind,) = kinds
        values = steps.value(f"list<{names[kind]}>", [self._values[k] for k in keys])
        return scalars.symbol(scalars.KINDS[names[kind]], steps.function("map_value", key.number, listed, values))


class Refusal:
    """Stands for a name that cannot be traced: any use of it says why."""

    def __init__(self, why: str) -> None:
        object.__setattr__(self, "_why", why)

    def _refused(self, *_: Any, **__: Any) -> Any:
        raise Untraceable(object.__getattribute__(self, "_why"))

    __call__ = __getattr__ = __getitem__ = __iter__ = __contains__ = __bool__ = __len__ = _refused
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refused
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __pow__ = __rpow__ = _refused  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


# ---- builtins -----------------------------------------------------------------------------------------------------------


def any_symbol(values: Any) -> bool:
    return any(isinstance(v, Symbol) or hasattr(type(v), "_weft_series") for v in values)


def _extreme(name: str, plain: Any) -> Any:
    @functools.wraps(plain)
    def extreme(*values: Any, **options: Any) -> Any:
        items = list(values[0]) if len(values) == 1 else list(values)
        if not any_symbol(items):
            return plain(*values, **options)
        if options:
            raise Untraceable(f"{plain.__name__}() with key or default")
        best = items[0]
        for item in items[1:]:
            best = scalars.least(name, best, item)
        return best

    return extreme


def _kind_test(x: Any, kinds: Any) -> bool:
    if not isinstance(x, Symbol):
        if hasattr(type(x), "_weft_series"):
            raise Untraceable("isinstance() of a Series")
        return isinstance(x, tuple(_class_of(k) for k in kinds) if isinstance(kinds, tuple) else _class_of(kinds))
    if x.either or x.numpy:
        raise Untraceable("isinstance() of a number that may be an int or NumPy's")
    import datetime

    own = {"float": float, "int": int, "bool": bool, "str": str, "time": datetime.datetime, "duration": datetime.timedelta}[x.kind]
    return issubclass(own, tuple(_class_of(k) for k in kinds) if isinstance(kinds, tuple) else _class_of(kinds))


def _class_of(kind: Any) -> Any:
    return _CLASSES.get(kind, getattr(kind, "_class", kind))


def _length(x: Any) -> Any:
    if isinstance(x, Symbol):
        if x.kind != "str":
            raise Untraceable("len() of something that is no text")
        return scalars.call("length", "int", x)
    return x._length() if hasattr(type(x), "_weft_series") else len(x)


def _one(name: str, plain: Any, of_symbol: Any) -> Any:
    def convert(*values: Any, **options: Any) -> Any:
        if len(values) == 1 and not options and isinstance(values[0], Symbol):
            return of_symbol(values[0])
        if any_symbol(values):
            raise Untraceable(f"{name}() of this")
        return plain(*values, **options)

    return convert


def _round(x: Any, *digits: Any) -> Any:
    return scalars.rounded(x, *digits) if isinstance(x, Symbol) else round(x, *digits)


def _pow(x: Any, y: Any, *rest: Any) -> Any:
    return pow(x, y, *rest)


def _sum(values: Any, start: Any = 0) -> Any:
    values = list(values)
    if not any_symbol(values):
        return sum(values, start)
    if sys.version_info >= (3, 12) and any(isinstance(v, float) or getattr(v, "kind", "") == "float" for v in values):
        raise Untraceable("sum() of floats, which is compensated")
    for value in values:
        start = start + value
    return start


def _refused(name: str) -> Any:
    def refused(*_: Any, **__: Any) -> Any:
        raise Untraceable(f"it calls {name}()")

    return refused


_float = _one("float", float, scalars.to_float)
_int = _one("int", int, scalars.to_int)
_str = _one("str", str, scalars.to_text)
_bool = _one("bool", bool, scalars.truth)
_CLASSES = {_float: float, _int: int, _str: str, _bool: bool}
_PURE = "abs all any divmod enumerate filter list map range reversed sorted tuple zip dict slice bytes complex frozenset set".split()
_BUILTINS: dict[str, Any] = {name: _refused(name) for name in dir(builtins) if not name.startswith("_")}
_BUILTINS |= {name: value for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)}
_BUILTINS |= {name: getattr(builtins, name) for name in (*_PURE, "True", "False", "None", "Ellipsis", "NotImplemented")}
_BUILTINS |= {
    "float": _float, "int": _int, "str": _str, "bool": _bool, "len": _length, "round": _round, "pow": _pow, "sum": _sum,
    "min": _extreme("less", min), "max": _extreme("greater", max), "isinstance": _kind_test,
}


# ---- modules ------------------------------------------------------------------------------------------------------------


class Proxy:
    """Those names of a module that are known to depend on nothing but their arguments."""

    def __init__(self, name: str, find: Callable[[str], Any]) -> None:
        self._name, self._find = name, find

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._find(name)
        if found is None:
            raise Untraceable(f"it uses {self._name}.{name}")
        return found


def module_of(module: types.ModuleType, name: str) -> Any:
    known = module.__name__
    if known == "math":
        from weft.tracing.math_functions import find

        return Proxy(name, find)
    if known == "numpy":
        from weft.tracing.numpy_functions import find as find_numpy

        return Proxy(name, find_numpy)
    if known == "pandas":
        from weft.tracing.series import find as find_pandas

        return Proxy(name, find_pandas)
    if known == "datetime":
        return Proxy(name, _find_datetime)
    return Refusal(f"it uses {name}, a module")


class _Datetime:
    """datetime.datetime, of which only the constructor depends on nothing else."""

    def __init__(self, kind: type) -> None:
        self._class = kind

    def __call__(self, *args: Any, **options: Any) -> Any:
        if any_symbol((*args, *options.values())):
            raise Untraceable("it makes a time of values that are not known")
        return self._class(*args, **options)

    def __getattr__(self, name: str) -> Any:
        if name in ("min", "max", "utc", "fromisoformat", "resolution"):
            return getattr(self._class, name)
        raise Untraceable(f"it uses {self._class.__name__}.{name}")


def _find_datetime(name: str) -> Any:
    import datetime

    if name == "UTC":
        return datetime.timezone.utc
    return _Datetime(getattr(datetime, name)) if name in ("datetime", "timedelta", "timezone", "date") else None


def known_callable(value: Any) -> Any:
    """What stands for a function or class that was imported by its own name."""
    home = getattr(value, "__module__", None)
    name = getattr(value, "__name__", "")
    if home == "math":
        from weft.tracing.math_functions import find

        return find(name)
    if type(value).__module__ == "numpy" and type(value).__name__ == "ufunc" or home == "numpy":
        from weft.tracing.numpy_functions import find as find_numpy

        return find_numpy(name)
    if home == "datetime" and isinstance(value, type):
        return _find_datetime(name)
    if type(value).__module__ == "datetime":
        return value
    if getattr(builtins, name, None) is value and name in _BUILTINS:
        return _BUILTINS[name]
    return None
