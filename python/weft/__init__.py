"""Weft: features from functions, in batch, stream and online.

    import weft, features                       # features.py: plain functions; name = output, parameters = inputs

    driver = weft.Driver(features)
    driver.execute(["age_normalized"], {"age": frame["age"]}).to_pandas()
    answer = driver.plan(["is_male"], context="online").rows()
    answer({"gender": "male"})

`import weft` loads neither pandas nor Polars, NumPy or pyarrow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

try:
    from weft import _weft
except ImportError as _error:
    from weft import arrow_libraries

    arrow_libraries.load(_error)
    from weft import _weft
from weft import interchange
from weft._weft import (
    AccessToken,
    AlreadyExistsError,
    BadDataError,
    CancelledError,
    CheckFailedError,
    ColumnData,
    ConflictError,
    Deprecated,
    Entity,
    FeatureReader,
    FeatureRequest,
    FeatureServer,
    FeatureService,
    FeatureStore,
    FeatureView,
    Fit,
    FunctionFailedError,
    Graph,
    InternalError,
    InvalidArgumentError,
    InvalidGraphError,
    IoError,
    ManualClock,
    Module,
    NotFoundError,
    Plan,
    ResourceLimitError,
    Result,
    RowRunner,
    Source,
    StreamRunner,
    Table,
    TypeMismatchError,
    UnsupportedError,
    ViewSelection,
    WeftError,
)

if TYPE_CHECKING:  # what is loaded when first asked for, for those who read types
    from weft.annotations import Collect as Collect
    from weft.annotations import Parallel as Parallel
    from weft.annotations import Series as Series
    from weft.driver import Driver as Driver
    from weft.table_ops import *  # isort: skip  (distinct and filter of columns win)
    from weft.expressions import *
    from weft.features import module_of as module_of
    from weft.io import *
    from weft.modifiers import *

__version__ = _weft.__version__

for _class in (WeftError, *WeftError.__subclasses__()):
    _class.__module__ = "weft"
for _class in (Table, ColumnData):
    _class.to_arrow = interchange.to_arrow
    _class.to_pandas = interchange.to_pandas
    _class.to_polars = interchange.to_polars
ColumnData.to_numpy = interchange.to_numpy
ColumnData.__array__ = lambda self, dtype=None, copy=None: interchange.to_numpy(self).astype(dtype or None)
Table._repr_html_ = lambda self: importlib.import_module("weft.notebook").table_html(self)
Result._repr_html_ = lambda self: importlib.import_module("weft.notebook").table_html(self.table())
Plan._repr_html_ = lambda self: importlib.import_module("weft.notebook").plan_html(self)
Graph._repr_svg_ = lambda self: self.svg()
_weft.Driver._repr_svg_ = lambda self: self.graph.svg()
Result.to_arrow = lambda self: interchange.to_arrow(self.table())
Result.to_pandas = lambda self: interchange.to_pandas(self.table())
Result.to_polars = lambda self: interchange.to_polars(self.table())

# Where the rest of the public names is; loaded when first asked for.
_HOMES = {"Driver": "weft.driver", "module_of": "weft.features", "Series": "weft.annotations", "Parallel": "weft.annotations", "Collect": "weft.annotations"}
_HOMES |= {"traced": "weft.tracing", "untraced": "weft.tracing"}
_HOMES |= dict.fromkeys(
    "check configuration dataloader datasaver declassify does exclude extract_columns extract_fields fail group in_range inject load_from "
    "mutate not_null on_error_null parameterize parameterized_subdag pipe_input pipe_output quarantine resolve_from_config "
    "save_to schema source step subdag tag tag_output unpack value values_in warn when when_in when_not when_not_in "
    "with_columns cache Check".split(),
    "weft.modifiers",
)
_HOMES |= dict.fromkeys(
    (f"{verb}_{format}" for verb in ("read", "write") for format in ("csv", "parquet", "ipc", "json", "table", "delta", "sql")), "weft.io"
)
_HOMES |= dict.fromkeys(
    "anti_join asof_join describe explode full_join group_by inner_join left_join pivot right_join semi_join sort_by union_by_name unpivot".split(),
    "weft.table_ops",
)
_PARTS = ("aio", "expressions", "feast", "features", "hamilton", "interchange", "io", "modifiers", "notebook", "progress", "table_ops", "testing", "tracing")


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return importlib.import_module(f"weft.{name}")
    home = importlib.import_module(_HOMES.get(name, "weft.expressions"))
    found = getattr(home, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *dir(importlib.import_module("weft.expressions"))})
