"""What all tests share: hypothesis draws the same examples each time where CI says so, and any number of others elsewhere."""

import ast
import importlib.util
import os
from pathlib import Path

import hypothesis

hypothesis.settings.register_profile("weft", deadline=None, database=None, derandomize="WEFT_SEEDS_FROM" in os.environ)
hypothesis.settings.load_profile("weft")


def _imported(file: Path) -> set[str]:
    """What a file imports when it is loaded."""
    found = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found


# Where there is nothing but what the package declares (tools/test_wheel.sh), what needs more is left out; elsewhere it fails.
if "WEFT_ONLY_DECLARED" in os.environ:
    _here = Path(__file__).parent
    collect_ignore = ["feast", "hamilton"]
    collect_ignore += [
        file.name for file in _here.glob("test_*.py") if any(
            importlib.util.find_spec(name) is None and not (_here / f"{name}.py").exists() for name in _imported(file)
        )
    ]
