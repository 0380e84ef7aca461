"""check_output for functions annotated with pandera's types: DataFrame[Schema]."""

from __future__ import annotations

import typing

import pandera
from pandera import typing as pa_typing

from .. import node
from ..data_quality import base as dq_base
from ..data_quality.pandera_validators import PanderaDataFrameValidator
from ..function_modifiers import InvalidDecoratorException
from ..function_modifiers import base as fm_base
from ..function_modifiers.validation import BaseDataValidationDecorator
from ..htypes import custom_subclass_check


class check_output(BaseDataValidationDecorator):
    def __init__(
        self,
        importance: str = dq_base.DataValidationLevel.WARN.value,
        target: fm_base.TargetType = None,
    ):
        super().__init__(target)
        self.importance = importance

    def get_validators(self, node_to_validate: node.Node) -> list[dq_base.DataValidator]:
        type_ = node_to_validate.type
        origin, args = typing.get_origin(type_), typing.get_args(type_)
        is_frame = origin is not None and custom_subclass_check(origin, pa_typing.DataFrame)
        if not is_frame or len(args) != 1 or not issubclass(args[0], pandera.DataFrameModel):
            raise InvalidDecoratorException(
                f"'{node_to_validate.name}' is {type_}; pandera's DataFrame[a DataFrameModel] says what to check"
            )
        return [PanderaDataFrameValidator(args[0], self.importance)]
