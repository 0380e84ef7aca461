"""Repositories of files: templates from start to end, the command, `import feast`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest
from processes import command, run
from weft.feast import cli, errors
from weft.feast.init_repo import init_repo
from weft.feast.repo_operations import get_repo_files, parse_repo

NOW = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.fixture
def repo(tmp_path):
    return init_repo("demo", "local", str(tmp_path / "demo")) / "feature_repo"


def test_the_local_template_runs(repo):
    out = run(repo, "test_workflow.py").stdout
    assert "Created feature service driver_activity_v3" in out
    assert "conv_rate_plus_val2: [2001.0, " in out
    assert len(pq.read_table(repo / "data" / "driver_stats.parquet")) == 5 * (15 * 24 + 1)


def test_the_command_from_plan_to_teardown(repo):
    planned = command(repo, "plan").stdout
    assert "Created feature view driver_hourly_stats\n" in planned
    assert command(repo, "feature-views", "list").stdout.split() == ["NAME", "ENTITIES", "TYPE"]
    assert command(repo, "apply").stdout == planned
    assert command(repo, "plan").stdout == "No changes\n"
    listed = command(repo, "feature-views", "list", "--tags", "team:driver_performance").stdout
    assert [line.split()[0] for line in listed.splitlines()[1:]] == [
        "driver_hourly_stats",
        "driver_hourly_stats_fresh",
    ]
    described = command(repo, "entities", "describe", "driver").stdout
    assert "join_keys: driver_id\n" in described
    features = json.loads(command(repo, "features", "list", "-o", "json").stdout)
    assert {"feature": "acc_rate", "feature_view": "driver_hourly_stats", "dtype": "Float32"} in features
    ran = command(repo, "materialize-incremental", NOW, "-v", "driver_hourly_stats").stdout
    assert "5 written" in ran
    found = command(
        repo, "get-online-features", "-e", "driver_id=1001", "-f", "driver_hourly_stats:acc_rate"
    ).stdout
    assert found.startswith("driver_id: 1001  PRESENT\nacc_rate: 0.")
    spine = json.dumps([{"driver_id": 1001, "event_timestamp": NOW}])
    history = command(
        repo, "get-historical-features", "-d", spine, "-f", "driver_hourly_stats:acc_rate"
    ).stdout
    assert history.splitlines()[1].startswith("1001")
    assert command(repo, "delete", "driver_activity_v1").stdout == "Deleted driver_activity_v1\n"
    assert command(repo, "plan").stdout == "Created feature service driver_activity_v1\n"
    command(repo, "teardown")
    assert command(repo, "plan").stdout == planned


def test_mistakes_are_told_with_a_status(repo):
    command(repo, "apply")
    for arguments, said in (
        (("get-online-features", "-e", "driver_id=1", "-f", "driver_hourly_stats:acc"), "no feature acc"),
        (
            ("get-online-features", "-e", "driver_id", "-f", "driver_hourly_stats:acc_rate"),
            "expected KEY=VALUE",
        ),
        (("materialize", "yesterday", NOW), "START: expected a time"),
        (("materialize",), "START and END are needed"),
        (("entities", "describe", "nobody"), "Entity nobody does not exist in project demo"),
    ):
        done = command(repo, *arguments, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    assert command(repo.parent, "apply", check=False).returncode == 1
    with pytest.raises(SystemExit):
        cli.main(["nothing"])


def test_apply_removes_what_the_files_do_not_define(repo):
    command(repo, "apply")
    text = (repo / "feature_definitions.py").read_text()
    (repo / "feature_definitions.py").write_text(text[: text.index("driver_activity_v3")])
    assert command(repo, "plan").stdout == "Deleted feature service driver_activity_v3\n"
    command(repo, "apply")
    assert "driver_activity_v3" not in command(repo, "feature-services", "list").stdout


def test_functions_that_changed_are_not_run_before_they_are_applied(repo):
    command(repo, "apply")
    file = repo / "feature_definitions.py"
    file.write_text(file.read_text().replace('+ inputs["val_to_add"]', '- inputs["val_to_add"]'))
    script = (
        "from weft.feast import FeatureStore\n"
        "rows = [{'driver_id': 1001, 'val_to_add': 1, 'val_to_add_2': 2}]\n"
        "asked = ['transformed_conv_rate:conv_rate_plus_val1']\n"
        "print(FeatureStore('.').get_online_features(asked, rows).to_dict())\n"
    )
    done = run(repo, "-c", script, check=False)
    assert "do not define its function as it was applied" in done.stderr
    assert command(repo, "plan").stdout == "Updated on demand feature view transformed_conv_rate\n"
    command(repo, "apply")
    assert "conv_rate_plus_val1" in run(repo, "-c", script).stdout


def test_minimal_repositories(tmp_path):
    folder = init_repo("mini", "minimal", str(tmp_path / "mini"))
    assert command(folder / "feature_repo", "apply").stdout == "No changes\n"
    with pytest.raises(FileExistsError):
        init_repo("mini", "minimal", str(folder))
    with pytest.raises(ValueError, match="letters"):
        init_repo("a-b", "minimal", str(tmp_path / "x"))


def test_which_files_are_read(tmp_path):
    for name in ("a.py", "sub/b.py", "venv/c.py", ".hidden/d.py", "skipped/e.py", "f.txt", "g_test.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    (tmp_path / ".feastignore").write_text("# not these\nskipped\n*_test.py\n")
    assert [str(f.relative_to(tmp_path)) for f in get_repo_files(tmp_path)] == ["a.py", "sub/b.py"]


def test_modules_of_a_repository_import_each_other(tmp_path):
    (tmp_path / "weft_test_entities.py").write_text(
        "from weft.feast import Entity, ValueType\nuser = Entity(name='user', value_type=ValueType.STRING)\n"
    )
    (tmp_path / "weft_test_views.py").write_text(
        "from weft_test_entities import user\nfrom weft.feast import *\nfrom weft.feast.types import Int64\n"
        "source = FileSource(path='x.parquet', timestamp_field='t')\n"
        "view = FeatureView(name='v', entities=[user], "
        "schema=[Field(name='n', dtype=Int64)], source=source)\n"
        "chosen = view[['n']]\n"
    )
    contents = parse_repo(tmp_path)
    assert [e.name for e in contents.entities] == ["user"]
    assert [v.name for v in contents.feature_views] == ["v"]
    assert [s.name for s in contents.data_sources] == ["x.parquet"]


def test_import_feast(tmp_path):
    script = """
