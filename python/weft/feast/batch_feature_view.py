"""Views over rows in files; the transformations Feast gives them are functions of a Weft module here."""

from __future__ import annotations

from datetime import timedelta

from weft.feast.data_source import DataSource
from weft.feast.feature_view import FeatureView


def refuse_computation(what: str, aggregations, *transformations):
    if aggregations:
        raise NotImplementedError(
            f"{what}: aggregations are window expressions of a Weft module: mean(x).over(last(3h))"
        )
    if any(transformations):
        raise NotImplementedError(
            f"{what}: its transformation is a function of a Weft module, or an on-demand view"
        )


class BatchFeatureView(FeatureView):
    """A view over rows in files."""

    def __init__(
        self,
        *,
        name: str,
        mode=None,
        source: DataSource | None = None,
        sink_source: DataSource | None = None,
        entities=None,
        ttl: timedelta | None = None,
        tags: dict[str, str] | None = None,
        online: bool = False,
        offline: bool = False,
        description: str = "",
        owner: str = "",
        org: str = "",
        schema=None,
        udf=None,
        udf_string: str | None = "",
        feature_transformation=None,
        batch_engine=None,
        aggregations=None,
        enable_validation: bool = False,
        version: str = "latest",
    ):
        # A mode without a function is Feast's default and computes nothing.
        refuse_computation(f"view {name}", aggregations, udf, udf_string, feature_transformation)
        if batch_engine:
            raise NotImplementedError(f"view {name}: batch_engine: Weft's own engine reads the rows")
        super().__init__(
            name=name,
            source=source,
            sink_source=sink_source,
            schema=schema,
            entities=entities,
            ttl=ttl,
            online=online,
            offline=offline,
            description=description,
            tags=tags,
            owner=owner,
            org=org,
            enable_validation=enable_validation,
            version=version,
        )
