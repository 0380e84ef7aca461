"""The validators of check_output(): for pandas series, single values and text."""

from __future__ import annotations

import importlib.util
import numbers
import sys
from collections.abc import Iterable
from typing import Any

from .. import registry
from . import base
from .base import ValidationResult


def _is_class(datatype: Any, classes: type | tuple[type, ...]) -> bool:
    return isinstance(datatype, type) and issubclass(datatype, classes)


class _OfSeries:
    @classmethod
    def applies_to(cls, datatype: type) -> bool:
        pandas = sys.modules.get("pandas")  # whoever returns a Series has imported it
        return pandas is not None and _is_class(datatype, pandas.Series)


def _computed(data: Any) -> Any:
    # Results of dask are promises.
    return data.compute() if hasattr(data, "dask") else data


def _counts(flags: Any) -> tuple[int, int]:
    """How many are True and how many are not."""
    counts = flags.value_counts().to_dict()
    return counts.get(True, 0), counts.get(False, 0)


class DataInRangeValidatorPandasSeries(_OfSeries, base.BaseDefaultValidator):
    """range=(low, high), both included; a missing value is outside."""

    def __init__(self, range: tuple[float, float], importance: str):
        super().__init__(importance)
        self.range = range

    @classmethod
    def arg(cls) -> str:
        return "range"

    def description(self) -> str:
        return f"Validates that the datapoint falls within the range ({self.range[0]}, {self.range[1]})"

    def validate(self, data: Any) -> ValidationResult:
        low, high = self.range
        inside, outside = _counts(data.between(low, high, inclusive="both"))
        return ValidationResult(
            outside == 0,
            f"Series contains {inside} values in range ({low},{high}), and {outside} outside.",
            {"range": self.range, "in_range": inside, "out_range": outside, "data_size": len(data)},
        )


class DataInValuesValidatorPandasSeries(_OfSeries, base.BaseDefaultValidator):
    """values_in=[...]; missing values pass."""

    def __init__(self, values_in: Iterable[Any], importance: str):
        super().__init__(importance)
        self.values = frozenset(values_in)

    @classmethod
    def arg(cls) -> str:
        return "values_in"

    def description(self) -> str:
        return f"Validates that all data points are from a fixed set of values: ({self.values}), ignoring NA values."

    def validate(self, data: Any) -> ValidationResult:
        among = data.isin(self.values)
        right, wrong = _counts(among | data.isna())
        message = f"Series contains {right} correct values, and {wrong} incorrect values."
        return ValidationResult(
            wrong == 0,
            message if wrong == 0 else f"{message} Valid values are: {self.values}.",
            {
                "values": self.values,
                "correct_values_count": right,
                "incorrect_values_count": wrong,
                "incorrect_values": data[~among].value_counts().to_dict(),
                "data_size": len(data),
            },
        )


class DataInRangeValidatorPrimitives(base.BaseDefaultValidator):
    def __init__(self, range: tuple[float, float], importance: str):
        super().__init__(importance)
        self.range = range

    @classmethod
    def arg(cls) -> str:
        return "range"

    @classmethod
    def applies_to(cls, datatype: type) -> bool:
        return _is_class(datatype, numbers.Real)

    def description(self) -> str:
        return f"Validates that the datapoint falls within the range ({self.range[0]}, {self.range[1]})"

    def validate(self, data: Any) -> ValidationResult:
        data = _computed(data)
        low, high = self.range
        passes = low <= data <= high
        verb = "falls" if passes else "does not fall"
        return ValidationResult(
            passes,
            f"Data point {data} {verb} within acceptable range: ({low}, {high})",
            {"range": self.range, "value": data},
        )


class DataInValuesValidatorPrimitives(base.BaseDefaultValidator):
    def __init__(self, values_in: Iterable[Any], importance: str):
        super().__init__(importance)
        self.values = frozenset(values_in)

    @classmethod
    def arg(cls) -> str:
        return "values_in"

    @classmethod
    def applies_to(cls, datatype: type) -> bool:
        return _is_class(datatype, (numbers.Real, str))

    def description(self) -> str:
        return f"Validates that python values are from a fixed set of values: ({self.values})."

    def validate(self, data: Any) -> ValidationResult:
        data = _computed(data)
        passes = data in self.values
        message = f"Primitive python value was valid is {passes}."
        return ValidationResult(
            passes,
            message if passes else f"{message} Correct possible values are {self.values}.",
            {
                "values": self.values,
                "was_correct": passes,
                "incorrect_value": None if passes else data,
                "data_size": 1,
            },
        )


