"""Where rows come from, other than files: pushes, requests, streams."""

from __future__ import annotations

import enum
from datetime import timedelta

from weft.feast.data_format import StreamFormat
from weft.feast.definition import Definition, require_name, text_tags
from weft.feast.field import Field


class PushMode(enum.Enum):
    """Where pushed rows go."""

    ONLINE = 1
    OFFLINE = 2
    ONLINE_AND_OFFLINE = 3


class DataSource(Definition):
    """What all sources have."""

    _fields = (
        "name",
        "timestamp_field",
        "created_timestamp_column",
        "field_mapping",
        "date_partition_column",
        "description",
        "tags",
        "owner",
    )

    def __init__(
        self,
        *,
        name: str,
        timestamp_field: str | None = None,
        created_timestamp_column: str | None = None,
        field_mapping: dict[str, str] | None = None,
        description: str | None = "",
        tags: dict[str, str] | None = None,
        owner: str | None = "",
        date_partition_column: str | None = None,
    ):
        self.name = require_name("a source", name)
        self.timestamp_field = timestamp_field or ""
        self.created_timestamp_column = created_timestamp_column or ""
        if self.timestamp_field and self.timestamp_field == self.created_timestamp_column:
            raise ValueError(
                f"source {name}: timestamp_field and created_timestamp_column are both {timestamp_field!r}"
            )
        self.field_mapping = dict(field_mapping or {})
        self.date_partition_column = date_partition_column or ""
        self.description = description or ""
        self.tags = text_tags(f"source {name}", tags)
        self.owner = owner or ""


class PushSource(DataSource):
    """Rows are pushed; `batch_source` has their history."""

    _fields = (*DataSource._fields, "batch_source")

    def __init__(
        self,
        *,
        name: str,
        batch_source: DataSource | None = None,
        description: str | None = "",
        tags: dict[str, str] | None = None,
        owner: str | None = "",
    ):
        super().__init__(name=name, description=description, tags=tags, owner=owner)
        self.batch_source = batch_source


class RequestSource(DataSource):
    """Values that come with each request."""

    _fields = (*DataSource._fields, "schema")

    def __init__(
        self,
        *,
        name: str,
        schema: list[Field],
        timestamp_field: str | None = None,
        description: str | None = "",
        tags: dict[str, str] | None = None,
        owner: str | None = "",
    ):
        super().__init__(
            name=name, timestamp_field=timestamp_field, description=description, tags=tags, owner=owner
        )
        if not isinstance(schema, list) or not all(isinstance(f, Field) for f in schema):
            raise TypeError(f"request source {name}: schema is a list of Field, found {schema!r}")
        self.schema = schema


class KafkaSource(DataSource):
    """A topic, as a definition: what reads it pushes to the views over it."""

    _fields = (
        *DataSource._fields,
        "kafka_bootstrap_servers",
        "topic",
        "message_format",
        "batch_source",
        "watermark_delay_threshold",
    )

    def __init__(
        self,
        *,
        name: str,
        timestamp_field: str,
        message_format: StreamFormat,
        bootstrap_servers: str | None = None,
        kafka_bootstrap_servers: str | None = None,
        topic: str | None = None,
        created_timestamp_column: str | None = "",
        field_mapping: dict[str, str] | None = None,
        description: str | None = "",
        tags: dict[str, str] | None = None,
        owner: str | None = "",
        batch_source: DataSource | None = None,
        watermark_delay_threshold: timedelta | None = None,
    ):
        super().__init__(
            name=name,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )
        self.kafka_bootstrap_servers = kafka_bootstrap_servers or bootstrap_servers or ""
        self.topic = topic or ""
        self.message_format = message_format
        self.batch_source = batch_source
        self.watermark_delay_threshold = watermark_delay_threshold


class KinesisSource(DataSource):
    """A Kinesis stream, as a definition."""

    _fields = (*DataSource._fields, "record_format", "region", "stream_name", "batch_source")

    def __init__(
        self,
        *,
        name: str,
        record_format: StreamFormat,
        region: str,
        stream_name: str,
        timestamp_field: str | None = "",
        created_timestamp_column: str | None = "",
        field_mapping: dict[str, str] | None = None,
        description: str | None = "",
        tags: dict[str, str] | None = None,
        owner: str | None = "",
        batch_source: DataSource | None = None,
    ):
        super().__init__(
            name=name,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )
        self.record_format = record_format
        self.region = region
        self.stream_name = stream_name
        self.batch_source = batch_source
