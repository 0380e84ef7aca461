"""Modules as data, for both Hamilton and weft.hamilton: {package} stands for the one or the other."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Case:
    """A module, what it is built with, and what is asked for."""

    name: str
    source: str
    finals: tuple[str, ...] = ()
    inputs: dict[str, Any] = dataclasses.field(default_factory=dict)
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    overrides: dict[str, Any] = dataclasses.field(default_factory=dict)
    dynamic: bool = False
    second: str = ""  # another module
    allow_overrides: bool = False


_FM = "from {package}.function_modifiers import *\nfrom {package}.function_modifiers import source, value, group\n"

CASES = [
    Case("chain", "def b(a: int) -> int: return a + 1\ndef c(b: int, a: int) -> int: return b * a", ("c", "b"), {"a": 3}),
    Case("default", "def b(a: int = 5) -> int: return a", ("b",)),
    Case("default_given", "def b(a: int = 5) -> int: return a", ("b",), {"a": 1}),
    Case("default_from_node", "def a() -> int: return 7\ndef b(a: int = 5) -> int: return a", ("b",)),
    Case(
        "default_shared_with_required",
        "def b(a: int = 5) -> int: return a\ndef c(a: int, b: int) -> int: return a + b",
        ("c",),
    ),
    Case(
        "defaults_with_a_hole",
        "def f(a: int, b: int = 2, c: int = 3, *, d: int = 4) -> list: return [a, b, c, d]",
        ("f",),
        {"a": 1, "c": 30},
    ),
    Case("keyword_only", "def f(*, a: int, b: int) -> int: return a - b", ("f",), {"a": 5, "b": 2}),
    Case("none_result", "def a() -> int: return None\ndef b(a: int) -> bool: return a is None", ("b",)),
    Case("none_return_type", "def a() -> None: pass", ("a",)),
    Case("input_ignored", "def a() -> int: return 1\ndef b(a: int) -> int: return a", ("b",), {"a": 99, "zz": 1}),
    Case("final_is_input", "def a(x: int) -> int: return x", ("a", "nowhere"), {"x": 1, "nowhere": 2}),
    Case("final_is_an_input_of_others", "def a(x: int) -> int: return x", ("x",), {"x": 1}),
    Case("final_is_config", "def a(x: int) -> int: return x", ("x", "a"), {}, {"x": 1}),
    Case("override", "def a(x: int) -> int: return x\ndef b(a: int) -> int: return a", ("b",), {}, {}, {"a": 3}),
    Case("override_of_input", "def b(a: int) -> int: return a", ("b",), {}, {}, {"a": 3}),
    Case("override_unknown", "def b(a: int) -> int: return a", ("b",), {"a": 1}, {}, {"nowhere": 3}),
    Case("config_replaces", "def a() -> int: return 1\ndef b(a: int) -> int: return a", ("b",), {}, {"a": 5}),
    Case("config_unread", "def b(a: int) -> int: return a", ("b",), {"a": 1}, {"zz": 5}),
    Case("config_and_input", "def b(a: int) -> int: return a", ("b",), {"a": 1}, {"a": 5}),
    Case("missing_input", "def b(a: int, c: str) -> int: return a", ("b",)),
    Case("wrong_input", "def b(a: int) -> int: return a", ("b",), {"a": "text"}),
    Case("bool_for_int", "def b(a: int) -> int: return a", ("b",), {"a": True}),
    Case("int_for_float", "def b(a: float) -> float: return a", ("b",), {"a": 1}),
    Case("none_for_int", "def b(a: int) -> bool: return a is None", ("b",), {"a": None}),
    Case("wrong_config", "def b(a: int) -> int: return a", ("b",), {}, {"a": "text"}),
    Case("list_input", "def b(a: list[int]) -> int: return len(a)", ("b",), {"a": [1, 2]}),
    Case("unknown_final", "def b(a: int) -> int: return a", ("nope",), {"a": 1}),
    Case("missing_annotation", "def b(a) -> int: return a", ("b",)),
    Case("missing_return_annotation", "def b(a: int): return a", ("b",)),
    Case("edge_mismatch", "def a() -> int: return 1\ndef b(a: str) -> str: return a", ("b",)),
    Case("edge_int_to_float", "def a() -> int: return 1\ndef b(a: float) -> float: return a", ("b",)),
    Case("edge_bool_to_int", "def a() -> bool: return True\ndef b(a: int) -> int: return a", ("b",)),
    Case("edge_any", "from typing import Any\ndef a() -> Any: return 1\ndef b(a: int) -> int: return a", ("b",)),
    Case("edge_optional", "from typing import Optional\ndef a() -> int: return 1\ndef b(a: Optional[int]) -> int: return a", ("b",)),
    Case("edge_from_optional", "from typing import Optional\ndef a() -> Optional[int]: return 1\ndef b(a: int) -> int: return a", ("b",)),
    Case("edge_generics", "from typing import List, Sequence\ndef a() -> list[int]: return [1]\ndef b(a: List[int], c: int) -> int: return c\ndef d(a: Sequence[int]) -> int: return len(a)", ("d",)),
    Case("edge_generics_differ", "def a() -> list[int]: return [1]\ndef b(a: list[float]) -> int: return 1", ("b",)),
    Case("inputs_tighten", "def b(a: object) -> int: return 1\ndef c(a: int) -> int: return a", ("c", "b"), {"a": 1}),
    Case("inputs_conflict", "def b(a: str) -> int: return 1\ndef c(a: int) -> int: return a", ("c",), {"a": 1}),
    Case("private_functions", "def _hidden(a: int) -> int: return a\ndef b(a: int) -> int: return _hidden(a)", ("b",), {"a": 1}),
    Case("future_annotations", "from __future__ import annotations\ndef b(a: int, c: list[str]) -> dict[str, int]: return {}", ("b",), {"a": 1, "c": []}),
    Case("docs", 'def b(a: int) -> int:\n    """Says something."""\n    return a', ("b",), {"a": 1}),
    Case("duplicate", "def b(a: int) -> int: return a", ("b",), {"a": 1}, second="def b(a: int) -> int: return -a"),
    Case("duplicate_allowed", "def b(a: int) -> int: return a", ("b",), {"a": 1}, second="def b(a: int) -> int: return -a", allow_overrides=True),
    Case("cycle", "def a(b: int) -> int: return b\ndef b(a: int) -> int: return a", ("a",)),
    Case("cycle_cut", "def a(b: int) -> int: return b + 1\ndef b(a: int) -> int: return a + 1", ("a",), {}, {}, {"b": 1}),
    Case("function_fails", "def a() -> int: raise KeyError('x')", ("a",)),
    # ---- variants
    Case("when", _FM + "@config.when(k='x')\ndef f__x() -> int: return 1\n@config.when_not(k='x')\ndef f__y() -> int: return 2", ("f",), {}, {"k": "x"}),
    Case("when_not_unset", _FM + "@config.when(k='x')\ndef f__x() -> int: return 1\n@config.when_not(k='x')\ndef f__y() -> int: return 2", ("f",)),
    Case("when_in", _FM + "@config.when_in(k=[1, 2])\ndef f__x() -> int: return 1\n@config.when_not_in(k=[1, 2])\ndef f__y() -> int: return 2", ("f",), {}, {"k": 2}),
    Case("when_named", _FM + "@config.when(name='g', k=1)\ndef f__x() -> int: return 1", ("g",), {}, {"k": 1}),
    Case("when_none_holds", _FM + "@config.when(k=1)\ndef f__x() -> int: return 1", ("f",)),
    Case("when_both_hold", _FM + "@config.when(k=1)\ndef f__x() -> int: return 1\n@config.when(k=1)\ndef f__y() -> int: return 1", ("f",), {}, {"k": 1}),
    Case("config_lambda", _FM + "@config(lambda c: c.get('k', 0) > 3)\ndef f__x() -> int: return 1", ("f",), {}, {"k": 5}),
    Case("dunder_without_config", "def f__x() -> int: return 1", ("f__x",)),
    Case("exclude", _FM + "@hamilton_exclude\ndef f() -> int: return 1\ndef g() -> int: return f()", ("g",)),
    Case("resolve_from_config", _FM + "@resolve_from_config(decorate_with=lambda names: extract_fields({n: int for n in names}))\ndef f() -> dict: return {'p': 1, 'q': 2}", ("p",), {}, {"names": ["p", "q"], "hamilton.enable_power_user_mode": True}),
    Case("resolve_without_power", _FM + "@resolve_from_config(decorate_with=lambda names: extract_fields({n: int for n in names}))\ndef f() -> dict: return {'p': 1, 'q': 2}", ("p",), {}, {"names": ["p", "q"]}),
    # ---- parameterization
    Case("parameterize", _FM + "@parameterize(p=dict(a=source('x'), b=value(2)), q=(dict(a=value(1), b=source('y')), 'of q'))\ndef f(a: int, b: int, c: int) -> int:\n    '''{output_name} of {a}, {b}, {c}'''\n    return a * 100 + b * 10 + c", ("p", "q"), {"x": 1, "y": 3, "c": 5}),
    Case("parameterize_values", _FM + "@parameterize_values('a', {('p', 'doc p'): 1, ('q', 'doc q'): 2})\ndef f(a: int) -> int: return a", ("p", "q")),
    Case("parameterize_sources", _FM + "@parameterize_sources(p=dict(a='x'), q=dict(a='y'))\ndef f(a: int) -> int: return a", ("p", "q"), {"x": 1, "y": 2}),
    Case("inject", _FM + "@inject(a=source('x'), b=value(3))\ndef f(a: int, b: int) -> int: return a + b", ("f",), {"x": 1}),
    Case("group_list", _FM + "@inject(a=group(source('x'), value(3), source('y')))\ndef f(a: list[int]) -> list: return a", ("f",), {"x": 1, "y": 2}),
    Case("group_dict", _FM + "@inject(a=group(p=source('x'), q=value(3)))\ndef f(a: dict[str, int]) -> dict: return a", ("f",), {"x": 1}),
    Case("group_wrong_type", _FM + "@inject(a=group(source('x')))\ndef f(a: int) -> int: return a", ("f",)),
    Case("parameterize_unknown", _FM + "@parameterize(p=dict(zz=source('x')))\ndef f(a: int) -> int: return a", ("p",)),
    Case("parameterize_literal", _FM + "@parameterize(p=dict(a=1))\ndef f(a: int) -> int: return a", ("p",)),
    Case("parameterize_same_source_twice", _FM + "@parameterize(p=dict(a=source('x'), b=source('y')))\ndef f(a: int, b: int) -> int: return a - b", ("p",), {"x": 5, "y": 3}),
    Case("two_expanders", _FM + "@inject(a=value(1))\n@parameterize(p=dict(a=value(2)))\ndef f(a: int) -> int: return a", ("f",)),
    Case("does", _FM + "def _sum(**kw: int) -> int: return sum(kw.values())\n@does(_sum)\ndef f(a: int, b: int = 5) -> int: pass", ("f",), {"a": 1}),
    Case("does_mapped", _FM + "def _minus(x: int, y: int) -> int: return x - y\n@does(_minus, x='a', y='b')\ndef f(a: int, b: int) -> int: pass", ("f",), {"a": 5, "b": 3}),
    Case("does_not_empty", _FM + "def _sum(**kw: int) -> int: return 1\n@does(_sum)\ndef f(a: int) -> int: return a", ("f",)),
    # ---- outputs
    Case("extract_fields", _FM + "@extract_fields({'p': int, 'q': str})\ndef f(a: int) -> dict: return {'p': a, 'q': 'x'}", ("p", "q", "f"), {"a": 1}),
    Case("extract_fields_by_name", _FM + "@extract_fields('p', 'q')\ndef f() -> dict[str, int]: return {'p': 1, 'q': 2}", ("p", "q")),
    Case("extract_fields_typed_dict", _FM + "from typing import TypedDict\nclass T(TypedDict):\n    p: int\n    q: str\n@extract_fields()\ndef f() -> T: return {'p': 1, 'q': 'x'}", ("p", "q")),
    Case("extract_fields_missing", _FM + "@extract_fields({'p': int})\ndef f() -> dict: return {}", ("p",)),
    Case("extract_fields_filled", _FM + "@extract_fields({'p': int, 'q': int}, fill_with=0)\ndef f() -> dict: return {'p': 1}", ("p", "q")),
    Case("extract_fields_no_types", _FM + "@extract_fields(['p'])\ndef f() -> dict: return {}", ("p",)),
    Case("extract_fields_of_int", _FM + "@extract_fields({'p': int})\ndef f() -> int: return 1", ("p",)),
    Case("unpack_fields", _FM + "@unpack_fields('p', 'q')\ndef f() -> tuple[int, str, float]: return (1, 'x', 2.0)", ("p", "q")),
    Case("unpack_any_length", _FM + "@unpack_fields('p', 'q')\ndef f() -> tuple[int, ...]: return (1, 2, 3)", ("p", "q")),
    Case("unpack_too_many", _FM + "@unpack_fields('p', 'q', 'r')\ndef f() -> tuple[int, str]: return (1, 'x')", ("p",)),
    Case("extract_columns_of_int", _FM + "@extract_columns('p')\ndef f() -> int: return 1", ("p",)),
    # ---- what is said
    Case("tag", _FM + "@tag(owner='me', kinds=['x', 'y'])\ndef f() -> int: return 1", ("f",)),
    Case("tag_fields", _FM + "@tag(owner='me')\n@extract_fields({'p': int})\ndef f() -> dict: return {'p': 1}", ("p",)),
    Case("tag_target", _FM + "@tag(owner='me', target_='f')\n@extract_fields({'p': int})\ndef f() -> dict: return {'p': 1}", ("p",)),
    Case("tag_all", _FM + "@tag(owner='me', target_=...)\n@extract_fields({'p': int})\ndef f() -> dict: return {'p': 1}", ("p",)),
    Case("tag_unknown_target", _FM + "@tag(owner='me', target_='zz')\ndef f() -> int: return 1", ("f",)),
    Case("tag_reserved", _FM + "@tag(module='me')\ndef f() -> int: return 1", ("f",)),
    Case("tag_dotted", _FM + "@tag(**{'a.b': 'c'})\ndef f() -> int: return 1", ("f",)),
    Case("tag_bad_value", _FM + "@tag(owner=3)\ndef f() -> int: return 1", ("f",)),
    Case("tag_outputs", _FM + "@tag_outputs(p={'k': 'v'}, zz={'k': 'v'})\n@extract_fields({'p': int, 'q': int})\ndef f() -> dict: return {'p': 1, 'q': 2}", ("p",)),
    Case("cache_tags", _FM + "@cache(behavior='recompute', format='json')\ndef f() -> int: return 1", ("f",)),
    Case("ray_options", _FM + "from {package}.function_modifiers.metadata import ray_remote_options\n@ray_remote_options(num_cpus=2)\ndef f() -> int: return 1", ("f",)),
    Case("check_output", _FM + "@check_output(range=(0, 3), data_type=int, importance='warn')\ndef f(a: int) -> int: return a", ("f", "f_raw"), {"a": 5}),
    Case("check_output_fails", _FM + "@check_output(range=(0, 3), importance='fail')\ndef f(a: int) -> int: return a", ("f",), {"a": 5}),
    Case("check_output_unknown", _FM + "@check_output(nonsense=3)\ndef f(a: int) -> int: return a", ("f",), {"a": 5}),
    Case("check_output_text", _FM + "@check_output(contains='a', does_not_contain=['z'], allow_none=False)\ndef f() -> str: return 'abc'", ("f",)),
    # ---- chains
    Case("pipe_input", _FM + "def _plus(x: int, y: int) -> int: return x + y\n@pipe_input(step(_plus, y=1), step(_plus, y=source('z')), step(_plus, y=value(100)).named('last'))\ndef f(a: int, b: int) -> int: return a * b", ("f",), {"a": 1, "b": 2, "z": 10}),
    Case("pipe_input_on", _FM + "def plus(x: int) -> int: return x + 1\n@pipe_input(step(plus), on_input='b', namespace='ns')\ndef f(a: int, b: int) -> int: return a * 100 + b", ("f",), {"a": 1, "b": 2}),
    Case("pipe_input_when", _FM + "def _plus(x: int) -> int: return x + 1\n@pipe_input(step(_plus).when(k=1), step(_plus).when_not(k=1))\ndef f(a: int) -> int: return a", ("f",), {"a": 1}, {"k": 1}),
    Case("pipe_output", _FM + "def _plus(x: int, y: int) -> int: return x + y\n@tag(t='v')\n@pipe_output(step(_plus, y=1), step(_plus, y=2).named('n', namespace=None))\ndef f(a: int) -> int: return a", ("f", "f.raw"), {"a": 1}),
    Case("pipe_output_none_resolves", _FM + "def _plus(x: int) -> int: return x + 1\n@pipe_output(step(_plus).when(k=1))\ndef f(a: int) -> int: return a", ("f",), {"a": 1}),
    Case("pipe_output_fields", _FM + "def _plus(x: int) -> int: return x + 1\n@pipe_output(step(_plus).on_output('p'), step(_plus).on_output(['p', 'q']))\n@extract_fields({'p': int, 'q': int, 'r': int})\ndef f() -> dict: return {'p': 1, 'q': 2, 'r': 3}", ("p", "q", "r")),
    Case("mutate", _FM + "def f() -> int: return 1\ndef g() -> int: return 2\n@mutate(f, apply_to(g, y=5).named('special'), y=value(10))\ndef _more(x: int, y: int) -> int: return x + y", ("f", "g")),
    Case("step_untyped", _FM + "def _plus(x): return x\n@pipe_input(step(_plus))\ndef f(a: int) -> int: return a", ("f",)),
    # ---- sub-DAGs
    Case("subdag", _FM + "def one(x: int) -> int: return x + 1\ndef two(one: int, y: int) -> int: return one * y\n@subdag(one, two, inputs={'x': source('a'), 'y': value(3)})\ndef f(two: int) -> int: return two", ("f", "f.two"), {"a": 1, "x": 1, "y": 1}),
    Case("subdag_config", _FM + "@config.when(k=1)\ndef one__a() -> int: return 1\n@config.when(k=2)\ndef one__b() -> int: return 2\n@subdag(one__a, one__b, config={'k': 2}, namespace='ns')\ndef f(one: int) -> int: return one", ("f",), {}, {"k": 1}),
    Case("subdag_configuration", _FM + "@config.when(k=1)\ndef one__a() -> int: return 1\n@config.when(k=2)\ndef one__b() -> int: return 2\n@subdag(one__a, one__b, config={'k': configuration('outer')})\ndef f(one: int) -> int: return one", ("f",), {}, {"outer": 2, "k": 1}),
    Case("subdag_external", _FM + "def one(x: int) -> int: return x\n@subdag(one, inputs={'x': value(2)}, external_inputs=['e'])\ndef f(one: int, e: int) -> int: return one + e", ("f",), {"e": 5, "x": 0}),
    Case("subdag_config_and_inputs", _FM + "def one(x: int) -> int: return x\n@subdag(one, inputs={'x': value(2)}, config={'x': 3})\ndef f(one: int) -> int: return one", ("f",)),
    Case("parameterized_subdag", _FM + "def one(x: int, y: int) -> int: return x + y\n@parameterized_subdag(one, inputs={'y': value(10)}, p={'inputs': {'x': value(1)}}, q={'inputs': {'x': source('a')}})\ndef f(one: int) -> int: return one", ("p", "q"), {"a": 2, "x": 1, "y": 1}),
    # ---- loading and saving
    Case("dataloader", _FM + "@dataloader()\ndef f(a: int) -> tuple[list, dict]: return ([a], {'rows': 1})\ndef g(f: list) -> int: return len(f)", ("g", "f", "f.loader"), {"a": 1}),
    Case("dataloader_wrong", _FM + "@dataloader()\ndef f() -> list: return []", ("f",)),
    Case("datasaver", _FM + "@datasaver()\ndef f(a: int) -> dict: return {'rows': a}", ("f",), {"a": 1}),
    Case("load_from", _FM + "@load_from.literal(value=value([1, 2]), inject_='a')\ndef f(a: list, b: int) -> int: return len(a) + b", ("f",), {"b": 1}),
    Case("load_from_source", _FM + "@load_from.literal(value=source('x'))\ndef f(a: dict) -> int: return len(a)", ("f",), {"x": {}}),
    Case("load_from_ambiguous", _FM + "@load_from.literal(value=value(1))\ndef f(a: int, b: int) -> int: return a", ("f",)),
    Case("save_to", _FM + "@save_to.memory()\ndef f(a: int) -> int: return a", ("f", "save.f"), {"a": 1}),
    Case("save_to_named", _FM + "@save_to.memory(output_name_='kept')\ndef f(a: int) -> int: return a", ("f", "kept"), {"a": 1}),
    Case("save_to_no_option", _FM + "@save_to.json(nonsense=value(1))\ndef f(a: int) -> dict: return {}", ("f",), {"a": 1}),
    Case("load_unknown_format", _FM + "@load_from.nonsense(path=value('x'))\ndef f(a: int) -> int: return a", ("f",)),
    # ---- parallel
    Case("parallel", "from {package}.htypes import Parallelizable, Collect\ndef each(n: int) -> Parallelizable[int]:\n    yield from range(n)\ndef squared(each: int, k: int) -> int: return each * each + k\ndef total(squared: Collect[int]) -> int: return sum(squared)\ndef after(total: int) -> int: return -total", ("after", "total"), {"n": 4, "k": 1}, dynamic=True),
    Case("parallel_empty", "from {package}.htypes import Parallelizable, Collect\ndef each() -> Parallelizable[int]:\n    yield from ()\ndef squared(each: int) -> int: return each * each\ndef total(squared: Collect[int]) -> list: return list(squared)", ("total",), dynamic=True),
    Case("parallel_not_enabled", "from {package}.htypes import Parallelizable, Collect\ndef each() -> Parallelizable[int]:\n    yield from range(3)\ndef total(each: Collect[int]) -> int: return sum(each)", ("total",)),
    Case("parallel_fails", "from {package}.htypes import Parallelizable, Collect\ndef each() -> Parallelizable[int]:\n    yield from range(3)\ndef squared(each: int) -> int: return 1 // each\ndef total(squared: Collect[int]) -> list: return list(squared)", ("total",), dynamic=True),
]
