"""Asks Feast (offline store duckdb, online store sqlite) the questions of cases/store, and compares its
answers with what the cases say: those they expect, or for `feast: differs` those they note under `feast`.

usage: feast_cases.py FOLDER [PART OF A NAME...]       -v prints what Feast did where a case leaves it open
"""
from __future__ import annotations

import math
import os
import re
import sys
import tempfile
import time
import traceback
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

warnings.filterwarnings("ignore")
import feast.feature_store
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, PushSource, RequestSource
from feast import types as feast_types
from feast.data_source import PushMode
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.protos.feast.serving.ServingService_pb2 import FieldStatus
from feast.repo_config import RepoConfig
from feast.value_type import ValueType

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
UTC_US = pa.timestamp("us", tz="UTC")
UNITS = {"d": 86400_000_000, "h": 3600_000_000, "m": 60_000_000, "min": 60_000_000, "s": 1_000_000, "ms": 1000,
         "us": 1}
ARROW_TYPES = {"int32": pa.int32(), "int64": pa.int64(), "float": pa.float32(), "double": pa.float64(),
               "bool": pa.bool_(), "string": pa.string(), "timestamp": UTC_US}
FEAST_TYPES = {"int32": feast_types.Int32, "int64": feast_types.Int64, "float": feast_types.Float32,
               "double": feast_types.Float64, "bool": feast_types.Bool, "string": feast_types.String,
               "timestamp": feast_types.UnixTimestamp}
KEY_TYPES = {"int32": ValueType.INT32, "int64": ValueType.INT64, "string": ValueType.STRING}


def eta_hours(inputs: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"eta_hours": inputs["distance"] / inputs["speed"]})


# What the module store_cases computes in a request: the function, what it gives, what the request brings, and
# the view and features it takes the rest from.
ON_DEMAND = {"eta_hours": (eta_hours, "double", {"distance": "double"}, "stats", ["speed"])}


class Loader(yaml.SafeLoader):
    """Reads YAML as the C++ tests do: times stay texts, and only true and false are bools."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers
            if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


# ---- values -----------------------------------------------------------------------------------------------

def arrow_type(name: str) -> pa.DataType:
    inner = re.fullmatch(r"list<(.*)>", name)
    return pa.list_(arrow_type(inner[1])) if inner else ARROW_TYPES[name]


def feast_type(name: str):
    inner = re.fullmatch(r"list<(.*)>", name)
    return feast_types.Array(feast_type(inner[1])) if inner else FEAST_TYPES[name]


def duration_of(text: str) -> timedelta | None:
    if not re.fullmatch(r"(\d+(d|h|min|m|s|ms|us))+", text):
        return None
    parts = re.findall(r"(\d+)(min|ms|us|d|h|m|s)", text)
    return timedelta(microseconds=sum(int(n) * UNITS[unit] for n, unit in parts))


def time_of(value) -> datetime | None:
    """Without a zone where the case gives none."""
    if value is None:
        return None
    after = duration_of(str(value))
    return START + after if after is not None else datetime.fromisoformat(str(value).replace("Z", "+00:00"))


def column_of(values: list, type_name: str | None) -> pa.Array:
    if type_name != "timestamp":
        return pa.array(values, type=arrow_type(type_name) if type_name else None)
    times = [time_of(value) for value in values]
    naive = any(t is not None and t.tzinfo is None for t in times)
    return pa.array(times, type=pa.timestamp("us") if naive else UTC_US)


def table_of(columns: dict, types: dict[str, str]) -> pa.Table:
    out = {}
    for spelled, values in columns.items():
        name, _, own = str(spelled).partition(":")
        out[name] = column_of(values or [], own or types.get(name))
    return pa.table(out)


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Integers with nulls stay integers; times in other zones than UTC stay in them."""
    nullable = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    with_nulls = {field.name for field in table.schema if table[field.name].null_count}
    frame = table.to_pandas()
    for name in with_nulls:
        kind = table.schema.field(name).type
        if kind in nullable:
            frame[name] = pd.array(table[name].to_pylist(), dtype=nullable[kind])
    return frame


