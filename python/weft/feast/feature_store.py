"""FeatureStore: a project's definitions, training sets and latest values, as Feast has it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from weft.feast import spec
from weft.feast.data_source import DataSource, PushMode, PushSource
from weft.feast.definition import Definition
from weft.feast.engine import Engine, rows_to_store
from weft.feast.entity import Entity
from weft.feast.errors import (
    ConflictingFeatureViewNames,
    DataSourceObjectNotFoundException,
    DataSourceRepeatNamesException,
    EntityNotFoundException,
    FeatureServiceNotFoundException,
    FeatureViewNotFoundException,
    OnDemandFeatureViewNotFoundException,
    ProjectObjectNotFoundException,
    PushSourceNotFoundException,
    SavedDatasetNotFound,
)
from weft.feast.feature_service import FeatureService
from weft.feast.feature_view import FeatureView
from weft.feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from weft.feast.infra.offline_stores.offline_store import RetrievalJob
from weft.feast.labeling import LabelView
from weft.feast.on_demand_feature_view import OnDemandFeatureView
from weft.feast.online import OnlineRequests
from weft.feast.online_response import OnlineResponse
from weft.feast.project import Project
from weft.feast.registered import Objects, find
from weft.feast.repo_config import RepoConfig, load_repo_config
from weft.feast.repo_contents import RepoContents
from weft.feast.request import ResolvedRequest
from weft.feast.saved_dataset import SavedDataset, SavedDatasetStorage
from weft.feast.stream_feature_view import StreamFeatureView
from weft.feast.training_set import TrainingSet
from weft.feast.translate import Translation, at, batch_source, created_column, time_column, weft_name


class FeatureStore:
    """A project in a repository: a folder with `feature_store.yaml`.

    `compat="feast"` gives latest values however old they are, and stored nulls as PRESENT, as Feast does.
    """

    def __init__(
        self,
        repo_path: str | os.PathLike | None = None,
        config: RepoConfig | None = None,
        fs_yaml_file: str | os.PathLike | None = None,
        compat: str | None = None,
    ):
        if fs_yaml_file is not None and config is not None:
            raise ValueError("either fs_yaml_file or config is given, not both")
        if repo_path is not None and config is not None:
            raise ValueError("either repo_path or config is given, not both")
        if config is None:
            yaml = Path(fs_yaml_file) if fs_yaml_file else None
            root = Path(repo_path) if repo_path else (yaml.parent if yaml else Path.cwd())
            config = load_repo_config(root, yaml)
        if compat is not None:
            if compat != "feast":
                raise ValueError(f"compat is feast or nothing, found {compat!r}")
            config.compat = compat
        self.config = config
        self._engine = Engine(config)
        self._online = OnlineRequests(self._engine, self._load_code)

    def __repr__(self) -> str:
        return f"FeatureStore(project={self.project!r}, directory={self.config.directory!r})"

    @property
    def project(self) -> str:
        return self.config.project

    @property
    def repo_path(self) -> Path | None:
        return self.config.repo_path

    @property
    def registry(self) -> RegistryFace:
        """The definitions, as code that asks the registry itself takes them."""
        return RegistryFace(self)

    @property
    def weft(self):
        """The `weft.FeatureStore` below: history, latest values, SQL, runs."""
        return self._engine.store()

    def refresh_registry(self):
        """Looks whether somebody else applied. Definitions are always fresh; reads of features look every
        second."""
        self._engine.refresh()

    def _standing(self) -> Objects:
        self._engine.refresh()
        return self._engine.objects()

    # ---- definitions ---------------------------------------------------------------------------

    def apply(
        self,
        objects: Any,
        objects_to_delete: list | None = None,
        partial: bool = True,
        skip_feature_view_validation: bool = False,
        no_promote: bool = False,
    ):
        """Adds these objects to the project, or replaces those of their names. With `partial=False`
        objects that are not among `objects_to_delete` stay as well; `weft-feast apply` removes what the
        files do not define."""
        if no_promote:
            raise NotImplementedError("no_promote: views have one version here, the one that was applied")
        given = list(objects) if isinstance(objects, Iterable) else [objects]
        wanted = self._merged(self._standing(), given)
        for each in objects_to_delete or []:
            wanted.kind_of(each).pop(each.name, None)
        self._make_stand(wanted)

    def plan(
        self, desired_repo_contents: RepoContents, skip_feature_view_validation: bool = False
    ) -> list[str]:
        """What applying all of these, and nothing else, would change: a line each."""
        return self._changes(desired_repo_contents.objects())

    def teardown(self):
        """Removes all definitions of the project, its latest values, and rows that were pushed or written."""
        objects = self._standing()
        if not any(kept for _, kept, _ in objects.kinds()):
            return
        sources = list(objects.sources.values())
        self._make_stand(Objects())
        self._forget_rows(sources)

    def _forget_rows(self, sources: list[DataSource]):
        import shutil

        for source in sources:
            shutil.rmtree(
                os.path.join(self.config.directory, "tables", weft_name(source.name)), ignore_errors=True
            )

    def delete_feature_view(self, name: str):
        objects = self._standing().copy()
        kept = objects.views if name in objects.views else objects.on_demand
        find(kept, name, FeatureViewNotFoundException, self.project)
        del kept[name]
        self._make_stand(objects)

    def delete_feature_service(self, name: str):
        objects = self._standing().copy()
        find(objects.services, name, FeatureServiceNotFoundException, self.project)
        del objects.services[name]
        self._make_stand(objects)

    def delete_project(self, name: str, commit: bool = True):
        if name != self.project:
            raise ProjectObjectNotFoundException(name)
        self.teardown()

    def _apply_all(self, given: list, check_sources: bool = True) -> list[str]:
        wanted = self._merged(self._kept(), given)
        return self._make_stand(wanted, check_sources)

    def _kept(self) -> Objects:
        # Datasets are made, not defined.
        kept = Objects()
        kept.datasets.update(self._standing().datasets)
        return kept

    def _changes(self, given: list, check_sources: bool = True) -> list[str]:
        wanted = self._merged(self._kept(), given)
        Translation(wanted, self._engine.root, check_sources).definitions()
        return changes(self._engine.objects(), wanted)

    def _merged(self, standing: Objects, given: list) -> Objects:
        merged = standing.copy()
        seen: dict[str, dict[str, Definition]] = {}
        kinds = [cls for cls, _, _ in merged.kinds()]
        for each in sorted(
            given, key=lambda one: next((i for i, c in enumerate(kinds) if isinstance(one, c)), 99)
        ):
            kept = merged.kind_of(each)
            self._refuse_twice(seen, each)
            kept[each.name] = each
        for view in list(merged.views.values()):
            if not any(view is one for one in given):
                continue
            for source in (batch_source(view.source), view.source):
                self._refuse_twice(seen, source)
                merged.sources[source.name] = seen["source"][source.name]
        for on_demand in merged.on_demand.values():
            for source in on_demand.source_request_sources.values():
                merged.sources.setdefault(source.name, source)
                if any(on_demand is one for one in given):
                    self._refuse_twice(seen, source)
                    merged.sources[source.name] = source
        for source in list(merged.sources.values()):
            batch = batch_source(source)
            if batch is not source:
                kept_batch = merged.sources.setdefault(batch.name, batch)
                source.batch_source = kept_batch
        for view in merged.views.values():
            if view.stream_source is not None:
                view.stream_source = merged.sources[view.stream_source.name]
                view.batch_source = view.stream_source.batch_source
            else:
                view.batch_source = merged.sources[view.batch_source.name]
        return merged

    @staticmethod
    def _refuse_twice(seen: dict[str, dict[str, Definition]], each: Definition):
        kind, error = "", ValueError
        if isinstance(each, DataSource):
            kind, error = "source", DataSourceRepeatNamesException
        elif isinstance(each, (FeatureView, OnDemandFeatureView)):
            kind, error = "view", ConflictingFeatureViewNames
        elif isinstance(each, (Entity, FeatureService, Project)):
            kind = type(each).__name__
        known = seen.setdefault(kind, {}).setdefault(each.name, each)
        if known is not each and known != each:
            if error is ValueError:
                raise ValueError(f"two {kind} that differ are called {each.name}")
            raise error(each.name)

    def _make_stand(self, wanted: Objects, check_sources: bool = False) -> list[str]:
        standing = self._engine.objects()
        if wanted.projects and set(wanted.projects) != {self.project}:
            raise ValueError(
                f"the project is {self.project} in feature_store.yaml, and {', '.join(wanted.projects)} is "
                "defined"
            )
        if not wanted.projects and any(kept for _, kept, _ in wanted.kinds()):
            wanted.projects[self.project] = Project(name=self.project)
        translation = Translation(wanted, self._engine.root, check_sources)
        translation.definitions()
        _stamp(standing, wanted)
        changed = changes(standing, wanted)
        self._engine.apply(translation.definitions())
        return changed

    def _load_code(self, view: OnDemandFeatureView) -> OnDemandFeatureView:
        """The view with its function: of this process, or of the repository's files."""
        if spec.is_loaded(view):
            return view
        if self.repo_path is not None:
            from weft.feast.repo_operations import load_modules

            load_modules(self.repo_path)
        made = spec.function_of(view.name, view.feature_transformation.udf_string)
        if made is None:
            where = f"the files in {self.repo_path}" if self.repo_path else "this process"
            raise RuntimeError(
                f"on-demand view {view.name}: {where} do not define its function as it was applied; apply it "
                "again, or import the module that has it"
            )
        view.feature_transformation.udf = made
        return view

    # ---- what is defined -----------------------------------------------------------------------

    def _get(self, kept: str, name: str, error: type[Exception]) -> Any:
        return find(getattr(self._standing(), kept), name, error, self.project)

    def _list(
        self, kept: str, cls: type | tuple[type, ...], tags: dict[str, str] | None, but: tuple = ()
    ) -> list:
        wanted = (tags or {}).items()
        return [
            each
            for each in getattr(self._standing(), kept).values()
            if isinstance(each, cls) and not isinstance(each, but) and wanted <= each.tags.items()
        ]

    def _with_intervals(self, views: list) -> list:
        if not views or not os.path.exists(os.path.join(self.config.directory, "runs.db")):
            return views
        runs = self._engine.store().runs(1000)
        for view in views:
            view.materialization_intervals = [
                (run.start or datetime(1970, 1, 1, tzinfo=UTC), run.end)
                for run in reversed(runs)
                if run.what == "materialize" and run.view == view.name and run.ended and not run.error
            ]
        return views

    def get_entity(self, name: str, allow_registry_cache: bool = False) -> Entity:
        return self._get("entities", name, EntityNotFoundException)

    def list_entities(self, allow_cache: bool = False, tags: dict[str, str] | None = None) -> list[Entity]:
        return self._list("entities", Entity, tags)

    def get_feature_view(self, name: str, allow_registry_cache: bool = False) -> FeatureView:
        return self._with_intervals([self._get("views", name, FeatureViewNotFoundException)])[0]

    def list_feature_views(
        self, allow_cache: bool = False, tags: dict[str, str] | None = None
    ) -> list[FeatureView]:
        return self._with_intervals(self._list("views", FeatureView, tags, (StreamFeatureView, LabelView)))

    def list_batch_feature_views(self, allow_cache: bool = False, tags: dict[str, str] | None = None) -> list:
        return self.list_feature_views(allow_cache, tags)

    def list_all_feature_views(self, allow_cache: bool = False, tags: dict[str, str] | None = None) -> list:
        views = self._with_intervals(self._list("views", FeatureView, tags))
        return views + self.list_on_demand_feature_views(allow_cache, tags)

    def get_stream_feature_view(self, name: str, allow_registry_cache: bool = False) -> StreamFeatureView:
        return self._with_intervals([self._of("stream", StreamFeatureView, name)])[0]

    def list_stream_feature_views(
        self, allow_cache: bool = False, tags: dict[str, str] | None = None
    ) -> list:
        return self._with_intervals(self._list("views", StreamFeatureView, tags))

    def get_label_view(self, name: str, allow_registry_cache: bool = False) -> LabelView:
        return self._with_intervals([self._of("label", LabelView, name)])[0]

    def list_label_views(
        self, allow_cache: bool = False, tags: dict[str, str] | None = None
    ) -> list[LabelView]:
        return self._with_intervals(self._list("views", LabelView, tags))

    def _of(self, what: str, cls: type, name: str):
        view = self._get("views", name, FeatureViewNotFoundException)
        if not isinstance(view, cls):
            raise FeatureViewNotFoundException(name, self.project, f": it is a view, but no {what} view")
        return view

    def get_on_demand_feature_view(
        self, name: str, allow_registry_cache: bool = False
    ) -> OnDemandFeatureView:
        return self._get("on_demand", name, OnDemandFeatureViewNotFoundException)

    def list_on_demand_feature_views(
        self, allow_cache: bool = False, tags: dict[str, str] | None = None
    ) -> list:
        return self._list("on_demand", OnDemandFeatureView, tags)

    def get_feature_service(self, name: str, allow_cache: bool = False) -> FeatureService:
        return self._get("services", name, FeatureServiceNotFoundException)

    def list_feature_services(self, tags: dict[str, str] | None = None) -> list[FeatureService]:
        return self._list("services", FeatureService, tags)

    def get_data_source(self, name: str) -> DataSource:
        return self._get("sources", name, DataSourceObjectNotFoundException)

    def list_data_sources(
        self, allow_cache: bool = False, tags: dict[str, str] | None = None
    ) -> list[DataSource]:
        return self._list("sources", DataSource, tags)

    def get_project(self, name: str | None = None) -> Project:
        return self._get("projects", name or self.project, ProjectObjectNotFoundException)

    def list_projects(self, allow_cache: bool = False, tags: dict[str, str] | None = None) -> list[Project]:
        return self._list("projects", Project, tags)

    # ---- training sets -------------------------------------------------------------------------

    def get_historical_features(
        self,
        entity_df: Any = None,
        features: list[str] | FeatureService | None = None,
        full_feature_names: bool = False,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        filter_by_created_timestamp: bool = False,
    ) -> RetrievalJob:
        """The features as they stood at the time of each row of `entity_df`, whose rows all stay, in
        their order.

        `entity_df` is a DataFrame or an Arrow table. Without it: every key that has a row between
        `start_date` and `end_date`, as of `end_date`. `filter_by_created_timestamp` leaves out rows that
        were created later.
        """
        request = ResolvedRequest(self._engine.objects(), features, full_feature_names, self.project)
        for view in request.on_demand:
            self._load_code(view)
        return TrainingSet(
            self._engine, request, entity_df, start_date, end_date, filter_by_created_timestamp
        ).job()

    def create_saved_dataset(
        self,
        from_: RetrievalJob,
        name: str,
        storage: SavedDatasetStorage,
        tags: dict[str, str] | None = None,
        feature_service: FeatureService | None = None,
        allow_overwrite: bool = False,
    ) -> SavedDataset:
        """Writes a training set and keeps its name."""
        if not isinstance(storage, SavedDatasetFileStorage):
            raise NotImplementedError(
                f"datasets are kept in files: SavedDatasetFileStorage, found {storage!r}"
            )
        if from_.metadata is None:
            raise ValueError("a dataset is made of what get_historical_features() gave")
        dataset = SavedDataset(
            name=name,
            features=from_.metadata.features,
            join_keys=from_.metadata.keys,
            full_feature_names=from_.full_feature_names,
            feature_service_name=feature_service.name if feature_service else None,
            storage=storage,
            tags=tags,
        )
        from_.persist(self._at(storage), allow_overwrite=allow_overwrite)
        dataset.min_event_timestamp = from_.metadata.min_event_timestamp
        dataset.max_event_timestamp = from_.metadata.max_event_timestamp
        objects = self._standing().copy()
        objects.datasets[name] = dataset
        self._make_stand(objects)
        return self.get_saved_dataset(name)

    def create_dataset_from_retrieval(
        self,
        name: str,
        entity_df: Any,
        features: list[str] | FeatureService,
        storage: SavedDatasetStorage,
        tags: dict[str, str] | None = None,
        allow_overwrite: bool = False,
    ) -> SavedDataset:
        job = self.get_historical_features(entity_df=entity_df, features=features)
        service = features if isinstance(features, FeatureService) else None
        return self.create_saved_dataset(job, name, storage, tags, service, allow_overwrite)

    def get_saved_dataset(self, name: str) -> SavedDataset:
        dataset = self._get("datasets", name, SavedDatasetNotFound)
        path = self._at(dataset.storage).path

        def read():
            import pyarrow.parquet as pq

            return pq.read_table(path)

        return dataset.with_retrieval_job(RetrievalJob(read, dataset.full_feature_names))

    def list_saved_datasets(
        self, allow_cache: bool = False, tags: dict[str, str] | None = None
    ) -> list[SavedDataset]:
        return self._list("datasets", SavedDataset, tags)

    def retrieve_dataset_data(self, name: str, limit: int = 10):
        """The first rows of a dataset, as a DataFrame."""
        return self.get_saved_dataset(name).to_arrow().slice(0, limit).to_pandas()

    def _at(self, storage: SavedDatasetFileStorage) -> SavedDatasetFileStorage:
        return SavedDatasetFileStorage(at(storage.path, self._engine.root), storage.file_format)

    # ---- latest values -------------------------------------------------------------------------

    def get_online_features(
        self,
        features: list[str] | FeatureService,
        entity_rows: list[dict[str, Any]] | Mapping[str, Sequence[Any]],
        full_feature_names: bool = False,
        include_feature_view_version_metadata: bool = False,
    ) -> OnlineResponse:
        """The latest features of some keys, given as a list of rows or as lists by name. Names that
        nothing asks for are left aside."""
        if include_feature_view_version_metadata:
            raise NotImplementedError("views have one version here, the one that was applied")
        return self._online.answer(features, entity_rows, full_feature_names)

    async def get_online_features_async(self, *args: Any, **kwargs: Any) -> OnlineResponse:
        return await asyncio.to_thread(self.get_online_features, *args, **kwargs)

    def materialize(
        self,
        start_date: datetime,
        end_date: datetime,
        feature_views: list[str] | None = None,
        disable_event_timestamp: bool = False,
        version: str | None = None,
        progress: Callable[[str, int], None] | None = None,
    ):
        """Brings the newest rows of a range of event times online, both ends included. Newer values stay.
        With `disable_event_timestamp` all rows are read."""
        start, end = (None, None) if disable_event_timestamp else (_utc(start_date), _utc(end_date))
        if start is not None and start >= end:
            raise ValueError(f"start_date {start} is not before end_date {end}")
        return self._materialize(feature_views, version, start=start, end=end, progress=progress)

    def materialize_incremental(
        self,
        end_date: datetime,
        feature_views: list[str] | None = None,
        version: str | None = None,
        progress: Callable[[str, int], None] | None = None,
    ):
        """From where the last run of each view ended; rows that came late since are included."""
        return self._materialize(
            feature_views, version, incremental=True, end=_utc(end_date), progress=progress
        )

    def _materialize(
        self, views: list[str] | None, version: str | None, incremental: bool = False, **options: Any
    ):
        if version is not None:
            raise NotImplementedError("version: views have one version here, the one that was applied")
        objects = self._engine.objects()
        if views is None:
            # What is only pushed is online already.
            names = [v.name for v in objects.views.values() if v.online and not isinstance(v, LabelView)]
        else:
            names = list(views)
            for name in names:
                view = find(objects.views, name, FeatureViewNotFoundException, self.project)
                if not view.online:
                    raise ValueError(f"view {name} is not kept online: online=False")
        if not names:
            return []
        store = self._engine.store()
        return (store.materialize_incremental if incremental else store.materialize)(names, **options)

    # ---- writing -------------------------------------------------------------------------------

    def push(
        self,
        push_source_name: str,
        df: Any,
        allow_registry_cache: bool = True,
        to: PushMode = PushMode.ONLINE,
        transform_on_write: bool = True,
    ):
        """Rows of a push source: to the latest values of the views over it, to the history of its batch
        source, or both. On disk and seen when it returns."""
        objects = self._engine.objects()
        source = objects.sources.get(push_source_name)
        views = [view for view in objects.views.values() if view.source.name == push_source_name]
        if not isinstance(source, PushSource) or not views:
            raise PushSourceNotFoundException(push_source_name)
        rows = self._rows(objects, source, df, views)
        store = self._engine.store()
        if to in (PushMode.OFFLINE, PushMode.ONLINE_AND_OFFLINE):
            store.write_offline(
                weft_name(batch_source(source).name), self._rows(objects, batch_source(source), df)
            )
        if to in (PushMode.ONLINE, PushMode.ONLINE_AND_OFFLINE) and any(view.online for view in views):
            store.push(weft_name(source.name), rows, to="online")

    async def push_async(self, *args: Any, **kwargs: Any):
        await asyncio.to_thread(self.push, *args, **kwargs)

    def write_to_online_store(
        self,
        feature_view_name: str,
        df: Any = None,
        inputs: Any = None,
        allow_registry_cache: bool = True,
        transform_on_write: bool = True,
    ):
        """Latest values of a view: rows of its keys, event time and features. A newer value stays."""
        if (df is None) == (inputs is None):
            raise ValueError("the rows are given as df or as inputs")
        objects = self._engine.objects()
        view = find(objects.views, feature_view_name, FeatureViewNotFoundException, self.project)
        if not view.online:
            raise ValueError(f"view {feature_view_name} is not kept online: online=False")
        rows = self._rows(objects, view.source, df if df is not None else inputs, [view])
        taken = {
            *view.join_keys,
            *(f.name for f in view.features),
            time_column(view.source),
            created_column(view.source),
        }
        rows = rows.select([name for name in rows.column_names if name in taken])
        self._engine.store().write_online(feature_view_name, rows)

    async def write_to_online_store_async(self, *args: Any, **kwargs: Any):
        await asyncio.to_thread(self.write_to_online_store, *args, **kwargs)

    def write_to_offline_store(
        self, feature_view_name: str, df: Any, allow_registry_cache: bool = True, reorder_columns: bool = True
    ):
        """Rows for the history of a view's source; the source's own files stay as they are."""
        objects = self._engine.objects()
        view = find(objects.views, feature_view_name, FeatureViewNotFoundException, self.project)
        source = batch_source(view.source)
        self._engine.store().write_offline(weft_name(source.name), self._rows(objects, source, df))

    def _rows(self, objects: Objects, source: DataSource, df: Any, views: list[FeatureView] | None = None):
        """The rows as the store takes them. Raises KeyError for a column that the views need."""
        table = arrow_table(df)
        mapping = batch_source(source).field_mapping
        given = {mapping.get(name, name) for name in table.column_names}
        time = time_column(source)
        wanted = [
            time,
            *(name for view in views or [] for name in (*view.join_keys, *(f.name for f in view.features))),
        ]
        missing = [name for name in dict.fromkeys(wanted) if name not in given]
        if missing:
            raise KeyError(f"source {source.name}: the rows lack {', '.join(missing)}")
        stored = {s.name: s for s in self._engine.store().definitions().sources}[weft_name(source.name)]
        return rows_to_store(objects, source, stored.columns, table, time, created_column(source))

    # ---- serving -------------------------------------------------------------------------------

    def serve(
        self,
        host: str = "127.0.0.1",
        port: int = 6566,
        type_: str = "http",
        tls_key_path: str = "",
        tls_cert_path: str = "",
        ready: Callable[[int], None] | None = None,
        **others: Any,
    ):
        """Answers requests over HTTP until the process is told to end. `ready` is called with the port.

        Weft's server (C++) answers; with on-demand views, or fields that are converted, a server in
        Python does."""
        from weft.feast.feature_server import serve

        if type_ != "http":
            raise NotImplementedError(
                f"serving by {type_!r}: only http; `weft serve --flight-port` has Arrow Flight"
            )
        serve(self, host, port, tls_key_path, tls_cert_path, ready)

    def close(self):
        """Lets go of the store."""
        self._online.clear()
        self._engine.close()