import sys
import weft.feast
weft.feast.install()
weft.feast.install()
import feast
import feast.types
from feast import Entity, FeatureStore
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.data_source import PushMode
import weft.feast.entity
assert feast is weft.feast and feast.types is weft.feast.types
assert Entity is weft.feast.entity.Entity and feast.data_source.PushMode is PushMode
assert feast.__spec__.name == "weft.feast"
for name in ("feast.nothing", "feast.infra.online_stores.dynamodb"):
    try:
        __import__(name)
        raise SystemExit(name)
    except ModuleNotFoundError:
        pass
try:
    feast.BigQuerySource
except AttributeError as e:
    assert "from-feast" in str(e)
loaded = [name for name in ("pandas", "pyarrow", "numpy", "yaml") if name in sys.modules]
assert not loaded, loaded
"""
    run(tmp_path, "-c", script)
    (tmp_path / "feast.py").write_text("")
    done = run(tmp_path, "-c", "import feast, weft.feast\nweft.feast.install()", check=False)
    assert "another feast is imported already" in done.stderr


def test_configurations(tmp_path):
    from weft.feast import RepoConfig

    def config(**settings):
        return RepoConfig(project="p", repo_path=tmp_path, **settings)

    assert config().directory == str(tmp_path / "data" / "registry.db.weft")
    sql = config(registry={"registry_type": "sql", "path": "postgresql+psycopg://u@h:1/d"})
    assert (sql.registry_url, sql.directory) == ("postgresql://u@h:1/d", str(tmp_path / "data" / "weft"))
    redis = config(online_store={"type": "redis", "connection_string": "h:6379,db=2,password=x"})
    assert redis.online_url == "redis://:x@h:6379/2"
    for settings, error in (
        ({"provider": "gcp"}, errors.FeastProviderNotImplementedError),
        ({"online_store": {"type": "dynamodb"}}, errors.FeastOnlineStoreInvalidName),
        ({"offline_store": "bigquery"}, errors.FeastOfflineStoreInvalidName),
        ({"registry": "s3://bucket/registry.db"}, errors.FeastRegistryTypeInvalidError),
        ({"auth": {"type": "oidc"}}, ValueError),
        ({"openlineage": {}}, ValueError),
        ({"compat": "yes"}, ValueError),
        ({"online_store": {"type": "redis", "key_ttl_seconds": 5}}, ValueError),
    ):
        with pytest.raises(error):
            config(**settings)
    with pytest.raises(ValueError, match="project is a name"):
        RepoConfig(project="a b")


def test_variables_in_the_configuration(tmp_path, monkeypatch):
    from weft.feast import FeatureStore

    monkeypatch.setenv("WEFT_TEST_PROJECT", "from_environment")
    (tmp_path / "feature_store.yaml").write_text("project: ${WEFT_TEST_PROJECT}\nregistry: r.db\n")
    assert FeatureStore(repo_path=tmp_path).project == "from_environment"
    (tmp_path / "feature_store.yaml").write_text("project: p\nregistri: r.db\n")
    with pytest.raises(ValueError, match="registri") as raised:
        FeatureStore(repo_path=tmp_path)
    assert "feature_store.yaml" in raised.value.__notes__[0]
