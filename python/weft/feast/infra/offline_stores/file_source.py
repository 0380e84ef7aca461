"""Rows in files: Parquet, Delta tables, CSV and JSON by their names."""

from __future__ import annotations

from weft.feast.data_format import FileFormat
from weft.feast.data_source import DataSource
from weft.feast.definition import Definition
from weft.feast.saved_dataset import SavedDatasetStorage


class FileSource(DataSource):
    """A file, a folder of files, a glob or a Delta table."""

    _fields = (*DataSource._fields, "path", "file_format", "s3_endpoint_override")

    def __init__(
        self,
        *,
        path: str,
        name: str | None = "",
        event_timestamp_column: str | None = "",
        file_format: FileFormat | None = None,
        created_timestamp_column: str | None = "",
        field_mapping: dict[str, str] | None = None,
        s3_endpoint_override: str | None = None,
        description: str | None = "",
        tags: dict[str, str] | None = None,
        owner: str | None = "",
        timestamp_field: str | None = "",
    ):
        path = str(path)
        super().__init__(
            name=name or path,
            timestamp_field=timestamp_field or event_timestamp_column,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )
        if s3_endpoint_override:
            raise ValueError(
                f"source {self.name}: s3_endpoint_override is not taken; set AWS_ENDPOINT_URL for the process"
            )
        self.path = path
        self.file_format = file_format
        self.s3_endpoint_override = s3_endpoint_override or ""


class SavedDatasetFileStorage(SavedDatasetStorage):
    """Where a dataset is kept: a Parquet file."""

    _fields = ("path", "file_format", "s3_endpoint_override")

    def __init__(
        self, path: str, file_format: FileFormat | None = None, s3_endpoint_override: str | None = None
    ):
        self.path = str(path)
        self.file_format = file_format
        self.s3_endpoint_override = s3_endpoint_override or ""

    def to_data_source(self) -> DataSource:
        return FileSource(path=self.path, file_format=self.file_format)


class FileLoggingDestination(Definition):
    """A folder for logs of answers, as a definition."""

    _fields = ("path", "s3_endpoint_override", "partition_by")

    def __init__(self, *, path: str, s3_endpoint_override: str = "", partition_by: list[str] | None = None):
        self.path = path
        self.s3_endpoint_override = s3_endpoint_override
        self.partition_by = partition_by
