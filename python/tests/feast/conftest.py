"""Stores of weft.feast in a folder of the test's own."""

from __future__ import annotations

import pytest


@pytest.fixture
def make_store(tmp_path):
    """Opens the store of a folder; called again, another one on the same folder."""
    from weft.feast import FeatureStore, RepoConfig

    def make(**settings):
        settings = {"project": "tests", "registry": "registry.db"} | settings
        return FeatureStore(config=RepoConfig(repo_path=tmp_path, **settings))

    return make
