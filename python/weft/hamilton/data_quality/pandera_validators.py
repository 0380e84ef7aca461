"""check_output(schema=): pandera schemas of frames and series."""

from __future__ import annotations

from typing import Any

import pandera as pa

from .. import registry
from ..htypes import custom_subclass_check
from . import base

pandera_supported_extensions = frozenset(["pandas", "dask", "pyspark_pandas", "polars"])


class _OfSchema(base.BaseDefaultValidator):
    """Which of an extension's types it is for."""

    kind = ""

    def __init__(self, schema: Any, importance: str):
        super().__init__(importance)
        self.schema = schema

    @classmethod
    def applies_to(cls, datatype: type) -> bool:
        registry.initialize()
        known = registry.DF_TYPE_AND_COLUMN_TYPES
        types = [known[name].get(cls.kind) for name in pandera_supported_extensions if name in known]
        return any(type_ is not None and custom_subclass_check(datatype, type_) for type_ in types)

    @classmethod
    def arg(cls) -> str:
        return "schema"

    @classmethod
    def name(cls) -> str:
        return "pandera_schema_validator"

    def description(self) -> str:
        return "Validates that the data matches the pandera schema"

    def validate(self, data: Any) -> base.ValidationResult:
        try:
            result = self.schema.validate(data, lazy=True, inplace=True)
            if hasattr(result, "dask"):
                result.compute()
        except pa.errors.SchemaErrors as e:
            return base.ValidationResult(False, str(e), {"schema_errors": e.schema_errors})
        return base.ValidationResult(True, f"Data passes pandera check for schema {self.schema}")


class PanderaDataFrameValidator(_OfSchema):
    kind = registry.DATAFRAME_TYPE


class PanderaSeriesSchemaValidator(_OfSchema):
    kind = registry.COLUMN_TYPE


PANDERA_VALIDATORS = [PanderaDataFrameValidator, PanderaSeriesSchemaValidator]
