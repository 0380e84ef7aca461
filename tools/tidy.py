#!/usr/bin/env python3
"""Holds the project's conventions as a test: prints `file:line: rule: what is wrong` and fails.

Rules: format, name, header, layer, deps, banned, size, leftover, dead, link, path. Each is a function
below that takes a Tree and yields Problems. tools/tidy_exceptions.txt lists the known sinners, one a
line as `rule path` or, for sizes, `rule path limit`; an exception nobody needs any more is a problem.

usage: tools/tidy.py [root]       exit status 77: all is well, but clang-format-19 is not installed
"""

from __future__ import annotations

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath
from typing import Iterator, NamedTuple

# Folders of src/ in dependency order: each includes only those before it and itself.
LAYERS = ("base data ops graph io exec testing join aws registry offline online store stream group lake server flight cli").split()
CODE_DIRS = ("include", "src", "examples", "bench", "cases", "tests", "python")
CODE_SUFFIXES = (".h", ".cc")
TEXT_SUFFIXES = CODE_SUFFIXES + (
    ".md", ".txt", ".py", ".sh", ".cmake", ".json", ".yaml", ".yml", ".toml", ".in", ".sql", ".js", ".ts",
    ".html", ".css", "", ".test")
SIZE_MAX = {"header-lines": 300, "source-lines": 800, "test-lines": 1000, "function-lines": 70}
CLANG_FORMAT_MAJOR = 19
EXCEPTIONS = "tools/tidy_exceptions.txt"

# (pattern, where it is banned, where it is allowed after all, why)
BANNED = (
    (r"std::(cout|cerr)\b|(?<!\w)printf\(", r"^(src|include)/", r"^src/cli/|_test\.cc$",
     "the library does not print; it takes a sink"),
    (r"system_clock::now\(", r"^(src|include)/", r"^src/base/", "time comes from a Clock (src/base)"),
    (r"#include <(fstream|filesystem)>", r"^src/graph/", r"_test\.cc$", "src/graph does no I/O"),
    (r"#include <(bits/[^>]*|iostream)>", r"^(src|include)/", r"^src/cli/|_test\.cc$",
     "heavy or private to the compiler"),
    (r"#include [<\"]arrow/(?!c/abi\.h|type_fwd\.h)|#include [<\"]parquet/", r"^include/weft/", None,
     "public headers know of Arrow only arrow/c/abi.h and arrow/type_fwd.h"),
)


class Problem(NamedTuple):
    path: str
    line: int
    rule: str
    message: str
    size: int = 0  # for size rules: what was measured

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Include(NamedTuple):
    line: int
    target: str


class Tree:
    """The project's files (those git knows or would add) with their text, read once."""

    def __init__(self, root: Path):
        self.root = Path(root)
        self.paths = sorted(_list_files(self.root))
        self._text: dict[str, str] = {}

    def text(self, path: str) -> str:
        if path not in self._text:
            self._text[path] = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return self._text[path]

    def lines(self, path: str) -> list[str]:
        return self.text(path).splitlines()

    def code(self) -> list[str]:
        return [p for p in self.paths
                if PurePosixPath(p).suffix in CODE_SUFFIXES and p.split("/")[0] in CODE_DIRS]

    def headers(self) -> list[str]:
        return [p for p in self.code() if p.endswith(".h")]

    def texts(self) -> list[str]:
        return [p for p in self.paths if PurePosixPath(p).suffix in TEXT_SUFFIXES]

    def includes(self, path: str) -> list[Include]:
        pattern = re.compile(r'\s*#\s*include\s*[<"]([^>"]+)[>"]')
        found = ((number, pattern.match(line)) for number, line in enumerate(self.lines(path), 1))
        return [Include(number, match[1]) for number, match in found if match]


def _list_files(root: Path) -> list[str]:
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True, text=True)
        paths = listed.stdout.split("\0")
    else:
        paths = (p.relative_to(root).as_posix() for p in root.rglob("*"))
    skipped = ("build/", ".venv/", ".git/")
    return [p for p in set(paths) if p and not p.startswith(skipped) and (root / p).is_file()]


def check_name(tree: Tree) -> Iterator[Problem]:
    """Files are snake_case, and none is a drawer for everything."""
    for path in tree.code():
        stem = PurePosixPath(path).stem
        if not re.fullmatch(r"[a-z0-9_]+", stem):
            yield Problem(path, 1, "name", "file names are snake_case")
        elif drawer := re.search(r"(^|_)(utils?|helpers?|common|manager|misc)(_|$)", stem):
            yield Problem(path, 1, "name", f"`{drawer[2]}` says nothing: name the file for its concept")


