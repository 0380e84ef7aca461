"""What stands in the registry, as Feast's objects.

Weft's registry keeps a definition of its own of each entity, source, view and service; Feast's object is
in its tag `feast`. What Feast has and Weft has no kind for (projects, on-demand views, datasets) is kept
as a source without rows.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from weft.feast.base_feature_view import BaseFeatureView
from weft.feast.data_source import DataSource
from weft.feast.definition import Definition
from weft.feast.entity import Entity
from weft.feast.feature_service import FeatureService
from weft.feast.feature_view import FeatureView
from weft.feast.on_demand_feature_view import OnDemandFeatureView
from weft.feast.project import Project
from weft.feast.saved_dataset import SavedDataset
from weft.feast.spec import Reader

TAG = "feast"
T = TypeVar("T", bound=Definition)


class Objects:
    """Feast's objects of one project, by kind and name."""

    def __init__(self):
        self.entities: dict[str, Entity] = {}
        self.sources: dict[str, DataSource] = {}
        self.views: dict[str, FeatureView] = {}
        self.on_demand: dict[str, OnDemandFeatureView] = {}
        self.services: dict[str, FeatureService] = {}
        self.projects: dict[str, Project] = {}
        self.datasets: dict[str, SavedDataset] = {}

    def kinds(self) -> list[tuple[type, dict[str, Any], str]]:
        """Each kind's class, objects, and what messages call it."""
        return [
            (Project, self.projects, "project"),
            (Entity, self.entities, "entity"),
            (DataSource, self.sources, "data source"),
            (FeatureView, self.views, "feature view"),
            (OnDemandFeatureView, self.on_demand, "on demand feature view"),
            (FeatureService, self.services, "feature service"),
            (SavedDataset, self.datasets, "saved dataset"),
        ]

    def kind_of(self, definition: Any) -> dict[str, Any]:
        """Where objects like this one are kept. Raises ValueError for what cannot be applied."""
        for cls, kept, _ in self.kinds():
            if isinstance(definition, cls):
                return kept
        raise ValueError(f"{definition!r} is nothing that can be applied")

    def all_views(self) -> dict[str, BaseFeatureView]:
        return {**self.views, **self.on_demand}

    def copy(self) -> Objects:
        made = Objects()
        for (_, mine, _), (_, its, _) in zip(self.kinds(), made.kinds(), strict=True):
            its.update(mine)
        return made


def read_objects(definitions) -> Objects:
    """Of `weft` definitions as they stand. Raises ValueError for a project that was not applied from here."""
    objects = Objects()
    reader = Reader()
    texts: list[str] = []
    for kind in (definitions.entities, definitions.sources, definitions.views, definitions.services):
        for each in kind:
            if TAG not in each.tags:
                raise ValueError(
                    f"{each.name} was applied by Weft itself: Feast's objects need a project of their own"
                )
            texts += each.tags[TAG]
    # What others refer to comes first.
    order = {
        "Entity": 0,
        "RequestSource": 1,
        "FileSource": 1,
        "PushSource": 2,
        "KafkaSource": 2,
        "KinesisSource": 2,
    }
    for text in sorted(texts, key=lambda text: order.get(json.loads(text)["class"], 3)):
        made = reader.read(text)
        if isinstance(made, Entity):
            reader.entities[made.name] = made
        if isinstance(made, DataSource):
            reader.sources[made.name] = made
        objects.kind_of(made)[made.name] = made
    return objects


def find(kept: dict[str, T], name: str, error: type[Exception], project: str) -> T:
    """The object of this name, or the error with the nearest one."""
    if name in kept:
        return kept[name]
    import difflib

    near = difflib.get_close_matches(str(name), kept, 1)
    raise error(name, project, f"; did you mean {near[0]}?" if near else "")
