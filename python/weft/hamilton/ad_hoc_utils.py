"""Modules out of functions and text: for notebooks and tests."""

from __future__ import annotations

import atexit
import importlib.util
import linecache
import os
import sys
import tempfile
import types
import uuid
from collections.abc import Callable
from types import ModuleType


def _copy_func(f: types.FunctionType) -> types.FunctionType:
    copy = types.FunctionType(f.__code__, f.__globals__, f.__name__, f.__defaults__, f.__closure__)
    copy.__dict__.update(f.__dict__)
    copy.__annotations__ = f.__annotations__
    copy.__kwdefaults__ = f.__kwdefaults__
    copy.__doc__ = f.__doc__
    return copy


def _generate_unique_temp_module_name() -> str:
    return f"temporary_module_{uuid.uuid4().hex}"


def create_temporary_module(*functions: Callable, module_name: str | None = None) -> ModuleType:
    """A module of these functions, in sys.modules. Raises ValueError for a name that is taken, there or within."""
    name = _generate_unique_temp_module_name() if module_name is None else module_name
    if name in sys.modules:
        raise ValueError(f"there is a module '{name}' already")
    module = ModuleType(name)
    for function in functions:
        fn_name = function.__name__
        if hasattr(module, fn_name):
            raise ValueError(f"'{fn_name}' is there twice, or is a name every module has")
        if fn_name.startswith("_"):
            raise ValueError(f"'{fn_name}' starts with _: it would be no node")
        copy = _copy_func(function)
        copy.__module__ = name
        setattr(module, fn_name, copy)
    sys.modules[name] = module
    return module


def module_from_source(source: str, module_name: str | None = None) -> ModuleType:
    """A module of Python text, in sys.modules; its functions' source can be read."""
    name = module_name or _generate_unique_temp_module_name()
    module = ModuleType(name)
    # This file's own `from __future__` is not the text's.
    code = compile(source, name, "exec", dont_inherit=True)
    sys.modules[name] = module
    exec(code, module.__dict__)
    linecache.cache[name] = (len(source.splitlines()), None, source.splitlines(True), name)
    return module


def create_module(source: str, module_name: str | None = None, verbosity: int = 0) -> ModuleType:
    """The same by way of a temporary file, which goes when the process ends."""
    with tempfile.NamedTemporaryFile(delete=False, suffix=".py", mode="w") as f:
        f.write(source)
        path = f.name
    if verbosity > 1:
        print(f"Temporary file created at {path}")
    name = module_name or os.path.basename(path).removesuffix(".py")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    atexit.register(os.remove, path)
    return module