def check_header(tree: Tree) -> Iterator[Problem]:
    """A header starts by saying what it is for, and guards itself."""
    for path in tree.headers():
        lines = tree.lines(path)
        if not lines or not lines[0].startswith("/// "):
            yield Problem(path, 1, "header", "the first line must be `/// ` and what the file is for")
        if "#pragma once" not in lines:
            yield Problem(path, 1, "header", "`#pragma once` is missing")


def check_layer(tree: Tree) -> Iterator[Problem]:
    """Includes go up the list of layers; public headers include no internal ones."""
    for path in tree.code():
        parts = path.split("/")
        if path.startswith("include/"):
            for include in tree.includes(path):
                if include.target.split("/")[0] in LAYERS and (tree.root / "src" / include.target).exists():
                    yield Problem(path, include.line, "layer",
                                  f"a public header includes the internal {include.target}")
        if parts[0] != "src":
            continue
        if len(parts) < 3 or parts[1] not in LAYERS:
            yield Problem(path, 1, "layer", f"its folder is not one of: {' '.join(LAYERS)}")
            continue
        for include in tree.includes(path):
            folder = include.target.split("/")[0]
            if "/" not in include.target and (tree.root / path).with_name(include.target).exists():
                yield Problem(path, include.line, "layer",
                              f"write \"{parts[1]}/{include.target}\": internal headers are named with their folder")
            elif folder in LAYERS and LAYERS.index(folder) > LAYERS.index(parts[1]):
                yield Problem(path, include.line, "layer",
                              f"{parts[1]} includes {include.target}, but {folder} is below it")


def check_deps(tree: Tree) -> Iterator[Problem]:
    """weft_module(... DEPS ...) names every folder that is included."""
    for path in tree.code():
        match = re.match(r"src/(\w+)/", path)
        build_file = f"src/{match[1]}/CMakeLists.txt" if match else ""
        if build_file not in tree.paths:
            continue
        declared = re.search(r"weft_module\(\s*(\w+)([^)]*)\)", tree.text(build_file))
        if not declared:
            continue
        known = declared[2].split() + [match[1]]
        for include in tree.includes(path):
            folder = include.target.split("/")[0]
            if "/" in include.target and folder in LAYERS and folder not in known:
                yield Problem(path, include.line, "deps", f"{build_file} does not have `{folder}` among its DEPS")


def check_banned(tree: Tree) -> Iterator[Problem]:
    """Calls and includes that have no place where they stand."""
    for path in tree.code():
        for pattern, where, unless, why in BANNED:
            if not re.search(where, path) or (unless and re.search(unless, path)):
                continue
            for number, line in enumerate(tree.lines(path), 1):
                found = re.search(pattern, line.split(" // ")[0])
                if found and not line.lstrip().startswith("//"):
                    yield Problem(path, number, "banned", f"{found[0].strip()}: {why}")


def check_size(tree: Tree) -> Iterator[Problem]:
    """Files and functions stay small."""
    for path in tree.code():
        kind = "test-lines" if path.endswith("_test.cc") else "header-lines" if path.endswith(".h") else "source-lines"
        count = len(tree.lines(path))
        if count > SIZE_MAX[kind]:
            yield Problem(path, 1, kind, f"{count} lines; {SIZE_MAX[kind]} is the most", count)
        for first, last in functions(tree.text(path)):
            count = last - first + 1
            # What binds a class to Python is a table of its members, one entry after another.
            if tree.lines(path)[first - 1].startswith("void bind_"):
                continue
            if count > SIZE_MAX["function-lines"]:
                yield Problem(path, first, "function-lines",
                              f"a function of {count} lines; {SIZE_MAX['function-lines']} is the most", count)


def functions(text: str) -> Iterator[tuple[int, int]]:
    """First and last line of each function, as clang-format lays them out: from the last line that
    starts at the indentation of a namespace (0) or a class (2) to the brace alone at that place."""
    text = re.sub(r'R"(\w*)\(.*?\)\1"', lambda raw: '""' + "\n" * raw[0].count("\n"), text, flags=re.S)
    lines = text.splitlines()
    for indent in (0, 2):
        start = 0
        for number, line in enumerate(lines, 1):
            body = line[indent:]
            if line[:indent].strip() or not body or body[0] in " #/":
                continue
            if body.startswith("}"):
                if body == "}" and start:
                    yield start, number
                start = 0
            elif not body.startswith(("template <", "requires ", ")", "namespace ", "extern ")):
                start = number


def check_leftover(tree: Tree) -> Iterator[Problem]:
    """What is still to be done goes into an issue, not into the code."""
    marks = re.compile(r"\b(" + "|".join(("FIX" + "ME", "TO" + "DO", "X" * 3)) + r")\b")
    for path in tree.texts():
        for number, line in enumerate(tree.lines(path), 1):
            if mark := marks.search(line):
                yield Problem(path, number, "leftover", f"{mark[0]} is left in the file")


