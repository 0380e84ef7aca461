#!/usr/bin/env python3
"""Holds docs/concepts/feast-differences.md complete: it names every case of cases/store that says
`feast: differs`, and no other.

usage: tools/feast_differences.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/concepts/feast-differences.md"
CASES_MIN = 20


def differing_cases() -> set[str]:
    """As `file: name`. By lines, so that no package is needed to read YAML."""
    cases = set()
    for path in (ROOT / "cases/store").glob("*.yaml"):
        name = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if begins := re.match(r"  - name: (.+)", line):
                name = begins[1]
            elif line.strip() == "feast: differs":
                cases.add(f"{path.stem}: {name}")
    return cases


def main() -> int:
    cases = differing_cases()
    rows = [line for line in (ROOT / PAGE).read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    listed = {name for row in rows for name in re.findall(r"`(\w+: [^`]+)`", row)}
    for name in sorted(cases - listed):
        print(f"{PAGE}: the case `{name}` differs from Feast, and no row names it")
    for name in sorted(listed - cases):
        print(f"{PAGE}: no case is called `{name}` and says `feast: differs`")
    if len(cases) < CASES_MIN:
        print(f"cases/store: {len(cases)} cases differ; expected at least {CASES_MIN}")
    return 1 if cases != listed or len(cases) < CASES_MIN else 0


if __name__ == "__main__":
    sys.exit(main())
