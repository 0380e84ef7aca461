"""Notebook magics: `%load_ext weft.hamilton.plugins.jupyter_magic`, then `%%cell_to_module features --display`.

A cell becomes a module under the name given, also in the notebook; it may be drawn and run at once.
"""

from __future__ import annotations

import ast
import inspect
import json
import pathlib
import sys
from typing import Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from .. import ad_hoc_utils, driver


@magics_class
class HamiltonMagics(Magics):
    """The magics of one notebook; cells of incr_cell_to_module are kept by module and number."""

    def __init__(self, shell: Any):
        super().__init__(shell)
        self.cells: dict[str, dict[int, str]] = {}
        self.sources: dict[str, str] = {}  # of the modules that cells have made

    def _variable(self, name: str | bool | None, default: Any) -> Any:
        """The notebook's variable of this name; `default` where none is named."""
        if not isinstance(name, str):
            return default
        if name not in self.shell.user_ns:
            raise NameError(f"the notebook has no variable '{name}'")
        return self.shell.user_ns[name]

    def _config(self, text: str | None) -> dict[str, Any]:
        """A variable, JSON, or key=value,key=value."""
        if not text:
            return {}
        if text in self.shell.user_ns:
            return self.shell.user_ns[text]
        if text.lstrip().startswith("{"):
            return json.loads(text)
        return dict(entry.split("=", 1) for entry in text.split(","))

    def _build(self, name: str, source: str, args: Any) -> driver.Driver:
        sys.modules.pop(name, None)
        self.sources[name] = source
        module = ad_hoc_utils.module_from_source(source, name)
        self.shell.push({name: module})
        builder = self._variable(args.builder, driver.Builder())
        if builder.config and args.config:
            raise ValueError("the builder has a config already: --config cannot be given beside it")
        if args.write_to_file:
            path = args.write_to_file if isinstance(args.write_to_file, str) else f"{name}.py"
            pathlib.Path(path).write_text(source)
        return builder.copy().with_modules(module).with_config(self._config(args.config)).build()

    @staticmethod
    def _show(built: driver.Driver, options: dict[str, Any]) -> None:
        display(built.display_all_functions(**options))

    @magic_arguments()
    @argument("name", nargs="?", help="name of the module")
    @argument("-m", "--module_name", help="the same, the old way")
    @argument("-d", "--display", nargs="?", const=True, help="draw it; a dict of options may be named")
    @argument("--display_cache", action="store_true", help="after the run, draw what the cache read")
    @argument("-x", "--execute", nargs="?", const=True, help="run it; a list of outputs may be named")
    @argument("-b", "--builder", help="variable of a Builder to start from")
    @argument("-c", "--config", help="variable of a dict, JSON, or key=value,...")
    @argument("-i", "--inputs", help="variable of a dict")
    @argument("-o", "--overrides", help="variable of a dict")
    @argument("--show_results", action="store_true", help="print each output")
    @argument("-w", "--write_to_file", nargs="?", const=True, help="also as a file; default <name>.py")
    @cell_magic
    def cell_to_module(self, line: str, cell: str) -> None:
        """The cell as a module, in sys.modules and the notebook; outputs of a run are notebook variables."""
        args = parse_argstring(self.cell_to_module, line)
        name = args.name or args.module_name
        if not name:
            raise ValueError("the module needs a name: %%cell_to_module <name>")
        built = self._build(name, cell, args)
        if args.display:
            self._show(built, self._variable(args.display, {}))
        if not args.execute:
            return
        every = [v.name for v in built.list_available_variables() if not v.is_external_input]
        finals = self._variable(args.execute, every)
        inputs = self._variable(args.inputs, {})
        results = built.execute(finals, inputs=inputs, overrides=self._variable(args.overrides, {}))
        if isinstance(results, dict):
            # A name with a namespace is no variable.
            self.shell.push({k.replace(".", "_"): v for k, v in results.items()})
            if args.show_results:
                for key, value in results.items():
                    print(f"{key}:")
                    display(value)
        elif args.show_results:
            display(results)
        if args.display_cache and built.cache is not None:
            display(built.cache.view_run())

    @magic_arguments()
    @argument("module_name", help="name of the module")
    @argument("identifier", type=int, help="number of this cell in the module")
    @argument("-c", "--config", help="variable of a dict, JSON, or key=value,...")
    @argument("-b", "--builder", help="variable of a Builder to start from")
    @argument("-d", "--display", nargs="?", const=True, help="draw it; a dict of options may be named")
    @argument("-w", "--write_to_file", nargs="?", const=True, help="also as a file; default <name>.py")
    @cell_magic
    def incr_cell_to_module(self, line: str, cell: str) -> None:
        """One of several cells of a module, put together by their numbers."""
        args = parse_argstring(self.incr_cell_to_module, line)
        cells = self.cells.setdefault(args.module_name, {})
        cells[args.identifier] = cell
        built = self._build(args.module_name, self._joined(args.module_name), args)
        if args.display:
            self._show(built, self._variable(args.display, {}))

    def _joined(self, name: str) -> str:
        return "\n".join(cell for _, cell in sorted(self.cells[name].items()))

    @line_magic
    def print_module(self, line: str) -> None:
        """What incr_cell_to_module has of the module."""
        print(self._joined(line.strip()) if line.strip() in self.cells else f"there is no module {line.strip()}")

    @line_magic
    def reset_module(self, line: str) -> None:
        """Forgets the cells of the module."""
        self.cells.pop(line.strip(), None)

    @magic_arguments()
    @argument("name", help="name of the dict")
    @cell_magic
    def set_dict(self, line: str, cell: str) -> None:
        """A dict of the variables that the cell assigns."""
        args = parse_argstring(self.set_dict, line)
        names = {
            target.id
            for statement in ast.parse(cell).body
            if isinstance(statement, (ast.Assign, ast.AnnAssign))
            for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
            if isinstance(target, ast.Name)
        }
        self.shell.ex(cell)
        self.shell.push({args.name: {name: self.shell.user_ns[name] for name in sorted(names)}})

    @line_magic
    def module_to_cell(self, line: str) -> None:
        """A new cell with the source of a module, to go on from."""
        name = line.split()[0]
        source = self.sources.get(name)
        if source is None:
            source = inspect.getsource(sys.modules.get(name) or self._variable(name, None))
        self.shell.set_next_input(f"%%cell_to_module {name}\n\n{source}", replace=False)

    @line_magic
    def insert_module(self, line: str) -> None:
        """The old name of module_to_cell."""
        self.module_to_cell(line)


def load_ipython_extension(ipython: Any) -> None:
    ipython.register_magics(HamiltonMagics)
