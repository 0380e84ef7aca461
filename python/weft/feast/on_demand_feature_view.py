"""Features computed in Python, from other features and from what a request brings."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from weft.feast.base_feature_view import BaseFeatureView, require_fields, require_latest
from weft.feast.data_source import RequestSource
from weft.feast.entity import Entity
from weft.feast.feature_view import FeatureView
from weft.feast.feature_view_projection import FeatureViewProjection
from weft.feast.field import Field
from weft.feast.transformation.base import Transformation, transformation_of
from weft.feast.transformation.mode import TransformationMode

# The registry keeps the text of a function, never code; whoever defines the view again gives the code.
_functions: dict[tuple[str, str], Callable[..., Any]] = {}


class OnDemandFeatureView(BaseFeatureView):
    """A function of rows: in mode `pandas` of a DataFrame, in mode `python` of a dict of lists (of single
    values with `singleton`). It runs after the features it takes were read."""

    _fields = (
        "name",
        "entities",
        "features",
        "source_feature_view_projections",
        "source_request_sources",
        "feature_transformation",
        "mode",
        "singleton",
        "description",
        "tags",
        "owner",
    )
    _projection_type = "onDemandFeatureView"

    def __init__(
        self,
        *,
        name: str,
        entities: list[Entity] | None = None,
        schema: list[Field] | None = None,
        sources: list[FeatureView | FeatureViewProjection | RequestSource] | None = None,
        input_schema: list[Field] | None = None,
        udf: Callable[..., Any] | None = None,
        udf_string: str | None = "",
        feature_transformation: Transformation | None = None,
        mode: str = "pandas",
        description: str = "",
        tags: dict[str, str] | None = None,
        owner: str = "",
        org: str = "",
        write_to_online_store: bool = False,
        singleton: bool = False,
        track_metrics: bool = False,
        aggregations=None,
        version: str = "latest",
        enabled: bool = True,
    ):
        what = f"on-demand view {name}"
        require_latest(what, version)
        if not enabled:
            raise NotImplementedError(f"{what}: a view that nobody may read is one that is not applied")
        if write_to_online_store:
            raise NotImplementedError(
                f"{what}: write_to_online_store: push the computed columns to a view of their own"
            )
        if aggregations:
            raise NotImplementedError(f"{what}: aggregations are window expressions of a Weft module")
        if track_metrics:
            raise NotImplementedError(f"{what}: track_metrics: time its function where you define it")
        if feature_transformation is None:
            if udf is None:
                raise ValueError(f"{what} has no function: give udf, or use @on_demand_feature_view")
            feature_transformation = transformation_of(mode, udf, udf_string or "")
        self.feature_transformation = feature_transformation
        self.mode = feature_transformation.mode.value
        if singleton and feature_transformation.mode is not TransformationMode.PYTHON:
            raise ValueError(f"{what}: singleton needs mode='python', found {self.mode!r}")
        self.singleton = singleton
        self.org = org
        self.write_to_online_store = False
        self.entities = [entity.name for entity in entities or []]
        self.source_feature_view_projections: dict[str, FeatureViewProjection] = {}
        self.source_request_sources: dict[str, RequestSource] = {}
        if input_schema:
            self.source_request_sources[f"{name}_inputs"] = RequestSource(
                name=f"{name}_inputs", schema=input_schema
            )
        for source in sources or []:
            if isinstance(source, RequestSource):
                self.source_request_sources[source.name] = source
            elif isinstance(source, FeatureViewProjection):
                self.source_feature_view_projections[source.name] = source
            elif isinstance(source, OnDemandFeatureView):
                raise NotImplementedError(f"{what}: on-demand views over on-demand views are not taken")
            elif isinstance(source, BaseFeatureView):
                self.source_feature_view_projections[source.name] = source.projection
            else:
                raise TypeError(f"{what}: its sources are views and request sources, found {source!r}")
        if not self.source_feature_view_projections and not self.source_request_sources:
            raise ValueError(f"{what} has no sources")
        features = require_fields(what, schema)
        if not features:
            raise ValueError(f"{what} has no schema: name and type what its function gives")
        super().__init__(name=name, features=features, description=description, tags=tags, owner=owner)
        if not getattr(feature_transformation.udf, "not_loaded", False):
            _functions[name, feature_transformation.udf_string] = feature_transformation.udf

    def get_request_data_schema(self) -> dict[str, Any]:
        """What a request has to bring: value types by name."""
        return {
            field.name: field.dtype.to_value_type()
            for source in self.source_request_sources.values()
            for field in source.schema
        }

    def ensure_valid(self):
        """Raises if the view cannot be applied; the constructor has checked it."""


def function_of(name: str, text: str) -> Callable[..., Any] | None:
    """The function of this text of the view of this name, if this process has defined it."""
    return _functions.get((name, text))


def on_demand_feature_view(
    *,
    name: str | None = None,
    entities: list[Entity] | None = None,
    schema: list[Field],
    sources: list[FeatureView | FeatureViewProjection | RequestSource] | None = None,
    input_schema: list[Field] | None = None,
    aggregations=None,
    mode: str = "pandas",
    description: str = "",
    tags: dict[str, str] | None = None,
    owner: str = "",
    org: str = "",
    write_to_online_store: bool = False,
    singleton: bool = False,
    track_metrics: bool = False,
    explode: bool = False,
    version: str = "latest",
):
    """Makes an on-demand view of the function below it."""
    if explode:
        raise NotImplementedError("explode: an on-demand view gives one row for each row it takes")

    def decorate(function: Callable[..., Any]) -> OnDemandFeatureView:
        view = OnDemandFeatureView(
            name=name or function.__name__,
            entities=entities,
            schema=schema,
            sources=sources,
            input_schema=input_schema,
            aggregations=aggregations,
            udf=function,
            mode=mode,
            description=description or (function.__doc__ or "").strip(),
            tags=tags,
            owner=owner,
            org=org,
            write_to_online_store=write_to_online_store,
            singleton=singleton,
            track_metrics=track_metrics,
            version=version,
        )
        functools.update_wrapper(view, function)
        return view

    return decorate
