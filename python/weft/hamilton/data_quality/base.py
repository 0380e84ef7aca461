"""Validators: what they are, what they find, and what follows from it."""

from __future__ import annotations

import abc
import dataclasses
import enum
import inspect
import logging
from typing import Any

logger = logging.getLogger(__name__)


class DataValidationError(Exception):
    """Data that validators of importance "fail" found fault with; its argument is the list of messages."""


class DataValidationLevel(enum.Enum):
    WARN = "warn"
    FAIL = "fail"


@dataclasses.dataclass
class ValidationResult:
    passes: bool
    message: str
    diagnostics: dict[str, Any] = dataclasses.field(default_factory=dict)


class DataValidator(abc.ABC):
    def __init__(self, importance: str):
        self._importance = DataValidationLevel(importance)

    @property
    def importance(self) -> DataValidationLevel:
        return self._importance

    @abc.abstractmethod
    def applies_to(self, datatype: type) -> bool: ...

    @abc.abstractmethod
    def description(self) -> str: ...

    @classmethod
    @abc.abstractmethod
    def name(cls) -> str: ...

    @abc.abstractmethod
    def validate(self, dataset: Any) -> ValidationResult: ...


class AsyncDataValidator(DataValidator, abc.ABC):
    """A validator for the async driver."""

    @abc.abstractmethod
    async def validate(self, dataset: Any) -> ValidationResult: ...


class BaseDefaultValidator(DataValidator, abc.ABC):
    """A validator that check_output() finds by its argument and the type of the data."""

    @classmethod
    @abc.abstractmethod
    def applies_to(cls, datatype: type) -> bool: ...

    @classmethod
    @abc.abstractmethod
    def arg(cls) -> str:
        """The keyword of check_output(); the constructor takes it and `importance`."""

    @classmethod
    def name(cls) -> str:
        return f"{cls.arg()}_validator"


class AsyncBaseDefaultValidator(BaseDefaultValidator, abc.ABC):
    @abc.abstractmethod
    async def validate(self, data: Any) -> ValidationResult: ...


def is_async_validator(validator: DataValidator) -> bool:
    return inspect.iscoroutinefunction(validator.validate)


def _message(node_name: str, result: ValidationResult, validator: DataValidator) -> str:
    return (
        f"[{node_name}:{validator.name()}] validator failed. Message was: {result.message}. "
        f"Diagnostic information is: {result.diagnostics}."
    )


def act_warn(node_name: str, validation_result: ValidationResult, validator: DataValidator) -> None:
    if not validation_result.passes:
        logger.warning(_message(node_name, validation_result, validator))


def act_fail_bulk(node_name: str, failures: list[tuple[ValidationResult, DataValidator]]) -> None:
    """Raises DataValidationError with the messages of all that did not pass."""
    messages = [_message(node_name, result, v) + "\n" for result, v in failures if not result.passes]
    for message in messages:
        logger.error(message)
    if messages:
        raise DataValidationError(messages)
