"""The survey as a web service of one's own: `WEFT_SURVEY=FOLDER uvicorn service:app`. Needs fastapi and uvicorn.

The driver is made and the model fitted once, when the service starts. A request takes microseconds, so that it is answered on the event
loop itself; the loop is one thread, and so one RowRunner does.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

import features
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from survey import ASKED, inputs_of

import weft


class Client(BaseModel):
    age: int | None = None
    gender: str | None = None
    last_login_seen: datetime | None = None
    execution_time: datetime


def requests_of(folder: str) -> weft.RowRunner:
    fitted = weft.Driver(features).execute(["prediction"], inputs_of(folder)).fit("survey").values
    fixed = {name: fitted[name] for name in ("model", "age_mean", "age_stddev")}
    serving = weft.Driver(features, config={"logins": "request"})
    return serving.plan(ASKED, context="online", overrides=list(fixed)).rows(fixed)


app = FastAPI(title="survey")
answer = requests_of(os.environ["WEFT_SURVEY"])


@app.post("/prediction")
async def prediction(client: Client) -> dict[str, Any]:
    """Features and prediction of one client; what depends on something unknown is null."""
    try:
        return answer(client.model_dump())
    except weft.WeftError as error:
        raise HTTPException(422, str(error)) from error
