"""`feature_store.yaml`: where a project's registry and stores are."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from weft.feast.errors import (
    FeastOfflineStoreInvalidName,
    FeastOnlineStoreInvalidName,
    FeastProviderNotImplementedError,
    FeastRegistryTypeInvalidError,
)

_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")
# Keys that change nothing here, because what they choose between is one thing in Weft.
_WITHOUT_EFFECT = {
    "entity_key_serialization_version",
    "coerce_tz_aware",
    "flags",
    "project_description",
    "batch_engine",
    "materialization",
    "repo_path",
}
_KNOWN = {
    "project",
    "provider",
    "registry",
    "online_store",
    "offline_store",
    "auth",
    "compat",
} | _WITHOUT_EFFECT


class RegistryConfig:
    """The registry: `path`, and `registry_type` file or sql."""

    def __init__(self, registry_type: str = "file", path: str = "", **others: Any):
        if registry_type not in ("file", "sql"):
            raise FeastRegistryTypeInvalidError(registry_type)
        self.registry_type = registry_type
        self.path = str(path)
        self.others = others


class RepoConfig:
    """The settings of a project. `compat="feast"`: latest values are given however old they are, and stored
    nulls as PRESENT, as Feast does."""

    def __init__(
        self,
        *,
        project: str,
        provider: str = "local",
        registry: Any = "data/registry.db",
        online_store: Any = None,
        offline_store: Any = None,
        auth: Any = None,
        compat: str | None = None,
        repo_path: Path | str | None = None,
        **others: Any,
    ):
        if not isinstance(project, str) or not re.fullmatch(r"[A-Za-z0-9_]+", project):
            raise ValueError(f"project is a name of letters, digits and '_', found {project!r}")
        if provider != "local":
            raise FeastProviderNotImplementedError(provider)
        unknown = set(others) - _KNOWN
        if unknown:
            raise ValueError(
                f"the configuration has {', '.join(sorted(unknown))}, which Weft does not do; it knows "
                f"{', '.join(sorted(_KNOWN))}"
            )
        if compat not in (None, "feast"):
            raise ValueError(f"compat is feast or nothing, found {compat!r}")
        self.project = project
        self.provider = provider
        self.repo_path = Path(repo_path) if repo_path else None
        self.compat = compat
        self.registry = _registry(registry)
        self.online_store = _online(online_store)
        self.offline_store = _offline(offline_store)
        kind = auth.get("type", "no_auth") if isinstance(auth, dict) else auth or "no_auth"
        if kind != "no_auth":
            raise ValueError(
                f"auth of type {kind!r}: only no_auth; `weft serve` has tokens (docs/guides/serving.md)"
            )
        self.entity_key_serialization_version = others.get("entity_key_serialization_version", 3)

    @property
    def registry_config(self) -> RegistryConfig:
        return self.registry

    def _at(self, path: str) -> str:
        if self.repo_path is None or os.path.isabs(path):
            return path
        return str(self.repo_path / path)

    # What Weft's store is made of.

    @property
    def directory(self) -> str:
        """The folder of registry, history and latest values: named by the registry's path."""
        if self.registry.registry_type == "file":
            return self._at(self.registry.path + ".weft")
        return self._at("data/weft")

    @property
    def registry_url(self) -> str:
        """Of a registry in PostgreSQL; empty: in the folder."""
        if self.registry.registry_type == "file":
            return ""
        return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", self.registry.path)

    @property
    def online_url(self) -> str:
        """Of latest values in Redis; empty: in the folder."""
        if self.online_store["type"] != "redis":
            return ""
        return _redis_url(self.online_store)

    def write_to_path(self, repo_path: Path):
        """Writes `feature_store.yaml`."""
        import yaml

        registry: Any = self.registry.path
        if self.registry.registry_type != "file":
            registry = {"registry_type": self.registry.registry_type, "path": self.registry.path}
        settings: dict[str, Any] = {
            "project": self.project,
            "provider": self.provider,
            "registry": registry,
            "online_store": self.online_store,
            "offline_store": self.offline_store,
        }
        if self.compat:
            settings["compat"] = self.compat
        (repo_path / "feature_store.yaml").write_text(
            yaml.safe_dump(settings, sort_keys=False), encoding="utf8"
        )


