"""The command: `weft-feast`, or `python -m weft.feast`. Verbs and flags are Feast's."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from weft.feast.errors import FeastError

# The verbs that list and describe: what they are called, where objects come from, which columns a list has.
_KINDS: dict[str, tuple[str, dict[str, Callable[[Any], Any]]]] = {
    "entities": ("entity", {"description": lambda e: e.description, "type": lambda e: e.value_type.name}),
    "feature-views": ("feature_view", {"entities": lambda v: v.entities, "type": lambda v: type(v).__name__}),
    "stream-feature-views": (
        "stream_feature_view",
        {"entities": lambda v: v.entities, "type": lambda v: type(v).__name__},
    ),
    "on-demand-feature-views": ("on_demand_feature_view", {"mode": lambda v: v.mode}),
    "label-views": ("label_view", {"entities": lambda v: v.entities, "labeler": lambda v: v.labeler_field}),
    "feature-services": (
        "feature_service",
        {"features": lambda s: [p.name_to_use() for p in s.feature_view_projections]},
    ),
    "data-sources": ("data_source", {"class": lambda s: type(s).__name__}),
    "projects": ("project", {"description": lambda p: p.description}),
    "saved-datasets": ("saved_dataset", {"path": lambda d: d.storage.path}),
}
_PLURALS = {"entity": "entities"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 2 for mistakes of the caller, 1 for what failed."""
    given = _parser().parse_args(arguments)
    try:
        if given.chdir:
            os.chdir(given.chdir)
        return given.run(given) or 0
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130
    except (FeastError, ValueError, TypeError, LookupError, NotImplementedError, OSError, RuntimeError) as e:
        text = e.args[0] if isinstance(e, KeyError) and e.args else e
        print(f"weft-feast: {text}", file=sys.stderr)
        for note in getattr(e, "__notes__", ()):
            print(f"  {note}", file=sys.stderr)
        return 2 if isinstance(e, (FeastError, ValueError, LookupError)) else 1


# ---- arguments ---------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("weft-feast", description="A feature store in Feast's terms.")
    parser.add_argument("-c", "--chdir", metavar="FOLDER", help="the repository; default: this folder")
    parser.add_argument("-f", "--feature-store-yaml", metavar="FILE", help="instead of feature_store.yaml")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_project_verbs(verbs)
    _add_data_verbs(verbs)
    for name, (kind, columns) in _KINDS.items():
        _add_listing(verbs, name, kind, columns)
    _add_features(verbs)
    return parser


def _verb(verbs: Any, name: str, run: Callable[[Any], int | None], text: str, **options: Any):
    verb = verbs.add_parser(name, help=text, description=text, **options)
    verb.set_defaults(run=run)
    return verb


def _add_project_verbs(verbs: Any):
    init = _verb(verbs, "init", _init, "Makes a new repository.")
    init.add_argument("project", nargs="?", default="my_project")
    init.add_argument("-t", "--template", choices=("local", "minimal"), default="local")
    init.add_argument("-m", "--minimal", action="store_true", help="as --template minimal")
    init.add_argument("--repo-path", metavar="FOLDER", help="default: the project's name")
    for name, run, text in (
        ("apply", _apply, "Makes what the files define all that the project has."),
        ("plan", _plan, "Shows what apply would change."),
    ):
        verb = _verb(verbs, name, run, text)
        verb.add_argument("--skip-source-validation", action="store_true", help="files may be missing")
        verb.add_argument("--skip-feature-view-validation", action="store_true", help=argparse.SUPPRESS)
        verb.add_argument("--no-progress", action="store_true", help=argparse.SUPPRESS)
    _verb(verbs, "teardown", _teardown, "Removes the project with its values and pushed rows.")
    delete = _verb(verbs, "delete", _delete, "Removes one view or service.")
    delete.add_argument("name")
    _verb(verbs, "version", _version, "Shows the version.")
    _verb(verbs, "configuration", _configuration, "Shows the configuration.")
    _verb(verbs, "registry-dump", _dump, "Shows all definitions as JSON.")


