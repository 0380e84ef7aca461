"""Weft in notebooks: `%load_ext weft.notebook`, then a cell that begins with `%%weft name` is a module of features of that name.

Graphs, drivers, plans, tables and results draw themselves without it.
"""

from __future__ import annotations

import html
import linecache
import sys
import types
from typing import Any

from weft import _weft

_ROWS_MAX = 20


def table_html(table: _weft.Table) -> str:
    head = "".join(f"<th>{html.escape(name)}<br><small>{html.escape(kind)}</small></th>" for name, kind in table.schema.items())
    shown = min(_ROWS_MAX, len(table))
    columns = [table.column(name) for name in table.names]
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(column[i]))}</td>" for column in columns) + "</tr>" for i in range(shown)
    )
    more = f"<p>{len(table) - shown:,} more rows</p>" if len(table) > shown else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def plan_html(plan: _weft.Plan) -> str:
    return f"<pre>{html.escape(plan.explain())}</pre>"


def module_of_cell(name: str, text: str) -> types.ModuleType:
    """The functions of a text as a module, whose lines error messages and lineage can show."""
    file = f"<weft {name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = types.ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    exec(compile(text, file, "exec"), module.__dict__)
    return module


def load_ipython_extension(shell: Any) -> None:
    def weft(line: str, cell: str) -> Any:
        """%%weft NAME: the cell is a module of features, kept as the variable NAME; its graph is drawn."""
        name = line.strip() or "features"
        if not name.isidentifier():
            raise _weft.InvalidArgumentError(f"%%weft takes the name of a module, not {name!r}")
        module = module_of_cell(name, cell)
        shell.user_ns[name] = module
        from weft.driver import Driver

        return Driver(module)

    shell.register_magic_function(weft, magic_kind="cell")
