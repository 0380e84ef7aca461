"""python main.py DATA_FOLDER OUTPUT_FOLDER: from raw trips to a training set and to answers.

Raw trips become features, which are saved; what they are is applied to a store; a training set is built as of the time of each label; the
latest values are brought online and read.
"""

import shutil
import sys
from datetime import datetime
from pathlib import Path

import features
import weft


def show(title: str, rows: weft.Table) -> None:
    print(title)
    print(rows.to_text(6))


def main(data: Path, out: Path) -> int:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    inputs = {
        "trips_raw_path": str(data / "trips_raw.parquet"),
        "driver_stats_path": str(data / "driver_stats.parquet"),
        "trips_stats_3h_path": str(out / "trips_stats_3h.parquet"),
    }
    driver = weft.Driver(features)

    # Features, saved where the source of the view reads them.
    weft.write_parquet(driver.execute(["trips_stats_3h"], inputs)["trips_stats_3h"], inputs["trips_stats_3h_path"])
    show("saved:", weft.read_parquet(inputs["trips_stats_3h_path"]))
    (out / "lineage.svg").write_text(driver.graph.svg())

    clock = weft.ManualClock(datetime(2023, 7, 14, 16))
    store = weft.FeatureStore(driver, directory=str(out / "store"), project="trips", inputs=inputs, clock=clock)
    for change in store.apply():
        print(change)

    # A training set: what was known of each driver when the label's event happened.
    labels = weft.Table({
        "driver_id": [1001, 1002, 1003, 1009],
        "event_timestamp": [
            datetime(2023, 7, 12, 10, 59, 42), datetime(2023, 7, 10, 8, 12, 10), datetime(2023, 7, 14, 16, 40, 26),
            datetime(2023, 7, 14, 16, 40, 26),
        ],
        "label": [1, 0, 1, 0],
    })
    show("\ntraining set:", store.get_historical_features("driver_activity_v1", labels, "event_timestamp"))

    for run in store.materialize():
        print(f"{run.view}: {run.rows} rows, {run.written} drivers online")
    drivers = labels.select(["driver_id"])
    online = store.get_online_features("driver_activity_v1", drivers)
    show("\nonline:", online)
    now = store.get_historical_features("driver_activity_v1", drivers, at=clock.now)
    print(f"the same as history says of now: {'yes' if online.equals(now) else 'NO'}")
    return 0 if online.equals(now) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
