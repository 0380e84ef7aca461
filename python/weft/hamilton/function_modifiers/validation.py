"""Checks of results: check_output, check_output_custom."""

from __future__ import annotations

import abc
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from .. import node
from ..data_quality import base as dq_base
from ..node import REQUIRED, Bound
from . import base

IS_DATA_VALIDATOR_TAG = "hamilton.data_quality.contains_dq_results"
DATA_VALIDATOR_ORIGINAL_OUTPUT_TAG = "hamilton.data_quality.source_node"


def _validated(validator: dq_base.DataValidator, data: Any) -> Any:
    result = validator.validate(data)
    if not isinstance(result, dq_base.ValidationResult) and hasattr(result, "close"):
        result.close()
        raise TypeError(f"the validator '{validator.name()}' is async: it needs the AsyncDriver")
    return result


async def _validated_later(validator: dq_base.DataValidator, data: Any) -> Any:
    return await validator.validate(data)


class _Judge:
    """Hands the data on, after warnings and errors for the validators' results."""

    def __init__(self, name: str, raw: str, validators: dict[str, dq_base.DataValidator]):
        self.name = name
        self.raw = raw
        self.validators = validators  # node -> validator

    def __call__(self, **given: Any) -> Any:
        grave = []
        for name, validator in self.validators.items():
            if validator.importance == dq_base.DataValidationLevel.WARN:
                dq_base.act_warn(self.name, given[name], validator)
            else:
                grave.append((given[name], validator))
        dq_base.act_fail_bulk(self.name, grave)
        return given[self.raw]


class BaseDataValidationDecorator(base.NodeTransformer):
    """`f_raw`, a node `f_<validator>` for each validator, and `f`, which is `f_raw` if they let it pass."""

    @abc.abstractmethod
    def get_validators(self, node_to_validate: node.Node) -> list[dq_base.DataValidator]: ...

    def transform_node(self, node_: node.Node, config: dict[str, Any], fn: Callable) -> Collection[node.Node]:
        name = node_.name
        raw = node_.copy_with(name=f"{name}_raw", include_refs=False)
        raw_input = {raw.name: (node_.type, REQUIRED)}
        seen: Counter = Counter()
        checks: dict[str, dq_base.DataValidator] = {}
        nodes = []
        for validator in self.get_validators(node_):
            check = f"{name}_{validator.name()}"
            repeat = seen[check]
            seen[check] += 1
            check += f"_{repeat}" if repeat else ""
            checks[check] = validator
            function = _validated_later if dq_base.is_async_validator(validator) else _validated
            nodes.append(
                node.Node(
                    check,
                    dq_base.ValidationResult,
                    validator.description(),
                    Bound(function, {"data": raw.name}, {"validator": validator}),
                    input_types=dict(raw_input),
                    tags={
                        **node_.tags,
                        IS_DATA_VALIDATOR_TAG: True,
                        DATA_VALIDATOR_ORIGINAL_OUTPUT_TAG: name,
                    },
                )
            )
        end = node.Node(
            name,
            node_.type,
            node_.documentation,
            _Judge(name, raw.name, checks),
            node_source=node_.node_role,
            input_types={**raw_input, **{check: (dq_base.ValidationResult, REQUIRED) for check in checks}},
            tags=dict(node_.tags),
        )
        return [*nodes, end, raw]

    def validate(self, fn: Callable) -> None:
        pass


class check_output_custom(BaseDataValidationDecorator):
    """Checks of one's own."""

    def __init__(self, *validators: dq_base.DataValidator, target_: base.TargetType = None):
        super().__init__(target=target_)
        self.validators = list(validators)

    def get_validators(self, node_to_validate: node.Node) -> list[dq_base.DataValidator]:
        return self.validators


class check_output(BaseDataValidationDecorator):
    """Checks by name, chosen by the type of the result: check_output(range=(0, 1), importance="fail")."""

    def __init__(
        self,
        importance: str = dq_base.DataValidationLevel.WARN.value,
        default_validator_candidates: list[type[dq_base.BaseDefaultValidator]] | None = None,
        target_: base.TargetType = None,
        **default_validator_kwargs: Any,
    ):
        super().__init__(target=target_)
        self.importance = importance
        self.default_validator_kwargs = default_validator_kwargs
        self.default_validator_candidates = default_validator_candidates

    def get_validators(self, node_to_validate: node.Node) -> list[dq_base.DataValidator]:
        from ..data_quality import default_validators

        try:
            return default_validators.resolve_default_validators(
                node_to_validate.type,
                importance=self.importance,
                available_validators=self.default_validator_candidates,
                **self.default_validator_kwargs,
            )
        except ValueError as e:
            raise ValueError(f"check_output of '{node_to_validate.name}': {e} (its target_ may be another node)") from e
