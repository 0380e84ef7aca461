"""What is known of data frame libraries, and the loaders and savers of each format.

An extension is read when its library is there already and something asks: importing this package
imports no library.
"""

from __future__ import annotations

import collections
import configparser
import functools
import importlib
import importlib.util
import logging
import os
import pathlib
import sys
from typing import Any

logger = logging.getLogger(__name__)

# Extension -> the module of the library that it is for.
_LIBRARIES = {
    "yaml": "yaml",
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "pandas": "pandas",
    "polars": "polars",
    "polars_lazyframe": "polars",
    "pyarrow": "pyarrow",
    "pydantic": "pydantic",
}
HAMILTON_EXTENSIONS = tuple(_LIBRARIES)
HAMILTON_AUTOLOAD_ENV = "HAMILTON_AUTOLOAD_EXTENSIONS"
DEFAULT_CONFIG_LOCATION = pathlib.Path("~/.hamilton.conf").expanduser()

COLUMN_TYPE = "column_type"
DATAFRAME_TYPE = "dataframe_type"
DF_TYPE_AND_COLUMN_TYPES: dict[str, dict[str, type]] = {}
LOADER_REGISTRY: dict[str, list] = collections.defaultdict(list)
SAVER_REGISTRY: dict[str, list] = collections.defaultdict(list)
INITIALIZED = True
_loaded: set[str] = set()


# ---- extensions ---------------------------------------------------------------------------------


def load_extension(plugin_module: str) -> None:
    """Registers what `plugins/<plugin_module>_extensions.py` has to offer."""
    _loaded.add(plugin_module)
    importlib.import_module(f".plugins.{plugin_module}_extensions", __package__)


def initialize() -> None:
    """Reads the extensions of all libraries that have been imported."""
    if os.environ.get(HAMILTON_AUTOLOAD_ENV) == "0":
        return
    for extension, library in _LIBRARIES.items():
        if extension not in _loaded and library in sys.modules:
            _try_load(extension)


def load_all() -> None:
    """Reads the extensions of all libraries that are installed, and so imports them."""
    if os.environ.get(HAMILTON_AUTOLOAD_ENV) == "0":
        return
    for extension, library in _LIBRARIES.items():
        if extension not in _loaded and importlib.util.find_spec(library) is not None:
            _try_load(extension)


def _try_load(extension: str) -> None:
    try:
        load_extension(extension)
    except (NotImplementedError, ImportError) as e:
        logger.debug("the extension %s was not read: %s", extension, e)


def loaders_of(format_: str) -> list | None:
    """The loaders of a format, in the order they were registered; None if there are none."""
    return _of_format(LOADER_REGISTRY, format_)


def savers_of(format_: str) -> list | None:
    return _of_format(SAVER_REGISTRY, format_)


def _of_format(registry: dict[str, list], format_: str) -> list | None:
    from . import io  # noqa: F401  registers those that need no library

    initialize()
    if format_ not in registry:
        load_all()
    return registry[format_] if format_ in registry else None


def disable_autoload() -> None:
    """In this process no extension is read by itself from now on."""
    os.environ[HAMILTON_AUTOLOAD_ENV] = "0"


def enable_autoload() -> None:
    os.environ.pop(HAMILTON_AUTOLOAD_ENV, None)


def load_autoload_config() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(DEFAULT_CONFIG_LOCATION)
    if config.has_option("DEFAULT", HAMILTON_AUTOLOAD_ENV):
        os.environ[HAMILTON_AUTOLOAD_ENV] = config.get("DEFAULT", HAMILTON_AUTOLOAD_ENV)
    return config


def config_enable_autoload() -> None:
    """For all processes of this user: written to ~/.hamilton.conf."""
    config = load_autoload_config()
    config.remove_option("DEFAULT", HAMILTON_AUTOLOAD_ENV)
    with DEFAULT_CONFIG_LOCATION.open("w") as f:
        config.write(f)


def config_disable_autoload() -> None:
    config = load_autoload_config()
    config.set("DEFAULT", HAMILTON_AUTOLOAD_ENV, "0")
    with DEFAULT_CONFIG_LOCATION.open("w") as f:
        config.write(f)


load_autoload_config()


# ---- frames and columns ---------------------------------------------------------------------------


def register_types(extension_name: str, dataframe_type: type, column_type: type | None) -> None:
    entry = {DATAFRAME_TYPE: dataframe_type}
    if column_type is not None:
        entry[COLUMN_TYPE] = column_type
    DF_TYPE_AND_COLUMN_TYPES[extension_name] = entry


@functools.singledispatch
def get_column(df: Any, column_name: str) -> Any:
    """The column of a frame; extensions register one function for each frame type."""
    raise NotImplementedError(f"no extension knows the columns of {type(df)}")


@functools.singledispatch
def fill_with_scalar(df: Any, column_name: str, scalar_value: Any) -> Any:
    """The frame with a column that has one value in all rows."""
    raise NotImplementedError(f"no extension knows how to fill a column of {type(df)}")


def get_column_type_from_df_type(dataframe_type: Any) -> type:
    """Raises NotImplementedError if it is no frame of a known library."""
    initialize()
    for entry in DF_TYPE_AND_COLUMN_TYPES.values():
        if dataframe_type == entry[DATAFRAME_TYPE]:
            return entry[COLUMN_TYPE]
    raise NotImplementedError(
        f"{dataframe_type} is no data frame of a known library; those are {sorted(DF_TYPE_AND_COLUMN_TYPES)}"
    )


def get_registered_dataframe_types() -> dict[str, type]:
    initialize()
    return {name: entry[DATAFRAME_TYPE] for name, entry in DF_TYPE_AND_COLUMN_TYPES.items()}


def get_registered_column_types() -> dict[str, type]:
    initialize()
    return {n: entry[COLUMN_TYPE] for n, entry in DF_TYPE_AND_COLUMN_TYPES.items() if COLUMN_TYPE in entry}


# ---- loaders and savers -----------------------------------------------------------------------------


def register_adapter(adapter: Any) -> None:
    """Makes `load_from.<name>`, `save_to.<name>`, `from_.<name>` and `to.<name>` of a class."""
    if adapter.can_load():
        LOADER_REGISTRY[adapter.name()].append(adapter)
    if adapter.can_save():
        SAVER_REGISTRY[adapter.name()].append(adapter)
