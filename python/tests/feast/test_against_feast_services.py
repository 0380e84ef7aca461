"""The same questions to Feast (0.67, duckdb and sqlite) and to weft.feast: equal answers as sets of rows.

Where the two differ on purpose (docs/concepts/feast-differences.md) the question is one that both
understand alike.
"""

from __future__ import annotations

import decimal
import json
import math
import os
import random
import shutil
import uuid
import warnings
from datetime import datetime, timedelta
from importlib import import_module

import pytest
import trips
from processes import command, run
from trips import UTC, at, write

warnings.simplefilter("ignore")
pd = pytest.importorskip("pandas")
theirs = pytest.importorskip("feast")
pytest.importorskip("ibis")

import weft.feast as ours  # noqa: E402

PACKAGES = (theirs, ours)


def module_of(package, name):
    return import_module(f"{package.__name__}.{name}")


class Both:
    """One folder, one store of each package."""

    def __init__(self, folder):
        self.folder = folder
        config = theirs.repo_config.RepoConfig(
            project="tests",
            provider="local",
            registry=str(folder / "feast.db"),
            entity_key_serialization_version=3,
            offline_store={"type": "duckdb"},
            online_store={"type": "sqlite", "path": str(folder / "online.db")},
            repo_path=folder,
        )
        mine = ours.RepoConfig(project="tests", registry="registry.db", repo_path=folder, compat="feast")
        self.stores = (theirs.FeatureStore(config=config), ours.FeatureStore(config=mine))
        self.services = ({}, {})

    def apply(self, define):
        for package, store, services in zip(PACKAGES, self.stores, self.services, strict=True):
            objects = define(package)
            store.apply(objects)
            services.update({o.name: o for o in objects if isinstance(o, package.FeatureService)})

    def materialize(self, start, end):
        for store in self.stores:
            store.materialize(start, end)

    def asked(self, features):
        return [s[features] if isinstance(features, str) else features for s in self.services]

    def history(self, entity_df, features, **options):
        frames = [
            store.get_historical_features(entity_df=entity_df.copy(), features=f, **options).to_df()
            for store, f in zip(self.stores, self.asked(features), strict=True)
        ]
        columns = sorted(frames[1].columns)
        assert set(columns) <= set(frames[0].columns)
        rows = [sorted(map(repr, plain_rows(frame[columns]))) for frame in frames]
        assert rows[0] == rows[1]
        return frames[1]

    def online(self, features, entity_rows, **options):
        answers = [
            store.get_online_features(features=f, entity_rows=entity_rows, **options)
            for store, f in zip(self.stores, self.asked(features), strict=True)
        ]
        found = [{k: list(map(plain, v)) for k, v in a.to_dict().items()} for a in answers]
        assert found[0] == found[1]
        results = answers[0].proto
        names = {0: "INVALID", 1: "PRESENT", 2: "NULL_VALUE", 3: "NOT_FOUND", 4: "OUTSIDE_MAX_AGE"}
        statuses = {
            name: [names[s] for s in result.statuses]
            for name, result in zip(results.metadata.feature_names.val, results.results, strict=True)
        }
        return answers, statuses


