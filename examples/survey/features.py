"""A survey of clients and their logins: written once, run in batch, over a stream and per request. The twin of features.cc."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Optional

import weft
from weft import Column, Scalar, Series, Table

# ---- sources ---------------------------------------------------------------------------------------------------------


@weft.tag(owner="research")
@weft.extract_columns(client_id=int, budget=float, age=int, gender=str)
def survey_results(survey_path: str) -> Table:
    """What clients said: budget in dollars, age in years."""
    return weft.read_csv(survey_path, types={"age": int, "budget": float})


@weft.tag(owner="platform")
def client_login(login_path: str) -> Table:
    """When clients logged in; some never did, some several times."""
    return weft.read_csv(login_path)


# ---- features ---------------------------------------------------------------------------------------------------------


def is_male(gender: str) -> bool:
    return gender == "male"


def is_female(gender: str) -> bool:
    return gender == "female"


def is_high_roller(budget: float) -> bool:
    """Would spend more than a hundred dollars."""
    return budget > 100


def age_mean(age: Column[int]) -> Scalar[float]:
    return weft.mean(age)


def age_stddev(age: Column[int]) -> Scalar[float]:
    return weft.stddev(age)


@weft.tag(owner="growth")
@weft.check(weft.in_range(-6, 6))
def age_normalized(age: int, age_mean: float, age_stddev: float) -> float:
    """Age in standard deviations from the mean."""
    return (age - age_mean) / age_stddev


@weft.when_not(logins="request")
def last_logged_in__table(client_login: Scalar[Table], client_id: Column[int], execution_time: Column[datetime]) -> Column[datetime]:
    """The client's last login that was known at the time of execution. With `logins: request` in the config the caller brings it instead,
    as last_login_seen."""
    return weft.lookup(client_login, "last_logged_in", datetime, client_id=client_id, time=execution_time, event_time="last_logged_in")


@weft.when(logins="request")
def last_logged_in__request(last_login_seen: Optional[datetime]) -> Optional[datetime]:
    return last_login_seen


def time_since_last_login(execution_time: datetime, last_logged_in: datetime) -> timedelta:
    return execution_time - last_logged_in


def days_away(time_since_last_login: Optional[timedelta]) -> float:
    """Days since the last login; a client who never logged in counts as away for two years."""
    if time_since_last_login is None:
        return 730.0
    return time_since_last_login / timedelta(days=1)


# ---- a model ----------------------------------------------------------------------------------------------------------


@dataclass
class Model:
    """A logistic regression: weights of age, gender and days away, and a bias."""

    weights: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bias: float = 0.0

    def score(self, age: float, male: bool, away: float) -> float:
        return self.bias + self.weights[0] * age + self.weights[1] * (1 if male else 0) + self.weights[2] * away / 100


def _sigmoid(x: float) -> float:
    # weft.exp has the same bits in C++, in Python and on every machine; math.exp has not.
    return 1 / (1 + weft.exp(-x))


def model(age_normalized: Series[float], is_male: Series[bool], days_away: Series[float], is_high_roller: Series[bool]) -> Model:
    """Fitted by gradient descent on every client whose answers are complete."""
    rounds, rate = 500, 0.5
    clients = [row for row in zip(age_normalized, is_male, days_away, is_high_roller) if None not in row]
    model = Model()
    for _ in range(rounds):
        gradient = [0.0] * 4
        for age, male, away, high in clients:
            error = _sigmoid(model.score(age, male, away)) - (1 if high else 0)
            gradient[0] += error * age
            gradient[1] += error * (1 if male else 0)
            gradient[2] += error * away / 100
            gradient[3] += error
        step = rate / len(clients)
        model = Model(tuple(w - step * g for w, g in zip(model.weights, gradient)), model.bias - step * gradient[3])
    return model


def prediction(model: Model, age_normalized: float, is_male: bool, days_away: float) -> float:
    """How likely the client is a high roller."""
    return _sigmoid(model.score(age_normalized, is_male, days_away))
