"""From a Parquet file to the latest values of ten features: `weft materialize` (LMDB) against Feast's
materialize (SQLite). Keys a CPU second are those of the call, without what it takes either to start, and those
of the whole process; wall time is ours of the whole command, Feast's of the call. Then the memory of ours as
the range grows. bench.py [LARGEST]"""
import json
import sys
import time
import warnings

import pyarrow.parquet as pq

import harness
import stores

FEATURES = 10
KEYS_MAX = 100_000
SAMPLE = 500


def feast_side(folder):
    """In a process of its own, for the memory: materializes, and prints what it took."""
    warnings.filterwarnings("ignore")
    import datetime  # noqa: PLC0415
    from feast import FeatureStore  # noqa: PLC0415
    store = FeatureStore(repo_path=folder)
    store.list_feature_views()
    wall, cpu = time.perf_counter(), time.process_time()
    store.materialize(stores.BEGIN, datetime.datetime.fromisoformat(stores.END + "+00:00"))
    print(json.dumps({"wall": time.perf_counter() - wall, "call_cpu": time.process_time() - cpu}))


def latest(folder, keys):
    """What the two keep of some keys."""
    from feast import FeatureStore  # noqa: PLC0415
    names = stores.feature_names(FEATURES)
    sample = [i * keys // SAMPLE for i in range(SAMPLE)]
    words = [word for key in sample for word in ("-k", f"{stores.KEY}={key}")]
    rows = json.loads(stores.run(stores.weft_command(folder / "weft", "get", "v0:*", *words, "--json"))["output"])
    mine = {name: [row["features"][name]["value"] for row in rows] for name in names}
    answer = FeatureStore(repo_path=str(folder / "feast")).get_online_features(
        features=[f"v0:{name}" for name in names], entity_rows=[{stores.KEY: key} for key in sample]).to_dict()
    return mine, {name: answer[name] for name in names}


def materialize_weft(folder, rows, views):
    stores.make_weft(folder, rows, views)
    stores.run(stores.weft_command(folder, "apply"))
    start = min(stores.run(stores.weft_command(folder, "plan"))["cpu"] for _ in range(3))
    cost = stores.run(stores.weft_command(folder, "materialize", "--end", stores.END + "Z"))
    cost["call_cpu"] = cost["cpu"] - start
    runs = json.loads(stores.run(stores.weft_command(folder, "runs", "--json"))["output"])
    return cost | {"read": runs[0]["rows"]}


def materialize_feast(folder, rows, views):
    stores.make_feast(folder, rows, views)
    stores.run(stores.feast_command(folder, "apply"))
    whole = stores.run([sys.executable, __file__, "--feast", str(folder)])
    return whole | json.loads(whole["output"].strip().splitlines()[-1])


def best(runs):
    return {what: min(run[what] for run in runs) for what in ("wall", "cpu", "call_cpu", "peak_mib")}


def main():
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    folder = harness.DATA / "materialize"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rows.parquet"
    views = stores.Views.split("v", FEATURES, 1)
    former = None
    for count in (10_000, 100_000, 1_000_000):
        keys = min(count, KEYS_MAX)
        stores.write_rows(path, count, keys, FEATURES)
        there = len(pq.read_table(path, columns=[stores.KEY])[stores.KEY].unique())
        mine, other = [], []
        for _ in range(1 if count > 100_000 else 2):
            mine.append(materialize_weft(folder / "weft", path, views))
            other.append(materialize_feast(folder / "feast", path, views))
        equal = mine[0]["read"] == count
        ours, theirs = latest(folder, keys)
        equal = equal and ours == theirs
        former, feast = best(mine), best(other)
        case = f"{count} rows of {there} keys"
        for what, text in (("call_cpu", "of the call"), ("cpu", "of the process")):
            harness.report("materialize", f"keys a CPU second {text}, {case}", there / former[what], "feast sqlite",
                           there / feast[what], "1/s", equal, more_is_better=True)
        for what, unit in (("wall", "s"), ("peak_mib", "MiB")):
            harness.report("materialize", f"{what}, {case}", former[what], "feast sqlite", feast[what], unit, equal)
    if largest <= 1_000_000:
        return
    stores.write_rows(path, largest, KEYS_MAX, FEATURES)
    more = materialize_weft(folder / "weft", path, views)
    harness.report("materialize", f"peak_mib, {largest} rows of {KEYS_MAX} keys", more["peak_mib"],
                   "weft, 1000000 rows", former["peak_mib"], "MiB", more["read"] == largest)
    path.unlink()


if sys.argv[1:2] == ["--feast"]:
    feast_side(sys.argv[2])
else:
    main()
