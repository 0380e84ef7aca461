"""What all views have: features, and a projection that says which of them are taken."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from weft.feast.definition import Definition, require_name, text_tags
from weft.feast.feature_view_projection import FeatureViewProjection
from weft.feast.field import Field


def require_fields(what: str, schema) -> list[Field]:
    fields = list(schema or [])
    for field in fields:
        if not isinstance(field, Field):
            raise TypeError(f"{what}: a schema is a list of Field, found {field!r}")
    names = [field.name for field in fields]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"{what}: its schema has {', '.join(sorted(twice))} twice")
    return fields


def require_latest(what: str, version: str):
    if version != "latest":
        raise NotImplementedError(
            f"{what}: version={version!r}: views have one version here, the one that was applied; "
            "see `weft registry history` for those before"
        )


class BaseFeatureView(Definition):
    """A view under a name."""

    _fields = ("name", "features", "description", "tags", "owner")
    _projection_type = "featureView"

    projection: FeatureViewProjection

    def __init__(self, *, name, features, description, tags, owner):
        self.name = require_name("a view", name)
        if ":" in name or "@" in name:
            raise ValueError(f"view {name}: a name has neither ':' nor '@'")
        self.features: list[Field] = features
        self.description = description
        self.tags = text_tags(f"view {name}", tags)
        self.owner = owner
        self.version = "latest"
        self.projection = FeatureViewProjection.from_definition(self)

    @property
    def schema(self) -> list[Field]:
        return self.features

    def with_name(self, name: str):
        """A copy that goes by another name where a request takes it."""
        view = self._copy()
        view.projection.name_alias = name
        return view

    def with_projection(self, projection: FeatureViewProjection):
        """A copy of which the projection's features are taken."""
        if projection.name != self.name:
            raise ValueError(f"view {self.name}: the projection is of {projection.name}")
        known = {field.name for field in self.features}
        for field in projection.features:
            if field.name not in known:
                raise ValueError(f"view {self.name} has no feature {field.name}")
        view = self._copy()
        view.projection = projection
        return view

    def set_projection(self, projection: FeatureViewProjection):
        self.projection = self.with_projection(projection).projection

    def __getitem__(self, names: Sequence[str]):
        if isinstance(names, str):
            raise TypeError(f"view {self.name}: features are chosen by a list of names: view[[{names!r}]]")
        view = self._copy()
        view.projection.desired_features = list(names)
        if self.features:
            by_name = {field.name: field for field in self.features}
            missing = [name for name in names if name not in by_name]
            if missing:
                raise ValueError(
                    f"view {self.name} has no feature {', '.join(missing)}; it has {', '.join(by_name)}"
                )
            view.projection.features = [by_name[name] for name in names]
        return view

    def _copy(self):
        view = copy.copy(self)
        view.projection = copy.copy(self.projection)
        return view
