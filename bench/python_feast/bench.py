"""weft.feast against Feast through the same Python calls, in one process: get_online_features().to_dict() with
Feast's SQLite store, get_historical_features().to_arrow() with its duckdb engine, and materialize. Seconds are
those of one call. bench.py [SPINE_ROWS [SOURCE_ROWS]]"""
import contextlib
import datetime
import importlib
import io
import logging
import sys
import warnings

import harness
import stores

sys.path.insert(0, str(harness.BIN.parent / "python"))
logging.disable(logging.WARNING)

import feast as theirs  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402

import weft.feast as ours  # noqa: E402

warnings.simplefilter("ignore")  # importing Feast sets others

KEYS_ONLINE = 2_000
TTL = datetime.timedelta(days=10)
# rows of a request, features, views
REQUESTS = [(1, 10, 1), (1, 50, 5), (10, 10, 1), (100, 10, 1), (100, 50, 5)]


def open_store(package, folder):
    if package is ours:
        return ours.FeatureStore(config=ours.RepoConfig(project="bench", registry="registry.db", repo_path=folder))
    config = importlib.import_module("feast.repo_config").RepoConfig(
        project="bench", provider="local", registry=str(folder / "registry.db"), repo_path=folder,
        offline_store={"type": "duckdb"}, online_store={"type": "sqlite", "path": str(folder / "online.db")},
        entity_key_serialization_version=3)
    return theirs.FeatureStore(config=config)


def applied(package, folder, rows, views, ttl):
    """A store with these views over one file, each with its features."""
    stores.fresh(folder)
    float64 = importlib.import_module(package.__name__ + ".types").Float64
    entity = package.Entity(name="item", join_keys=[stores.KEY], value_type=package.ValueType.INT64)
    source = package.FileSource(name="rows", path=str(rows), timestamp_field=stores.TIME)
    store = open_store(package, folder)
    store.apply([entity, source, *(
        package.FeatureView(name=view, entities=[entity], ttl=ttl, source=source,
                            schema=[package.Field(name=name, dtype=float64) for name in names])
        for view, names in views.features_of.items())])
    return store


def both(name, rows, views, ttl=datetime.timedelta(0)):
    folder = harness.DATA / "python_feast" / name
    return [applied(package, folder / package.__name__, rows, views, ttl) for package in (ours, theirs)]


def materialized(store):
    end = datetime.datetime.fromisoformat(stores.END)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        store.materialize(stores.BEGIN.replace(tzinfo=None), end)


def online(folder):
    rows = folder / "online.parquet"
    stores.write_rows(rows, 3 * KEYS_ONLINE, KEYS_ONLINE, 50, every_key=True)
    views = stores.Views.split("one", 10, 1) | stores.Views.split("wide", 50, 5)
    pair = both("online", rows, views)
    for store in pair:
        materialized(store)
    for count, features, among in REQUESTS:
        asked = stores.Views.split("one" if among == 1 else "wide", features, among).references()
        requests = [[{stores.KEY: (at * 37 + i) % KEYS_ONLINE} for i in range(count)] for at in range(20)]

        def answer(store, asked=asked, requests=requests):
            return lambda: [store.get_online_features(asked, request).to_dict() for request in requests]

        def timed(store, answer=answer, n=len(requests)):
            run = harness.least(answer(store))

            def one():
                seconds, found = run()
                return seconds / n, found
            return one

        harness.compare("python_feast", f"online, {count} rows, {features} features of {among} views",
                        timed(pair[0]), "feast sqlite", timed(pair[1]), lambda mine, other: mine == other, budget=3)


def history(folder, spine_rows, source_rows):
    rows = folder / "history.parquet"
    keys = source_rows // 10
    stores.write_rows(rows, source_rows, keys, 15)
    rng = np.random.default_rng(5)
    start = int(stores.BEGIN.timestamp())
    spine = pd.DataFrame({
        stores.KEY: rng.integers(0, keys, spine_rows),
        "event_timestamp": pd.to_datetime(start + rng.integers(0, 30 * 86_400, spine_rows), unit="s", utc=True),
        "label": np.arange(spine_rows)})
    for among in (1, 3):
        views = stores.Views.split("h", 5 * among, among)
        pair = both(f"history{among}", rows, views, TTL)

        def joined(store, views=views):
            return harness.clocked(lambda: store.get_historical_features(
                entity_df=spine, features=views.references()).to_arrow())

        harness.compare("python_feast", f"history, {spine_rows} rows with {among} views of {source_rows}",
                        joined(pair[0]), "feast duckdb", joined(pair[1]), same_rows, rounds=5, budget=30)


def same_rows(mine, other):
    """Feast's rows come in any order: both by their labels. Of rows of one key and second Feast takes any, so
    there the values may differ: at most one row in ten thousand."""
    mine, other = (table.sort_by("label").select(sorted(mine.column_names)) for table in (mine, other))
    if mine.num_rows != other.num_rows or mine.column_names != other.column_names:
        return False
    differing = 0
    for name in mine.column_names:
        left, right = mine.column(name), other.column(name).cast(mine.column(name).type)
        equal = pc.or_(pc.fill_null(pc.equal(left, right), False), pc.and_(pc.is_null(left), pc.is_null(right)))
        differing = max(differing, pc.sum(pc.cast(pc.invert(equal), pa.int64())).as_py())
    return differing * 10_000 <= mine.num_rows


def materialize(folder, source_rows=100_000):
    rows = folder / "materialize.parquet"
    stores.write_rows(rows, source_rows, source_rows, 10)
    views = stores.Views.split("m", 10, 1)
    asked = [{stores.KEY: i} for i in range(100)]

    def brought(package):
        def run():
            store = applied(package, folder / "materialize" / package.__name__, rows, views, datetime.timedelta(0))
            seconds, _ = harness.clocked(lambda: materialized(store))()
            return seconds, store.get_online_features(views.references(), asked).to_dict()
        return run

    harness.compare("python_feast", f"materialize {source_rows} rows of 10 features", brought(ours), "feast sqlite",
                    brought(theirs), lambda mine, other: mine == other, rounds=3, budget=40)


def main():
    spine_rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    source_rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    folder = harness.DATA / "python_feast"
    stores.fresh(folder)
    online(folder)
    history(folder, spine_rows, source_rows)
    materialize(folder)


main()