def is_nan(value) -> bool:
    return isinstance(value, float) and math.isnan(value)


def same_value(expected, found) -> bool:
    if expected is None or found is None or is_nan(expected) or is_nan(found):
        return (expected is None) == (found is None) and is_nan(expected) == is_nan(found)
    if isinstance(found, datetime) or isinstance(expected, datetime):
        return pd.Timestamp(expected).tz_convert("UTC") == pd.Timestamp(found).tz_convert("UTC")
    if isinstance(expected, bool) != isinstance(found, bool):
        return False
    return list(expected) == list(found) if isinstance(expected, list) else expected == found


def same_type(expected: str, found: pa.DataType) -> bool:
    if expected == "string":
        return pa.types.is_string(found) or pa.types.is_large_string(found)
    return pa.types.is_timestamp(found) if expected == "timestamp" else arrow_type(expected) == found


def expected_column(spelled: str, values: list, found: list) -> list:
    """Texts that stand for times become times, where times were found."""
    is_time = spelled.endswith(":timestamp") or any(isinstance(value, datetime) for value in found)
    return [time_of(value) for value in values] if is_time else values


def wrong_columns(expect: dict, found: dict[str, list], types: pa.Schema | None = None) -> str:
    names = [str(spelled).partition(":")[0] for spelled in expect]
    if set(names) != set(found):
        return f"expected the columns {names}, found {sorted(found)}"
    for spelled, values in expect.items():
        name, _, type_name = str(spelled).partition(":")
        values = expected_column(str(spelled), values, found[name])
        if name in ON_DEMAND:  # pandas, in which functions compute, has no nulls of numbers
            found[name] = [None if is_nan(value) else value for value in found[name]]
        if len(values) != len(found[name]) or not all(map(same_value, values, found[name])):
            return f"{name}: expected {values}, found {found[name]}"
        if types is not None and type_name and not same_type(type_name, types.field(name).type):
            return f"{name}: expected {type_name}, found {types.field(name).type}"
    return ""


def merged(under, over):
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    out = {name: merged(value, over[name]) if name in over else value
           for name, value in under.items() if not (name in over and over[name] is None)}
    out.update({name: value for name, value in over.items() if name not in under and value is not None})
    return out


# ---- one case ---------------------------------------------------------------------------------------------

