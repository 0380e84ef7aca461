#!/usr/bin/env python3
"""Holds docs/reference/errors.md true: every line names a test that is there and has its words.

usage: tools/errors_page.py [page]
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS_MIN = 40
TEST = re.compile(r"`([^`]+)`: (.+)")


def words_of(source: str) -> str:
    """A test's source with its texts as they read: joined across lines, without escapes."""
    return re.sub(r'"\s*\n\s*"', "", source).replace('\\"', '"')


def codes() -> set[str]:
    return set(re.findall(r'"([a-z_]+)"', (ROOT / "src/base/error.cc").read_text()))


def problems_of(row: list[str], known_codes: set[str]) -> list[str]:
    kind, code, message, test = row
    found = TEST.fullmatch(test)
    if not found:
        return [f"{kind}: the last column is `file`: test, not {test}"]
    path = ROOT / found[1]
    if not path.is_file():
        return [f"{kind}: there is no file {found[1]}"]
    source = words_of(path.read_text())
    name = found[2]
    problems = []
    if f'"{name}"' not in source and not re.search(rf"TEST(_F|_P)?\(\w+, {re.escape(name)}\)", source):
        problems.append(f"{kind}: {found[1]} has no test or case {name}")
    if code and code not in known_codes:
        problems.append(f"{kind}: there is no code {code}")
    for part in filter(None, (part.strip() for part in message.split("…"))):
        if part not in source:
            problems.append(f"{kind}: {found[1]} does not say {part}")
    return problems


def main() -> int:
    page = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/reference/errors.md"
    rows = []
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[0] != "mistake":
            rows.append(cells)
    known_codes = codes()
    problems = [p for row in rows for p in problems_of(row, known_codes)]
    kinds = [row[0] for row in rows]
    problems += [f"{kind} is there twice" for kind in sorted({k for k in kinds if kinds.count(k) > 1})]
    if len(rows) < KINDS_MIN:
        problems.append(f"{len(rows)} kinds; at least {KINDS_MIN} are promised")
    for problem in problems:
        print(f"{page.name}: {problem}")
    print(f"{len(rows)} kinds of mistakes, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
