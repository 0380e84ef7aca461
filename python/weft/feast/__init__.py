"""Feast's API over Weft's store: `from weft.feast import FeatureStore` where it was `from feast import
FeatureStore`.

    weft.feast.install()      # from here on `import feast` is this package
    import feast

`weft.feast` loads neither pandas nor pyarrow.
"""

from __future__ import annotations

import importlib
from typing import Any

# Where each public name is; loaded when first asked for.
_HOMES = {
    "Aggregation": "aggregation",
    "BatchFeatureView": "batch_feature_view",
    "ConflictPolicy": "labeling",
    "Entity": "entity",
    "Feature": "feature",
    "FeatureService": "feature_service",
    "FeatureStore": "feature_store",
    "FeatureView": "feature_view",
    "FeatureViewState": "feature_view",
    "Field": "field",
    "FileSource": "infra.offline_stores.file_source",
    "KafkaSource": "data_source",
    "KinesisSource": "data_source",
    "LabelView": "labeling",
    "OnDemandFeatureView": "on_demand_feature_view",
    "Project": "project",
    "PushSource": "data_source",
    "RepoConfig": "repo_config",
    "RequestSource": "data_source",
    "StreamFeatureView": "stream_feature_view",
    "ValueType": "value_type",
}
_ELSEWHERE = {
    "AthenaSource",
    "BigQuerySource",
    "ChrononSource",
    "OracleSource",
    "RedshiftSource",
    "SnowflakeSource",
    "FeastVectorStore",
    "DocEmbedder",
    "MultiModalEmbedder",
    "BaseEmbedder",
    "BaseChunker",
    "TextChunker",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home:
        found = getattr(importlib.import_module(f"{__name__}.{home}"), name)
        globals()[name] = found
        return found
    if name == "__version__":
        import weft

        return weft.__version__
    if name in _ELSEWHERE:
        raise AttributeError(
            f"weft.feast has no {name}: rows come from files, pushes and requests (docs/guides/from-feast.md)"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def install():
    """From here on `import feast` and `import feast.types` give this package. Raises ImportError where
    another `feast` was imported before."""
    from weft.feast import alias

    alias.install()
