#!/usr/bin/env python3
"""feast_client.py URL FOLDER TOKEN: asks a running `weft serve` through Feast's own client.

Views of the server: see feast_client_services_test.cc. Makes a Feast repository in FOLDER whose online store is
remote, writes through it, reads through it, and compares. Prints what does not hold; exit status 1 then.
"""

import math
import sys
from datetime import datetime, timedelta, timezone

import pandas as pd
from feast import (Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, PushSource, RepoConfig,
                   ValueType)
from feast.data_source import PushMode
from feast.errors import FeastError, FeatureViewNotFoundException
from feast.permissions.client.http_auth_requests_wrapper import HttpSessionManager
from feast.types import Array, Bool, Float32, Float64, Int32, Int64, String, UnixTimestamp

NOW = datetime.now(timezone.utc).replace(microsecond=0)
failures = []


def check(what, found, expected):
    if found != expected:
        failures.append(f"{what}: expected {expected!r}, found {found!r}")


def raised(what, kind, part, call):
    try:
        found = call()
    except kind as error:
        if part not in str(error):
            failures.append(f"{what}: expected {part!r} in {error!r}")
        return
    except Exception as error:  # noqa: BLE001: another one than expected is a failure to be told
        found = repr(error)
    failures.append(f"{what}: expected {kind.__name__}, found {found!r}")


def open_store(url, folder, token):
    return FeatureStore(config=RepoConfig(
        project="rides", provider="local", registry=f"{folder}/registry.db",
        online_store={"type": "remote", "path": url, "connection_retries": 0},
        offline_store={"type": "dask"}, auth={"type": "oidc", "token": token}, entity_key_serialization_version=3))


def apply(store, folder):
    driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
    city = Entity(name="city_entity", join_keys=["city"], value_type=ValueType.STRING)
    history = f"{folder}/history.parquet"
    frame().to_parquet(history)
    batch = FileSource(name="batch", path=history, timestamp_field="event_timestamp")
    positions = PushSource(name="positions", batch_source=batch)
    position = FeatureView(
        name="position", entities=[driver], source=positions, ttl=timedelta(days=2),
        schema=[Field(name="driver_id", dtype=Int64), Field(name="x", dtype=Float64),
                Field(name="trips", dtype=Int64), Field(name="rank", dtype=Int32),
                Field(name="score", dtype=Float32), Field(name="name", dtype=String),
                Field(name="active", dtype=Bool), Field(name="seen", dtype=UnixTimestamp),
                Field(name="path", dtype=Array(Float64))])
    weather = FeatureView(name="city_weather", entities=[city], source=batch,
                          schema=[Field(name="city", dtype=String), Field(name="celsius", dtype=Float64)])
    unknown = FeatureView(name="unknown", entities=[driver], source=batch,
                          schema=[Field(name="driver_id", dtype=Int64), Field(name="x", dtype=Float64)])
    store.apply([driver, city, positions, position, weather, unknown,
                 FeatureService(name="near", features=[position[["x", "name"]]])])


def frame():
    return pd.DataFrame({
        "driver_id": [1, 2, 3],
        "event_timestamp": [NOW, NOW - timedelta(hours=1), NOW - timedelta(days=3)],
        "x": [1.5, math.nan, 3.0],
        "trips": [7, 2**53 + 1, 9],
        "rank": [1, 2, 3],
        "score": [0.25, 0.5, 1.0],
        "name": ["Ann", "B\u00f6b \"quoted\"", "Cy"],
        "active": [True, False, True],
        "seen": [NOW, NOW - timedelta(days=365), NOW],
        "path": [[1.0, 2.5], [-1.0], [3.0]],
        "city": ["Oslo", "Rome", "Bern"],
        "celsius": [1.0, 2.0, 3.0],
    })


def read(store):
    rows = [{"driver_id": 1}, {"driver_id": 2}, {"driver_id": 99}]
    names = ["x", "trips", "rank", "score", "name", "active", "seen", "path"]
    answer = store.get_online_features([f"position:{name}" for name in names], rows).to_dict()
    check("keys", answer["driver_id"], [1, 2, 99])
    check("int64", answer["trips"], [7, 2**53 + 1, None])
    check("int32", answer["rank"], [1, 2, None])
    check("float32", answer["score"], [0.25, 0.5, None])
    check("double", answer["x"][0::2], [1.5, None])
    check("double that is none", answer["x"][1] is None or math.isnan(float(answer["x"][1])), True)
    check("text", answer["name"], ["Ann", "B\u00f6b \"quoted\"", None])
    check("bool", answer["active"], [True, False, None])
    check("time", answer["seen"][0] in (int(NOW.timestamp()), NOW), True)
    check("list", answer["path"], [[1.0, 2.5], [-1.0], None])

    full = store.get_online_features(["position:x"], rows[:1], full_feature_names=True).to_dict()
    check("full names", full, {"driver_id": [1], "position__x": [1.5]})
    columns = store.get_online_features(["position:trips"], {"driver_id": [3, 1]}).to_dict()
    check("older than the ttl", columns["trips"], [None, 7])
    check("order of columns", columns["driver_id"], [3, 1])
    check("a frame", list(store.get_online_features(["position:trips"], rows[:2]).to_df()["trips"]), [7, 2**53 + 1])
    texts = store.get_online_features(["position:trips"], [{"driver_id": "1"}]).to_dict()
    check("a key as text", texts, {"driver_id": [1], "trips": [7]})
    service = store.get_online_features(store.get_feature_service("near"), rows[:1]).to_dict()
    check("a service", service, {"driver_id": [1], "x": [1.5], "name": ["Ann"]})
    city = store.get_online_features(["city_weather:celsius"], [{"city": "Oslo"}]).to_dict()
    check("a key of texts", city, {"city": ["Oslo"], "celsius": [-3.0]})


def main():
    url, folder, token = sys.argv[1:]
    store = open_store(url, folder, token)
    apply(store, folder)
    store.push("positions", frame(), to=PushMode.ONLINE)
    store.write_to_online_store("city_weather", pd.DataFrame(
        {"city": ["Oslo"], "celsius": [-3.0], "event_timestamp": [NOW]}))
    read(store)
    # What came late does not replace what is newer.
    late = frame().iloc[:1].assign(event_timestamp=[NOW - timedelta(hours=5)], trips=[1])
    store.push("positions", late, to=PushMode.ONLINE)
    check("late rows", store.get_online_features(["position:trips"], [{"driver_id": 1}]).to_dict()["trips"], [7])
    raised("a view the server does not have", FeatureViewNotFoundException, "no view is called",
           lambda: store.get_online_features(["unknown:x"], [{"driver_id": 1}]))
    raised("a feature it does not have", FeatureViewNotFoundException, "did you mean",
           lambda: store.get_online_features(["position:xx"], [{"driver_id": 1}]))
    raised("a null key", FeastError, "driver_id is missing or null",
           lambda: store.get_online_features(["position:x"], [{"driver_id": None}]))
    HttpSessionManager.close_session()
    raised("a token that is not known", FeastError, "not known",
           lambda: open_store(url, folder, "guess").get_online_features(["position:x"], [{"driver_id": 1}]))
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