class CaseRun:
    """A store of one case in a folder of its own, made anew by apply()."""

    def __init__(self, case: dict, file: dict, folder: Path):
        self.folder = folder
        self.definitions = merged(file.get("definitions") or {}, case.get("definitions") or {})
        self.rows = case.get("rows") or file.get("rows") or {}
        self.now = time_of(file.get("clock", "48h"))
        feast.feature_store._utc_now = lambda: self.now
        self.key_types = {key: kind for entity in self.part("entities").values() for key, kind in
                          entity["keys"].items()}

    def part(self, name: str) -> dict:
        return self.definitions.get(name) or {}

    # ---- definitions and rows

    def types_of(self, source: dict) -> dict[str, str]:
        """By the name as stored."""
        types = {source[key]: "timestamp" for key in ("time", "known") if source.get(key)}
        types.update(source.get("columns") or {})
        for stored, name in (source.get("renamed") or {}).items():
            types[stored] = types.pop(name)
        return types

    def path_of(self, source: str) -> str:
        return str(self.folder / f"{source}.parquet")

    def write_rows(self) -> None:
        for name, source in self.part("sources").items():
            types = self.types_of(source)
            if os.path.exists(self.path_of(name)):
                continue
            rows = self.rows.get(name) or {column: [] for column in types}
            pq.write_table(table_of(rows, types), self.path_of(name))

    def source_of(self, name: str, source: dict) -> FileSource | PushSource:
        file = FileSource(
            name=name if source.get("kind") != "push" else name + "_history", path=self.path_of(name),
            timestamp_field=source.get("time", ""), created_timestamp_column=source.get("known", ""),
            field_mapping=source.get("renamed"))
        return PushSource(name=name, batch_source=file) if source.get("kind") == "push" else file

    def apply(self) -> None:
        self.write_rows()
        self.store = FeatureStore(config=RepoConfig(
            project="cases", provider="local", registry=str(self.folder / "registry.db"),
            online_store={"type": "sqlite", "path": str(self.folder / "online.db")},
            offline_store={"type": "duckdb"}, entity_key_serialization_version=3))
        entities = {key: Entity(name=key, join_keys=[key], value_type=KEY_TYPES[kind])
                    for key, kind in self.key_types.items()}
        sources = {name: self.source_of(name, source) for name, source in self.part("sources").items()}
        self.views = {}
        for name, view in self.part("views").items():
            keys = [key for entity in view.get("entities", []) for key in self.part("entities")[entity]["keys"]]
            columns = self.part("sources")[view["source"]].get("columns") or {}
            schema = [Field(name=key, dtype=feast_type(self.key_types[key])) for key in keys]
            schema += [Field(name=feature, dtype=feast_type(columns[feature])) for feature in view["features"]]
            ttl = duration_of(str(view["ttl"])) if view.get("ttl") else timedelta(0)
            self.views[name] = FeatureView(name=name, source=sources[view["source"]], schema=schema, ttl=ttl,
                                           entities=[entities[key] for key in keys],
                                           online=view.get("online", True))
        self.store.apply([*entities.values(), *sources.values(), *self.views.values()])
        self.apply_functions()

    def apply_functions(self) -> None:
        self.on_demand = {}
        for name, (function, gives, brings, view, features) in ON_DEMAND.items():
            if view not in self.views or not any(
                    name in service.get("on_demand", []) for service in self.part("services").values()):
                continue
            request = RequestSource(name=name + "_request", schema=[
                Field(name=field, dtype=feast_type(kind)) for field, kind in brings.items()])
            self.on_demand[name] = OnDemandFeatureView(
                name=name, sources=[self.views[view][features], request], mode="pandas", udf=function,
                udf_string=name, schema=[Field(name=name, dtype=feast_type(gives))])
        services = []
        for name, service in self.part("services").items():
            taken = [self.projection(selection) for selection in service["views"]]
            taken += [self.on_demand[each] for each in service.get("on_demand", [])]
            services.append(FeatureService(name=name, features=taken))
        self.store.apply([*self.on_demand.values(), *services])

    def projection(self, selection) -> FeatureView:
        view = self.views[selection["view"]]
        if selection.get("features"):
            view = view[selection["features"]]
        if selection.get("alias"):
            view = view.with_name(selection["alias"])
        if selection.get("keys"):
            view = view.with_join_key_map(selection["keys"])
        return view

    # ---- steps

    def features_of(self, question: dict):
        if question.get("service"):
            return self.store.get_feature_service(question["service"])
        return [name if ":" in name else f"{name}:{name}" for name in question["features"]]

    def types_asked(self) -> dict[str, str]:
        types = {key: kind for source in self.part("sources").values() for key, kind in
                 self.types_of(source).items()}
        types.update(self.key_types)
        for service in self.part("services").values():
            for selection in service["views"]:
                for key, name in (selection.get("keys") or {}).items():
                    types[name] = self.key_types[key]
        return types

    def history(self, question: dict) -> tuple[dict[str, list], pa.Schema]:
        features = self.features_of(question)
        options = {"full_feature_names": question.get("full_names", False)}
        if question.get("as_of") == "known":
            options["filter_by_created_timestamp"] = True
        if "rows" not in question:
            at = time_of(question["at"])
            answer = self.store.get_historical_features(
                features=features, start_date=EPOCH, end_date=at, **options).to_arrow()
            return {name: answer[name].to_pylist() for name in answer.column_names}, answer.schema
        types = self.types_asked()
        if question.get("time"):
            types[question["time"]] = "timestamp"
        spine = frame_of(table_of(question["rows"], types))
        if question.get("time"):
            spine = spine.rename(columns={question["time"]: "event_timestamp"})
        elif question.get("at"):
            spine["event_timestamp"] = time_of(question["at"])
        spine["weft_row"] = range(len(spine))  # Feast's rows come in any order
        answer = self.store.get_historical_features(
            entity_df=spine, features=features, **options).to_arrow().sort_by("weft_row")
        if answer["weft_row"].to_pylist() != list(range(len(spine))):
            raise AssertionError(f"rows {answer['weft_row'].to_pylist()} of {len(spine)} came back")
        own = [name for name in answer.column_names if name not in spine.columns]
        return {name: answer[name].to_pylist() for name in own}, answer.schema

    def online(self, question: dict) -> tuple[dict[str, list], dict[str, list], dict[str, list]]:
        rows = question["rows"]
        if isinstance(rows, int):
            asked = [{}] * rows
        else:
            asked = {str(name).partition(":")[0]: values for name, values in rows.items()}
            if len(set(map(len, asked.values()))) == 1:
                asked = [dict(zip(asked, row)) for row in zip(*asked.values())]
        response = self.store.get_online_features(
            features=self.features_of(question), entity_rows=asked,
            full_feature_names=question.get("full_names", False))
        keys = {name for row in asked for name in row} | set(self.key_types)
        values = {name: found for name, found in response.to_dict().items() if name not in keys}
        statuses, times = {}, {}
        for name, result in zip(response.proto.metadata.feature_names.val, response.proto.results):
            statuses[name] = [FieldStatus.Name(status) for status in result.statuses]
            times[name] = [EPOCH + timedelta(microseconds=t.seconds * 1_000_000 + t.nanos // 1000)
                           for t in result.event_timestamps]
        return values, statuses, times

    def materialize(self, step: dict, incremental: bool) -> None:
        views = step.get("views") or [
            name for name, view in self.part("views").items() if view.get("online", True)]
        end = time_of(step["end"]) if "end" in step else self.now
        if incremental:
            self.store.materialize_incremental(end_date=end, feature_views=views)
        else:
            start = time_of(step["start"]) if "start" in step else EPOCH
            self.store.materialize(start_date=start, end_date=end, feature_views=views)

    def push(self, step: dict) -> None:
        rows = table_of(step["rows"], self.types_of(self.part("sources").get(step["source"], {"time": "at"})))
        to = {"online": PushMode.ONLINE, "offline": PushMode.OFFLINE}.get(
            step.get("to"), PushMode.ONLINE_AND_OFFLINE)
        self.store.push(step["source"], frame_of(rows), to=to)

    def write(self, step: dict) -> None:
        if "view" in step:
            self.store.write_to_online_store(step["view"], frame_of(table_of(step["rows"], self.types_asked())))
            return
        path = self.path_of(step["source"])
        rows = table_of(step["rows"], self.types_of(self.part("sources")[step["source"]]))
        pq.write_table(pa.concat_tables([pq.read_table(path), rows]), path)

    def answer(self, step: dict) -> dict:
        """What Feast does: `history`, `online`, `statuses` and `event_times` as far as the step asks."""
        if "apply" in step:
            self.definitions = merged(self.definitions, (step["apply"] or {}).get("definitions") or {})
            self.apply()
        if "clock" in step:
            self.now = time_of(step["clock"])
        if "materialize" in step:
            self.materialize(step["materialize"] or {}, incremental=False)
        if "incremental" in step:
            self.materialize(step["incremental"] or {}, incremental=True)
        if "push" in step:
            self.push(step["push"])
        if "write" in step:
            self.write(step["write"])
        found = {}
        if "history" in step:
            found["history"], found["types"] = self.history(step["history"])
        if "both" in step:
            at = {**step["both"], "at": self.now.isoformat()}
            found["history"], found["types"] = self.history(at)
        if question := step.get("online") or step.get("both"):
            found["online"], found["statuses"], found["event_times"] = self.online(question)
        return found


@contextmanager
def quiet():
    """Without Feast's progress and warnings."""
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


# ---- comparing --------------------------------------------------------------------------------------------

def wrong_answer(step: dict, noted: dict, found: dict) -> str:
    """Against what the case expects, or says of Feast."""
    says = {"expect": step.get("expect"), **({} if noted else {key: step.get(key) for key in
            ("statuses", "event_times")}), **noted}
    for kind in ("history", "online"):
        if kind in found:
            expect = says.get(kind) or says["expect"]
            types = found.get("types") if kind == "history" else None
            if wrong := wrong_columns(expect, found[kind], types):
                return f"{kind}: {wrong}"
    for name, statuses in (says.get("statuses") or {}).items():
        if statuses != found["statuses"][name]:
            return f"statuses of {name}: expected {statuses}, found {found['statuses'][name]}"
    for name, times in (says.get("event_times") or {}).items():
        times = [time_of(each) or EPOCH for each in times]
        if times != found["event_times"][name]:
            return f"event times of {name}: expected {times}, found {found['event_times'][name]}"
    return ""


def wrong_step(run: CaseRun, step: dict, verbose: bool) -> str:
    noted = step.get("feast") or {}
    try:
        with quiet():
            found = run.answer(step)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        if noted.get("anything"):
            if verbose:
                print(f"    Feast: {what.splitlines()[0][:150]}")
            return ""
        if "error" in noted or ("error" in step and not noted):
            return "" if noted.get("error", "") in what else f"expected {noted['error']}, found {what}"
        if verbose:
            traceback.print_exc()
        return what
    if noted.get("anything"):
        if verbose:
            print(f"    Feast: { {key: value for key, value in found.items() if key != 'types'} }")
        return ""
    if "error" in noted or ("error" in step and not noted):
        return f"expected an error, found {found}"
    return wrong_answer(step, noted, found)


def notes_a_difference(step: dict) -> bool:
    noted = step.get("feast") or {}
    return any(noted.get(key) is not None and noted[key] != step.get("expect" if key in ("history", "online")
                                                                    else key) for key in noted)


def wrong_case(case: dict, file: dict, verbose: bool) -> str:
    if (case["feast"] == "differs") != any(map(notes_a_difference, case["steps"])):
        return "`feast: differs` and what the steps note of Feast do not fit together"
    # In memory where there is such a place: Feast syncs many small files.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="feast-", dir=memory) as folder:
        run = CaseRun(case, file, Path(folder))
        if "apply" not in case["steps"][0]:
            with quiet():
                run.apply()
        for number, step in enumerate(case["steps"], 1):
            if wrong := wrong_step(run, step, verbose):
                return f"step {number}: {wrong}"
    return ""


def main() -> int:
    verbose = "-v" in sys.argv
    folder, *parts = [argument for argument in sys.argv[1:] if argument != "-v"]
    begun = time.monotonic()
    counts, failed = {"same": 0, "differs": 0}, 0
    for path in sorted(Path(folder).glob("*.yaml")):
        file = yaml.load(path.read_text(encoding="utf-8"), Loader)
        for case in file["cases"]:
            if parts and not any(part in case["name"] for part in parts):
                continue
            try:
                wrong = wrong_case(case, file, verbose)
            except Exception as error:
                if verbose:
                    traceback.print_exc()
                wrong = f"{type(error).__name__}: {error}"
            counts[case["feast"]] += 1
            if wrong:
                failed += 1
                print(f"{path.name}: {case['name']}: {wrong[:700]}")
            elif verbose:
                print(f"{path.name}: {case['name']}: ok")
    print(f"Feast answered {counts['same']} cases that agree and {counts['differs']} that differ, {failed} of them "
          f"not as noted, in {time.monotonic() - begun:.0f} s")
    return 1 if failed or sum(counts.values()) == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
