"""Statistics of drivers, hour by hour, and what is computed from them in a request."""

from datetime import timedelta

import pandas as pd
from weft.feast import (
    Entity,
    FeatureService,
    FeatureView,
    Field,
    FileSource,
    Project,
    PushSource,
    RequestSource,
    ValueType,
)
from weft.feast.on_demand_feature_view import on_demand_feature_view
from weft.feast.types import Float32, Float64, Int64

project = Project(name="PROJECT_NAME", description="Statistics of drivers")

# What the rows are about. Its join key is the column that says which driver it is.
driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)

# Where the rows are: a row for each driver and hour, and when it was written.
driver_stats_source = FileSource(
    name="driver_hourly_stats_source",
    path="data/driver_stats.parquet",
    timestamp_field="event_timestamp",
    created_timestamp_column="created",
)

# A value is good for a day: in training sets and in requests alike.
driver_stats_fv = FeatureView(
    name="driver_hourly_stats",
    entities=[driver],
    ttl=timedelta(days=1),
    schema=[
        Field(name="conv_rate", dtype=Float32),
        Field(name="acc_rate", dtype=Float32),
        Field(name="avg_daily_trips", dtype=Int64, description="Trips a day, on average"),
    ],
    source=driver_stats_source,
    tags={"team": "driver_performance"},
)

# What a request brings itself.
input_request = RequestSource(
    name="vals_to_add",
    schema=[Field(name="val_to_add", dtype=Int64), Field(name="val_to_add_2", dtype=Int64)],
)


@on_demand_feature_view(
    sources=[driver_stats_fv, input_request],
    schema=[
        Field(name="conv_rate_plus_val1", dtype=Float64),
        Field(name="conv_rate_plus_val2", dtype=Float64),
    ],
)
def transformed_conv_rate(inputs: pd.DataFrame) -> pd.DataFrame:
    """The rate of conversion and what the request adds to it."""
    return pd.DataFrame(
        {
            "conv_rate_plus_val1": inputs["conv_rate"] + inputs["val_to_add"],
            "conv_rate_plus_val2": inputs["conv_rate"] + inputs["val_to_add_2"],
        }
    )


# What models take: one service for each, so that what one needs can change without the others.
driver_activity_v1 = FeatureService(
    name="driver_activity_v1", features=[driver_stats_fv[["conv_rate"]], transformed_conv_rate]
)
driver_activity_v2 = FeatureService(
    name="driver_activity_v2", features=[driver_stats_fv, transformed_conv_rate]
)

# Rows can be pushed as they happen. The view over the push source has the same history.
driver_stats_push_source = PushSource(name="driver_stats_push_source", batch_source=driver_stats_source)

driver_stats_fresh_fv = FeatureView(
    name="driver_hourly_stats_fresh",
    entities=[driver],
    ttl=timedelta(days=1),
    schema=[
        Field(name="conv_rate", dtype=Float32),
        Field(name="acc_rate", dtype=Float32),
        Field(name="avg_daily_trips", dtype=Int64),
    ],
    source=driver_stats_push_source,
    tags={"team": "driver_performance"},
)


@on_demand_feature_view(
    sources=[driver_stats_fresh_fv, input_request],
    schema=[
        Field(name="conv_rate_plus_val1", dtype=Float64),
        Field(name="conv_rate_plus_val2", dtype=Float64),
    ],
    mode="python",
)
def transformed_conv_rate_fresh(inputs: dict) -> dict:
    """The same, of pushed rows, in plain Python: lists in, lists out."""
    rates = inputs["conv_rate"]
    return {
        f"conv_rate_plus_val{i}": [None if r is None else r + v for r, v in zip(rates, values, strict=True)]
        for i, values in ((1, inputs["val_to_add"]), (2, inputs["val_to_add_2"]))
    }


driver_activity_v3 = FeatureService(
    name="driver_activity_v3", features=[driver_stats_fresh_fv, transformed_conv_rate_fresh]
)
