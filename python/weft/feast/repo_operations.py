"""Repositories: folders of Python files that define things, with a `feature_store.yaml`."""

from __future__ import annotations

import fnmatch
import importlib
import os
import sys
from pathlib import Path

from weft.feast.base_feature_view import BaseFeatureView
from weft.feast.data_source import DataSource, KafkaSource, KinesisSource, PushSource
from weft.feast.entity import Entity
from weft.feast.feature_service import FeatureService
from weft.feast.feature_view import FeatureView
from weft.feast.labeling import LabelView
from weft.feast.on_demand_feature_view import OnDemandFeatureView
from weft.feast.project import Project
from weft.feast.repo_contents import RepoContents
from weft.feast.stream_feature_view import StreamFeatureView

_NEVER = {"__pycache__", "node_modules", "venv", "env", "site-packages"}


def py_path_to_module(path: Path) -> str:
    """The name under which a file of the repository is imported; relative to the repository."""
    return ".".join(Path(path).with_suffix("").parts).removesuffix(".__init__")


def read_feastignore(repo_root: Path) -> list[str]:
    """The patterns of `.feastignore`: one a line, `#` begins a comment."""
    file = Path(repo_root) / ".feastignore"
    if not file.is_file():
        return []
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf8").splitlines())
    return [line for line in lines if line]


def get_repo_files(repo_root: Path) -> list[Path]:
    """The Python files of a repository, but for hidden ones and those that `.feastignore` names."""
    root = Path(repo_root).resolve()
    patterns = read_feastignore(root)
    files = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _NEVER)
        for name in sorted(names):
            path = Path(folder) / name
            relative = path.relative_to(root).as_posix()
            if (
                not name.endswith(".py")
                or name.startswith(".")
                or name == "__init__.py"
                or name == "setup.py"
            ):
                continue
            if any(
                fnmatch.fnmatch(relative, p) or relative.startswith(p.rstrip("/*") + "/") for p in patterns
            ):
                continue
            files.append(path)
    return files


def load_modules(repo_root: Path) -> list:
    """Imports the files of a repository, with the repository in front of `sys.path`. Of a module that was
    imported from elsewhere under the same name the repository's own is taken."""
    root = Path(repo_root).resolve()
    sys.path.insert(0, str(root))
    try:
        modules = []
        for file in get_repo_files(root):
            name = py_path_to_module(file.relative_to(root))
            known = sys.modules.get(name)
            if known is not None and not _is_of(known, file):
                del sys.modules[name]
            # A script that runs is the module __main__, and is not run a second time.
            main = sys.modules.get("__main__")
            modules.append(main if main and _is_of(main, file) else importlib.import_module(name))
        return modules
    finally:
        sys.path.remove(str(root))


def _is_of(module, file: Path) -> bool:
    path = getattr(module, "__file__", None)
    return bool(path) and Path(path).resolve() == file


def parse_repo(repo_root: Path) -> RepoContents:
    """What the files of a repository define, each object once."""
    contents = RepoContents([], [], [], [], [], [], [], [], [])
    for module in load_modules(repo_root):
        for each in vars(module).values():
            add_object(contents, each)
            if isinstance(each, FeatureView):
                _add_sources(contents, each)
    return contents


def add_object(contents: RepoContents, each):
    """Adds an object to those of its kind, if it is not there."""
    for kind, classes in (
        (contents.projects, Project),
        (contents.data_sources, DataSource),
        (contents.label_views, LabelView),
        (contents.stream_feature_views, StreamFeatureView),
        (contents.feature_views, FeatureView),
        (contents.on_demand_feature_views, OnDemandFeatureView),
        (contents.entities, Entity),
        (contents.feature_services, FeatureService),
    ):
        if not isinstance(each, classes):
            continue
        if isinstance(each, BaseFeatureView) and _is_selection(each):
            return  # a choice of another view's features, not a view of its own
        if isinstance(each, DataSource) and isinstance(each, (PushSource, KafkaSource, KinesisSource)):
            _add_source(contents, each.batch_source)
        if not any(each is other for other in kind):
            kind.append(each)
        return


def _is_selection(view: BaseFeatureView) -> bool:
    projection = view.projection
    return bool(projection.desired_features or projection.name_alias or projection.join_key_map)


def _add_sources(contents: RepoContents, view: FeatureView):
    for source in (view.stream_source, view.batch_source):
        _add_source(contents, source)


def _add_source(contents: RepoContents, source):
    if source is not None and not any(source is other for other in contents.data_sources):
        contents.data_sources.append(source)


def apply_total(repo_config, repo_path: Path, skip_source_validation: bool = False, **_) -> list[str]:
    """Makes what the files define all that the project has. Returns what changed, a line each."""
    from weft.feast.feature_store import FeatureStore

    store = FeatureStore(config=repo_config)
    contents = parse_repo(Path(repo_path))
    return store._apply_all(contents.objects(), check_sources=not skip_source_validation)


def plan(repo_config, repo_path: Path, skip_source_validation: bool = False, **_) -> list[str]:
    """What apply_total() would change, a line each."""
    from weft.feast.feature_store import FeatureStore

    store = FeatureStore(config=repo_config)
    contents = parse_repo(Path(repo_path))
    return store._changes(contents.objects(), check_sources=not skip_source_validation)


def teardown(repo_config, repo_path: str | None = None):
    """Removes the project."""
    from weft.feast.feature_store import FeatureStore

    FeatureStore(config=repo_config).teardown()
