"""Feast's objects as definitions of Weft.

Entity                      an entity of one key
FileSource                  a source of kind file, or table where columns have to be converted as they are
read PushSource, KafkaSource     a source of kind push, with the batch source as its history FeatureView
and its like    a view; ttl 0 or None: none FeatureService              a service of views; what on-demand
views take is added
"""

from __future__ import annotations

import os
import re
import zlib
from typing import Any

from weft.feast import codec
from weft.feast.data_source import DataSource, KafkaSource, KinesisSource, PushSource, RequestSource
from weft.feast.definition import Definition
from weft.feast.errors import (
    DataSourceNotFoundException,
    EntityNotFoundException,
    FeatureViewMissingDuringFeatureServiceInference,
    FeatureViewNotFoundException,
    RegistryInferenceFailure,
)
from weft.feast.feature_service import FeatureService
from weft.feast.feature_view import FeatureView
from weft.feast.feature_view_projection import FeatureViewProjection
from weft.feast.field import Field
from weft.feast.infra.offline_stores.file_source import FileSource
from weft.feast.registered import TAG, Objects, find
from weft.feast.spec import to_json
from weft.feast.types import FeastType
from weft.feast.value_type import ValueType

_READ_BY_WEFT = (".parquet", ".csv", ".tsv", ".json", ".jsonl", ".arrow", ".feather", ".gz", ".zst")


def weft_name(name: str) -> str:
    """What a source is called in Weft, where names are folders too."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        return name
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[-40:] + f"_{zlib.crc32(name.encode()):08x}"


def kept_name(kind: str, name: str) -> str:
    """The name of the source that keeps an object Weft has no kind for."""
    return f"{kind}:{name}"


def batch_source(source: DataSource) -> DataSource:
    """The source that has the history of a stream; itself else."""
    return getattr(source, "batch_source", None) or source


def time_column(source: DataSource) -> str:
    """The event time, as views call it."""
    batch = batch_source(source)
    name = batch.timestamp_field or source.timestamp_field or "event_timestamp"
    return batch.field_mapping.get(name, name)


def created_column(source: DataSource) -> str:
    batch = batch_source(source)
    name = batch.created_timestamp_column or source.created_timestamp_column
    return batch.field_mapping.get(name, name)


# ---- schemas of files --------------------------------------------------------------------------


def file_schema(source: FileSource, root: str | None):
    """The Arrow schema of a source's files. Raises DataSourceNotFoundException."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    path = at(source.path, root)
    if "://" not in path and not any(c in path for c in "*?[") and not os.path.exists(path):
        raise DataSourceNotFoundException(path)
    if (
        "://" in path
        or any(c in path for c in "*?[")
        or os.path.exists(os.path.join(path, "_delta_log"))
        or path.endswith((".gz", ".zst"))
    ):
        import weft

        return pa.table(weft.read_table(path)).slice(0, 0).schema
    return ds.dataset(path, format=_format(path)).schema


def _format(path: str) -> str:
    for end, name in (
        (".csv", "csv"),
        (".json", "json"),
        (".jsonl", "json"),
        (".arrow", "ipc"),
        (".feather", "ipc"),
    ):
        if path.endswith(end):
            return name
    return "parquet"


def at(path: str, root: str | None) -> str:
    if root is None or os.path.isabs(path) or "://" in path:
        return path.removeprefix("file://")
    return os.path.join(root, path)


class _Column:
    """A column that views want of a source."""

    def __init__(self, field: Field | None, arrow_type=None, is_key: bool = False):
        self.field = field
        self.arrow_type = arrow_type
        self.is_key = is_key
        self.key_type: FeastType | None = None

    @property
    def dtype(self) -> FeastType:
        return self.key_type or self.field.dtype

    @property
    def weft_type(self) -> str:
        """Of a plain column the type of the file counts, in history and online alike."""
        if self.is_key or not codec.is_plain(self.dtype) or self.arrow_type is None:
            return codec.weft_type(self.dtype)
        return codec.weft_of_arrow(self.arrow_type) or codec.weft_type(self.dtype)


