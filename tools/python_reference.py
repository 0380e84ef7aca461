#!/usr/bin/env python3
"""python_reference.py [--check]: writes docs/reference/python.md from the docstrings of the package weft, which has to be importable
(PYTHONPATH=<build>/python). With --check it says whether the page is what it would write; exit status 1 if not.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import weft
from weft import _weft, expressions, io, modifiers, testing

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "python.md"
HEAD = """# The Python package

`import weft` has what stands here. The page is made from the docstrings by `tools/python_reference.py`; a test holds it.
How the package is installed and what passes without a copy is in [the guide](../guides/python.md).

"""
# Each part of the page: its title, where its names are, and the names; None: the module's public ones.
CLASSES = ["Table", "ColumnData", "Driver", "Plan", "Result", "RowRunner", "StreamRunner", "Fit", "Graph", "Module"]
ANNOTATIONS = ["Column", "Scalar", "Series", "Parallel", "Collect"]
STORE = ["Entity", "Source", "FeatureView", "FeatureService", "FeatureStore", "FeatureReader", "FeatureServer"]


def summary(thing: Any) -> str:
    """Its documentation in one line, without the signature that nanobind writes before it."""
    lines = [line for line in (inspect.getdoc(thing) or "").splitlines() if not re.match(r"^\w*\(.*\)( -> .*)?$", line)]
    return " ".join(" ".join(lines).split())


def clean(text: str) -> str:
    text = re.sub(r"\bself(, )?", "", text)
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)
    return re.sub(r"weft\._weft\.|collections\.abc\.|weft\.annotations\.|\s*/(?=[,)])", "", text)


def signature(name: str, thing: Any) -> str:
    """As it is called: Python's own signature, or the one nanobind keeps."""
    kept = getattr(thing, "__nb_signature__", None)
    if kept:
        text, _, defaults = kept[0]
        filled = re.sub(r"\\(\d+)", lambda m: repr(defaults[int(m[1])]), text)
        return clean(re.sub(r"^def ", "", filled))
    try:
        return name + clean(str(inspect.signature(thing)))
    except (TypeError, ValueError):
        return name + "(...)"


def function(name: str, thing: Any) -> str:
    return f"- `{signature(name, thing)}` {summary(thing)}"


def members(cls: type) -> list[str]:
    out = []
    for name, thing in sorted(vars(cls).items()):
        if name.startswith("_"):
            continue
        called = signature(name, thing) if callable(thing) else name
        out.append(f"- `.{called}` {summary(thing)}".rstrip())
    return out


def of_class(name: str) -> str:
    cls = getattr(weft, name)
    base = cls if cls is not weft.Driver else cls.__mro__[1]
    own = members(cls)
    told = {line.partition("(")[0] for line in own}
    rest = [line for line in members(base) if line.partition("(")[0] not in told] if base is not cls else []
    return f"### {name}\n\n{summary(cls)}\n\n" + "\n".join(sorted(own + rest)) + "\n"


def public(module: Any) -> list[str]:
    names = getattr(module, "__all__", None) or [n for n, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__]
    return sorted(n for n in names if not n.startswith("_") and callable(getattr(module, n)) and summary(getattr(module, n)))


def functions(module: Any) -> str:
    return "\n".join(function(name, getattr(module, name)) for name in public(module))


def errors() -> str:
    kinds = [v for v in vars(_weft).values() if isinstance(v, type) and issubclass(v, _weft.WeftError)]
    return "\n".join(f"- `{k.__name__}` {summary(k)}" for k in kinds)


def row_functions() -> str:
    return ", ".join(f"`{name}`" for name in _weft.function_names() if name.isidentifier())


def page() -> str:
    return HEAD + "\n".join(
        [
            "## Tables, drivers, plans\n",
            *(of_class(name) for name in CLASSES),
            "## Annotations\n",
            *(f"- `weft.{name}` {summary(getattr(weft, name))}" for name in ANNOTATIONS),
            "\n## Modifiers\n",
            functions(modifiers),
            "## Columns in column functions\n",
            functions(expressions),
            "Every row function by its name, on columns and on plain values; `help(weft.lower)` says what one does:\n",
            row_functions() + "\n",
            "## Files and databases\n",
            functions(io),
            "## The store\n",
            *(of_class(name) for name in STORE),
            "## Testing\n",
            functions(testing),
            "## Errors\n",
            errors() + "\n",
        ]
    )


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        same = PAGE.exists() and PAGE.read_text() == text
        if not same:
            print(f"{PAGE.name} is not what the docstrings say: run tools/python_reference.py", file=sys.stderr)
        return 0 if same else 1
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
