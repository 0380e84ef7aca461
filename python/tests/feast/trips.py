"""A small world for tests: drivers, their hourly statistics, and what is defined of them."""

from __future__ import annotations

import datetime
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq

UTC = datetime.UTC


def at(hours: float) -> datetime.datetime:
    """A time so many hours after the beginning of 2024."""
    return datetime.datetime(2024, 1, 1, tzinfo=UTC) + datetime.timedelta(hours=hours)


def write(path, **columns):
    """A Parquet file; datetimes are microseconds in UTC."""
    instant = pa.timestamp("us", "UTC")
    arrays = {}
    for name, values in columns.items():
        if isinstance(values, pa.Array):
            arrays[name] = values
        elif any(isinstance(v, datetime.datetime) for v in values):
            arrays[name] = pa.array(values, instant)
        else:
            arrays[name] = pa.array(values)
    pq.write_table(pa.table(arrays), path)
    return str(path)


def write_stats(folder):
    """Driver 1 has rows at 1 h and 5 h, 2 at 2 h, 3 at 3 h and a null at 4 h."""
    return write(
        folder / "stats.parquet",
        driver_id=[1, 1, 2, 3, 3],
        event_timestamp=[at(1), at(5), at(2), at(3), at(4)],
        created=[at(1), at(5), at(2), at(3), at(4)],
        km=[10.0, 50.0, 20.0, 30.0, None],
        trips=[1, 5, 2, 3, 4],
    )


def definitions(feast, folder, ttl=timedelta(hours=36)):
    """Entity, source, view, push source and its view, by either package."""
    from importlib import import_module

    types = import_module(feast.__name__ + ".types")
    driver = feast.Entity(name="driver", join_keys=["driver_id"], value_type=feast.ValueType.INT64)
    source = feast.FileSource(
        name="stats_source",
        path=str(folder / "stats.parquet"),
        timestamp_field="event_timestamp",
        created_timestamp_column="created",
    )
    schema = [feast.Field(name="km", dtype=types.Float64), feast.Field(name="trips", dtype=types.Int64)]
    stats = feast.FeatureView(name="stats", entities=[driver], ttl=ttl, schema=schema, source=source)
    push = feast.PushSource(name="stats_push", batch_source=source)
    fresh = feast.FeatureView(name="fresh", entities=[driver], ttl=ttl, schema=list(schema), source=push)
    return [driver, source, stats, push, fresh]
