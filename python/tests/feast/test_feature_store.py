"""From definitions to training sets and answers, without Feast beside it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import trips
import weft
import weft.feast as feast
from trips import at, write
from weft.feast import errors
from weft.feast.data_source import PushMode
from weft.feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from weft.feast.on_demand_feature_view import on_demand_feature_view
from weft.feast.types import Array, Float32, Float64, Int64, Json, Map, String, Struct


@pytest.fixture
def store(make_store, tmp_path):
    trips.write_stats(tmp_path)
    made = make_store()
    made.apply(trips.definitions(feast, tmp_path, ttl=timedelta(0)))
    return made


def spine(drivers, hours, **columns):
    times = pa.array([None if h is None else at(h) for h in hours], pa.timestamp("us", "UTC"))
    return pa.table({"driver_id": pa.array(drivers, pa.int64()), "event_timestamp": times, **columns})


# ---- training sets ------------------------------------------------------------------------------


def test_every_row_of_the_spine_stays_in_its_place(store):
    rows = spine([3, 1, None, 9, 1, 2], [9, 4, 4, 4, 6, 1], label=pa.array(list("abcdef")))
    found = store.get_historical_features(rows, ["stats:trips", "stats:km"]).to_arrow()
    assert found.column_names == ["driver_id", "event_timestamp", "label", "trips", "km"]
    assert found.column("label").to_pylist() == list("abcdef")
    assert found.column("trips").to_pylist() == [4, 1, None, None, 5, None]
    assert found.column("km").to_pylist() == [None, 10.0, None, None, 50.0, None]
    assert found.schema.field("trips").type == pa.int64()


def test_ttl_bounds_are_included(make_store, tmp_path):
    trips.write_stats(tmp_path)
    store = make_store()
    store.apply(trips.definitions(feast, tmp_path, ttl=timedelta(hours=2)))
    rows = spine([2, 2, 2], [4, 4.0001, 2])
    assert store.get_historical_features(rows, ["stats:km"]).to_arrow().column("km").to_pylist() == [
        20.0,
        None,
        20.0,
    ]


def test_full_names_and_collisions(store):
    rows = spine([1], [6])
    names = store.get_historical_features(rows, ["stats:km", "fresh:km"], full_feature_names=True).to_arrow()
    assert names.column_names[2:] == ["stats__km", "fresh__km"]
    with pytest.raises(errors.FeatureNameCollisionError, match="km"):
        store.get_historical_features(rows, ["stats:km", "fresh:km"])
    with pytest.raises(errors.FeatureNameCollisionError, match="km"):
        store.get_historical_features(rows.append_column("km", pa.array([1.0])), ["stats:km"])


def test_a_snapshot_without_a_spine(store):
    found = store.get_historical_features(features=["stats:trips"], end_date=at(4.5)).to_arrow()
    assert found.to_pydict() == {"driver_id": [1, 2, 3], "event_timestamp": [at(4.5)] * 3, "trips": [1, 2, 4]}
    since = store.get_historical_features(features=["stats:trips"], start_date=at(2.5), end_date=at(4.5))
    assert since.to_arrow().column("driver_id").to_pylist() == [3]


def test_rows_created_later_are_left_out_if_asked(make_store, tmp_path):
    write(
        tmp_path / "stats.parquet",
        driver_id=[1, 1],
        event_timestamp=[at(1), at(2)],
        created=[at(1), at(9)],
        km=[1.0, 2.0],
        trips=[1, 2],
    )
    store = make_store()
    store.apply(trips.definitions(feast, tmp_path))
    rows = spine([1], [3])
    assert store.get_historical_features(rows, ["stats:km"]).to_arrow().column("km").to_pylist() == [2.0]
    known = store.get_historical_features(rows, ["stats:km"], filter_by_created_timestamp=True)
    assert known.to_arrow().column("km").to_pylist() == [1.0]


def test_what_is_wrong_with_a_spine_is_told(store):
    with pytest.raises(errors.FeastEntityDFMissingColumnsError, match="driver_id"):
        store.get_historical_features(spine([1], [1]).drop_columns(["driver_id"]), ["stats:km"])
    with pytest.raises(errors.EntityDFNotDateTime, match="string"):
        bad = pa.table({"driver_id": [1], "event_timestamp": ["2024-01-01"]})
        store.get_historical_features(bad, ["stats:km"])
    with pytest.raises(errors.EntityTimestampInferenceException):
        store.get_historical_features(pa.table({"driver_id": [1]}), ["stats:km"])
    with pytest.raises(NotImplementedError, match="query"):
        store.get_historical_features("SELECT 1", ["stats:km"])
    with pytest.raises(TypeError, match="driver_id"):
        bad = pa.table({"driver_id": ["1"], "event_timestamp": [at(1)]})
        store.get_historical_features(bad, ["stats:km"]).to_arrow()


def test_a_key_that_pandas_made_a_float(store):
    rows = pa.table({"driver_id": pa.array([1.0, None]), "event_timestamp": pa.array([at(6), at(6)])})
    assert store.get_historical_features(rows, ["stats:trips"]).to_arrow().column("trips").to_pylist() == [
        5,
        None,
    ]
    rows = pa.table({"driver_id": pa.array([1.5]), "event_timestamp": pa.array([at(6)])})
    with pytest.raises(ValueError, match="driver_id"):
        store.get_historical_features(rows, ["stats:trips"]).to_arrow()


def test_unknown_names_are_told_with_the_nearest(store):
    with pytest.raises(errors.FeatureViewNotFoundException, match="stats"):
        store.get_online_features(["stat:km"], [{"driver_id": 1}])
    with pytest.raises(KeyError, match="did you mean trips"):
        store.get_online_features(["stats:trip"], [{"driver_id": 1}])
    with pytest.raises(errors.FeatureServiceNotFoundException):
        store.get_feature_service("nope")
    with pytest.raises(ValueError, match="view:feature"):
        store.get_online_features(["km"], [{"driver_id": 1}])
    with pytest.raises(NotImplementedError, match="one version"):
        store.get_online_features(["stats@v2:km"], [{"driver_id": 1}])
    assert store.get_online_features(["stats@latest:km"], [{"driver_id": 1}]).to_dict()["driver_id"] == [1]


# ---- latest values --------------------------------------------------------------------------------


def test_statuses_tell_values_nulls_and_rows_apart(store):
    store.materialize(at(0), at(10))
    answer = store.get_online_features(["stats:km", "stats:trips"], {"driver_id": [3, 1, 9, 1]})
    assert answer.to_dict() == {
        "driver_id": [3, 1, 9, 1],
        "km": [None, 50.0, None, 50.0],
        "trips": [4, 5, None, 5],
    }
    assert answer.statuses["km"] == ["NULL_VALUE", "PRESENT", "NOT_FOUND", "PRESENT"]
    assert answer.statuses["driver_id"] == ["PRESENT"] * 4
    assert answer.event_timestamps["trips"][:2] == [at(4), at(5)]
    times = answer.to_dict(include_event_timestamps=True)
    assert times["km__ts"] == [int(at(4).timestamp()), int(at(5).timestamp()), 0, int(at(5).timestamp())]
    assert answer.to_arrow().schema.field("trips").type == pa.int64()


def test_ttl_holds_online_but_for_compat(make_store, tmp_path):
    trips.write_stats(tmp_path)
    store = make_store()
    store.apply(trips.definitions(feast, tmp_path, ttl=timedelta(hours=1)))
    store.materialize(at(0), at(10))
    answer = store.get_online_features(["stats:trips"], [{"driver_id": 1}])
    assert (answer.to_dict()["trips"], answer.statuses["trips"]) == ([None], ["OUTSIDE_MAX_AGE"])
    as_feast = make_store(compat="feast").get_online_features(["stats:trips", "stats:km"], [{"driver_id": 3}])
    assert (as_feast.to_dict()["trips"], as_feast.statuses["km"]) == ([4], ["PRESENT"])


def test_requests_that_say_too_little(store):
    store.materialize(at(0), at(10))
    with pytest.raises(KeyError, match="driver_id"):
        store.get_online_features(["stats:km"], [{"driver": 1}])
    with pytest.raises(ValueError, match="differ in length"):
        store.get_online_features(["stats:km"], {"driver_id": [1, 2], "other": [1]})
    with pytest.raises(ValueError, match="driver_id is missing or null in row 1"):
        store.get_online_features(["stats:km"], [{"driver_id": 1}, {"driver_id": None}])
    with pytest.raises(TypeError, match="driver_id"):
        store.get_online_features(["stats:km"], [{"driver_id": "one"}])
    with pytest.raises(errors.InvalidFeaturesParameterType):
        store.get_online_features("stats:km", [{"driver_id": 1}])
    assert store.get_online_features(["stats:km"], []).to_dict() == {"driver_id": [], "km": []}
    assert store.get_online_features(["stats:km"], [{"driver_id": "1"}]).to_dict() == {
        "driver_id": [1],
        "km": [50.0],
    }


def test_incremental_includes_rows_that_came_late(store, tmp_path):
    store.materialize_incremental(at(3))
    assert store.get_online_features(["stats:trips"], [{"driver_id": 1}]).to_dict()["trips"] == [1]
    write(
        tmp_path / "stats.parquet",
        driver_id=[1, 7],
        event_timestamp=[at(5), at(1)],
        created=[at(5), at(9)],
        km=[5.0, 7.0],
        trips=[5, 7],
    )
    store.materialize_incremental(at(10))
    found = store.get_online_features(["stats:trips"], {"driver_id": [1, 7]}).to_dict()["trips"]
    assert found == [5, 7]
    ends = [end for _, end in store.get_feature_view("stats").materialization_intervals]
    assert ends == [at(3), at(10)]


def test_ranges_are_checked(store):
    with pytest.raises(ValueError, match="before"):
        store.materialize(at(2), at(1))
    with pytest.raises(errors.FeatureViewNotFoundException):
        store.materialize(at(1), at(2), feature_views=["nope"])
    store.materialize(datetime(2024, 1, 1), datetime(2024, 1, 1, 1))  # without a zone: UTC
    assert store.get_online_features(["stats:trips"], {"driver_id": [1, 2]}).to_dict()["trips"] == [1, None]


def test_a_push_is_seen_where_it_should_be(store):
    store.materialize(at(0), at(10))
    row = {"driver_id": [1], "event_timestamp": [at(8)], "created": [at(8)], "km": [80], "trips": [8]}
    store.push("stats_push", row, to=PushMode.ONLINE)
    online = store.get_online_features(["fresh:km", "stats:trips"], [{"driver_id": 1}]).to_dict()
    assert (online["km"], online["trips"]) == ([80.0], [5])
    asked = ["fresh:trips", "stats:km"]
    history = store.get_historical_features(spine([1], [9]), asked).to_arrow()
    assert history.column("trips").to_pylist() == [5]
    store.push("stats_push", row, to=PushMode.OFFLINE)
    history = store.get_historical_features(spine([1], [9]), asked).to_arrow()
    assert (history.column("trips").to_pylist(), history.column("km").to_pylist()) == ([8], [80.0])
    older = {"driver_id": [1], "event_timestamp": [at(7)], "created": [at(7)], "km": [70.0], "trips": [7]}
    store.push("stats_push", older, to=PushMode.ONLINE_AND_OFFLINE)
    assert store.get_online_features(["fresh:trips"], [{"driver_id": 1}]).to_dict()["trips"] == [8]


def test_wrong_pushes_change_nothing(store):
    with pytest.raises(KeyError, match="trips"):
        store.push("stats_push", {"driver_id": [1], "event_timestamp": [at(1)], "km": [1.0]})
    with pytest.raises(ValueError, match="trips"):
        row = {"driver_id": [1], "event_timestamp": [at(9)], "km": [1.0], "trips": [1.5]}
        store.push("stats_push", row)
    with pytest.raises(errors.PushSourceNotFoundException):
        store.push("stats_source", {"driver_id": [1]})
    assert store.get_online_features(["fresh:km"], [{"driver_id": 1}]).statuses["km"] == ["NOT_FOUND"]


def test_writing_to_either_store(store):
    row = {"driver_id": [5], "event_timestamp": [at(6)], "created": [at(6)], "km": [1.5], "trips": [1]}
    store.write_to_online_store("stats", inputs=row)
    assert store.get_online_features(["stats:km"], [{"driver_id": 5}]).to_dict()["km"] == [1.5]
    store.write_to_offline_store("stats", pa.table(row))
    found = store.get_historical_features(spine([5], [7]), ["stats:km"]).to_arrow()
    assert found.column("km").to_pylist() == [1.5]
    with pytest.raises(ValueError, match="df or as inputs"):
        store.write_to_online_store("stats")


def test_readers_are_shared_by_threads(store):
    store.materialize(at(0), at(10))
    wrong = []

    def ask(driver, km):
        for _ in range(300):
            found = store.get_online_features(["stats:km"], [{"driver_id": driver}] * 3).to_dict()["km"]
            if found != [km] * 3:
                wrong.append(found)

    threads = [threading.Thread(target=ask, args=a) for a in ((1, 50.0), (2, 20.0), (9, None)) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# ---- services, aliases, on demand -------------------------------------------------------------------


def test_one_view_under_two_keys(make_store, tmp_path):
    trips.write_stats(tmp_path)
    store = make_store()
    driver, source, stats, *_ = trips.definitions(feast, tmp_path, ttl=timedelta(0))
    service = feast.FeatureService(
        name="meeting",
        features=[
            stats[["trips"]].with_name("mine"),
            stats[["trips"]].with_name("theirs").with_join_key_map({"driver_id": "other_id"}),
        ],
    )
    store.apply([driver, source, stats, service])
    store.materialize(at(0), at(10))
    rows = pa.table({"driver_id": [1, 2], "other_id": [3, 1], "event_timestamp": [at(6)] * 2})
    found = store.get_historical_features(rows, service, full_feature_names=True).to_arrow()
    assert found.column("mine__trips").to_pylist() == [5, 2]
    assert found.column("theirs__trips").to_pylist() == [4, 5]
    answer = store.get_online_features(service, {"driver_id": [1], "other_id": [3]}, full_feature_names=True)
    assert answer.to_dict() == {"driver_id": [1], "other_id": [3], "mine__trips": [5], "theirs__trips": [4]}


def add_on_demand(stats):
    request = feast.RequestSource(name="extra", schema=[feast.Field(name="more", dtype=Int64)])
    calls = []

    @on_demand_feature_view(
        sources=[stats, request], schema=[feast.Field(name="sum", dtype=Float64)], mode="python"
    )
    def lists(inputs):
        calls.append(sorted(inputs))
        return {
            "sum": [None if k is None else k + m for k, m in zip(inputs["km"], inputs["more"], strict=True)]
        }

    @on_demand_feature_view(
        sources=[stats[["trips"]], request],
        schema=[feast.Field(name="text", dtype=String), feast.Field(name="parts", dtype=Array(Int64))],
        mode="python",
        singleton=True,
    )
    def rows(inputs):
        return {
            "text": f"{inputs['trips']}+{inputs['more']}",
            "parts": [inputs["trips"] or 0, inputs["more"]],
        }

    return [request, lists, rows], calls


def test_functions_run_over_history_and_requests(store, make_store, tmp_path):
    objects, calls = add_on_demand(trips.definitions(feast, tmp_path, ttl=timedelta(0))[2])
    store.apply(objects)
    store.materialize(at(0), at(10))
    asked = ["lists:sum", "stats:trips", "rows:text", "rows:parts"]
    history = store.get_historical_features(spine([1, 3], [6, 6], more=pa.array([1, 2])), asked).to_arrow()
    online = store.get_online_features(asked, {"driver_id": [1, 3], "more": [1, 2]})
    expected = {"sum": [51.0, None], "trips": [5, 4], "text": ["5+1", "4+2"], "parts": [[5, 1], [4, 2]]}
    assert history.select(list(expected)).to_pydict() == expected
    assert online.to_dict() == {"driver_id": [1, 3]} | expected
    assert online.statuses["sum"] == ["PRESENT", "NULL_VALUE"]
    assert calls[0] == ["km", "more", "stats__km", "stats__trips", "trips"]
    with pytest.raises(errors.RequestDataNotFoundInEntityRowsException, match="more"):
        store.get_online_features(["lists:sum"], [{"driver_id": 1}])
    with pytest.raises(errors.RequestDataNotFoundInEntityDfException, match="more"):
        store.get_historical_features(spine([1], [1]), ["lists:sum"])


def test_a_service_with_functions_takes_what_they_need(store, tmp_path):
    objects, _ = add_on_demand(trips.definitions(feast, tmp_path, ttl=timedelta(0))[2])
    store.apply([*objects, feast.FeatureService(name="only", features=[objects[1]])])
    store.materialize(at(0), at(10))
    service = store.get_feature_service("only")
    answer = store.get_online_features(service, [{"driver_id": 1, "more": 2}])
    assert answer.to_dict() == {"driver_id": [1], "sum": [52.0]}
    full = store.get_online_features(service, [{"driver_id": 1, "more": 2}], full_feature_names=True)
    assert list(full.to_dict()) == ["driver_id", "lists__sum"]


def test_a_function_of_the_request_alone(make_store):
    request = feast.RequestSource(name="extra", schema=[feast.Field(name="more", dtype=Int64)])

    @on_demand_feature_view(sources=[request], schema=[feast.Field(name="twice", dtype=Int64)], mode="python")
    def doubled(inputs):
        return {"twice": [2 * v for v in inputs["more"]]}

    store = make_store()
    store.apply([doubled, feast.FeatureService(name="s", features=[doubled])])
    assert store.get_online_features(["doubled:twice"], {"more": [1, 2]}).to_dict() == {"twice": [2, 4]}
    assert store.get_online_features(store.get_feature_service("s"), [{"more": 4}]).to_dict() == {
        "twice": [8]
    }


def test_functions_in_pandas(store, tmp_path):
    stats = trips.definitions(feast, tmp_path, ttl=timedelta(0))[2]

    @on_demand_feature_view(sources=[stats], schema=[feast.Field(name="share", dtype=Float64)])
    def per_trip(frame):
        return pd.DataFrame({"share": frame["km"] / frame["stats__trips"]})

    @on_demand_feature_view(sources=[stats], schema=[feast.Field(name="gone", dtype=Float64)])
    def wrong(frame):
        return pd.DataFrame({"other": frame["km"]})

    store.apply([per_trip, wrong])
    store.materialize(at(0), at(10))
    frame = pd.DataFrame({"driver_id": [1, 3], "event_timestamp": [at(6), at(6)]})
    history = store.get_historical_features(frame, ["per_trip:share", "stats:km"]).to_df()
    assert history["share"].tolist()[0] == 10.0
    assert history["share"].isna().tolist() == [False, True]
    online = store.get_online_features(["per_trip:share"], {"driver_id": [1, 3]}).to_df()
    assert online["share"].tolist()[0] == 10.0
    with pytest.raises(errors.SpecifiedFeaturesNotPresentError, match="gone") as raised:
        store.get_online_features(["wrong:gone"], [{"driver_id": 1}])
    assert "in on-demand view wrong" in raised.value.__notes__


def test_code_is_never_taken_from_the_registry(store, make_store, tmp_path):
    from weft.feast import on_demand_feature_view as module

    objects, _ = add_on_demand(trips.definitions(feast, tmp_path, ttl=timedelta(0))[2])
    store.apply(objects)
    text = objects[1].feature_transformation.udf_string
    function = module._functions.pop(("lists", text))
    other = make_store()
    assert other.get_on_demand_feature_view("lists").feature_transformation.udf_string == text
    try:
        with pytest.raises(RuntimeError, match="do not define its function"):
            other.get_online_features(["lists:sum"], [{"driver_id": 1, "more": 1}])
        (tmp_path / "broken.py").write_text("x = 1\n")
    finally:
        module._functions["lists", text] = function
    assert other.get_online_features(["lists:sum"], [{"driver_id": 1, "more": 1}]).to_dict()["sum"] == [None]


# ---- definitions --------------------------------------------------------------------------------------


def test_another_process_sees_what_was_applied(store, make_store):
    other = make_store()
    view = other.get_feature_view("stats")
    assert view == store.get_feature_view("stats")
    assert (view.join_keys, [f.name for f in view.features]) == (["driver_id"], ["km", "trips"])
    assert [e.name for e in other.list_entities()] == ["driver"]
    assert other.get_data_source("stats_push").batch_source == other.get_data_source("stats_source")
    assert [p.name for p in other.registry.list_projects()] == ["tests"]
    assert other.registry.get_entity("driver", "tests").join_key == "driver_id"


def test_applying_again_changes_what_changed(store, tmp_path):
    before = store.get_feature_view("stats")
    objects = trips.definitions(feast, tmp_path, ttl=timedelta(0))
    version = store.weft.version()
    store.apply(objects)
    assert store.weft.version() == version
    objects[2].tags["team"] = "x"
    store.apply(objects[2])
    after = store.get_feature_view("stats")
    assert after.created_timestamp == before.created_timestamp < after.last_updated_timestamp
    assert [v.name for v in store.list_feature_views(tags={"team": "x"})] == ["stats"]
    assert store.get_feature_view("fresh").last_updated_timestamp == before.last_updated_timestamp


def test_deleting(store):
    store.materialize(at(0), at(10))
    store.delete_feature_view("stats")
    with pytest.raises(errors.FeatureViewNotFoundException):
        store.get_feature_view("stats")
    store.apply([], objects_to_delete=[store.get_feature_view("fresh")], partial=False)
    assert store.list_feature_views() == []
    store.teardown()
    assert (store.list_entities(), store.list_projects()) == ([], [])


def test_pushed_rows_go_with_the_project(store, tmp_path):
    row = {"driver_id": [8], "event_timestamp": [at(8)], "created": [at(8)], "km": [80.0], "trips": [8]}
    store.push("stats_push", row, to=PushMode.ONLINE_AND_OFFLINE)
    store.teardown()
    store.apply(trips.definitions(feast, tmp_path, ttl=timedelta(0)))
    assert store.get_historical_features(spine([8], [9]), ["stats:km"]).to_arrow().column(
        "km"
    ).to_pylist() == [None]
    assert store.get_online_features(["fresh:km"], [{"driver_id": 8}]).statuses["km"] == ["NOT_FOUND"]


def test_schemas_and_times_are_found_in_files(make_store, tmp_path):
    trips.write_stats(tmp_path)
    driver = feast.Entity(name="driver", join_keys=["driver_id"])
    source = feast.FileSource(
        path="stats.parquet", timestamp_field="event_timestamp", created_timestamp_column="created"
    )
    view = feast.FeatureView(name="stats", entities=[driver], source=source)
    store = make_store()
    store.apply([driver, view])
    found = store.get_feature_view("stats")
    assert {f.name: str(f.dtype) for f in found.features} == {"km": "Float64", "trips": "Int64"}
    assert store.get_entity("driver").value_type is feast.ValueType.INT64


def test_what_does_not_fit_is_refused(make_store, tmp_path):
    trips.write_stats(tmp_path)
    driver = feast.Entity(name="driver", join_keys=["driver_id"])
    source = feast.FileSource(name="s", path="stats.parquet", timestamp_field="event_timestamp")

    def view(**changes):
        fields = {
            "name": "v",
            "entities": [driver],
            "source": source,
            "schema": [feast.Field(name="km", dtype=Float64)],
        }
        return feast.FeatureView(**(fields | changes))

    store = make_store()
    with pytest.raises(errors.EntityNotFoundException, match="driver"):
        store.apply([view()])
    with pytest.raises(errors.RegistryInferenceFailure, match="no column kmm; did you mean km"):
        store.apply([driver, view(schema=[feast.Field(name="kmm", dtype=Float64)])])
    with pytest.raises(errors.RegistryInferenceFailure, match="km is String, and double"):
        store.apply([driver, view(schema=[feast.Field(name="km", dtype=String)])])
    with pytest.raises(errors.ConflictingFeatureViewNames):
        store.apply([driver, view(), view(ttl=timedelta(days=1))])
    with pytest.raises(errors.DataSourceRepeatNamesException):
        other = feast.FileSource(name="s", path="other.parquet", timestamp_field="event_timestamp")
        store.apply([driver, view(), view(name="w", source=other)])
    with pytest.raises(NotImplementedError, match="vectors"):
        store.apply([driver, view(schema=[feast.Field(name="km", dtype=Float64, vector_index=True)])])
    with pytest.raises(ValueError, match="nothing that can be applied"):
        store.apply([object()])
    with pytest.raises(ValueError, match="the project is tests"):
        store.apply([feast.Project(name="another")])
    with pytest.raises(errors.RegistryInferenceFailure, match="key driver_id"):
        text = write(tmp_path / "t.parquet", driver_id=["a"], event_timestamp=[at(1)], km=[1.0])
        other = feast.FileSource(name="t", path=text, timestamp_field="event_timestamp")
        store.apply([driver, view(), view(name="w", source=other)])
    assert store.list_entities() == []


def test_columns_may_have_other_names_in_the_file(make_store, tmp_path):
    write(tmp_path / "s.parquet", id=[1, 1], ts=[at(1), at(2)], kilometres=[1.0, 2.0])
    driver = feast.Entity(name="driver", join_keys=["driver_id"])
    source = feast.FileSource(
        name="s",
        path="s.parquet",
        timestamp_field="ts",
        field_mapping={"id": "driver_id", "kilometres": "km"},
    )
    store = make_store()
    store.apply([driver, feast.FeatureView(name="v", entities=[driver], source=source, schema=[])])
    assert [f.name for f in store.get_feature_view("v").features] == ["km"]
    found = store.get_historical_features(spine([1], [1.5]), ["v:km"]).to_arrow()
    assert found.column("km").to_pylist() == [1.0]
    store.materialize(at(0), at(3))
    assert store.get_online_features(["v:km"], [{"driver_id": 1}]).to_dict()["km"] == [2.0]


def test_a_view_without_entities(make_store, tmp_path):
    write(tmp_path / "s.parquet", event_timestamp=[at(1), at(2)], rate=[1.0, 2.0])
    source = feast.FileSource(name="s", path="s.parquet", timestamp_field="event_timestamp")
    store = make_store()
    store.apply(
        [feast.FeatureView(name="v", source=source, schema=[feast.Field(name="rate", dtype=Float64)])]
    )
    rows = pa.table({"event_timestamp": [at(1.5), at(0.5)]})
    assert store.get_historical_features(rows, ["v:rate"]).to_arrow().column("rate").to_pylist() == [
        1.0,
        None,
    ]
    store.materialize(at(0), at(3))
    assert store.get_online_features(["v:rate"], [{}]).to_dict() == {"rate": [2.0]}


def test_maps_json_and_structs_in_files(make_store, tmp_path):
    write(
        tmp_path / "s.parquet",
        id=[1, 2],
        event_timestamp=[at(1), at(1)],
        meta=pa.array([[("a", "1")], None], pa.map_(pa.string(), pa.string())),
        config=pa.array(['{"k": [1, 2]}', "null"]),
        who=pa.array([{"name": "x", "age": 3}, {"name": None, "age": None}]),
        vector=pa.array([[1.0, 2.0], None], pa.list_(pa.float32())),
    )
    entity = feast.Entity(name="id", value_type=feast.ValueType.INT64)
    schema = [
        feast.Field(name="meta", dtype=Map),
        feast.Field(name="config", dtype=Json),
        feast.Field(name="who", dtype=Struct({"name": String, "age": Int64})),
        feast.Field(name="vector", dtype=Array(Float32)),
    ]
    source = feast.FileSource(name="s", path="s.parquet", timestamp_field="event_timestamp")
    store = make_store()
    store.apply([entity, feast.FeatureView(name="v", entities=[entity], source=source, schema=schema)])
    asked = ["v:meta", "v:config", "v:who", "v:vector"]
    rows = pa.table({"id": [1, 2], "event_timestamp": [at(2)] * 2})
    history = store.get_historical_features(rows, asked).to_arrow()
    assert history.column("who").to_pylist() == [{"name": "x", "age": 3}, {"name": None, "age": None}]
    assert history.column("meta").to_pylist() == ['{"a": "1"}', None]
    assert store.get_historical_features(rows, asked).to_df()["meta"].tolist() == [{"a": "1"}, None]
    store.materialize_incremental(at(3))
    answer = make_store().get_online_features(asked, {"id": [1, 2]})
    found = answer.to_dict()
    assert found["meta"] == [{"a": "1"}, None]
    assert found["config"] == [{"k": [1, 2]}, None]
    assert found["who"][0] == {"name": "x", "age": 3}
    assert found["vector"] == [[1.0, 2.0], None]
    assert answer.to_arrow().column("vector").to_pylist() == [[1.0, 2.0], None]


def test_datasets_are_kept(store, tmp_path):
    job = store.get_historical_features(spine([1, 2], [6, 6]), ["stats:trips"])
    storage = SavedDatasetFileStorage("sets/june.parquet")
    made = store.create_saved_dataset(job, "june", storage, tags={"a": "b"})
    assert made.to_arrow().column("trips").to_pylist() == [5, 2]
    assert (made.min_event_timestamp, made.max_event_timestamp) == (at(6), at(6))
    assert pq.read_table(tmp_path / "sets" / "june.parquet").num_rows == 2
    with pytest.raises(errors.SavedDatasetLocationAlreadyExists):
        store.create_saved_dataset(job, "june", storage)
    assert [d.name for d in store.list_saved_datasets(tags={"a": "b"})] == ["june"]
    with pytest.raises(errors.SavedDatasetNotFound):
        store.get_saved_dataset("july")
    from weft.feast import repo_operations

    (tmp_path / "feature_store.yaml").write_text("project: tests\nregistry: registry.db\n")
    repo_operations.apply_total(store.config, tmp_path)
    assert store.get_saved_dataset("june").to_arrow().num_rows == 2
    assert store.list_feature_views() == []


def test_a_project_of_wefts_own_is_left_alone(make_store, tmp_path):
    yaml = tmp_path / "d.yaml"
    yaml.write_text("entities: {client: {keys: {client_id: int64}}}\n")
    folder = str(tmp_path / "registry.db.weft")
    weft.FeatureStore(weft.Driver(), directory=folder, project="tests", definitions=[str(yaml)]).apply()
    with pytest.raises(ValueError, match="project of their own"):
        make_store().list_entities()


def test_times_in_other_zones_are_the_same_instants(store):
    zone = timezone(timedelta(hours=-5))
    times = pa.array([at(5).astimezone(zone), at(4.9).astimezone(zone)], pa.timestamp("ns", "-05:00"))
    rows = pa.table({"driver_id": [1, 1], "event_timestamp": times})
    found = store.get_historical_features(rows, ["stats:trips"]).to_arrow()
    assert found.column("trips").to_pylist() == [5, 1]
    assert found.schema.field("event_timestamp").type == pa.timestamp("ns", "UTC")