class Translation:
    """The definitions of Weft for some objects of Feast. Fills in what views leave to their files:
    features, key types, times. Raises what Feast raises for definitions that do not fit together."""

    def __init__(self, objects: Objects, root: str | None, check_sources: bool = False):
        self.objects = objects
        self.root = root
        self.check_sources = check_sources
        self.schemas: dict[str, Any] = {}
        self.columns: dict[str, dict[str, _Column]] = {}  # of each batch source, as views call them
        self.read_as_table: set[str] = set()

    def definitions(self) -> dict[str, Any]:
        """As a file of definitions has them."""
        self._complete_sources()
        for view in self.objects.views.values():
            self._complete_view(view)
        self._complete_entities()
        for name in self.columns:
            self._choose_reading(self.objects.sources[name])
        out: dict[str, dict[str, Any]] = {"entities": {}, "sources": {}, "views": {}, "services": {}}
        for entity in self.objects.entities.values():
            out["entities"][entity.name] = self._entity(entity)
        for source in self.objects.sources.values():
            name = weft_name(source.name)
            if name in out["sources"]:
                raise RegistryInferenceFailure("source", f"{source.name}: another source has this name")
            out["sources"][name] = self._source(source)
        for view in self.objects.views.values():
            out["views"][view.name] = self._view(view)
        for service in self.objects.services.values():
            made = self._service(service)
            if made["views"]:
                out["services"][service.name] = made
            else:
                out["sources"][kept_name("service", service.name)] = _kept(service)
        for kind, kept in (
            ("on_demand", self.objects.on_demand),
            ("project", self.objects.projects),
            ("dataset", self.objects.datasets),
        ):
            for each in kept.values():
                if kind == "on_demand":
                    self._check_on_demand(each)
                out["sources"][kept_name(kind, each.name)] = _kept(each)
        return {kind: made for kind, made in out.items() if made}

    # ---- what is left to files ------------------------------------------------------------------

    def _schema(self, source: DataSource):
        """Of the rows as views call their columns: Arrow types by name. None where nobody can tell."""
        if not isinstance(source, FileSource):
            return None
        if source.name not in self.schemas:
            try:
                stored = file_schema(source, self.root)
                self.schemas[source.name] = {
                    source.field_mapping.get(field.name, field.name): field.type for field in stored
                }
            except DataSourceNotFoundException:
                if self.check_sources:
                    raise
                self.schemas[source.name] = None
        return self.schemas[source.name]

    def _complete_sources(self):
        import pyarrow.types as at_

        for source in self.objects.sources.values():
            if not isinstance(source, FileSource):
                continue
            schema = self._schema(source)
            if source.timestamp_field or schema is None:
                continue
            created = source.created_timestamp_column
            times = [n for n, type_ in schema.items() if at_.is_timestamp(type_) and n != created]
            if "event_timestamp" in times:
                times = ["event_timestamp"]
            if len(times) != 1:
                raise RegistryInferenceFailure(
                    "source", f"{source.name} names no timestamp_field, and has the times {times}"
                )
            stored = {name: name_ for name_, name in source.field_mapping.items()}
            source.timestamp_field = stored.get(times[0], times[0])

    def _complete_view(self, view: FeatureView):
        for name in view.entities:
            find(self.objects.entities, name, EntityNotFoundException, "this project")
        batch = batch_source(view.source)
        for source in {id(s): s for s in (view.source, batch)}.values():
            if self.objects.sources.get(source.name) != source:
                raise RegistryInferenceFailure(
                    "view",
                    f"{view.name}: its source {source.name} is not the one of this name that is applied",
                )
        schema = self._schema(batch)
        keys = view.join_keys
        if not view.features:
            if schema is None:
                raise RegistryInferenceFailure(
                    "view",
                    f"{view.name} has no schema, and source {batch.name} has no columns to take it from",
                )
            taken = {*keys, time_column(batch), created_column(batch)}
            for name, type_ in schema.items():
                if name in taken:
                    continue
                dtype = codec.field_type_of_arrow(type_)
                if dtype is None:
                    raise RegistryInferenceFailure(
                        "view", f"{view.name}: column {name} of {batch.name} is {type_}, which no field is"
                    )
                view.features.append(Field(name=name, dtype=dtype))
            if not view.features:
                raise RegistryInferenceFailure("view", f"{view.name}: source {batch.name} has no features")
            if not view.projection.desired_features:
                view.projection.features = view.features
        for field in view.features:
            if field.vector_index:
                raise NotImplementedError(
                    f"view {view.name}: field {field.name}: vectors are kept, not searched"
                )
        columns = self.columns.setdefault(batch.name, {})
        for key in keys:
            columns.setdefault(key, _Column(None, self._found(schema, batch, view, key), is_key=True))
            columns[key].is_key = True
        for field in view.features:
            found = self._found(schema, batch, view, field.name)
            self._check_field(view, field, found)
            known = columns.setdefault(field.name, _Column(field, found))
            if known.field is None:
                known.field = field
            if known.field.dtype != field.dtype and not (
                codec.is_plain(known.field.dtype) and codec.is_plain(field.dtype) and found is not None
            ):
                raise RegistryInferenceFailure(
                    "view",
                    f"{view.name}: {field.name} is {field.dtype}, and in another view over {batch.name} "
                    f"{known.field.dtype}",
                )

    def _found(self, schema, source: DataSource, view: FeatureView, name: str):
        if schema is None:
            return None
        if name not in schema:
            import difflib

            near = difflib.get_close_matches(name, schema, 1)
            raise RegistryInferenceFailure(
                "view",
                f"{view.name}: source {source.name} has no column {name}"
                + (f"; did you mean {near[0]}?" if near else ""),
            )
        return schema[name]

    def _check_field(self, view: FeatureView, field: Field, found):
        if found is None or not codec.is_plain(field.dtype):
            return
        wanted, name = codec.weft_type(field.dtype), codec.weft_of_arrow(found)
        numbers = {"int32", "int64", "float", "double"}
        inner = [each and each.replace("list<", "").rstrip(">") for each in (wanted, name)]
        depth = [each and each.count("list<") for each in (wanted, name)]
        alike = name == wanted or (depth[0] == depth[1] and set(inner) <= numbers)
        if not alike:
            raise RegistryInferenceFailure(
                "view", f"{view.name}: {field.name} is {field.dtype}, and {found} in its source"
            )

    def _complete_entities(self):
        """Types of join keys: declared by the entity, else by a view, else those of the files."""
        for entity in self.objects.entities.values():
            if entity.value_type is not ValueType.UNKNOWN:
                continue
            found: dict[FeastType, str] = {}
            for view in self.objects.views.values():
                if entity.name not in view.entities:
                    continue
                declared = [f.dtype for f in view.entity_columns if f.name == entity.join_key]
                column = self.columns[batch_source(view.source).name][entity.join_key]
                if declared:
                    found.setdefault(declared[0], view.name)
                elif column.arrow_type is not None:
                    dtype = codec.field_type_of_arrow(column.arrow_type)
                    if dtype is not None:
                        found.setdefault(dtype, view.name)
            if not found:
                continue  # of no view, or only of views whose rows are yet to come: texts, as in Feast
            names = {codec.weft_type(dtype) for dtype in found}
            if names == {"int32", "int64"}:
                found = {dtype: view for dtype, view in found.items() if codec.weft_type(dtype) == "int64"}
            elif len(names) > 1:
                shown = ", ".join(f"{dtype} in view {view}" for dtype, view in found.items())
                raise RegistryInferenceFailure(
                    "entity", f"{entity.name}: its key {entity.join_key} is {shown}"
                )
            entity.value_type = next(iter(found)).to_value_type()
        for view in self.objects.views.values():
            for name in view.entities:
                entity = self.objects.entities[name]
                column = self.columns[batch_source(view.source).name][entity.join_key]
                column.key_type = self._key_type(entity)
                if not any(field.name == entity.join_key for field in view.entity_columns):
                    view.entity_columns.append(Field(name=entity.join_key, dtype=column.key_type))

    def _key_type(self, entity) -> FeastType:
        kind = ValueType.STRING if entity.value_type is ValueType.UNKNOWN else entity.value_type
        return codec.key_type(f"entity {entity.name}", kind)

    def _choose_reading(self, source: DataSource):
        if not isinstance(source, FileSource):
            return
        columns = self.columns[source.name].values()
        converted = any(not codec.is_plain(c.dtype) for c in columns)
        for name, type_ in (self._schema(source) or {}).items():
            converted |= _has_map(type_)
            wanted = self.columns[source.name].get(name)
            if wanted and wanted.is_key and codec.weft_of_arrow(type_) != wanted.weft_type:
                # int32 becomes int64 as it is; a double of whole numbers has to be converted.
                converted |= (codec.weft_of_arrow(type_), wanted.weft_type) != ("int32", "int64")
        path = source.path
        by_weft = path.endswith(_READ_BY_WEFT) or os.path.isdir(at(path, self.root))
        if converted or not by_weft:
            self.read_as_table.add(source.name)

    # ---- definitions ----------------------------------------------------------------------------

    def _entity(self, entity) -> dict[str, Any]:
        return {"keys": {entity.join_key: codec.weft_type(self._key_type(entity))}, **_common(entity)}

    def _source(self, source: DataSource) -> dict[str, Any]:
        out = _common(source)
        if isinstance(source, RequestSource):
            columns = {field.name: codec.weft_type(field.dtype) for field in source.schema}
            return {"kind": "request", "columns": columns, **out}
        batch = batch_source(source)
        out["time"] = time_column(source)
        if created_column(source):
            out["known"] = created_column(source)
        columns = self.columns.get(batch.name, {})
        if batch is not source:
            # A push brings what the views over it take, whatever others take of the same history.
            taken = {
                name
                for view in self.objects.views.values()
                if view.source.name == source.name
                for name in (*view.join_keys, *(field.name for field in view.features))
            }
            columns = {name: column for name, column in columns.items() if name in taken}
        if columns:
            out["columns"] = {name: column.weft_type for name, column in columns.items()}
        if isinstance(source, (PushSource, KafkaSource, KinesisSource)):
            out["kind"] = "push"
            if batch is not source:
                out["history"] = weft_name(batch.name)
            if batch.field_mapping:
                out["renamed"] = batch.field_mapping
        elif source.name in self.read_as_table:
            out |= {"kind": "table", "path": reader_node(source)}
        elif isinstance(source, FileSource):
            out |= {"kind": "file", "path": source.path.removeprefix("file://")}
            if source.field_mapping:
                out["renamed"] = source.field_mapping
        else:
            raise RegistryInferenceFailure(
                "source", f"{type(source).__name__} {source.name} has no rows for Weft to read"
            )
        return out

    def _view(self, view: FeatureView) -> dict[str, Any]:
        out = _common(view)
        out |= {
            "entities": view.entities,
            "source": weft_name(view.source.name),
            "features": [field.name for field in view.features],
            "online": view.online,
        }
        if view.ttl:
            out["ttl"] = f"{round(view.ttl.total_seconds() * 1_000_000)}us"
        return out

    def _service(self, service: FeatureService) -> dict[str, Any]:
        views: list[dict[str, Any]] = []
        for projection in service.feature_view_projections:
            if projection.name in self.objects.on_demand:
                continue
            view = self.objects.views.get(projection.name)
            if view is None:
                raise FeatureViewMissingDuringFeatureServiceInference(projection.name, service.name)
            views.append(_selection(projection, chosen(projection, view)))
        for projection in service.feature_view_projections:
            if projection.name not in self.objects.on_demand:
                continue
            on_demand = self.objects.on_demand[projection.name]
            for each in on_demand.source_feature_view_projections.values():
                view = find(self.objects.views, each.name, FeatureViewNotFoundException, "this project")
                _add_inputs(views, _selection(each, chosen(each, view)))
        return {"views": views, **_common(service)}

    def _check_on_demand(self, view):
        for projection in view.source_feature_view_projections.values():
            of = find(self.objects.views, projection.name, FeatureViewNotFoundException, "this project")
            chosen(projection, of)
        for name in view.entities:
            find(self.objects.entities, name, EntityNotFoundException, "this project")


