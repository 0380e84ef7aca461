"""A request for features, with every name looked up: what is read of the store, and what is computed from
it."""

from __future__ import annotations

from typing import Any

from weft.feast.errors import (
    FeatureNameCollisionError,
    FeatureServiceNotFoundException,
    FeatureViewNotFoundException,
    InvalidFeaturesParameterType,
)
from weft.feast.feature_service import FeatureService
from weft.feast.feature_view_projection import FeatureViewProjection
from weft.feast.on_demand_feature_view import OnDemandFeatureView
from weft.feast.registered import Objects, find
from weft.feast.translate import chosen
from weft.feast.types import FeastType


class Output:
    """A column of the answer: a column that is read, or a feature of an on-demand view."""

    def __init__(self, name: str, dtype: FeastType, column: str, on_demand: str | None = None):
        self.name = name
        self.dtype = dtype
        self.column = column  # as the store, or the on-demand view, calls it
        self.on_demand = on_demand


class Input:
    """A column that an on-demand view takes: from the store, or from the request (`column` is None)."""

    def __init__(self, names: list[str], dtype: FeastType, column: str | None):
        self.names = names
        self.dtype = dtype
        self.column = column


class ResolvedRequest:
    """`asked` are the arguments of the store's request; its columns are called view__feature there where
    on-demand views take part, else as in the answer."""

    def __init__(self, objects: Objects, features: Any, full_names: bool, project: str):
        self.objects = objects
        self.project = project
        self.full_names = full_names
        self.service = ""
        self.join_keys: dict[str, FeastType] = {}  # as the request calls them
        self.views: list[str] = []
        self.outputs: list[Output] = []
        self.on_demand: list[OnDemandFeatureView] = []
        self.inputs: dict[str, list[Input]] = {}  # by on-demand view
        self._references: dict[str, None] = {}
        self._prefixes: dict[str, str] = {}  # of hidden columns: view -> what the store calls it
        if isinstance(features, FeatureService):
            self._take_service(features)
        elif isinstance(features, (list, tuple)) and all(isinstance(f, str) for f in features):
            self._take_references(features)
        else:
            raise InvalidFeaturesParameterType(features)
        if not self.outputs:
            raise ValueError("no features are asked for")
        self._refuse_equal_names()
        self.store_full_names = full_names or bool(self.on_demand)
        if not self.store_full_names:
            for output in self.outputs:
                output.column = output.name

    @property
    def asked(self) -> dict[str, Any]:
        if self.service:
            return {"service": self.service, "full_names": self.store_full_names}
        return {"features": list(self._references), "full_names": self.store_full_names}

    def _take_service(self, service: FeatureService):
        kept = find(self.objects.services, service.name, FeatureServiceNotFoundException, self.project)
        reads = False
        for projection in kept.feature_view_projections:
            if projection.name in self.objects.on_demand:
                view = self.objects.on_demand[projection.name]
                self._take_on_demand(view, chosen(projection, view), projection.name_to_use())
                reads |= bool(view.source_feature_view_projections)
            else:
                self._take_view(projection)
                reads = True
        # A service of request values alone is not one of the store's.
        self.service = kept.name if reads else ""

    def _take_view(self, projection: FeatureViewProjection):
        view = find(self.objects.views, projection.name, FeatureViewNotFoundException, self.project)
        self._need_keys(view, projection.join_key_map)
        prefix = projection.name_to_use()
        dtypes = {field.name: field.dtype for field in view.features}
        for feature in chosen(projection, view):
            name = f"{prefix}__{feature}" if self.full_names else feature
            self.outputs.append(Output(name, dtypes[feature], f"{prefix}__{feature}"))

    def _take_references(self, features: Any):
        for reference in dict.fromkeys(features):
            name, colon, feature = reference.partition(":")
            if not colon or not feature:
                raise ValueError(f"{reference!r} is no feature: expected view:feature")
            name, _, version = name.partition("@")
            if version not in ("", "latest"):
                raise NotImplementedError(
                    f"{reference}: views have one version here, the one that was applied"
                )
            if name in self.objects.on_demand:
                view = self.objects.on_demand[name]
                known = [field.name for field in view.features]
                if feature not in known:
                    raise KeyError(
                        f"on-demand view {name} has no feature {feature}; it has {', '.join(known)}"
                    )
                self._take_on_demand(view, [feature], name)
                continue
            found = find(self.objects.all_views(), name, FeatureViewNotFoundException, self.project)
            self._need_keys(found, {})
            dtypes = {field.name: field.dtype for field in found.features}
            if feature not in dtypes:
                import difflib

                near = difflib.get_close_matches(feature, dtypes, 1)
                hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(dtypes)}"
                raise KeyError(f"view {name} has no feature {feature}{hint}")
            self._references[f"{name}:{feature}"] = None
            shown = f"{name}__{feature}" if self.full_names else feature
            self.outputs.append(Output(shown, dtypes[feature], f"{name}__{feature}"))

    def _take_on_demand(self, view: OnDemandFeatureView, features: list[str], prefix: str):
        dtypes = {field.name: field.dtype for field in view.features}
        for feature in features:
            name = f"{prefix}__{feature}" if self.full_names else feature
            self.outputs.append(Output(name, dtypes[feature], feature, view.name))
        if view.name in self.inputs:
            return
        self.on_demand.append(view)
        inputs = self.inputs[view.name] = []
        for projection in view.source_feature_view_projections.values():
            of = find(self.objects.views, projection.name, FeatureViewNotFoundException, self.project)
            self._need_keys(of, projection.join_key_map)
            types = {field.name: field.dtype for field in of.features}
            prefix = projection.name_to_use()
            for feature in chosen(projection, of):
                if not self.service:
                    self._references[f"{projection.name}:{feature}"] = None
                inputs.append(
                    Input([feature, f"{prefix}__{feature}"], types[feature], f"{prefix}__{feature}")
                )
        for source in view.source_request_sources.values():
            for field in source.schema:
                inputs.append(Input([field.name], field.dtype, None))

    def _need_keys(self, view, join_key_map: dict[str, str]):
        if view.name not in self.views:
            self.views.append(view.name)
        for field in view.entity_columns:
            self.join_keys[join_key_map.get(field.name, field.name)] = field.dtype

    def _refuse_equal_names(self):
        names = [output.name for output in self.outputs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise FeatureNameCollisionError(twice, self.full_names)
