"""Trips of drivers: features computed here, declared as a view, beside statistics computed elsewhere.

What saves trips_stats_3h and the source that reads it share one input: the file's path.
"""

from datetime import datetime, timedelta

import weft
from weft import Column, ColumnData, Entity, FeatureService, FeatureView, Source, Table

# ---- features -------------------------------------------------------------------------------------------------------


@weft.extract_columns(event_timestamp=datetime, driver_id=int, trip_dist=float)
def trips_raw(trips_raw_path: str) -> Table:
    """One row a trip; distances in metres, times in UTC."""
    return weft.read_parquet(trips_raw_path)


def day_of_week(event_timestamp: Column[datetime]) -> Column[int]:
    """Monday is 0."""
    return weft.day_of_week(event_timestamp)


@weft.check(weft.warn(weft.values_in(0, 1)))
def is_weekend(day_of_week: int) -> int:
    """1 on Saturday and Sunday, else 0."""
    return 1 if day_of_week >= 5 else 0


def percentile_dist_rolling_3h(trip_dist: Column[float], event_timestamp: Column[datetime]) -> Column[float]:
    """How far the trip went among all trips of the three hours up to it: 1 is the farthest."""
    window = weft.last(timedelta(hours=3)).closed("right")
    return weft.window_rank(trip_dist, window, fraction=True).on(event_timestamp).by()


def trips_stats_3h(trips_raw: Table, day_of_week: ColumnData, is_weekend: ColumnData, percentile_dist_rolling_3h: ColumnData) -> Table:
    """What the view reads, and what is saved to trips_stats_3h_path."""
    return (
        trips_raw.select(["event_timestamp", "driver_id"])
        .with_column("day_of_week", day_of_week)
        .with_column("is_weekend", is_weekend)
        .with_column("percentile_dist_rolling_3h", percentile_dist_rolling_3h)
    )


# ---- the store ------------------------------------------------------------------------------------------------------


def driver() -> Entity:
    return Entity(keys={"driver_id": "int64"}, description="Who drove.", owner="fleet")


def trips_stats_3h_source(trips_stats_3h_path: str) -> Source:
    columns = {"driver_id": "int64", "day_of_week": "int64", "is_weekend": "int64", "percentile_dist_rolling_3h": "double"}
    return Source("trips_stats_3h", kind="file", path=trips_stats_3h_path, time="event_timestamp", columns=columns, owner="fleet")


def trips_stats_3h_view(driver: Entity, trips_stats_3h_source: Source) -> FeatureView:
    return FeatureView(
        "trips_stats_3h",
        entities=[driver],
        source=trips_stats_3h_source,
        features=["day_of_week", "is_weekend", "percentile_dist_rolling_3h"],
        ttl=timedelta(days=365),
    )


def driver_hourly_stats_source(driver_stats_path: str) -> Source:
    columns = {"driver_id": "int64", "conv_rate": "float", "acc_rate": "float", "avg_daily_trips": "int64"}
    return Source("driver_hourly_stats", kind="file", path=driver_stats_path, time="event_timestamp", known="created", columns=columns)


def driver_hourly_stats(driver: Entity, driver_hourly_stats_source: Source) -> FeatureView:
    return FeatureView(
        entities=[driver],
        source=driver_hourly_stats_source,
        features=["conv_rate", "acc_rate", "avg_daily_trips"],
        ttl=timedelta(days=1),
        tags={"team": "driver_performance"},
    )


def driver_activity_v1(driver_hourly_stats: FeatureView, trips_stats_3h_view: FeatureView) -> FeatureService:
    return FeatureService(views=[driver_hourly_stats, trips_stats_3h_view])