class MaxFractionNansValidatorPandasSeries(_OfSeries, base.BaseDefaultValidator):
    """max_fraction_nans=0.1: at most a tenth is missing."""

    def __init__(self, max_fraction_nans: float, importance: str):
        super().__init__(importance)
        if not 0 <= max_fraction_nans <= 1:
            raise ValueError(f"max_fraction_nans is between 0 and 1, not {max_fraction_nans}")
        self.max_fraction_nans = max_fraction_nans

    @classmethod
    def arg(cls) -> str:
        return "max_fraction_nans"

    def description(self) -> str:
        return f"Validates that no more than {self.max_fraction_nans:.2%} of the data is Nan."

    def validate(self, data: Any) -> ValidationResult:
        total = len(data)
        missing = data.isna().sum()
        fraction = missing / total if total > 0 else 0
        passes = fraction <= self.max_fraction_nans
        return ValidationResult(
            passes,
            f"Out of {total} items in the series, {missing} of them are Nan, representing: {fraction:.2%}. Max "
            f"allowable Nans is: {self.max_fraction_nans:.2%}, so this {'passes' if passes else 'does not pass'}.",
            {
                "total_nan": missing,
                "total_length": total,
                "fraction_na": fraction,
                "max_fraction_na": self.max_fraction_nans,
            },
        )


class AllowNaNsValidatorPandasSeries(MaxFractionNansValidatorPandasSeries):
    """allow_nans=False: nothing is missing."""

    def __init__(self, allow_nans: bool, importance: str):
        if allow_nans:
            raise ValueError("allow_nans=True checks nothing: leave it out, or say how many with max_fraction_nans")
        super().__init__(max_fraction_nans=0, importance=importance)

    @classmethod
    def arg(cls) -> str:
        return "allow_nans"


class DataTypeValidatorPandasSeries(_OfSeries, base.BaseDefaultValidator):
    """data_type=np.int64, or any class above it."""

    def __init__(self, data_type: type, importance: str):
        super().__init__(importance)
        self.datatype = data_type

    @classmethod
    def arg(cls) -> str:
        return "data_type"

    def description(self) -> str:
        return f"Validates that the datatype of the pandas series is a subclass of: {self.datatype}"

    def validate(self, data: Any) -> ValidationResult:
        import numpy

        dtype = getattr(data.dtype, "type", data.dtype)
        passes = numpy.issubdtype(dtype, self.datatype)
        return ValidationResult(
            passes,
            f"Requires subclass of datatype: {self.datatype}. Got datatype: {dtype}. "
            f"This {'is' if passes else 'is not'} a match.",
            {"required_dtype": self.datatype, "actual_dtype": dtype},
        )


class DataTypeValidatorPrimitives(base.BaseDefaultValidator):
    def __init__(self, data_type: type, importance: str):
        super().__init__(importance)
        self.datatype = data_type

    @classmethod
    def arg(cls) -> str:
        return "data_type"

    @classmethod
    def applies_to(cls, datatype: type) -> bool:
        return _is_class(datatype, numbers.Real) or datatype in (str, bool)

    def description(self) -> str:
        return f"Validates that the datatype of the pandas series is a subclass of: {self.datatype}"

    def validate(self, data: Any) -> ValidationResult:
        data = _computed(data)
        passes = isinstance(data, self.datatype)
        return ValidationResult(
            passes,
            f"Requires data type: {self.datatype}. Got data type: {type(data)}. "
            f"This {'is' if passes else 'is not'} a match.",
            {"required_data_type": self.datatype, "actual_data_type": type(data)},
        )


class MaxStandardDevValidatorPandasSeries(_OfSeries, base.BaseDefaultValidator):
    def __init__(self, max_standard_dev: float, importance: str):
        super().__init__(importance)
        self.max_standard_dev = max_standard_dev

    @classmethod
    def arg(cls) -> str:
        return "max_standard_dev"

    def description(self) -> str:
        return f"Validates that the standard deviation of a pandas series is no greater than : {self.max_standard_dev}"

    def validate(self, data: Any) -> ValidationResult:
        deviation = data.std()
        passes = deviation <= self.max_standard_dev
        return ValidationResult(
            passes,
            f"Max allowable standard dev is: {self.max_standard_dev}. Dataset stddev is : {deviation}. "
            f"This {'passes' if passes else 'does not pass'}.",
            {"standard_dev": deviation, "max_standard_dev": self.max_standard_dev},
        )


