"""Ten features of a key out of the store of latest values, in process: against bare calls of LMDB with the
same bytes, and against Feast's SDK with its SQLite store. Seconds are those of a request (of one key, of a
hundred) and of a row that is written. bench.py [ENTITIES]"""
import datetime
import logging
import pathlib
import shutil
import sys
import time
import warnings

import harness

warnings.filterwarnings("ignore")
import pandas as pd  # noqa: E402
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType  # noqa: E402
from feast.types import Float64  # noqa: E402

FEATURES = [f"f{i}" for i in range(10)]
FEAST_ENTITIES = 10_000
REQUESTS = 50


def value(entity, feature):
    return (entity * 31 + feature * 7) % 1000 / 8


class Feast:
    """Feast's store in a folder: SQLite, with the entities written to it."""

    def __init__(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "feature_store.yaml").write_text(
            "project: bench\nprovider: local\nregistry: registry.db\nentity_key_serialization_version: 3\n"
            "online_store:\n  type: sqlite\n  path: online.db\n")
        now = datetime.datetime.now(datetime.timezone.utc)
        frame = pd.DataFrame({"id": range(FEAST_ENTITIES), "at": now} | {
            name: [value(entity, i) for entity in range(FEAST_ENTITIES)] for i, name in enumerate(FEATURES)})
        frame.to_parquet(folder / "rows.parquet")
        self.store = FeatureStore(repo_path=str(folder))
        entity = Entity(name="id", join_keys=["id"], value_type=ValueType.INT64)
        view = FeatureView(name="bench", entities=[entity], ttl=datetime.timedelta(days=1),
                           schema=[Field(name=name, dtype=Float64) for name in FEATURES],
                           source=FileSource(path=str(folder / "rows.parquet"), timestamp_field="at"))
        self.store.apply([entity, view])
        started = time.perf_counter()
        self.store.write_to_online_store("bench", frame)
        self.write_seconds = (time.perf_counter() - started) / FEAST_ENTITIES

    def read(self, keys):
        """For compare(): REQUESTS requests of so many keys each."""
        names = [f"bench:{name}" for name in FEATURES]

        def run():
            total, started = 0.0, time.perf_counter()
            for request in range(REQUESTS):
                rows = [{"id": request * keys + i} for i in range(keys)]
                answer = self.store.get_online_features(features=names, entity_rows=rows).to_dict()
                total += sum(sum(answer[name]) for name in FEATURES)
            return (time.perf_counter() - started) / REQUESTS, {"sum": total}
        return run


def main():
    logging.disable(logging.WARNING)
    entities = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    folder = harness.DATA / "online"
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)

    def same(mine, other):
        return harness.close(mine["sum"], other["sum"])

    with harness.Ours("bench_online", folder) as ours:
        harness.compare("online", f"load, {entities} keys", ours.timed("load", "weft", entities), "bare mdb_put",
                        ours.timed("load", "bare", entities), same, rounds=3)
        for case, task in (("one key", "one"), ("100 keys", "hundred")):
            harness.compare("online", f"{case} of {entities}, 10 features", ours.timed(task, "weft", entities),
                            "bare mdb_get", ours.timed(task, "bare", entities), same)
        feast = Feast(folder / "feast")
        written = ours.ask("load", "weft", FEAST_ENTITIES)
        harness.report("online", f"write, {FEAST_ENTITIES} keys", written["seconds"], "feast sqlite",
                       feast.write_seconds, "s", True)
        for case, keys in (("one key", 1), ("100 keys", 100)):
            harness.compare("online", f"{case} of {FEAST_ENTITIES}, 10 features", ours.timed("ordered", REQUESTS, keys),
                            "feast sqlite", feast.read(keys), same, rounds=5)


main()
