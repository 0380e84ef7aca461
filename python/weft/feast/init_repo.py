"""New repositories out of templates."""

from __future__ import annotations

import random
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

TEMPLATES = ("local", "minimal")
_TOKEN = "PROJECT_NAME"
_IGNORED = "__pycache__/\n*.pyc\ndata/*.weft/\n"


def init_repo(repo_name: str, template: str = "local", repo_path: str | None = None) -> Path:
    """Makes a folder with a repository. Raises FileExistsError where something is in it."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_]*", repo_name):
        raise ValueError(f"a project's name has letters, digits and '_', found {repo_name!r}")
    if template not in TEMPLATES:
        raise ValueError(f"template {template!r} is none of {', '.join(TEMPLATES)}")
    folder = Path(repo_path or repo_name).resolve()
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    shutil.copytree(
        Path(__file__).parent / "templates" / template,
        folder,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_text(file.read_text(encoding="utf8").replace(_TOKEN, repo_name), encoding="utf8")
    (folder / ".gitignore").write_text(_IGNORED, encoding="utf8")
    (folder / "feature_repo" / "__init__.py").touch()
    if template == "local":
        data = folder / "feature_repo" / "data"
        data.mkdir()
        write_driver_stats(data / "driver_stats.parquet", datetime.now(UTC))
    return folder


def write_driver_stats(path: Path, end: datetime, drivers: tuple[int, ...] = (1001, 1002, 1003, 1004, 1005)):
    """Rows of drivers for the fifteen days before `end`, one an hour, written an hour later."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = random.Random(15)
    hour = end.replace(minute=0, second=0, microsecond=0)
    times = [hour - timedelta(hours=h) for h in range(15 * 24, -1, -1)]
    rows = [(time, driver) for driver in drivers for time in times]
    instant = pa.timestamp("us", "UTC")
    table = pa.table(
        {
            "event_timestamp": pa.array([time for time, _ in rows], instant),
            "driver_id": pa.array([driver for _, driver in rows], pa.int64()),
            "conv_rate": pa.array([rng.random() for _ in rows], pa.float32()),
            "acc_rate": pa.array([rng.random() for _ in rows], pa.float32()),
            "avg_daily_trips": pa.array([rng.randrange(1000) for _ in rows], pa.int32()),
            "created": pa.array([time + timedelta(hours=1) for time, _ in rows], instant),
        }
    )
    pq.write_table(table, path)
