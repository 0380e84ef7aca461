"""Formats of files and of messages in streams."""

from __future__ import annotations

from weft.feast.definition import Definition


class FileFormat(Definition):
    """How a file is written. Weft tells by the name as well."""

    name = "file"


class ParquetFormat(FileFormat):
    name = "parquet"

    def __str__(self):
        return "parquet"


class DeltaFormat(FileFormat):
    name = "delta"

    def __str__(self):
        return "delta"


class StreamFormat(Definition):
    """How a message is written."""


class AvroFormat(StreamFormat):
    _fields = ("schema_json",)
    name = "avro"

    def __init__(self, schema_json: str):
        self.schema_json = schema_json


class JsonFormat(StreamFormat):
    _fields = ("schema_json",)
    name = "json"

    def __init__(self, schema_json: str):
        self.schema_json = schema_json


class ProtoFormat(StreamFormat):
    _fields = ("class_path",)
    name = "proto"

    def __init__(self, class_path: str):
        self.class_path = class_path


class ConfluentAvroFormat(StreamFormat):
    _fields = ("record_name", "record_namespace")
    name = "confluent_avro"

    def __init__(self, record_name: str, record_namespace: str):
        self.record_name = record_name
        self.record_namespace = record_namespace
