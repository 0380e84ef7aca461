"""Stores of weft.feast, and of Feast beside them where it is installed."""

from __future__ import annotations

import datetime

import pytest

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

UTC = datetime.UTC


def at(hours: float) -> datetime.datetime:
    """A time so many hours after the beginning of 2024."""
    return datetime.datetime(2024, 1, 1, tzinfo=UTC) + datetime.timedelta(hours=hours)


def write(path, **columns):
    """A Parquet file; datetimes are microseconds in UTC."""
    instant = pa.timestamp("us", "UTC")
    arrays = {}
    for name, values in columns.items():
        if isinstance(values, pa.Array):
            arrays[name] = values
        elif any(isinstance(v, datetime.datetime) for v in values):
            arrays[name] = pa.array(values, instant)
        else:
            arrays[name] = pa.array(values)
    pq.write_table(pa.table(arrays), path)
    return str(path)


@pytest.fixture
def make_store(tmp_path):
    """Opens the store of a folder; called again, another one on the same folder."""
    from weft.feast import FeatureStore, RepoConfig

    def make(**settings):
        settings = {"project": "tests", "registry": "registry.db"} | settings
        return FeatureStore(config=RepoConfig(repo_path=tmp_path, **settings))

    return make
