"""Views over streams, as definitions: who reads the stream pushes its rows."""

from __future__ import annotations

from datetime import timedelta

from weft.feast.batch_feature_view import refuse_computation
from weft.feast.data_source import DataSource, KafkaSource, KinesisSource, PushSource
from weft.feast.feature_view import FeatureView


class StreamFeatureView(FeatureView):
    """A view over a Kafka, Kinesis or push source. Its history is that of the source's batch source."""

    def __init__(
        self,
        *,
        name: str,
        source: DataSource,
        sink_source: DataSource | None = None,
        entities=None,
        ttl: timedelta = timedelta(0),
        tags: dict[str, str] | None = None,
        online: bool = True,
        offline: bool = False,
        description: str = "",
        owner: str = "",
        org: str = "",
        schema=None,
        aggregations=None,
        mode=None,
        timestamp_field: str | None = "",
        udf=None,
        udf_string: str | None = "",
        feature_transformation=None,
        stream_engine=None,
        enable_tiling: bool = False,
        tiling_hop_size: timedelta | None = None,
        enable_validation: bool = False,
        version: str = "latest",
    ):
        if not isinstance(source, (KafkaSource, KinesisSource, PushSource)):
            raise TypeError(f"view {name}: its source is a Kafka, Kinesis or push source, found {source!r}")
        refuse_computation(
            f"view {name}", aggregations, udf, udf_string, feature_transformation, enable_tiling
        )
        if stream_engine:
            raise NotImplementedError(f"view {name}: stream_engine: who reads the stream pushes its rows")
        self.timestamp_field = timestamp_field or ""
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