def _add_data_verbs(verbs: Any):
    materialize = _verb(verbs, "materialize", _materialize, "Brings rows between two times online.")
    materialize.add_argument("start", nargs="?", metavar="START")
    materialize.add_argument("end", nargs="?", metavar="END")
    materialize.add_argument("--disable-event-timestamp", action="store_true", help="all rows up to now")
    incremental = _verb(
        verbs, "materialize-incremental", _materialize_incremental, "Brings what is new until a time online."
    )
    incremental.add_argument("end", metavar="END")
    for verb in (materialize, incremental):
        verb.add_argument("-v", "--views", action="append", metavar="VIEW", help="default: all")
    online = _verb(verbs, "get-online-features", _get_online, "Shows the latest features of a key.")
    online.add_argument("-e", "--entities", action="append", required=True, metavar="KEY=VALUE")
    online.add_argument("-f", "--features", action="append", required=True, metavar="VIEW:FEATURE")
    history = _verb(verbs, "get-historical-features", _get_history, "Shows features as they stood.")
    history.add_argument("-d", "--dataframe", metavar="JSON", help="rows with keys and event_timestamp")
    history.add_argument("-f", "--features", action="append", required=True, metavar="VIEW:FEATURE")
    history.add_argument("-s", "--start-date", metavar="TIME")
    history.add_argument("-e", "--end-date", metavar="TIME")
    serve = _verb(verbs, "serve", _serve, "Answers requests over HTTP.", add_help=False)
    serve.add_argument("--help", action="help")
    serve.add_argument("-h", "--host", default="127.0.0.1")
    serve.add_argument("-p", "--port", type=int, default=6566, help="0: any that is free")
    serve.add_argument("-t", "--type", default="http")
    serve.add_argument("-k", "--key", default="", metavar="FILE", help="of a TLS certificate")
    serve.add_argument("-c", "--cert", default="", metavar="FILE", help="a TLS certificate")


def _add_listing(verbs: Any, name: str, kind: str, columns: dict[str, Callable[[Any], Any]]):
    inner = verbs.add_parser(name, help=f"list, describe {name}").add_subparsers(
        required=True, metavar="VERB"
    )
    listing = _verb(inner, "list", lambda given: _list(given, kind, columns), f"Lists {name}.")
    listing.add_argument("--tags", action="append", metavar="KEY:VALUE", help="those with all of these")
    describe = _verb(inner, "describe", lambda given: _describe(given, kind), f"Shows one of the {name}.")
    describe.add_argument("name")


def _add_features(verbs: Any):
    inner = verbs.add_parser("features", help="list features").add_subparsers(required=True, metavar="VERB")
    listing = _verb(inner, "list", _list_features, "Lists the features of all views.")
    listing.add_argument("-o", "--output", choices=("table", "json"), default="table")


# ---- projects ----------------------------------------------------------------------------------


def _store(given: Any):
    from weft.feast.feature_store import FeatureStore

    return FeatureStore(repo_path=Path.cwd(), fs_yaml_file=given.feature_store_yaml)


def _init(given: Any):
    from weft.feast.init_repo import init_repo

    template = "minimal" if given.minimal else given.template
    folder = init_repo(given.project, template, given.repo_path)
    print(f"Created {folder}")


def _apply(given: Any):
    from weft.feast.repo_operations import apply_total

    store = _store(given)
    lines = apply_total(store.config, store.repo_path, given.skip_source_validation)
    print("\n".join(lines) if lines else "No changes")


def _plan(given: Any):
    from weft.feast.repo_operations import plan

    store = _store(given)
    lines = plan(store.config, store.repo_path, given.skip_source_validation)
    print("\n".join(lines) if lines else "No changes")


def _teardown(given: Any):
    _store(given).teardown()


def _delete(given: Any):
    store = _store(given)
    if any(service.name == given.name for service in store.list_feature_services()):
        store.delete_feature_service(given.name)
    else:
        store.delete_feature_view(given.name)
    print(f"Deleted {given.name}")


def _version(given: Any):
    import weft

    print(f"Weft {weft.__version__}")


def _configuration(given: Any):
    config = _store(given).config
    settings = {
        "project": config.project,
        "registry": config.registry_url or config.registry.path,
        "directory": config.directory,
        "online": config.online_url or "lmdb",
        "compat": config.compat,
    }
    for name, value in settings.items():
        print(f"{name}: {value}")