def check_dead(tree: Tree) -> Iterator[Problem]:
    """Every header is included by somebody (weft.h by users)."""
    included = {include.target for path in tree.code() for include in tree.includes(path)}
    for path in tree.headers():
        name = re.sub(r"^(include|src)/", "", path)
        if path != "include/weft/weft.h" and not any(t == name or name.endswith("/" + t) for t in included):
            yield Problem(path, 1, "dead", "no file includes this header")


def check_link(tree: Tree) -> Iterator[Problem]:
    """Relative links in Markdown lead somewhere."""
    link = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s+(\S+)")
    for path in tree.paths:
        if not path.endswith(".md"):
            continue
        fenced = False
        for number, line in enumerate(tree.lines(path), 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            if fenced:
                continue
            for match in link.finditer(re.sub(r"`[^`]*`", "", line)):
                target = (match[1] or match[2]).split("#")[0]
                if not target or re.match(r"[a-z+]+:|//", target):
                    continue
                if target.startswith("/") or not (tree.root / path).parent.joinpath(target).exists():
                    yield Problem(path, number, "link", f"{target} does not exist")


def check_path(tree: Tree) -> Iterator[Problem]:
    """Nothing names a directory of one machine."""
    machine = re.compile(r"(?<![\w.$}/-])/(work|root|home/\w+)/")
    for path in tree.texts():
        for number, line in enumerate(tree.lines(path), 1):
            if found := machine.search(line):
                yield Problem(path, number, "path", f"{found[0]} is a directory of one machine")


def find_clang_format() -> str | None:
    for name in (f"clang-format-{CLANG_FORMAT_MAJOR}", "clang-format"):
        program = shutil.which(name)
        if program:
            version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
            if f"version {CLANG_FORMAT_MAJOR}." in version:
                return program
    return None


def check_format(tree: Tree, program: str) -> Iterator[Problem]:
    """The first line of each file that clang-format would change."""
    paths = tree.code()

    def run(some: list[str]) -> str:
        command = [program, "--dry-run", "--style=file", *some]
        return subprocess.run(command, cwd=tree.root, capture_output=True, text=True).stderr

    seen = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for report in pool.map(run, [paths[i:i + 16] for i in range(0, len(paths), 16)]):
            for path, line in re.findall(r"^(.+?):(\d+):\d+: warning: code should be", report, re.M):
                if path not in seen:
                    seen.add(path)
                    yield Problem(path, int(line), "format", "not as clang-format has it; run `make format`")


RULES = (check_name, check_header, check_layer, check_deps, check_banned, check_size, check_leftover, check_dead,
         check_link, check_path)


def read_exceptions(tree: Tree) -> dict[tuple[str, str], tuple[int, int]]:
    """(rule, path) -> (line of the list, size allowed or 0)."""
    exceptions = {}
    if EXCEPTIONS in tree.paths:
        for number, line in enumerate(tree.lines(EXCEPTIONS), 1):
            words = line.split("#")[0].split()
            if words:
                exceptions[words[0], words[1]] = (number, int(words[2]) if len(words) > 2 else 0)
    return exceptions


def apply_exceptions(tree: Tree, problems: list[Problem]) -> list[Problem]:
    """Takes away what the list excuses; adds the entries that excuse nothing."""
    exceptions = read_exceptions(tree)
    used, left = set(), []
    for problem in problems:
        key = (problem.rule, problem.path)
        if key in exceptions:
            used.add(key)
            if problem.size <= exceptions[key][1] or not problem.size:
                continue
        left.append(problem)
    for key, (number, _) in exceptions.items():
        if key not in used:
            left.append(Problem(EXCEPTIONS, number, "exception", f"`{' '.join(key)}` is no longer needed: remove it"))
    return left


def check(root: Path, clang_format: str | None = None) -> list[Problem]:
    """All problems of the tree at `root`; of format only if a clang-format is given."""
    tree = Tree(root)
    problems = [problem for rule in RULES for problem in rule(tree)]
    if clang_format:
        problems += check_format(tree, clang_format)
    return sorted(apply_exceptions(tree, problems))


def main() -> int:
    start = time.monotonic()
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    clang_format = find_clang_format()
    problems = check(root, clang_format)
    for problem in problems:
        print(problem)
    print(f"tidy: {len(problems)} problems, {time.monotonic() - start:.1f} s")
    if not clang_format:
        print(f"tidy: the rule `format` was SKIPPED: clang-format-{CLANG_FORMAT_MAJOR} is not installed")
        if os.environ.get("CI"):
            return 1
    if problems:
        return 1
    return 0 if clang_format else 77


if __name__ == "__main__":
    sys.exit(main())
