"""What a package makes of the modules of graphs.py, as JSON: `python observe.py hamilton > expected.json`.

The recorded file is Hamilton's (1.90.0) answer; the tests compare weft.hamilton with it, and Hamilton itself where it
is installed.
"""

from __future__ import annotations

import importlib
import json
import logging
import pathlib
import re
import sys
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import graphs  # noqa: E402

EXPECTED = pathlib.Path(__file__).with_name("expected.json")


def told(value: Any, package: str) -> str:
    """A value or type as text that is the same for both packages."""
    if isinstance(value, type):
        module = re.sub(r"^case_.*", "case", value.__module__)
        return f"{module}.{value.__qualname__}".replace(package + ".", "")
    return repr(value).replace(package + ".", "")


def nodes_of(driver: Any, package: str) -> dict[str, Any]:
    found = {}
    for v in driver.list_available_variables():
        found[v.name] = {
            "type": told(v.type, package),
            "tags": {k: v_ for k, v_ in sorted(v.tags.items()) if k != "module"},
            "external": v.is_external_input,
            "required": sorted(v.required_dependencies),
            "optional": sorted(v.optional_dependencies),
            "doc": v.documentation or "",
            "functions": sorted(f.__name__.rpartition("__")[2] for f in v.originating_functions or ()),
        }
    return found


def observe(case: graphs.Case, package: str) -> dict[str, Any]:
    """{"nodes", "result"}, or {"error": class, "at": "import", "build" or "run"}."""
    utils = importlib.import_module(f"{package}.ad_hoc_utils")
    drivers = importlib.import_module(f"{package}.driver")
    at = "import"
    seen: dict[str, Any] = {}
    modules = []
    try:
        for i, source in enumerate(s for s in (case.source, case.second) if s):
            name = f"case_{package.replace('.', '_')}_{case.name}_{i}"
            modules.append(utils.module_from_source(source.replace("{package}", package), name))
        at = "build"
        builder = drivers.Builder().with_modules(*modules).with_config(dict(case.config))
        if case.dynamic:
            executors = importlib.import_module(f"{package}.execution.executors")
            builder = builder.enable_dynamic_execution(allow_experimental_mode=True)
            builder = builder.with_remote_executor(executors.SynchronousLocalTaskExecutor())
        if case.allow_overrides:
            builder = builder.allow_module_overrides()
        driver = builder.build()
        seen["nodes"] = nodes_of(driver, package)
        at = "run"
        result = driver.execute(list(case.finals), inputs=dict(case.inputs), overrides=dict(case.overrides))
        seen["result"] = [[name, told(value, package)] for name, value in result.items()]
    except Exception as e:
        seen |= {"error": type(e).__name__, "at": at}
    finally:
        for module in modules:
            sys.modules.pop(module.__name__, None)
    return seen


def main() -> None:
    logging.disable(logging.CRITICAL)
    answers = {case.name: observe(case, sys.argv[1]) for case in graphs.CASES}
    json.dump(answers, sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
