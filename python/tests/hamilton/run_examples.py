"""Runs Hamilton's published examples with weft.hamilton: only their imports are renamed.

    python run_examples.py <Hamilton's examples folder> [--hamilton <python that has apache-hamilton>] [--only text]

Each script of the folder that can be started runs in a copy of the tree, in a process of its own. With --hamilton it
also runs as it is with Hamilton itself, and what both print is compared, but for times, ids and addresses. What fails
with Hamilton too (a library or a service that is not there) says nothing about us and is listed as such.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TIMEOUT_SECONDS = 120
# Of scripts that do nothing without.
ARGUMENTS = {
    "decoupling_io/run.py": ("run", "--which-stage", "metrics_captured"),
    "feature_engineering/write_once_run_everywhere_blog_post/contexts/batch.py": ("run",),
    "lineage/lineage_commands.py": ("PII",),
    "materialization/run.py": ("iris", "svm"),
    "model_examples/scikit-learn/run.py": ("iris", "logistic"),
}
# What differs from run to run in what examples print.
_VARIES = [
    (re.compile(r"0x[0-9a-f]+"), "<address>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,\d]*"), "<time>"),
    (re.compile(r"'(last_modified|timestamp)': [\d.]+"), r"'\1': <time>"),
    (re.compile(r"\d+(\.\d+)?([eE]-?\d+)? ?(μs|ms|s|seconds)\b"), "<duration>"),
    (re.compile(r"\bweft\.hamilton\b"), "hamilton"),
    (re.compile(r"/\S*/examples/"), "examples/"),
]
_MISSING = re.compile(r"(ModuleNotFoundError|ImportError): (.*)")


@dataclasses.dataclass
class Run:
    code: int
    output: str
    errors: str

    @property
    def last_error(self) -> str:
        lines = [line for line in self.errors.strip().splitlines() if line.strip()]
        return lines[-1][:140] if lines else ""


def renamed(text: str) -> str:
    """The imports of a file, with weft.hamilton for hamilton."""
    text = re.sub(r"(?m)^(\s*)from hamilton(?=[.\s])", r"\1from weft.hamilton", text)
    text = re.sub(r"(?m)^(\s*)import hamilton\.(\S+) as ", r"\1import weft.hamilton.\2 as ", text)
    text = re.sub(r"(?m)^(\s*)import hamilton\.(\S+)", r"\1import weft.hamilton.\2; from weft import hamilton", text)
    return re.sub(r"(?m)^(\s*)import hamilton\s*$", r"\1from weft import hamilton", text)


def scripts_of(folder: pathlib.Path) -> list[pathlib.Path]:
    """Files that use Hamilton and can be started (or are called as if they could)."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(errors="replace")
        starts = "__main__" in text or path.name in ("run.py", "my_script.py")
        if starts and re.search(r"(?m)^\s*(from|import) hamilton", text):
            found.append(path.relative_to(folder))
    return found


def run(python: str, tree: pathlib.Path, script: pathlib.Path) -> Run:
    done = started(python, tree, script, ())
    if "ModuleNotFoundError" in done.errors:
        # Some are meant to be started as modules of the folder above theirs.
        again = started(python, tree, script, ((tree / script).parent.parent,))
        return again if again.code == 0 else done
    return done


def started(python: str, tree: pathlib.Path, script: pathlib.Path, more: tuple[pathlib.Path, ...]) -> Run:
    command = [python, script.name, *ARGUMENTS.get(str(script), ())]
    folders = [str(folder) for folder in ((tree / script).parent, *more)]
    folders.append(os.environ.get("PYTHONPATH", ""))
    try:
        done = subprocess.run(
            command,
            cwd=(tree / script).parent,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        )
    except subprocess.TimeoutExpired:
        return Run(-1, "", f"longer than {TIMEOUT_SECONDS} s")
    return Run(done.returncode, done.stdout, done.stderr)


def plain(text: str) -> str:
    for pattern, stands_for in _VARIES:
        text = pattern.sub(stands_for, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def verdict(ours: Run, theirs: Run | None) -> tuple[str, str]:
    """(kind, what there is to say)."""
    if theirs is not None and theirs.code != 0:
        missing = _MISSING.search(theirs.errors)
        why = missing.group(0)[:140] if missing else theirs.last_error
        return ("better" if ours.code == 0 else "cannot run here"), why
    if ours.code != 0:
        return "fails", ours.last_error
    if theirs is None or plain(ours.output) == plain(theirs.output):
        return "same", ""
    return "prints other text", _first_difference(plain(theirs.output), plain(ours.output))


def _first_difference(theirs: str, ours: str) -> str:
    pairs = zip(theirs.splitlines() + [""], ours.splitlines() + [""], strict=False)
    return next((f"{a[:70]!r} / {b[:70]!r}" for a, b in pairs if a != b), "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("examples", type=pathlib.Path)
    parser.add_argument("--hamilton", help="a Python that has apache-hamilton")
    parser.add_argument("--only", default="", help="scripts whose path has this text")
    given = parser.parse_args()
    kinds: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        original = pathlib.Path(temporary, "theirs", "examples")
        changed = pathlib.Path(temporary, "ours", "examples")
        for tree in (original, changed):
            shutil.copytree(given.examples, tree)
        for path in changed.rglob("*.py"):
            path.write_text(renamed(path.read_text(errors="replace")))
        for script in scripts_of(original):
            if given.only not in str(script):
                continue
            theirs = run(given.hamilton, original, script) if given.hamilton else None
            kind, told = verdict(run(sys.executable, changed, script), theirs)
            kinds.setdefault(kind, []).append(str(script))
            print(f"{kind:18} {script}  {told}", flush=True)
    print("\n" + ", ".join(f"{kind}: {len(found)}" for kind, found in sorted(kinds.items())))
    return 1 if kinds.get("fails") else 0


if __name__ == "__main__":
    sys.exit(main())
