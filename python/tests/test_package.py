"""The package as such: what `import weft` loads, how long that may take, and that what is public is documented."""

import inspect
import json
import pathlib
import subprocess
import sys

import pytest

import weft


def in_fresh_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_import_loads_no_library_of_frames():
    loaded = json.loads(in_fresh_python("import json, sys, weft; print(json.dumps(list(sys.modules)))"))
    heavy = {"pandas", "polars", "numpy", "pyarrow", "asyncio", "inspect", "typing_extensions"}
    assert heavy.isdisjoint({name.partition(".")[0] for name in loaded})


def test_import_of_the_driver_loads_no_library_of_frames():
    loaded = json.loads(in_fresh_python("import json, sys, weft; weft.Driver; print(json.dumps(list(sys.modules)))"))
    assert {"pandas", "polars", "numpy", "pyarrow"}.isdisjoint(loaded)


def test_every_public_name_can_be_had():
    for name in dir(weft):
        assert getattr(weft, name) is not None, name


def public_things():
    for name in dir(weft):
        if name.startswith("_"):
            continue
        thing = getattr(weft, name)
        if inspect.isclass(thing) or inspect.isroutine(thing):
            if (getattr(thing, "__module__", "") or "").startswith("weft"):
                yield pytest.param(thing, id=name)


@pytest.mark.parametrize("thing", list(public_things()))
def test_what_is_public_has_a_docstring(thing):
    assert inspect.getdoc(thing)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        weft.no_such_name


def test_the_version_is_one():
    assert weft.__version__.count(".") == 2


def test_the_reference_page_is_what_the_docstrings_say():
    tool = pathlib.Path(__file__).resolve().parents[2] / "tools" / "python_reference.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