class RegistryFace:
    """The registry as code asks it that has `store.registry`: `list_feature_views(project=...)`."""

    def __init__(self, store: FeatureStore):
        self._store = store

    def __getattr__(self, name: str):
        if not name.startswith(("list_", "get_")):
            raise AttributeError(f"the registry has no {name}: see FeatureStore")
        function = getattr(self._store, name)

        def call(*args: Any, **kwargs: Any):
            kwargs.pop("allow_cache", None)
            project = kwargs.pop("project", None)
            if project is None and name.startswith("list_") and args:
                project, *args = args
            elif project is None and len(args) == 2:
                project, args = args[1], args[:1]
            if project not in (None, self._store.project):
                raise ProjectObjectNotFoundException(project)
            return function(*args, **kwargs)

        return call


def changes(standing: Objects, wanted: Objects) -> list[str]:
    """From what stands to what is wanted, a line each."""
    lines = []
    for (_, before, what), (_, after, _) in zip(standing.kinds(), wanted.kinds(), strict=True):
        for name in sorted(after):
            if name not in before:
                lines.append(f"Created {what} {name}")
            elif _content(before[name]) != _content(after[name]):
                lines.append(f"Updated {what} {name}")
        lines += [f"Deleted {what} {name}" for name in sorted(before) if name not in after]
    return lines


