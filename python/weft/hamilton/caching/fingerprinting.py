"""Data versions: a hash of what a value is. Equal values of one type have equal hashes, others other ones.

Types go into the hash (1, 1.0, True and "1" differ), and nothing is cut off at a depth: a value is hashed as a
whole or not at all (UNHASHABLE), so that a change deep inside is never overlooked.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import functools
import hashlib
import logging
import pathlib
import pickle
import sys
import uuid
from collections.abc import Mapping, Sequence, Set
from typing import Any

logger = logging.getLogger("hamilton.caching")

UNHASHABLE = "<unhashable>"
NONE_HASH = "<none>"
# Deeper than this is taken for a structure that contains itself.
MAX_DEPTH = 200


def set_max_depth(depth: int) -> None:
    """How deep values may be nested before they are UNHASHABLE."""
    global MAX_DEPTH
    MAX_DEPTH = depth


def _digest(kind: str, *parts: bytes) -> str:
    hashed = hashlib.blake2b(kind.encode(), digest_size=24)
    for part in parts:
        hashed.update(len(part).to_bytes(8, "little"))
        hashed.update(part)
    return base64.urlsafe_b64encode(hashed.digest()).decode()


def _kind(obj: Any) -> str:
    return f"{type(obj).__module__}.{type(obj).__qualname__}"


def _of_parts(kind: str, parts: list[str]) -> str:
    return UNHASHABLE if UNHASHABLE in parts else _digest(kind, *(part.encode() for part in parts))


@functools.singledispatch
def hash_value(obj: Any, *args: Any, depth: int = 0, **kwargs: Any) -> str:
    """The data version; register a function for a type of one's own. UNHASHABLE: it has none."""
    if depth > MAX_DEPTH:
        return UNHASHABLE
    frame = _hash_of_library(obj)
    if frame is not None:
        return frame
    state = getattr(obj, "__dict__", None)
    if state:
        return _of_parts("object:" + _kind(obj), [hash_value(state, depth=depth + 1)])
    if isinstance(obj, type):
        return _digest("type", f"{obj.__module__}.{obj.__qualname__}".encode())
    return UNHASHABLE


def _hash_of_library(obj: Any) -> str | None:
    """Of arrays and frames, whose libraries are there if there is such a value."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(obj, numpy.ndarray):
        if obj.dtype.hasobject:
            return hash_value(obj.tolist())
        shape = f"{obj.dtype.str}{obj.shape}".encode()
        return _digest("numpy", shape, numpy.ascontiguousarray(obj).tobytes())
    if numpy is not None and isinstance(obj, numpy.generic):
        return _digest("numpy", obj.dtype.str.encode(), obj.tobytes())
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(obj, (pandas.DataFrame, pandas.Series, pandas.Index)):
        rows = pandas.util.hash_pandas_object(obj).to_numpy().tobytes()
        names = list(obj.columns) if isinstance(obj, pandas.DataFrame) else [obj.name]
        types = obj.dtypes.tolist() if isinstance(obj, pandas.DataFrame) else [obj.dtype]
        return _digest("pandas", repr(names).encode(), repr(types).encode(), rows)
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(obj, polars.DataFrame):
        rows = obj.hash_rows(seed=0).to_numpy().tobytes()
        return _digest("polars", repr(obj.schema).encode(), rows)
    if polars is not None and isinstance(obj, polars.Series):
        return _digest("polars", repr((obj.name, obj.dtype)).encode(), obj.hash(seed=0).to_numpy().tobytes())
    return None


@hash_value.register(type(None))
def hash_none(obj: None, *args: Any, **kwargs: Any) -> str:
    return NONE_HASH


@hash_value.register(str)
@hash_value.register(int)
@hash_value.register(float)
@hash_value.register(bool)
@hash_value.register(complex)
@hash_value.register(decimal.Decimal)
@hash_value.register(uuid.UUID)
@hash_value.register(pathlib.PurePath)
@hash_value.register(datetime.date)
@hash_value.register(datetime.time)
@hash_value.register(datetime.timedelta)
@hash_value.register(datetime.tzinfo)
def hash_primitive(obj: Any, *args: Any, **kwargs: Any) -> str:
    return _digest(_kind(obj), repr(obj).encode())


@hash_value.register(bytes)
def hash_bytes(obj: bytes, *args: Any, **kwargs: Any) -> str:
    return _digest("bytes", obj)


@hash_value.register(Sequence)
def hash_sequence(obj: Sequence, *args: Any, depth: int = 0, **kwargs: Any) -> str:
    if depth > MAX_DEPTH:
        return UNHASHABLE
    return _of_parts(_kind(obj), [hash_value(element, depth=depth + 1) for element in obj])


@hash_value.register(Mapping)
def hash_mapping(obj: Mapping, *args: Any, ignore_order: bool = True, depth: int = 0, **kwargs: Any) -> str:
    if depth > MAX_DEPTH:
        return UNHASHABLE
    pairs = [(hash_value(k, depth=depth + 1), hash_value(v, depth=depth + 1)) for k, v in obj.items()]
    if ignore_order:
        pairs.sort()
    return _of_parts(_kind(obj), [part for pair in pairs for part in pair])


@hash_value.register(Set)
def hash_set(obj: Set, *args: Any, depth: int = 0, **kwargs: Any) -> str:
    if depth > MAX_DEPTH:
        return UNHASHABLE
    return _of_parts(_kind(obj), sorted(hash_value(element, depth=depth + 1) for element in obj))


def hash_pickled(obj: Any) -> str:
    """By its pickle: for types that are registered with it, if their pickles are the same each time."""
    return _digest(_kind(obj), pickle.dumps(obj))
