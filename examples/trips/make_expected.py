#!/usr/bin/env python3
"""Writes percentiles_pandas.csv: what pandas gives for percentile_dist_rolling_3h, by trip.

Needs pandas and pyarrow. Trips that share their time are left out: pandas ranks each among those
that stand before it in the file only.
"""

from pathlib import Path

import pandas as pd

here = Path(__file__).parent
trips = pd.read_parquet(here / "trips_raw.parquet").sort_values("event_timestamp", kind="stable")
trips["percentile"] = trips.rolling("3h", on="event_timestamp")["trip_dist"].rank(pct=True)
shares_time = trips["event_timestamp"].duplicated(keep=False)
rows = trips.loc[~shares_time, ["event_timestamp", "driver_id", "percentile"]]
rows.to_csv(here / "percentiles_pandas.csv", index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