def plain(value):
    """Equal values of both packages as equal Python values."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value), key=repr)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, datetime):
        value = pd.Timestamp(value)
        return (value if value.tzinfo else value.tz_localize("UTC")).tz_convert("UTC").isoformat()
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def plain_rows(frame):
    return [tuple(plain(v) for v in row) for row in frame.itertuples(index=False)]


@pytest.fixture
def both(tmp_path):
    return Both(tmp_path)


def random_world(folder, seed):
    """Two files with rows of drivers and customers: repeated times, created times, nulls, null keys."""
    rng = random.Random(seed)

    def rows(n, key, extra):
        times = [at(rng.randrange(0, 60) / 2) for _ in range(n)]
        # Feast says nothing about rows that are equal in both times: each created time is another one.
        created = [at(40) + timedelta(seconds=i) for i in rng.sample(range(10 * n), n)]
        keys = [rng.choice([*range(1, 6), None]) for _ in range(n)]
        values = {name: [rng.choice([None, round(rng.random(), 3)]) for _ in range(n)] for name in extra}
        write(folder / f"{key}.parquet", **{key: keys}, event_timestamp=times, created=created, **values)

    rows(40, "driver_id", ["km", "speed"])
    rows(30, "customer_id", ["spend"])
    n = 25
    frame = pd.DataFrame(
        {
            "driver_id": pd.array([rng.choice([*range(1, 8), None]) for _ in range(n)], dtype="Int64"),
            "customer_id": [rng.randrange(1, 8) for _ in range(n)],
            "event_timestamp": [at(rng.randrange(0, 70) / 2) for _ in range(n)],
            "label": [f"row {i}" for i in range(n)],
        }
    )
    return frame


def world_definitions(folder, ttl_driver, ttl_customer):
    def define(package):
        types = module_of(package, "types")
        objects = []
        for name, fields, ttl in (
            ("driver", ["km", "speed"], ttl_driver),
            ("customer", ["spend"], ttl_customer),
        ):
            entity = package.Entity(name=name, join_keys=[f"{name}_id"], value_type=package.ValueType.INT64)
            source = package.FileSource(
                name=f"{name}_rows",
                path=str(folder / f"{name}_id.parquet"),
                timestamp_field="event_timestamp",
                created_timestamp_column="created",
            )
            view = package.FeatureView(
                name=f"{name}_stats",
                entities=[entity],
                ttl=ttl,
                source=source,
                schema=[package.Field(name=f, dtype=types.Float64) for f in fields],
            )
            objects += [entity, source, view]
        return objects

    return define


@pytest.mark.parametrize("seed", range(8))
def test_point_in_time(both, tmp_path, seed):
    frame = random_world(tmp_path, seed)
    rng = random.Random(seed)
    ttls = [rng.choice([timedelta(0), timedelta(hours=1), timedelta(hours=7.5)]) for _ in range(2)]
    both.apply(world_definitions(tmp_path, *ttls))
    features = ["driver_stats:km", "driver_stats:speed", "customer_stats:spend"]
    found = both.history(frame, features, full_feature_names=bool(seed % 2))
    assert found["label"].tolist() == frame["label"].tolist()


def test_naive_times_are_utc(both, tmp_path):
    frame = random_world(tmp_path, 99)
    both.apply(world_definitions(tmp_path, timedelta(0), timedelta(0)))
    frame["event_timestamp"] = frame["event_timestamp"].dt.tz_localize(None)
    both.history(frame, ["customer_stats:spend"])


def test_services_aliases_and_join_key_maps(both, tmp_path):
    frame = random_world(tmp_path, 5)
    frame["other_id"] = frame["customer_id"]

    def define(package):
        objects = world_definitions(tmp_path, timedelta(hours=9), timedelta(0))(package)
        view = objects[2]
        service = package.FeatureService(
            name="meeting",
            features=[
                view[["km"]].with_name("mine"),  # Feast fails where one of two has no name of its own
                view.with_name("other").with_join_key_map({"driver_id": "other_id"}),
                objects[5],
            ],
        )
        return [*objects, service]

    both.apply(define)
    found = both.history(frame, "meeting", full_feature_names=True)
    assert {"mine__km", "other__speed", "customer_stats__spend"} <= set(found.columns)


def test_field_mapping(both, tmp_path):
    write(
        tmp_path / "s.parquet",
        id=[1, 1, 2],
        event_timestamp=[at(1), at(2), at(1)],
        kilometres=[1.0, 2.0, 3.0],
    )

    def define(package):
        types = module_of(package, "types")
        driver = package.Entity(name="driver", join_keys=["driver_id"], value_type=package.ValueType.INT64)
        source = package.FileSource(
            name="s",
            path=str(tmp_path / "s.parquet"),
            timestamp_field="event_timestamp",
            field_mapping={"id": "driver_id", "kilometres": "km"},
        )
        schema = [package.Field(name="km", dtype=types.Float64)]
        return [driver, package.FeatureView(name="v", entities=[driver], source=source, schema=schema)]

    both.apply(define)
    frame = pd.DataFrame({"driver_id": [1, 2, 3], "event_timestamp": [at(1.5)] * 3})
    both.history(frame, ["v:km"])
    both.materialize(at(0), at(3))
    both.online(["v:km"], [{"driver_id": d} for d in (1, 2, 3)])


@pytest.mark.parametrize("seed", range(4))
def test_latest_values(both, tmp_path, seed):
    random_world(tmp_path, seed)
    # Rows without a key belong to nobody here, and end materialize there.
    for key in ("driver_id", "customer_id"):
        table = pd.read_parquet(tmp_path / f"{key}.parquet").dropna(subset=[key])
        table[key] = table[key].astype("int64")
        table.to_parquet(tmp_path / f"{key}.parquet")
    both.apply(world_definitions(tmp_path, timedelta(hours=5), timedelta(0)))
    both.materialize(at(2), at(20 + seed))
    rows = [{"driver_id": 1 + i % 7, "customer_id": 1 + i % 5} for i in range(12)]
    features = ["driver_stats:km", "driver_stats:speed", "customer_stats:spend"]
    answers, statuses = both.online(features, rows)
    assert answers[1].statuses == {name: statuses[name] for name in answers[1].statuses}
    both.online(features, {"driver_id": [1, 2], "customer_id": [3, 99]}, full_feature_names=True)
    times = [a.to_dict(include_event_timestamps=True) for a in answers]
    for name in ("km__ts", "spend__ts"):
        assert list(times[0][name]) == list(times[1][name])
    frames = [a.to_df() for a in answers]
    assert plain_rows(frames[0][sorted(frames[0])]) == plain_rows(frames[1][sorted(frames[1])])


def test_push_and_what_it_reaches(both, tmp_path):
    trips.write_stats(tmp_path)
    both.apply(lambda package: trips.definitions(package, tmp_path, ttl=timedelta(0)))
    both.materialize(at(0), at(10))
    frame = pd.DataFrame(
        {
            "driver_id": [1, 7],
            "event_timestamp": [at(8), at(9)],
            "created": [at(8), at(9)],
            "km": [80.0, None],
            "trips": [8, 9],
        }
    )
    for package, store in zip(PACKAGES, both.stores, strict=True):
        mode = module_of(package, "data_source").PushMode
        store.push("stats_push", frame.copy(), to=mode.ONLINE_AND_OFFLINE)
    rows = [{"driver_id": d} for d in (1, 2, 3, 7, 9)]
    both.online(["fresh:km", "fresh:trips"], rows)
    both.online(["stats:km", "stats:trips"], rows)
    spine = pd.DataFrame({"driver_id": [1, 7, 1], "event_timestamp": [at(8), at(9), at(7)]})
    both.history(spine, ["stats:trips", "stats:km"])
    both.history(spine, ["fresh:trips"])


def test_functions(both, tmp_path):
    trips.write_stats(tmp_path)

    def define(package):
        types = module_of(package, "types")
        decorator = module_of(package, "on_demand_feature_view").on_demand_feature_view
        objects = trips.definitions(package, tmp_path, ttl=timedelta(0))
        stats = objects[2]
        request = package.RequestSource(name="extra", schema=[package.Field(name="more", dtype=types.Int64)])

        @decorator(sources=[stats, request], schema=[package.Field(name="sum", dtype=types.Float64)])
        def in_pandas(inputs: pd.DataFrame) -> pd.DataFrame:
            out = pd.DataFrame()
            out["sum"] = inputs["km"] + inputs["more"]
            return out

        @decorator(
            sources=[stats, request], schema=[package.Field(name="product", dtype=types.Int64)], mode="python"
        )
        def in_python(inputs: dict) -> dict:
            return {"product": [t * m for t, m in zip(inputs["trips"], inputs["more"], strict=True)]}

        @decorator(
            sources=[stats, request],
            schema=[package.Field(name="text", dtype=types.String)],
            mode="python",
            singleton=True,
        )
        def of_a_row(inputs: dict) -> dict:
            return {"text": f"{inputs['trips']} {inputs['more']}"}

        service = package.FeatureService(
            name="all", features=[stats[["trips"]], in_pandas, in_python, of_a_row]
        )
        return [*objects, request, in_pandas, in_python, of_a_row, service]

    both.apply(define)
    both.materialize(at(0), at(10))
    rows = [{"driver_id": 1, "more": 3}, {"driver_id": 2, "more": 4}]
    both.online(["in_pandas:sum", "in_python:product", "stats:trips"], rows)
    both.online(["in_pandas:sum"], rows, full_feature_names=True)
    both.online("all", rows[:1])  # of several rows Feast computes a singleton for the first one only
    spine = pd.DataFrame({"driver_id": [1, 2], "more": [3, 4], "event_timestamp": [at(6), at(6)]})
    both.history(spine, ["in_pandas:sum", "in_python:product", "stats:trips"])


def typed_values():
    """Of each type what a request gets for a value that was written."""
    return {
        "Bool": True,
        "Int32": -5,
        "Int64": 2**40,
        "Float32": 0.5,
        "Float64": 0.1,
        "String": "über",
        "Bytes": b"\x00\xff",
        "UnixTimestamp": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        "Json": json.dumps({"a": [1, None]}),
        "Map": {"k": "v", "w": "x"},
        "Array(Int64)": [1, 2, 3],
        "Array(Float32)": [0.5, 0.25],
        "Array(String)": ["a", ""],
        "Array(Bool)": [True],
        "Set(Int64)": {3, 1},
        "Set(String)": {"a", "b"},
        "Uuid": str(uuid.UUID(int=7)),
        "Decimal": decimal.Decimal("1.10"),
        "Struct({name: String, age: Int64})": {"name": "x", "age": 3},
    }


@pytest.mark.parametrize("text", list(typed_values()))
def test_types_come_back_as_they_went(both, tmp_path, text):
    """Written through the SDK: the value itself, a null, and a key that is not there."""
    value = typed_values()[text]

    def define(package):
        types = module_of(package, "types")
        dtype = eval(text.replace("name:", "'name':").replace("age:", "'age':"), vars(types))
        driver = package.Entity(name="driver", join_keys=["driver_id"], value_type=package.ValueType.INT64)
        source = package.PushSource(
            name="p",
            batch_source=package.FileSource(
                name="s", path="missing.parquet", timestamp_field="event_timestamp"
            ),
        )
        schema = [package.Field(name="driver_id", dtype=types.Int64), package.Field(name="x", dtype=dtype)]
        return [driver, package.FeatureView(name="v", entities=[driver], source=source, schema=schema)]

    both.apply(define)
    frame = pd.DataFrame({"driver_id": [1, 2], "event_timestamp": [at(1), at(1)]})
    frame["x"] = pd.Series([value, None], dtype=object)
    found = []
    for store in both.stores:
        store.write_to_online_store("v", frame.copy())
        found.append(store.get_online_features(["v:x"], [{"driver_id": d} for d in (1, 2, 9)]).to_dict()["x"])
    assert [plain(v) for v in found[0]] == [plain(v) for v in found[1]]
    assert [type(v) for v in found[1]] == [type(v) for v in found[0]]
    assert found[1][0] is not None


FEASTS_OWN = """
import json, sys, importlib
from datetime import datetime
import pandas as pd

