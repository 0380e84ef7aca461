"""From rows to a training set and to answers: `python test_workflow.py` in this folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from weft.feast import FeatureStore
from weft.feast.data_source import PushMode
from weft.feast.repo_operations import apply_total

REPO = Path(__file__).parent
FEATURES = [
    "driver_hourly_stats:conv_rate",
    "driver_hourly_stats:acc_rate",
    "driver_hourly_stats:avg_daily_trips",
    "transformed_conv_rate:conv_rate_plus_val1",
    "transformed_conv_rate:conv_rate_plus_val2",
]


def run_demo():
    store = FeatureStore(repo_path=REPO)
    print("--- Apply")
    for line in apply_total(store.config, REPO):
        print(line)

    print("\n--- A training set: features as they stood at the time of each row")
    now = datetime.now(UTC)
    labels = pd.DataFrame(
        {
            "driver_id": [1001, 1002, 1003],
            "event_timestamp": [now - timedelta(days=days) for days in (1, 2, 3)],
            "satisfaction": [1, 5, 3],
            "val_to_add": [1, 2, 3],
            "val_to_add_2": [10, 20, 30],
        }
    )
    print(store.get_historical_features(entity_df=labels, features=FEATURES).to_df())

    print("\n--- The newest row of each driver, for requests")
    store.materialize_incremental(end_date=now)
    show(store, FEATURES)
    show(store, store.get_feature_service("driver_activity_v1"))

    print("\n--- A row as it happens")
    event = pd.DataFrame(
        {
            "driver_id": [1001],
            "event_timestamp": [now],
            "created": [now],
            "conv_rate": [1.0],
            "acc_rate": [1.0],
            "avg_daily_trips": [1000],
        }
    )
    store.push("driver_stats_push_source", event, to=PushMode.ONLINE_AND_OFFLINE)
    show(store, store.get_feature_service("driver_activity_v3"))


def show(store, features):
    rows = [
        {"driver_id": 1001, "val_to_add": 1000, "val_to_add_2": 2000},
        {"driver_id": 1002, "val_to_add": 1001, "val_to_add_2": 2002},
    ]
    for name, values in store.get_online_features(features=features, entity_rows=rows).to_dict().items():
        print(f"{name}: {values}")


if __name__ == "__main__":
    run_demo()
