"""Weft's store behind a project: opened with the code that reads what has to be converted."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from typing import Any

import weft
from weft import _weft
from weft.feast import codec
from weft.feast.infra.offline_stores.file_source import FileSource
from weft.feast.registered import Objects, read_objects
from weft.feast.repo_config import RepoConfig
from weft.feast.translate import at, batch_source, read_converted, reader_node

# How often somebody else's apply is looked for while features are read.
_REFRESH_SECONDS = 1.0


class Engine:
    """A store, and the objects that stand in it. Thread-safe."""

    def __init__(self, config: RepoConfig):
        self.config = config
        self.root = str(config.repo_path) if config.repo_path else None
        self._lock = threading.RLock()
        self._store: Any = None
        self._objects: Objects | None = None
        self._looked = 0.0

    def store(self):
        """The open store, as of the last apply."""
        with self._lock:
            now = time.monotonic()
            if self._store is None or (now - self._looked > _REFRESH_SECONDS and self._store.refresh()):
                self._open()
            self._looked = now
            return self._store

    def objects(self) -> Objects:
        """What stands."""
        with self._lock:
            self.store()
            assert self._objects is not None
            return self._objects

    def version(self) -> int:
        return self.store().version()

    def refresh(self):
        with self._lock:
            self._looked = 0.0
            self.store()

    def _make(self, modules: list[Any], definitions: list[str], inputs: dict[str, str]):
        return _weft.FeatureStore(
            weft.Driver(*modules),
            directory=self.config.directory,
            project=self.config.project,
            registry=self.config.registry_url,
            online=self.config.online_url,
            definitions=definitions,
            root=self.root or "",
            inputs=inputs,
            online_ttl=self.config.compat != "feast",
        )

    def _open(self):
        store = self._make([], [], {})
        definitions = store.definitions()
        objects = read_objects(definitions)
        modules, inputs = self._readers(definitions, objects)
        if modules:
            store = self._make(modules, [], inputs)
        self._store, self._objects = store, objects

    def _readers(self, definitions, objects: Objects):
        """A module of functions that read what Weft cannot read as it is."""
        features, inputs = [], {}
        stored = {source.path: source for source in definitions.sources if source.kind == "table"}
        for source in objects.sources.values():
            node = reader_node(source) if isinstance(source, FileSource) else None
            if node not in stored:
                continue
            dtypes = {
                field.name: field.dtype
                for view in objects.views.values()
                if batch_source(view.source).name == source.name
                for field in view.schema
            }
            columns = {name: (dtypes[name], kind) for name, kind in stored[node].columns.items()}
            parameter = f"path_of_{node}"
            inputs[parameter] = at(source.path, self.root)
            features.append(self._reader(source, node, parameter, columns))
        return ([_weft.Module("weft_feast", features)] if features else []), inputs

    @staticmethod
    def _reader(source: FileSource, node: str, parameter: str, columns: dict[str, Any]):
        return _weft.definition(
            node,
            [_weft.Parameter(parameter, _weft.type_by_name("string"), "object", False)],
            _weft.table_type(),
            "object",
            lambda path: read_converted(source, columns, path),
            kind="object",
            # What it reads and how: another conversion is another table.
            source_text=repr(sorted((name, str(dtype), kind) for name, (dtype, kind) in columns.items())),
            module="weft_feast",
        )

    def apply(self, definitions: dict[str, Any]) -> list[str]:
        """Makes these definitions what stands. Returns the store's own account of what changed."""
        with self._lock:
            folder = self.config.directory
            os.makedirs(folder, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", suffix=".yaml", dir=folder, encoding="utf8") as file:
                json.dump(definitions, file, ensure_ascii=False)
                file.flush()
                modules, inputs = [], {}
                if self._store is None:
                    self._open()
                # Views that are brought online again while it is applied are read by readers as they will
                # stand.
                modules, inputs = self._readers_of(definitions)
                self._store = None
                store = self._make(modules, [file.name], inputs)
                changes = store.apply(allow_destructive=True)
                del store
            self._open()
            return changes

    def _readers_of(self, definitions: dict[str, Any]):
        return self._readers(_Wanted(definitions), read_objects(_Wanted(definitions)))

    def close(self):
        with self._lock:
            self._store = self._objects = None


class _Wanted:
    """Definitions before they are applied, as those that stand look."""

    def __init__(self, definitions: dict[str, Any]):
        for kind in ("entities", "sources", "views", "services"):
            setattr(self, kind, [_Each(name, each) for name, each in definitions.get(kind, {}).items()])


class _Each:
    def __init__(self, name: str, fields: dict[str, Any]):
        self.name = name
        self.tags = fields["tags"]
        self.kind = fields.get("kind", "file")
        self.path = fields.get("path", "")
        self.columns = fields.get("columns", {})


def push_columns(objects: Objects, source) -> dict[str, Any]:
    """Types of the fields that views take of a source, by name as views call them."""
    return {
        field.name: field.dtype
        for view in objects.views.values()
        if view.source.name == source.name or batch_source(view.source).name == source.name
        for field in view.schema
    }


def rows_to_store(objects: Objects, source, stored_columns, rows, time_column: str, created_column: str):
    """Rows as somebody gives them as a table that the store takes: columns in the types it keeps."""
    import datetime

    import pyarrow as pa

    mapping = batch_source(source).field_mapping
    dtypes = push_columns(objects, source)
    kinds = stored_columns
    arrays, names = [], []
    for stored, column in zip(rows.column_names, rows.columns, strict=True):
        name = mapping.get(stored, stored)
        if name in kinds:
            column = codec.to_store(name, column, dtypes[name], kinds[name])
        elif name in (time_column, created_column):
            column = codec.cast(name, column, pa.timestamp("us", "UTC"))
        elif codec.weft_of_arrow(column.type) is None:
            continue  # of no view, and of no type that the store keeps
        arrays.append(column)
        names.append(name)
    if created_column and created_column not in names:
        now = datetime.datetime.now(datetime.UTC)
        arrays.append(pa.array([now] * rows.num_rows, pa.timestamp("us", "UTC")))
        names.append(created_column)
    return pa.table(arrays, names=names)
