"""The examples' Python twins print what the C++ programs print, and the web service answers as the batch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("name", ["hello", "absenteeism", "trips"])
def test_a_twin_prints_what_cpp_prints(name: str, tmp_path: Path) -> None:
    folder = EXAMPLES / name
    arguments = {"hello": [], "absenteeism": [folder / "absenteeism_at_work.csv"], "trips": [folder, tmp_path / "out"]}
    run = subprocess.run([sys.executable, folder / "main.py", *arguments[name]], capture_output=True, text=True, timeout=280)
    assert run.stderr == ""
    assert run.stdout == (folder / "expected.txt").read_text()


@pytest.mark.parametrize("program", ["batch", "streaming", "online"])
def test_the_survey_prints_what_cpp_prints(program: str) -> None:
    folder = EXAMPLES / "survey"
    run = subprocess.run([sys.executable, folder / "survey.py", program, folder], capture_output=True, text=True, timeout=280)
    assert run.stderr == ""
    assert run.stdout == (folder / f"expected_{program}.txt").read_text()


def test_the_survey_as_a_web_service(monkeypatch: pytest.MonkeyPatch) -> None:
    client_module = pytest.importorskip("fastapi.testclient")
    folder = EXAMPLES / "survey"
    monkeypatch.setenv("WEFT_SURVEY", str(folder))
    monkeypatch.syspath_prepend(str(folder))
    import service

    client = client_module.TestClient(service.app)
    request = {"age": 96, "gender": "female", "execution_time": "2024-06-01T00:00:00Z"}
    answer = client.post("/prediction", json=request).json()
    assert answer == {"age_normalized": 1.5934472111977598, "is_male": False, "days_away": 730.0, "prediction": 0.9098446809489773}
    assert client.post("/prediction", json={"execution_time": "2024-06-01T00:00:00Z"}).json()["prediction"] is None
    assert client.post("/prediction", json={"age": 3}).status_code == 422