def chosen(projection: FeatureViewProjection, view) -> list[str]:
    """The features of a view that a projection takes."""
    known = [field.name for field in view.features]
    names = projection.desired_features or [field.name for field in projection.features] or known
    for name in names:
        if name not in known:
            raise RegistryInferenceFailure(
                "view", f"{view.name} has no feature {name}; it has {', '.join(known)}"
            )
    return names


def _selection(projection: FeatureViewProjection, features: list[str]) -> dict[str, Any]:
    out: dict[str, Any] = {"view": projection.name, "features": features}
    if projection.name_alias:
        out["alias"] = projection.name_alias
    if projection.join_key_map:
        out["keys"] = projection.join_key_map
    return out


def _add_inputs(views: list[dict[str, Any]], wanted: dict[str, Any]):
    """What an on-demand view takes and the service does not yet."""
    for each in views:
        if all(each.get(key) == wanted.get(key) for key in ("view", "alias", "keys")):
            each["features"] = list(dict.fromkeys([*each["features"], *wanted["features"]]))
            return
    views.append(wanted)


def _common(definition: Definition) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if getattr(definition, "description", ""):
        out["description"] = definition.description
    if getattr(definition, "owner", ""):
        out["owner"] = definition.owner
    out["tags"] = {name: [value] for name, value in definition.tags.items()} | {TAG: [to_json(definition)]}
    return out


