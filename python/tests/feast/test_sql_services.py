"""SQL over a project's sources and views. DuckDB's library has to be there."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import trips
import weft.feast as feast
from trips import at


def test_queries_see_what_is_there_now(make_store, tmp_path):
    trips.write_stats(tmp_path)
    store = make_store()
    store.apply(trips.definitions(feast, tmp_path, ttl=timedelta(0)))
    rows = store.weft.sql("SELECT max(trips) AS most FROM view_stats")
    assert pa.table(rows).to_pydict() == {"most": [5]}
    row = {"driver_id": [6], "event_timestamp": [at(6)], "created": [at(6)], "km": [1.0], "trips": [60]}
    store.write_to_offline_store("stats", row)
    query = "SELECT max(trips) AS most FROM view_stats JOIN wanted USING (driver_id) WHERE trips > $least"
    rows = store.weft.sql(query, {"least": 1}, tables={"wanted": pa.table({"driver_id": [6]})})
    assert pa.table(rows).to_pydict() == {"most": [60]}