def _registry(given: Any) -> RegistryConfig:
    if isinstance(given, RegistryConfig):
        return given
    if isinstance(given, (str, os.PathLike)):
        text = str(given)
        if re.match(r"[a-z0-9]+://", text) and not text.startswith("file://"):
            if re.match(r"postgres(ql)?(\+\w+)?://", text):
                return RegistryConfig("sql", text)
            raise FeastRegistryTypeInvalidError(text.partition("://")[0])
        return RegistryConfig("file", text.removeprefix("file://"))
    if isinstance(given, dict):
        config = RegistryConfig(**given)
        if not config.path:
            raise ValueError("registry: it has no path")
        if config.registry_type == "sql" and not re.match(r"postgres(ql)?(\+\w+)?://", config.path):
            raise ValueError(
                f"registry: path {config.path!r}: a registry in SQL is in PostgreSQL: postgresql://..."
            )
        return config
    raise TypeError(f"registry is a path or a map, found {given!r}")


def _store(what: str, given: Any, default: str) -> dict[str, Any]:
    if given is None:
        return {"type": default}
    if isinstance(given, str):
        return {"type": given}
    if isinstance(given, dict):
        return {"type": default} | given
    kind = getattr(given, "type", None)
    if isinstance(kind, str):
        return {"type": kind} | {k: v for k, v in vars(given).items() if k != "type"}
    raise TypeError(f"{what} is a type or a map, found {given!r}")


def _online(given: Any) -> dict[str, Any]:
    store = _store("online_store", given, "sqlite")
    if store["type"] not in ("sqlite", "redis"):
        raise FeastOnlineStoreInvalidName(store["type"])
    for key in ("vector_enabled", "text_search_enabled", "sentinel_master"):
        if store.get(key):
            raise ValueError(f"online_store: {key} is not done by Weft")
    if store["type"] == "redis":
        for key in ("key_ttl_seconds", "skip_dedup"):
            if store.get(key):
                raise ValueError(
                    f"online_store: {key} is not taken: values are kept until purged, and newer ones stay"
                )
        _redis_url(store)
    return store


def _offline(given: Any) -> dict[str, Any]:
    store = _store("offline_store", given, "file")
    if store["type"] not in ("file", "dask", "duckdb"):
        raise FeastOfflineStoreInvalidName(store["type"])
    return store


def _redis_url(store: dict[str, Any]) -> str:
    text = store.get("connection_string", "localhost:6379")
    if "://" in text:
        return text
    if store.get("redis_type", "redis") != "redis":
        raise ValueError(
            f"online_store: redis_type {store['redis_type']!r}: give one node as connection_string"
        )
    address, *options = text.split(",")
    if ":" not in address:
        raise ValueError(
            f"online_store: connection_string {text!r}: expected host:port[,db=0][,password=...]"
        )
    settings = dict(option.partition("=")[::2] for option in options)
    ssl = settings.pop("ssl", "false").lower() == "true"
    user, password = settings.pop("username", ""), settings.pop("password", "")
    database = settings.pop("db", "0")
    if settings:
        raise ValueError(
            f"online_store: connection_string has {', '.join(settings)}, which Weft does not know"
        )
    who = f"{user}:{password}@" if password else ""
    return f"redis{'s' if ssl else ''}://{who}{address}/{database}"


def expand_variables(text: str) -> str:
    """`${NAME}` and `$NAME` of the environment; unknown ones stay."""
    return _VARIABLE.sub(lambda m: os.environ.get(m[1] or m[2], m[0]), text)


def load_repo_config(repo_path: Path, fs_yaml_file: Path | None = None) -> RepoConfig:
    """Reads `feature_store.yaml` of a repository."""
    path = fs_yaml_file or Path(repo_path) / "feature_store.yaml"
    try:
        text = Path(path).read_text(encoding="utf8")
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: a repository has a feature_store.yaml") from None
    try:
        import yaml
    except ModuleNotFoundError:
        raise ModuleNotFoundError("reading feature_store.yaml needs PyYAML: pip install pyyaml") from None
    settings = yaml.safe_load(expand_variables(text))
    if not isinstance(settings, dict) or "project" not in settings:
        raise ValueError(f"{path}: it names no project")
    settings.pop("repo_path", None)
    try:
        return RepoConfig(**settings, repo_path=Path(repo_path).resolve())
    except (TypeError, ValueError) as e:
        e.add_note(f"in {path}")
        raise