def _kept(definition: Definition) -> dict[str, Any]:
    return {"kind": "push", **_common(definition)}


def _has_map(type_) -> bool:
    """Is there something in an Arrow type that Weft has no type for?"""
    import pyarrow.types as at_

    if at_.is_map(type_) or at_.is_union(type_) or at_.is_interval(type_):
        return True
    return any(_has_map(type_.field(i).type) for i in range(type_.num_fields))


# ---- reading with conversion -------------------------------------------------------------------


def reader_node(source: FileSource) -> str:
    """The node that yields the rows of a source which has to be converted."""
    return "rows_of_" + re.sub(r"\W", "_", weft_name(source.name))


def read_converted(source: FileSource, columns: dict[str, tuple[FeastType, str]], path: str):
    """The rows of a source, each column as a store keeps it: types of fields and of Weft by name."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    stored = {name: stored for stored, name in source.field_mapping.items()}
    times = [name for name in (time_column(source), created_column(source)) if name]
    wanted = [*columns, *(name for name in times if name not in columns)]
    rows = ds.dataset(path, format=_format(path)).to_table(
        columns=[stored.get(name, name) for name in wanted]
    )
    arrays = []
    for name, column in zip(wanted, rows.columns, strict=True):
        if name in columns:
            arrays.append(codec.to_store(name, column, *columns[name]))
        elif pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
            arrays.append(codec.cast(name, column, pa.timestamp("us", "UTC")))
        else:
            raise TypeError(f"source {source.name}: column {name} is {column.type}, and should hold times")
    return pa.table(arrays, names=wanted)
