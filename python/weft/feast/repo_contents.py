"""What the files of a repository define."""

from __future__ import annotations

from typing import NamedTuple


class RepoContents(NamedTuple):
    """Objects by kind."""

    projects: list
    data_sources: list
    feature_views: list
    on_demand_feature_views: list
    stream_feature_views: list
    label_views: list
    entities: list
    feature_services: list
    permissions: list

    def objects(self) -> list:
        return [each for kind in self for each in kind]
