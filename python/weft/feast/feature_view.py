"""Features of entities out of one source."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from weft.feast.base_feature_view import BaseFeatureView, require_fields, require_latest
from weft.feast.data_source import DataSource, KafkaSource, KinesisSource, PushSource, RequestSource
from weft.feast.entity import Entity
from weft.feast.field import Field


class FeatureViewState(enum.Enum):
    """How far a view is: whether some of it was brought online."""

    STATE_UNSPECIFIED = 0
    CREATED = 1
    GENERATED = 2
    MATERIALIZING = 3
    AVAILABLE_ONLINE = 4


class FeatureView(BaseFeatureView):
    """Columns of a source by entity. A ttl of 0 or None means for ever."""

    _fields = (
        "name",
        "entities",
        "features",
        "entity_columns",
        "ttl",
        "batch_source",
        "stream_source",
        "online",
        "offline",
        "description",
        "tags",
        "owner",
    )

    def __init__(
        self,
        *,
        name: str,
        source: DataSource | None = None,
        sink_source: DataSource | None = None,
        schema: list[Field] | None = None,
        entities: list[Entity] | None = None,
        ttl: timedelta | None = timedelta(0),
        online: bool = True,
        offline: bool = False,
        description: str = "",
        tags: dict[str, str] | None = None,
        owner: str = "",
        org: str = "",
        mode=None,
        enable_validation: bool = False,
        version: str = "latest",
        enabled: bool = True,
    ):
        what = f"view {name}"
        if isinstance(source, (BaseFeatureView, list)):
            raise NotImplementedError(
                f"{what}: views over views are not taken; name the source with the rows"
            )
        if sink_source is not None:
            raise NotImplementedError(f"{what}: a sink_source is only of use with a view over views")
        if not isinstance(source, DataSource) or isinstance(source, RequestSource):
            raise TypeError(f"{what}: its source is a file, push or stream source, found {source!r}")
        if mode is not None:
            raise NotImplementedError(
                f"{what}: transformations (mode={mode!r}) are functions of a Weft module, or on-demand views"
            )
        require_latest(what, version)
        if not enabled:
            raise NotImplementedError(f"{what}: a view that nobody may read is one that is not applied")
        if ttl is not None and not isinstance(ttl, timedelta):
            raise TypeError(f"{what}: ttl is a timedelta, found {ttl!r}")
        if ttl is not None and ttl < timedelta(0):
            raise ValueError(f"{what}: ttl is negative: {ttl}")
        self.entities: list[str] = []
        self._join_keys: list[str] = []
        for entity in entities or []:
            if not isinstance(entity, Entity):
                raise TypeError(f"{what}: entities is a list of Entity, found {entity!r}")
            self.entities.append(entity.name)
            self._join_keys.append(entity.join_key)
        if len(set(self._join_keys)) != len(self._join_keys):
            raise ValueError(f"{what}: two of its entities have the join key {self._join_keys}")
        fields = require_fields(what, schema)
        self.entity_columns = [field for field in fields if field.name in self._join_keys]
        features = [field for field in fields if field.name not in self._join_keys]
        self.ttl = ttl or timedelta(0)
        self.online = online
        self.offline = offline
        self.org = org
        self.enable_validation = enable_validation
        if isinstance(source, (PushSource, KafkaSource, KinesisSource)):
            self.stream_source = source
            self.batch_source = source.batch_source
        else:
            self.stream_source = None
            self.batch_source = source
        self.materialization_intervals: list[tuple[datetime, datetime]] = []
        super().__init__(name=name, features=features, description=description, tags=tags, owner=owner)

    @property
    def source(self) -> DataSource:
        return self.stream_source or self.batch_source

    @property
    def join_keys(self) -> list[str]:
        return list(self._join_keys)

    @property
    def schema(self) -> list[Field]:
        return self.entity_columns + self.features

    @property
    def most_recent_end_time(self) -> datetime | None:
        ends = [end for _, end in self.materialization_intervals]
        return max(ends) if ends else None

    @property
    def state(self) -> FeatureViewState:
        done = bool(self.materialization_intervals)
        return FeatureViewState.AVAILABLE_ONLINE if done else FeatureViewState.CREATED

    def with_join_key_map(self, join_key_map: dict[str, str]):
        """A copy whose keys the request calls otherwise: {key of the view: name in the request}."""
        for key in join_key_map:
            if key not in self._join_keys:
                raise ValueError(
                    f"view {self.name} has no join key {key}; it has {', '.join(self._join_keys)}"
                )
        view = self._copy()
        view.projection.join_key_map = dict(join_key_map)
        return view

    def get_ttl_duration(self) -> timedelta | None:
        return self.ttl or None

    def ensure_valid(self):
        """Raises if the view cannot be applied; the constructor has checked it."""
