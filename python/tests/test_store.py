"""The store from Python definitions: history, latest values, pushes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import weft
from weft.notebook import module_of_cell

DEFINITIONS = '''
from datetime import timedelta
import weft

def driver() -> weft.Entity:
    return weft.Entity(keys={"driver_id": "int64"})

def trips(trips_path: str) -> weft.Source:
    return weft.Source(path=trips_path, time="at")

def clicks() -> weft.Source:
    return weft.Source(kind="push", time="at", columns={"driver_id": "int64", "at": "timestamp", "page": "string"})

def dist_km(dist: float) -> float:
    """Miles as kilometres."""
    return dist * 1.609344

def trip_stats(driver: weft.Entity, trips: weft.Source) -> weft.FeatureView:
    return weft.FeatureView(entities=[driver], source=trips, features=["dist_km"])

def last_click(driver: weft.Entity, clicks: weft.Source) -> weft.FeatureView:
    return weft.FeatureView(entities=[driver], source=clicks, features=["page"])

def cost(dist_km: float, price: float) -> float:
    return dist_km * price

def model(trip_stats: weft.FeatureView, last_click: weft.FeatureView) -> weft.FeatureService:
    return weft.FeatureService(views=[trip_stats, last_click], on_demand=["cost"])
'''


def hour(h: int, day: int = 1) -> datetime:
    return datetime(2024, 1, day, h, tzinfo=timezone.utc)


@pytest.fixture
def store(tmp_path: Path) -> weft.FeatureStore:
    path = str(tmp_path / "trips.parquet")
    weft.write_parquet({"driver_id": [1, 1, 2], "at": [hour(1), hour(5), hour(3)], "dist": [1.0, 3.0, None]}, path)
    driver = weft.Driver(module_of_cell("store_definitions", DEFINITIONS))
    made = weft.FeatureStore(driver, directory=str(tmp_path / "store"), inputs={"trips_path": path})
    made.apply()
    return made


def test_apply_tells_what_changed_once(store: weft.FeatureStore) -> None:
    assert store.version() == 1
    assert store.apply() == []
    assert {view.name for view in store.definitions().views} == {"trip_stats", "last_click"}


def test_history_is_what_was_known_at_each_rows_time(store: weft.FeatureStore) -> None:
    store.push("clicks", {"driver_id": [1], "at": [hour(2)], "page": ["home"]})
    spine = {"driver_id": [1, 1, 1, 2, 3], "t": [hour(0), hour(4), hour(9), hour(9), hour(9)], "price": [2.0] * 5}
    found = store.get_historical_features("model", spine, "t")
    assert list(found["dist_km"]) == [None, 1.609344, 3.0 * 1.609344, None, None]
    assert list(found["page"]) == [None, "home", "home", None, None]
    assert list(found["cost"]) == [None, 1.609344 * 2, 3.0 * 1.609344 * 2, None, None]


def test_online_is_what_history_says_of_now(store: weft.FeatureStore) -> None:
    store.push("clicks", {"driver_id": [1, 2], "at": [hour(2), hour(3)], "page": ["home", "away"]})
    assert {run.what for run in store.materialize()} == {"materialize"}
    rows = {"driver_id": [2, 1, 3], "price": [1.0, 1.0, 1.0]}
    online = store.get_online_features("model", rows)
    history = store.get_historical_features("model", rows, at=datetime.now(timezone.utc))
    for name in ("dist_km", "page", "cost"):
        assert list(online[name]) == list(history[name]), name


def test_what_does_not_fit_is_told(store: weft.FeatureStore) -> None:
    with pytest.raises(weft.NotFoundError, match="did you mean"):
        store.get_historical_features("modle", {"driver_id": [1], "t": [hour(1)], "price": [1.0]}, "t")
    with pytest.raises(weft.WeftError, match="page"):
        store.push("clicks", {"driver_id": [1], "at": [hour(2)], "page": [3]})
    with pytest.raises(weft.InvalidArgumentError, match="driver_id"):
        store.get_online_features("model", {"price": [1.0]})


def test_a_changed_function_is_seen_by_apply(tmp_path: Path, store: weft.FeatureStore) -> None:
    changed = module_of_cell("store_definitions", DEFINITIONS.replace("1.609344", "1.852"))
    again = weft.FeatureStore(weft.Driver(changed), directory=str(tmp_path / "store"), inputs={"trips_path": str(tmp_path / "trips.parquet")})
    assert again.apply() == ["~ view trip_stats"]
    found = again.get_historical_features("model", {"driver_id": [1], "t": [hour(9)], "price": [1.0]}, "t")
    assert list(found["dist_km"]) == [3.0 * 1.852]


def test_ttl_holds_in_history(tmp_path: Path) -> None:
    path = str(tmp_path / "t.parquet")
    weft.write_parquet({"driver_id": [1], "at": [hour(1)], "dist": [1.0]}, path)
    text = DEFINITIONS.replace('features=["dist_km"])', 'features=["dist_km"], ttl=timedelta(hours=2))')
    store = weft.FeatureStore(weft.Driver(module_of_cell("ttl_definitions", text)), directory=str(tmp_path / "s"), inputs={"trips_path": path})
    store.apply()
    spine = {"driver_id": [1, 1], "t": [hour(3), hour(3) + timedelta(microseconds=1)]}
    found = store.get_historical_features(["trip_stats:dist_km"], spine, "t")
    assert list(found["dist_km"]) == [1.609344, None]
