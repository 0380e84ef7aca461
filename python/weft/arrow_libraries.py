"""Arrow's libraries, where pyarrow is not installed beside weft (a user's folder, a layer over the system's packages)."""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import re
from pathlib import Path

# In the order in which they need each other.
_LIBRARIES = ("arrow", "arrow_compute", "parquet")


def load(cause: ImportError) -> None:
    """Loads them from wherever pyarrow is. `cause` is what importing the extension raised: it names the version it needs;
    if it is about something else, it is raised again."""
    needed = re.search(r"lib(?:arrow|parquet)\w*\.so\.(\d+)", str(cause))
    if not needed:
        raise cause
    spec = importlib.util.find_spec("pyarrow")
    major = int(needed[1]) // 100
    if spec is None or not spec.origin:
        raise ImportError(f"weft needs pyarrow {major}, which is not installed: pip install 'pyarrow=={major}.*'") from cause
    folder = Path(spec.origin).parent
    for library in _LIBRARIES:
        path = folder / f"lib{library}.so.{needed[1]}"
        if not path.exists():
            found = importlib.metadata.version("pyarrow")
            raise ImportError(f"weft needs pyarrow {major}, and {folder} is {found}: pip install 'pyarrow=={major}.*'") from cause
        ctypes.CDLL(str(path))
