"""The command `weft` of the package: modules of Python, alone and beside compiled ones."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

WEFT = [sys.executable, "-m", "weft"]

FEATURES = '''
"""What a survey tells."""

def budget_in_cents(budget: float) -> int:
    """Whole cents."""
    return int(budget * 100)

def is_high_roller(budget_in_cents: int) -> bool:
    return budget_in_cents > 10_000

def per_year(budget: float, age: int) -> float:
    return budget / (age - 40)
'''


def weft(*words: str, folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run([*WEFT, *words], cwd=folder, capture_output=True, text=True)


def answer(*words: str, folder: Path) -> str:
    done = weft(*words, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "features.py").write_text(FEATURES)
    (tmp_path / "weft.yaml").write_text("modules: [features.py]\n")
    return tmp_path


def test_list_shows_features_with_their_documentation(project):
    nodes = {node["name"]: node for node in json.loads(answer("list", "--json", folder=project))}
    assert nodes["budget_in_cents"]["doc"] == "Whole cents."
    assert nodes["budget_in_cents"]["module"] == "features"
    assert nodes["is_high_roller"]["type"].startswith("bool")


def test_show_has_the_text_and_its_place(project):
    shown = answer("show", "is_high_roller", folder=project)
    assert "return budget_in_cents > 10_000" in shown
    assert "features.py:8" in shown


def test_run_gives_values(project):
    assert answer("run", "is_high_roller", "--input", "budget=100.5", folder=project) == "is_high_roller = true\n"


def test_lineage_goes_through_functions(project):
    assert "budget_in_cents" in answer("lineage", "is_high_roller", folder=project)


def test_explain_and_validate(project):
    assert "is_high_roller" in answer("explain", "is_high_roller", folder=project)
    answer("validate", folder=project)


def test_what_a_function_raises_names_feature_row_and_place(project):
    done = weft("run", "per_year", "--input", "budget=1.0", "--input", "age=40", folder=project)
    assert done.returncode == 1
    assert "features.py:11: per_year: ZeroDivisionError" in done.stderr


def test_a_module_in_a_package(project):
    package = project / "models" / "survey"
    package.mkdir(parents=True)
    (project / "models" / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "limits.py").write_text("LIMIT = 7\n")
    (package / "scores.py").write_text("from .limits import LIMIT\n\ndef score(age: int) -> int:\n    return age + LIMIT\n")
    for module in ("models.survey.scores", "models/survey/scores.py", "./models/survey/scores.py"):
        assert answer("run", "score", "-m", module, "--input", "age=1", folder=project) == "score = 8\n"
    (project / "weft.yaml").write_text("modules: [models.survey.scores]\n")
    elsewhere = project / "deep" / "down"
    elsewhere.mkdir(parents=True)
    assert answer("run", "score", "--input", "age=1", folder=elsewhere) == "score = 8\n"


def test_a_file_imports_what_lies_beside_it(project):
    (project / "constants.py").write_text("FACTOR = 3\n")
    (project / "other.py").write_text("import constants\n\ndef tripled(x: int) -> int:\n    return x * constants.FACTOR\n")
    assert answer("run", "tripled", "-m", "other.py", "--input", "x=2", folder=project) == "tripled = 6\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("import nothing_of_this_name\n", "broken.py:1: ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("def f(x: float) -> float:\n    return (\n", "broken.py:2: SyntaxError"),
        ("x = 1\nx / 0\n", "broken.py:2: ZeroDivisionError"),
        ("def f(x) -> float:\n    return x\n", "f does not say of what type x is"),
        ("import sys\nsys.exit(3)\n", "broken.py:2: SystemExit: 3"),
    ],
)
def test_a_broken_module_is_named_with_its_line(project, text, wanted):
    (project / "broken.py").write_text(text)
    done = weft("list", "-m", "broken.py", folder=project)
    assert done.returncode == 2
    assert wanted in done.stderr


def test_a_module_that_is_not_there(project):
    assert "there is no file" in weft("list", "-m", "nowhere.py", folder=project).stderr
    done = weft("list", "-m", "nowhere", folder=project)
    assert (done.returncode, done.stderr.partition(":")[0]) == (2, "weft")


@pytest.mark.parametrize("words", [["nonsense"], ["run"], ["list", "--nonsense"], ["show", "nothing"], []])
def test_misuse_ends_with_2(project, words):
    assert weft(*words, folder=project).returncode == 2


def compiled(name: str) -> Path:
    if "WEFT_BUILD_DIR" not in os.environ:
        pytest.skip("compiled modules are in a build's folder")
    path = Path(os.environ["WEFT_BUILD_DIR"]) / "modules" / f"{name}.so"
    assert path.exists()
    return path


def test_compiled_and_python_features_in_one_graph(project):
    survey = compiled("cli_survey")
    (project / "more.py").write_text("def older(age: float) -> float:\n    return age + 1\n")
    (project / "weft.yaml").write_text(f"modules: [{survey}, more.py]\n")
    nodes = {node["name"]: node.get("module") for node in json.loads(answer("list", "--json", folder=project))}
    assert nodes["older"] == "more"
    assert nodes["age"] == "cli_survey"
    assert "survey_path" in answer("lineage", "older", folder=project)


def test_the_plain_command_says_what_it_lacks(project):
    if "WEFT_BUILD_DIR" not in os.environ:
        pytest.skip("the plain command is in a build's folder")
    done = subprocess.run([Path(os.environ["WEFT_BUILD_DIR"]) / "bin" / "weft", "list"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install weft" in done.stderr


def test_diff_with_another_revision_builds_nothing(project):
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=project, check=True)
    (project / "features.py").write_text(FEATURES.replace("> 10_000", "> 20_000"))
    difference = json.loads(answer("diff", "--git", "HEAD", "--json", folder=project))
    assert [node["name"] for node in difference["changed"]] == ["is_high_roller"]
    assert difference["added"] == difference["removed"] == []


def test_ctrl_c_ends_a_run(project):
    (project / "slow.py").write_text(
        "import threading\n\n"
        "def never(x: int) -> int:\n"
        "    print('started', flush=True)\n"
        "    threading.Event().wait()\n"
        "    return x\n"
    )
    words = [*WEFT, "run", "never", "-m", "slow.py", "--input", "x=1"]
    with subprocess.Popen(words, cwd=project, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline() == "started\n"
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == -signal.SIGINT


STORE = '''
import threading
from datetime import timedelta

import weft

# Made before the server holds its signals back.
threading.Thread(target=threading.Event().wait, daemon=True).start()

def driver() -> weft.Entity:
    return weft.Entity(keys={"driver_id": "int64"})

def trips() -> weft.Source:
    return weft.Source(kind="push", time="event_time", columns={"driver_id": "int64", "event_time": "timestamp", "km": "double"})

def miles(km: float) -> float:
    return km / 1.609344

def trip_view(driver: weft.Entity, trips: weft.Source) -> weft.FeatureView:
    return weft.FeatureView(entities=[driver], source=trips, features=["km", "miles"])

def trip_service(trip_view: weft.FeatureView) -> weft.FeatureService:
    return weft.FeatureService(views=[trip_view])
'''


def test_apply_push_get_and_serve(project):
    (project / "features.py").write_text(STORE)
    assert "trip_view" in answer("plan", folder=project)
    assert "trip_view" in answer("apply", folder=project)
    (project / "rows.jsonl").write_text('{"driver_id": 7, "event_time": "2024-05-01T00:00:00Z", "km": 1.609344}\n')
    answer("push", "trips", "rows.jsonl", folder=project)
    with subprocess.Popen([*WEFT, "serve", "--port", "0"], cwd=project, stdout=subprocess.PIPE, text=True) as server:
        line = server.stdout.readline()
        address = line.split(" at ")[1].strip()
        body = json.dumps({"feature_service": "trip_service", "entities": {"driver_id": [7, 8]}}).encode()
        request = urllib.request.Request(f"{address}/get-online-features", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            found = json.load(response)
        names = found["metadata"]["feature_names"]
        assert found["results"][names.index("miles")]["values"] == [1.0, None]
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0


def test_demo_says_what_it_needs(project):
    assert weft("demo", "--nonsense", folder=project).returncode == 2
    assert "DATA" in answer("help", "demo", folder=project).upper()
    assert "weft demo" in answer("help", folder=project)
    done = weft("demo", str(project), folder=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no flights.csv" in done.stderr
    assert not (project / "weft-demo").exists()