feast = importlib.import_module(sys.argv[1])
store = feast.FeatureStore(repo_path=".")
spine = pd.DataFrame({
    "driver_id": [1001, 1002, 9], "event_timestamp": [datetime.utcnow()] * 3,
    "val_to_add": [1, 2, 3], "val_to_add_2": [10, 20, 30],
})
names = ["driver_hourly_stats:conv_rate", "driver_hourly_stats:avg_daily_trips"]
names += ["transformed_conv_rate:conv_rate_plus_val1"]
history = store.get_historical_features(entity_df=spine, features=names).to_df()
history = history[["driver_id"] + [name.partition(":")[2] for name in names]].sort_values("driver_id")
store.materialize_incremental(end_date=datetime.utcnow())
rows = [{"driver_id": d, "val_to_add": 1000, "val_to_add_2": 2000} for d in (1001, 1003)]
asked = [[f"driver_hourly_stats:driver_{name}" for name in ("metadata", "config", "profile")]]
asked += [store.get_feature_service(f"driver_activity_v{i}") for i in (1, 3)]
online = [store.get_online_features(features=f, entity_rows=rows).to_dict() for f in asked]
print("ANSWER" + json.dumps([json.loads(history.to_json()), online], sort_keys=True))
"""


def test_feasts_own_template(tmp_path):
    """Feast's template with maps, JSON, structs and labels, its imports renamed, gives what it gives
    there."""
    template = os.path.join(os.path.dirname(theirs.__file__), "templates", "local")
    folder = tmp_path / "own"
    shutil.copytree(template, folder)
    run(folder, "bootstrap.py")
    repo = folder / "feature_repo"
    yaml = (repo / "feature_store.yaml").read_text().replace("my_project", "own")
    (repo / "feature_store.yaml").write_text(yaml + "\noffline_store:\n    type: file\n")
    (repo / "answers.txt").write_text(FEASTS_OWN)
    answers = []
    for package in ("feast", "weft.feast"):
        if package != "feast":
            for file in repo.glob("*.py"):
                file.write_text(file.read_text().replace("from feast", "from weft.feast"))
            command(repo, "apply")
        else:
            run(repo, "-c", "import sys; from feast.cli.cli import cli; sys.argv = ['feast', 'apply']; cli()")
        out = run(repo, "answers.txt", package).stdout
        answers.append(json.loads(out[out.index("ANSWER") + 6 :]))
    (their_history, their_online), (our_history, our_online) = answers
    assert our_online == their_online
    for column, values in their_history.items():
        for row, value in enumerate(sorted(values.values(), key=str)):
            ours = sorted(our_history[column].values(), key=str)[row]
            assert ours == pytest.approx(value) if value is not None else ours is None
