"""Pydantic: models in JSON files; check_output(model=)."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pydantic

from ..data_quality import base as dq_base
from ..data_quality import default_validators
from ..htypes import custom_subclass_check
from ..io.data_adapters import DataSaver
from ..io.utils import get_file_metadata
from . import _files

COLUMN_FRIENDLY_DF_TYPE = False


@dataclasses.dataclass
class PydanticJSONSaver(DataSaver):
    path: Any

    @classmethod
    def applicable_types(cls) -> list[type]:
        return [pydantic.BaseModel]

    @classmethod
    def name(cls) -> str:
        return "json"

    def save_data(self, data: pydantic.BaseModel) -> dict[str, Any]:
        with open(self.path, "w") as f:
            json.dump(data.model_dump(mode="json"), f)
        return get_file_metadata(self.path)


class PydanticModelValidator(dq_base.BaseDefaultValidator):
    """model=Model: what is returned is a valid one."""

    def __init__(self, model: type[pydantic.BaseModel], importance: str):
        super().__init__(importance)
        self.model = model

    @classmethod
    def applies_to(cls, datatype: type) -> bool:
        return any(custom_subclass_check(datatype, type_) for type_ in (pydantic.BaseModel, dict))

    @classmethod
    def arg(cls) -> str:
        return "model"

    @classmethod
    def name(cls) -> str:
        return "pydantic_validator"

    def description(self) -> str:
        return "Validates that the returned object is compatible with the specified pydantic model"

    def validate(self, data: Any) -> dq_base.ValidationResult:
        try:
            # An instance may have been changed since it was made: it is validated again as plain data.
            plain = data.model_dump() if isinstance(data, pydantic.BaseModel) else data
            self.model.model_validate(plain, strict=True)
        except pydantic.ValidationError as e:
            return dq_base.ValidationResult(False, str(e), {"model_errors": e.errors()})
        return dq_base.ValidationResult(True, f"Data passes pydantic check for model {self.model}")


_files.register([PydanticJSONSaver])
default_validators.AVAILABLE_DEFAULT_VALIDATORS.append(PydanticModelValidator)
