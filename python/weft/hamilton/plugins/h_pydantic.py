"""check_output for functions that return Pydantic models: the model says what is valid."""

from __future__ import annotations

from pydantic import BaseModel

from .. import node
from ..data_quality import base as dq_base
from ..function_modifiers import InvalidDecoratorException
from ..function_modifiers import base as fm_base
from ..function_modifiers.validation import BaseDataValidationDecorator
from ..htypes import custom_subclass_check
from .pydantic_extensions import PydanticModelValidator


class check_output(BaseDataValidationDecorator):
    def __init__(
        self,
        importance: str = dq_base.DataValidationLevel.WARN.value,
        target: fm_base.TargetType = None,
    ):
        super().__init__(target)
        self.importance = importance

    def get_validators(self, node_to_validate: node.Node) -> list[dq_base.DataValidator]:
        if not custom_subclass_check(node_to_validate.type, BaseModel):
            raise InvalidDecoratorException(
                f"'{node_to_validate.name}' is {node_to_validate.type}, no Pydantic model"
            )
        return [PydanticModelValidator(node_to_validate.type, self.importance)]
