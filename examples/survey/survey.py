"""The survey in batch, over a stream or per request: `survey.py batch|streaming|online FOLDER`. Prints what the C++ programs print."""

from __future__ import annotations

import sys
from datetime import datetime, timezone

import features

import weft

EXECUTION_TIME = datetime(2024, 6, 1, tzinfo=timezone.utc)
ASKED = ["age_normalized", "is_male", "days_away", "prediction"]


def inputs_of(folder: str) -> dict[str, object]:
    return {
        "survey_path": f"{folder}/survey_results.csv",
        "login_path": f"{folder}/client_login.csv",
        "execution_time": EXECUTION_TIME,
    }


def batch(folder: str) -> None:
    """The whole survey at once, from its files."""
    result = weft.Driver(features).execute(["client_id", *ASKED], inputs_of(folder))
    print(result.table().to_text(5), end="")


def streaming(folder: str) -> None:
    """The same features over micro-batches of clients, with the values fitted in batch."""
    driver = weft.Driver(features)
    inputs = inputs_of(folder)
    fit = driver.execute(["prediction"], inputs).fit("survey")
    # The plan is made once and held; each batch brings the columns of the survey.
    plan = driver.plan(["client_id", *ASKED], context="stream", shapes={"execution_time": "scalar"}, choice="fitted", fit=fit)
    survey = weft.read_csv(inputs["survey_path"], types={"age": int, "budget": float}).select(["client_id", "age", "gender"])
    rest = {name: inputs[name] for name in ("login_path", "execution_time")}
    results = [plan.run(rest, survey.slice(at, 100)).table() for at in range(0, len(survey), 100)]
    print(weft.Table.concat(results).to_text(5), end="")


def online(folder: str) -> None:
    """One client per request. Logins come with the request; the rest was fitted in batch."""
    trained = weft.Driver(features).execute(["client_id", "age", "gender", "last_logged_in", *ASKED], inputs_of(folder))
    fitted = trained.fit("survey").values
    serving = weft.Driver(features, config={"logins": "request"})
    fixed = {name: fitted[name] for name in ("model", "age_mean", "age_stddev")}
    rows = serving.plan(ASKED, context="online", overrides=list(fixed)).rows(fixed)
    # One request for each client; the answers are those of the batch, bit for bit.
    clients = {name: list(column) for name, column in ((name, trained[name]) for name in trained.names)}
    different = 0
    for i in range(len(clients["client_id"])):
        answer = rows(
            {
                "age": clients["age"][i],
                "gender": clients["gender"][i],
                "last_login_seen": clients["last_logged_in"][i],
                "execution_time": EXECUTION_TIME,
            }
        )
        different += sum(answer[name] != clients[name][i] for name in ASKED)
        if i < 5:
            print(f"client {clients['client_id'][i]}: prediction {answer['prediction']}")
    print(f"{len(clients['client_id'])} clients, {different} answers differ from the batch")
    sys.exit(different != 0)


if __name__ == "__main__":
    {"batch": batch, "streaming": streaming, "online": online}[sys.argv[1]](sys.argv[2])
