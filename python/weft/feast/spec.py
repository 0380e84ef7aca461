"""Feast's objects as JSON, which the registry keeps beside the definition that Weft makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from weft.feast import data_format
from weft.feast.aggregation import Aggregation
from weft.feast.batch_feature_view import BatchFeatureView
from weft.feast.data_source import DataSource, KafkaSource, KinesisSource, PushSource, RequestSource
from weft.feast.definition import Definition
from weft.feast.entity import Entity
from weft.feast.feature_logging import LoggingConfig
from weft.feast.feature_service import FeatureService
from weft.feast.feature_view import FeatureView
from weft.feast.feature_view_projection import FeatureViewProjection
from weft.feast.field import Field
from weft.feast.infra.offline_stores.file_source import (
    FileLoggingDestination,
    FileSource,
    SavedDatasetFileStorage,
)
from weft.feast.labeling import ConflictPolicy, LabelView
from weft.feast.on_demand_feature_view import OnDemandFeatureView, function_of
from weft.feast.project import Project
from weft.feast.saved_dataset import SavedDataset
from weft.feast.stream_feature_view import StreamFeatureView
from weft.feast.transformation.base import PandasTransformation, PythonTransformation
from weft.feast.types import ComplexFeastType, PrimitiveFeastType, type_from_text
from weft.feast.value_type import ValueType

_SOURCE = ("name", "description", "tags", "owner")
_TIMES = ("timestamp_field", "created_timestamp_column", "field_mapping")
_VIEW = ("name", "entities", "schema", "ttl", "online", "offline", "description", "tags", "owner", "source")
# What each class is constructed of.
_ARGUMENTS: dict[type, tuple[str, ...]] = {
    Entity: ("name", "join_keys", "value_type", "description", "tags", "owner"),
    Field: ("name", "dtype", "description", "tags", "vector_index", "vector_length", "vector_search_metric"),
    FileSource: (*_SOURCE, *_TIMES, "path", "file_format"),
    PushSource: (*_SOURCE, "batch_source"),
    RequestSource: (*_SOURCE, "schema"),
    KafkaSource: (
        *_SOURCE,
        *_TIMES,
        "kafka_bootstrap_servers",
        "topic",
        "message_format",
        "batch_source",
        "watermark_delay_threshold",
    ),
    KinesisSource: (*_SOURCE, *_TIMES, "record_format", "region", "stream_name", "batch_source"),
    FeatureView: _VIEW,
    BatchFeatureView: _VIEW,
    StreamFeatureView: _VIEW,
    LabelView: (
        *(field for field in _VIEW if field != "offline"),
        "labeler_field",
        "conflict_policy",
        "reference_feature_view",
    ),
    FeatureViewProjection: (
        "name",
        "name_alias",
        "desired_features",
        "features",
        "join_key_map",
        "view_type",
    ),
    FeatureService: ("name", "features", "tags", "description", "owner", "logging_config"),
    Project: ("name", "description", "tags", "owner"),
    SavedDataset: (
        "name",
        "features",
        "join_keys",
        "storage",
        "full_feature_names",
        "tags",
        "feature_service_name",
    ),
    SavedDatasetFileStorage: ("path", "file_format"),
    LoggingConfig: ("destination", "sample_rate"),
    FileLoggingDestination: ("path", "s3_endpoint_override", "partition_by"),
    Aggregation: ("column", "function", "time_window", "slide_interval", "name"),
    data_format.ParquetFormat: (),
    data_format.DeltaFormat: (),
    data_format.AvroFormat: ("schema_json",),
    data_format.JsonFormat: ("schema_json",),
    data_format.ProtoFormat: ("class_path",),
    data_format.ConfluentAvroFormat: ("record_name", "record_namespace"),
}
_CLASSES = {cls.__name__: cls for cls in _ARGUMENTS}
_OF_ATTRIBUTES: dict[tuple[type, str], Callable[[Any], Any]] = {
    (Entity, "join_keys"): lambda entity: [entity.join_key],
    (FeatureService, "features"): lambda service: service.feature_view_projections,
}


def to_json(definition: Definition) -> str:
    """One line of JSON; times of creation and change go with it."""
    if isinstance(definition, OnDemandFeatureView):
        spec = _on_demand_spec(definition)
    else:
        spec = _object(definition)
    for key, time in (
        ("created", definition.created_timestamp),
        ("updated", definition.last_updated_timestamp),
    ):
        if time is not None:
            spec[key] = int(time.timestamp() * 1_000_000)
    if isinstance(definition, SavedDataset):
        for key in ("min_event_timestamp", "max_event_timestamp"):
            time = getattr(definition, key)
            if time is not None:
                spec[key] = int(time.timestamp() * 1_000_000)
    return json.dumps(spec, ensure_ascii=False)


def content(text: str) -> dict[str, Any]:
    """What a definition's JSON says without the times of its creation and change."""
    spec = json.loads(text)
    spec.pop("created", None)
    spec.pop("updated", None)
    return spec


