"""Where Feast keeps its engine for files: its sources and datasets are found here too."""

from weft.feast.infra.offline_stores.file_source import (
    FileLoggingDestination,
    FileSource,
    SavedDatasetFileStorage,
)
from weft.feast.infra.offline_stores.offline_store import RetrievalJob

__all__ = ["FileLoggingDestination", "FileSource", "RetrievalJob", "SavedDatasetFileStorage"]
