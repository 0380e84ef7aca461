"""weft.hamilton makes of every module what Hamilton makes of it: nodes, types, tags, results, classes of errors."""

from __future__ import annotations

import json

import graphs
import observe
import pytest

EXPECTED = json.loads(observe.EXPECTED.read_text())

# What differs on purpose, and why (docs/guides/from-hamilton.md).
DIFFERENT: dict[str, str] = {
    "resolve_without_power": "InvalidDecoratorException says what to set, where Hamilton's KeyError names a key",
    "check_output_text": "the description of allow_none has no stray semicolon",
    "subdag_configuration": "the node of a configuration() entry is its value, not the dependency object",
}


@pytest.mark.parametrize("case", graphs.CASES, ids=lambda case: case.name)
def test_same(case: graphs.Case) -> None:
    seen = json.loads(json.dumps(observe.observe(case, "weft.hamilton")))
    expected = EXPECTED[case.name]
    if case.name in DIFFERENT:
        assert seen != expected, f"no difference any more: {DIFFERENT[case.name]}"
        return
    assert seen == expected