def _content(definition: Definition) -> dict[str, Any]:
    return spec.content(spec.to_json(definition))


def _stamp(standing: Objects, wanted: Objects):
    """Times of creation and change; of what is as it was those that it has."""
    now = datetime.now(UTC)
    for (_, before, _), (_, after, _) in zip(standing.kinds(), wanted.kinds(), strict=True):
        for name, each in after.items():
            old = before.get(name)
            same = old is not None and _content(old) == _content(each)
            each.created_timestamp = (old.created_timestamp if old is not None else None) or now
            each.last_updated_timestamp = old.last_updated_timestamp if same and old is not None else now


def _utc(time: datetime) -> datetime:
    """A time without a zone is UTC."""
    if not isinstance(time, datetime):
        raise TypeError(f"expected a datetime, found {time!r}")
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def arrow_table(rows: Any):
    """A DataFrame, an Arrow table, or lists by name as an Arrow table. NaN in a DataFrame is a missing
    value."""
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        return rows
    if isinstance(rows, Mapping):
        return pa.table({name: pa.array(values) for name, values in rows.items()})
    if type(rows).__module__.partition(".")[0] == "pandas":
        return pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
    if hasattr(rows, "__arrow_c_stream__"):
        return pa.table(rows)
    raise TypeError(f"expected a DataFrame, an Arrow table or lists by name, found {type(rows).__name__}")
