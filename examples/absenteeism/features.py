"""Absenteeism at work (UCI): why people were absent, and for how long. Eight checks watch the data; two of them warn on it."""

import re

import weft
from weft import Column, Scalar, Table, source, value


def _snake_case(title: str) -> str:
    # "Work load Average/day " -> "work_load_average_day"
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


@weft.extract_columns(
    id=int, reason_for_absence=int, month_of_absence=int, day_of_the_week=int, seasons=int, service_time=int, age=int, son=int, pet=int,
    weight=int, height=int, body_mass_index=int, education=int, absenteeism_time_in_hours=int,
)
def absences(absences_path: str) -> Table:
    """One row an absence; columns are the file's titles in snake case."""
    table = weft.read_csv(absences_path, delimiter=";")
    for name in table.names:
        table = table.rename(name, _snake_case(name))
    return table


# ---- z-scores -------------------------------------------------------------------------------------------------------


def age_mean(age: Column[int]) -> Scalar[float]:
    return weft.mean(age)


def age_stddev(age: Column[int]) -> Scalar[float]:
    return weft.stddev(age)


def height_mean(height: Column[int]) -> Scalar[float]:
    return weft.mean(height)


def height_stddev(height: Column[int]) -> Scalar[float]:
    return weft.stddev(height)


def weight_mean(weight: Column[int]) -> Scalar[float]:
    return weft.mean(weight)


def weight_stddev(weight: Column[int]) -> Scalar[float]:
    return weft.stddev(weight)


@weft.check(weft.in_range(-4, 4))
@weft.parameterize(
    **{
        f"{name}_zscore": {"value": source(name), "mean": source(f"{name}_mean"), "stddev": source(f"{name}_stddev")}
        for name in ("age", "height", "weight")
    }
)
def z_score(value: int, mean: float, stddev: float) -> float:
    """Standard deviations from the mean."""
    return (value - mean) / stddev


# ---- the body -------------------------------------------------------------------------------------------------------


@weft.check(weft.in_range(15, 40), weft.not_null())
def computed_body_mass_index(weight: int, height: int) -> float:
    """From weight in kg and height in cm."""
    meters = height / 100
    return weight / (meters * meters)


@weft.check(weft.in_range(-1, 1))
def body_mass_index_error(body_mass_index: int, computed_body_mass_index: float) -> float:
    """How far the index that was given is from the one computed."""
    return body_mass_index - computed_body_mass_index


# ---- calendar, one-hot ----------------------------------------------------------------------------------------------

_DAYS = {"monday": 2, "tuesday": 3, "wednesday": 4, "thursday": 5, "friday": 6}


@weft.parameterize(
    **{f"seasons_{n}": {"code": source("seasons"), "wanted": value(n)} for n in range(1, 5)},
    **{f"is_{day}": {"code": source("day_of_the_week"), "wanted": value(n)} for day, n in _DAYS.items()},
)
def is_code(code: int, wanted: int) -> bool:
    return code == wanted


@weft.check(weft.Check("data_type", {"type": "bool"}))
def is_summer(seasons: int) -> bool:
    """In Brazil summer is the first season of the file."""
    return seasons == 1


def has_children(son: int) -> bool:
    return son > 0


def has_pet(pet: int) -> bool:
    return pet > 0


@weft.check(weft.in_range(0, 25), weft.Check("max_fraction_nulls", {"fraction": 0.01}))
def absence_per_service_year(absenteeism_time_in_hours: int, service_time: int) -> float:
    """Hours absent for each year of service."""
    return absenteeism_time_in_hours / service_time
