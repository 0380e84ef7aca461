"""Serving: Weft's own server where it can, the one in Python for what needs it; both in Feast's protocol."""

from __future__ import annotations

import http.client
import json
from datetime import timedelta

import pytest
import trips
import weft
import weft.feast as feast
from processes import started
from trips import at
from weft.feast.feature_server import PythonServer, needs_python, start
from weft.feast.on_demand_feature_view import on_demand_feature_view
from weft.feast.types import Float64


def post(server, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    text = body if isinstance(body, str) else json.dumps(body)
    connection.request("POST", path, text, {"Content-Type": "application/json"})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response.status, json.loads(data) if data else None


@pytest.fixture(params=["native", "python"])
def served(request, make_store, tmp_path):
    trips.write_stats(tmp_path)
    store = make_store()
    driver, _, stats, *_ = trips.definitions(feast, tmp_path, ttl=timedelta(0))
    positions = feast.PushSource(name="positions")
    place = feast.FeatureView(
        name="place", entities=[driver], source=positions, schema=[feast.Field(name="x", dtype=Float64)]
    )
    store.apply([driver, stats, place, feast.FeatureService(name="all", features=[stats, place])])
    store.materialize(at(0), at(10))
    server = start(store) if request.param == "native" else PythonServer(store, "127.0.0.1", 0)
    assert isinstance(server, weft.FeatureServer) == (request.param == "native")
    yield server, store
    server.stop()


def test_answers_have_feasts_form(served):
    server, _ = served
    status, answer = post(
        server,
        "/get-online-features",
        {"features": ["stats:trips", "stats:km"], "entities": {"driver_id": [3, 9]}},
    )
    assert status == 200
    assert answer == {
        "metadata": {"feature_names": ["driver_id", "trips", "km"]},
        "results": [
            {"values": [3, 9], "statuses": ["PRESENT"] * 2, "event_timestamps": ["1970-01-01T00:00:00Z"] * 2},
            {
                "values": [4, None],
                "statuses": ["PRESENT", "NOT_FOUND"],
                "event_timestamps": ["2024-01-01T04:00:00Z", "1970-01-01T00:00:00Z"],
            },
            {
                "values": [None, None],
                "statuses": ["NULL_VALUE", "NOT_FOUND"],
                "event_timestamps": ["2024-01-01T04:00:00Z", "1970-01-01T00:00:00Z"],
            },
        ],
    }


def test_rows_are_pushed_and_seen(served):
    server, store = served
    row = {"driver_id": [3], "event_timestamp": ["2024-01-02T00:00:00Z"], "x": [1.5]}
    assert post(server, "/push", {"push_source_name": "positions", "df": row, "to": "online"})[0] == 200
    row = {"driver_id": [4], "event_timestamp": ["2024-01-02T00:00:00Z"], "created": ["2024-01-02T00:00:00Z"]}
    row |= {"km": [4.0], "trips": [44]}
    assert post(server, "/write-to-online-store", {"feature_view_name": "stats", "df": row})[0] == 200
    asked = {"feature_service": "all", "entities": {"driver_id": [3, 4]}}
    answer = post(server, "/get-online-features", asked)[1]
    values = dict(
        zip(answer["metadata"]["feature_names"], (r["values"] for r in answer["results"]), strict=True)
    )
    assert values == {"driver_id": [3, 4], "km": [None, 4.0], "trips": [4, 44], "x": [1.5, None]}
    times = {"start_ts": "2024-01-01T00:00:00Z", "end_ts": "2024-01-01T10:00:00Z", "feature_views": ["stats"]}
    assert post(server, "/materialize", times)[0] == 200
    assert post(server, "/materialize-incremental", {"end_ts": "2024-01-02T00:00:00Z"})[0] == 200
    assert store.get_online_features(["stats:trips"], [{"driver_id": 4}]).to_dict()["trips"] == [44]


def test_mistakes_have_a_status_and_a_message(served):
    server, _ = served
    entities = {"driver_id": [1]}
    for path, body, status in (
        ("/get-online-features", {"features": ["nope:km"], "entities": entities}, 404),
        ("/get-online-features", {"feature_service": "nope", "entities": entities}, 404),
        ("/get-online-features", {"features": ["stats:km"], "entities": {"driver": [1]}}, 422),
        (
            "/get-online-features",
            {"features": ["stats:km"], "entities": {"driver_id": [1], "x": [1, 2]}},
            422,
        ),
        ("/get-online-features", {"features": ["stats:km"], "entities": {"driver_id": [None]}}, 422),
        ("/get-online-features", {"features": ["stats:km"]}, 422),
        ("/get-online-features", "{", 400),
        ("/push", {"push_source_name": "positions", "df": {}, "to": "nowhere"}, 422),
        ("/materialize", {"start_ts": "soon", "end_ts": "later"}, 422),
    ):
        found, answer = post(server, path, body)
        assert found == status, (path, body, answer)
        error = json.loads(answer)
        assert error["module"] == "feast.errors" and error["message"]


def test_what_needs_python(make_store, tmp_path):
    trips.write_stats(tmp_path)
    store = make_store()
    objects = trips.definitions(feast, tmp_path, ttl=timedelta(0))
    store.apply(objects[:3])
    assert needs_python(store) == ""
    assert needs_python(make_store(compat="feast"))
    store.apply(objects)
    assert "one history" in needs_python(store)
    store.delete_feature_view("stats")
    assert needs_python(store) == ""

    @on_demand_feature_view(
        sources=[objects[4]], schema=[feast.Field(name="twice", dtype=Float64)], mode="python"
    )
    def doubled(inputs):
        return {"twice": [None if v is None else 2 * v for v in inputs["km"]]}

    store.apply([doubled])
    assert needs_python(store) == "on-demand view doubled"
    server = start(store)
    try:
        assert isinstance(server, PythonServer)
        store.materialize(at(0), at(10))
        body = {"features": ["doubled:twice"], "entities": {"driver_id": ["1", 3]}}
        answer = post(server, "/get-online-features", body)[1]
        assert [r["values"] for r in answer["results"]] == [[1, 3], [100.0, None]]
        assert answer["results"][1]["statuses"] == ["PRESENT", "NULL_VALUE"]
    finally:
        server.stop()
    with pytest.raises(ValueError, match="a key and a certificate"):
        start(store, key="k.pem")


def test_the_command_serves_until_it_is_told_to_end(make_store, tmp_path):
    trips.write_stats(tmp_path)
    (tmp_path / "feature_store.yaml").write_text("project: tests\nregistry: registry.db\n")
    store = make_store()
    store.apply(trips.definitions(feast, tmp_path, ttl=timedelta(0))[:3])
    store.materialize(at(0), at(10))
    with started(tmp_path, "serve", "--port", "0") as process:
        line = process.stdout.readline()
        assert line.startswith("Serving project tests on 127.0.0.1:")
        process.port = int(line.rpartition(":")[2])
        asked = {"features": ["stats:trips"], "entities": {"driver_id": [1]}}
        assert post(process, "/get-online-features", asked)[1]["results"][1]["values"] == [5]
        process.terminate()
        assert process.wait(timeout=60) == 0