def _dump(given: Any):
    from weft.feast.spec import content, to_json

    objects = _store(given)._engine.objects()
    out = {
        what: [content(to_json(each)) for each in kept.values()] for _, kept, what in objects.kinds() if kept
    }
    print(json.dumps(out, indent=2, ensure_ascii=False))


# ---- data --------------------------------------------------------------------------------------


def _time(text: str | None, flag: str) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{flag}: expected a time as 2021-07-16T19:20:01, found {text!r}") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _show_runs(runs: list):
    for run in runs:
        since = f"from {run.start:%Y-%m-%dT%H:%M:%SZ} " if run.start else ""
        print(f"{run.view}: {since}to {run.end:%Y-%m-%dT%H:%M:%SZ}: {run.rows} rows, {run.written} written")


def _materialize(given: Any):
    store = _store(given)
    if given.disable_event_timestamp:
        if given.start or given.end:
            raise ValueError("--disable-event-timestamp takes no START and END")
        return _show_runs(store.materialize(None, None, given.views, disable_event_timestamp=True))
    if not given.start or not given.end:
        raise ValueError("START and END are needed, or --disable-event-timestamp")
    return _show_runs(store.materialize(_time(given.start, "START"), _time(given.end, "END"), given.views))


def _materialize_incremental(given: Any):
    _show_runs(_store(given).materialize_incremental(_time(given.end, "END"), given.views))


def _get_online(given: Any):
    row = {}
    for pair in given.entities:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"--entities: expected KEY=VALUE, found {pair!r}")
        row[key] = value
    answer = _store(given).get_online_features(given.features, [row])
    for name, values in answer.to_dict().items():
        print(f"{name}: {values[0]}  {answer.statuses[name][0]}")


def _get_history(given: Any):
    import pyarrow as pa

    store = _store(given)
    spine = None
    if given.dataframe:
        rows = json.loads(given.dataframe)
        for row in rows:
            if "event_timestamp" in row:
                row["event_timestamp"] = _time(row["event_timestamp"], "event_timestamp")
        spine = pa.Table.from_pylist(rows)
    job = store.get_historical_features(
        entity_df=spine,
        features=given.features,
        start_date=_time(given.start_date, "--start-date"),
        end_date=_time(given.end_date, "--end-date"),
    )
    table = job.to_arrow()
    _print_table(table.column_names, [list(row.values()) for row in table.to_pylist()])


def _serve(given: Any):
    store = _store(given)
    store.serve(
        given.host,
        given.port,
        given.type,
        tls_key_path=given.key,
        tls_cert_path=given.cert,
        ready=lambda port: print(f"Serving project {store.project} on {given.host}:{port}", flush=True),
    )


# ---- what is defined ---------------------------------------------------------------------------


def _list(given: Any, kind: str, columns: dict[str, Callable[[Any], Any]]):
    tags = dict(tag.strip().partition(":")[::2] for text in given.tags or () for tag in text.split(","))
    found = getattr(_store(given), f"list_{_PLURALS.get(kind, kind + 's')}")(tags=tags)
    rows = [[each.name, *(of(each) for of in columns.values())] for each in found]
    _print_table(["name", *columns], rows)


def _describe(given: Any, kind: str):
    from weft.feast.spec import content, to_json

    found = getattr(_store(given), f"get_{kind}")(given.name)
    _print_fields(content(to_json(found)), 0)


def _list_features(given: Any):
    views = _store(given).list_all_feature_views()
    rows = [[field.name, view.name, str(field.dtype)] for view in views for field in view.features]
    if given.output == "json":
        print(json.dumps([dict(zip(("feature", "feature_view", "dtype"), row, strict=True)) for row in rows]))
    else:
        _print_table(["feature", "feature view", "dtype"], rows)


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple, set)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _print_table(columns: Sequence[str], rows: list[list[Any]]):
    lines = [[name.upper() for name in columns], *([_text(value) for value in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _print_fields(fields: dict[str, Any], depth: int):
    for name, value in fields.items():
        if isinstance(value, dict):
            print(f"{'  ' * depth}{name}:")
            _print_fields(value, depth + 1)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            print(f"{'  ' * depth}{name}:")
            for each in value:
                print(f"{'  ' * (depth + 1)}- {each.get('name', '')}")
                _print_fields({k: v for k, v in each.items() if k != "name"}, depth + 2)
        else:
            print(f"{'  ' * depth}{name}: {_text(value)}")