class MeanInRangeValidatorPandasSeries(_OfSeries, base.BaseDefaultValidator):
    def __init__(self, mean_in_range: tuple[float, float], importance: str):
        super().__init__(importance)
        self.mean_in_range = mean_in_range

    @classmethod
    def arg(cls) -> str:
        return "mean_in_range"

    def description(self) -> str:
        low, high = self.mean_in_range
        return f"Validates that a pandas series has mean in range [{low}, {high}]"

    def validate(self, data: Any) -> ValidationResult:
        mean = data.mean()
        low, high = self.mean_in_range
        passes = low <= mean <= high
        return ValidationResult(
            passes,
            f"Dataset has mean: {mean}. This {'is' if passes else 'is not'} in the required range: [{low}, {high}].",
            {"dataset_mean": mean, "mean_in_range": self.mean_in_range},
        )


class AllowNoneValidator(base.BaseDefaultValidator):
    """allow_none=False: the value is not None."""

    def __init__(self, allow_none: bool, importance: str):
        super().__init__(importance)
        self.allow_none = allow_none

    @classmethod
    def arg(cls) -> str:
        return "allow_none"

    @classmethod
    def applies_to(cls, datatype: type) -> bool:
        return True

    def description(self) -> str:
        return "No-op validator." if self.allow_none else "Validates that an output is not None"

    def validate(self, data: Any) -> ValidationResult:
        passes = self.allow_none or data is not None
        return ValidationResult(passes, "Data is not None" if passes else f"Data is not allowed to be None, got {data}")


class _OfText:
    texts: list[str]

    @classmethod
    def applies_to(cls, datatype: type) -> bool:
        return datatype is str

    def _result(self, passes: bool, what: str, data: str) -> ValidationResult:
        if passes:
            return ValidationResult(True, "All good.")
        return ValidationResult(False, f"String {what} {self.texts}", {self.arg(): self.texts, "data": data[:100]})


class StrContainsValidator(_OfText, base.BaseDefaultValidator):
    """contains="x", or all of ["x", "y"]."""

    def __init__(self, contains: str | list[str], importance: str):
        super().__init__(importance)
        self.contains = self.texts = [contains] if isinstance(contains, str) else contains

    @classmethod
    def arg(cls) -> str:
        return "contains"

    def description(self) -> str:
        return f"Validates that a string contains [{self.contains}] within it."

    def validate(self, data: str) -> ValidationResult:
        return self._result(all(text in data for text in self.texts), "did not contain", data)


class StrDoesNotContainValidator(_OfText, base.BaseDefaultValidator):
    def __init__(self, does_not_contain: str | list[str], importance: str):
        super().__init__(importance)
        self.does_not_contain = self.texts = (
            [does_not_contain] if isinstance(does_not_contain, str) else does_not_contain
        )

    @classmethod
    def arg(cls) -> str:
        return "does_not_contain"

    def description(self) -> str:
        return f"Validates that a string does not contain [{self.does_not_contain}] within it."

    def validate(self, data: str) -> ValidationResult:
        return self._result(not any(text in data for text in self.texts), "did contain", data)


AVAILABLE_DEFAULT_VALIDATORS: list[type[base.BaseDefaultValidator]] = [
    AllowNaNsValidatorPandasSeries,
    DataInRangeValidatorPandasSeries,
    DataInRangeValidatorPrimitives,
    DataInValuesValidatorPandasSeries,
    DataInValuesValidatorPrimitives,
    DataTypeValidatorPandasSeries,
    DataTypeValidatorPrimitives,
    MaxFractionNansValidatorPandasSeries,
    MaxStandardDevValidatorPandasSeries,
    MeanInRangeValidatorPandasSeries,
    AllowNoneValidator,
    StrContainsValidator,
    StrDoesNotContainValidator,
]


def _known() -> list[type[base.BaseDefaultValidator]]:
    """Pandera's validators take a pandera schema: whoever passes one has imported it."""
    registry.initialize()
    if "pandera" not in sys.modules or importlib.util.find_spec("pandera") is None:
        return AVAILABLE_DEFAULT_VALIDATORS
    from . import pandera_validators

    return [*AVAILABLE_DEFAULT_VALIDATORS, *pandera_validators.PANDERA_VALIDATORS]


def resolve_default_validators(
    output_type: type,
    importance: str,
    available_validators: list[type[base.BaseDefaultValidator]] | None = None,
    **default_validator_kwargs: Any,
) -> list[base.BaseDefaultValidator]:
    """One validator for each keyword: the first that has it and applies to the type. Raises ValueError if none does."""
    candidates = _known() if available_validators is None else available_validators
    validators = []
    for key, value in default_validator_kwargs.items():
        for cls in candidates:
            if cls.arg() == key and cls.applies_to(output_type):
                validators.append(cls(**{key: value, "importance": importance}))
                break
        else:
            known = sorted({cls.arg() for cls in candidates if cls.applies_to(output_type)})
            raise ValueError(f"there is no validator '{key}' for {output_type}; for that type there are {known}")
    return validators