def _object(definition: Definition) -> dict[str, Any]:
    cls = type(definition)
    if cls not in _ARGUMENTS:
        raise TypeError(f"{cls.__name__} cannot be applied")
    spec: dict[str, Any] = {"class": cls.__name__}
    for name in _ARGUMENTS[cls]:
        get = _OF_ATTRIBUTES.get((cls, name))
        value = get(definition) if get else getattr(definition, name)
        if value not in (None, "", [], {}, False) or name == "online":
            spec[name] = _encode(value)
    return spec


def _encode(value: Any) -> Any:
    if isinstance(value, (PrimitiveFeastType, ComplexFeastType)):
        return str(value)
    if isinstance(value, (ValueType, ConflictPolicy)):
        return value.name
    if isinstance(value, timedelta):
        return round(value / timedelta(microseconds=1))
    if isinstance(value, DataSource):
        return value.name
    if isinstance(value, Definition):
        return _object(value)
    if isinstance(value, list):
        return [_encode(each) for each in value]
    return value


def _on_demand_spec(view: OnDemandFeatureView) -> dict[str, Any]:
    return {
        "class": "OnDemandFeatureView",
        "name": view.name,
        "schema": [_object(field) for field in view.features],
        "projections": [_object(each) for each in view.source_feature_view_projections.values()],
        "requests": list(view.source_request_sources),
        "entities": view.entities,
        "mode": view.mode,
        "text": view.feature_transformation.udf_string,
        "singleton": view.singleton,
        "description": view.description,
        "tags": view.tags,
        "owner": view.owner,
    }


class Reader:
    """Makes objects of JSON. Sources and entities are looked up by their names among what was read before."""

    def __init__(self):
        self.sources: dict[str, DataSource] = {}
        self.entities: dict[str, Entity] = {}

    def read(self, text: str) -> Definition:
        spec = json.loads(text)
        times = {key: spec.pop(key, None) for key in ("created", "updated")}
        bounds = {key: spec.pop(key, None) for key in ("min_event_timestamp", "max_event_timestamp")}
        made = self._on_demand(spec) if spec["class"] == "OnDemandFeatureView" else self._make(spec)
        made.created_timestamp = _time(times["created"])
        made.last_updated_timestamp = _time(times["updated"])
        if isinstance(made, SavedDataset):
            made.min_event_timestamp = _time(bounds["min_event_timestamp"])
            made.max_event_timestamp = _time(bounds["max_event_timestamp"])
        return made

    def _make(self, spec: dict[str, Any]) -> Any:
        cls = _CLASSES[spec["class"]]
        return cls(**{name: self._decode(name, value) for name, value in spec.items() if name != "class"})

    def _decode(self, name: str, value: Any) -> Any:
        if name == "dtype":
            return type_from_text(value)
        if name == "value_type":
            return ValueType[value]
        if name == "conflict_policy":
            return ConflictPolicy[value]
        if name in ("ttl", "watermark_delay_threshold", "time_window", "slide_interval"):
            return timedelta(microseconds=value)
        if name in ("source", "batch_source"):
            return self.sources[value]
        if name == "entities":
            return [self.entities[each] for each in value]
        if isinstance(value, dict) and "class" in value:
            return self._make(value)
        if isinstance(value, list):
            return [self._make(each) if isinstance(each, dict) else each for each in value]
        return value

    def _on_demand(self, spec: dict[str, Any]) -> OnDemandFeatureView:
        kind = PandasTransformation if spec["mode"] == "pandas" else PythonTransformation
        function = function_of(spec["name"], spec["text"]) or _not_loaded(spec["name"])
        requests = [self.sources[name] for name in spec["requests"]]
        return OnDemandFeatureView(
            name=spec["name"],
            schema=[self._make(field) for field in spec["schema"]],
            sources=[*(self._make(each) for each in spec["projections"]), *requests],
            entities=[self.entities[name] for name in spec["entities"]],
            feature_transformation=kind(function, spec["text"]),
            singleton=spec["singleton"],
            description=spec["description"],
            tags=spec["tags"],
            owner=spec["owner"],
        )


def _not_loaded(name: str) -> Callable[..., Any]:
    def missing(*_: Any):
        raise RuntimeError(f"the code of on-demand view {name} is not loaded")

    missing.not_loaded = True  # type: ignore[attr-defined]
    return missing


def is_loaded(view: OnDemandFeatureView) -> bool:
    """Does this process have the view's code?"""
    return not getattr(view.feature_transformation.udf, "not_loaded", False)


def _time(us: int | None) -> datetime | None:
    return None if us is None else datetime.fromtimestamp(us / 1_000_000, UTC)
