"""What a loader and a saver are: dataclasses whose fields are their options."""

from __future__ import annotations

import abc
import dataclasses
import typing
from collections.abc import Collection
from typing import Any

from ..htypes import custom_subclass_check


class AdapterCommon(abc.ABC):
    @classmethod
    @abc.abstractmethod
    def applicable_types(cls) -> Collection[type]:
        """Types that it loads or saves."""

    @classmethod
    @abc.abstractmethod
    def applies_to(cls, type_: Any) -> bool: ...

    @classmethod
    @abc.abstractmethod
    def name(cls) -> str:
        """The format: load_from.<name>, to.<name>."""

    @classmethod
    def _fields(cls) -> tuple:
        if not dataclasses.is_dataclass(cls):
            raise TypeError(f"{cls.__qualname__} loads or saves, so it has to be a dataclass: @dataclass is missing")
        return dataclasses.fields(cls)

    @classmethod
    def _arguments(cls, optional: bool) -> dict[str, Any]:
        missing = dataclasses.MISSING
        fields = cls._fields()
        hints = typing.get_type_hints(cls)
        return {
            f.name: hints.get(f.name)
            for f in fields
            if f.init and (f.default is not missing or f.default_factory is not missing) == optional
        }

    @classmethod
    def get_required_arguments(cls) -> dict[str, Any]:
        """Options without a default: {name: type}."""
        return cls._arguments(optional=False)

    @classmethod
    def get_optional_arguments(cls) -> dict[str, Any]:
        return cls._arguments(optional=True)

    @classmethod
    def can_load(cls) -> bool:
        return False

    @classmethod
    def can_save(cls) -> bool:
        return False


class DataLoader(AdapterCommon, abc.ABC):
    @abc.abstractmethod
    def load_data(self, type_: Any) -> tuple[Any, dict[str, Any]]:
        """The data, and what there is to say about it."""

    @classmethod
    def can_load(cls) -> bool:
        return True

    @classmethod
    def applies_to(cls, type_: Any) -> bool:
        return any(custom_subclass_check(loaded, type_) for loaded in cls.applicable_types())


class DataSaver(AdapterCommon, abc.ABC):
    @abc.abstractmethod
    def save_data(self, data: Any) -> dict[str, Any]:
        """What there is to say about what was written."""

    @classmethod
    def can_save(cls) -> bool:
        return True

    @classmethod
    def applies_to(cls, type_: Any) -> bool:
        types = tuple(cls.applicable_types())
        if len(types) > 1 and typing.Union[types] == type_:
            return True
        return any(custom_subclass_check(type_, saved) for saved in types)
