"""pandas: frames and their columns; load_from, save_to, from_, to for every format pandas has."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pandas as pd

from .. import registry
from ..io import utils
from ..io.data_adapters import DataLoader, DataSaver
from . import _files

DATAFRAME_TYPE = pd.DataFrame
COLUMN_TYPE = pd.Series


@registry.get_column.register(pd.DataFrame)
def get_column_pandas(df: pd.DataFrame, column_name: str) -> pd.Series:
    return df[column_name]


@registry.fill_with_scalar.register(pd.DataFrame)
def fill_with_scalar_pandas(df: pd.DataFrame, column_name: str, value: Any) -> pd.DataFrame:
    df[column_name] = value
    return df


def register_types() -> None:
    registry.register_types("pandas", DATAFRAME_TYPE, COLUMN_TYPE)


register_types()


def _reader(name: str, format_: str, function: Any, path: str = "path", **kwargs: Any) -> type[DataLoader]:
    return _files.reader(name, __name__, format_, function, [DATAFRAME_TYPE], path, **kwargs)


def _writer(name: str, format_: str, method: Any, path: str = "path", **kwargs: Any) -> type[DataSaver]:
    return _files.writer(name, __name__, format_, method, [DATAFRAME_TYPE], path, **kwargs)


def _only_table(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return tables[0]


_BUFFER = "filepath_or_buffer"
_FRAME = pd.DataFrame
# Where Hamilton's defaults are not pandas' own: types that know missing values, no index in CSV files.
_NULLABLE = {"dtype_backend": "numpy_nullable"}
_FEATHER = dict.fromkeys(("dest", "compression", "compression_level", "chunksize", "version"))
_JSON = {"date_format": "epoch", "indent": 0}
# pandas calls the first parameter differently; the fields are called what Hamilton's are.
PandasCSVReader = _reader("PandasCSVReader", "csv", pd.read_csv, skip=(_BUFFER,), defaults=_NULLABLE)
PandasCSVWriter = _writer(
    "PandasCSVWriter", "csv", _FRAME.to_csv, skip=("path_or_buf",), defaults={"index": False}
)
PandasParquetReader = _reader("PandasParquetReader", "parquet", pd.read_parquet, defaults=_NULLABLE)
PandasParquetWriter = _writer("PandasParquetWriter", "parquet", _FRAME.to_parquet)
PandasPickleWriter = _writer("PandasPickleWriter", "pickle", _FRAME.to_pickle)
PandasJsonReader = _reader("PandasJsonReader", "json", pd.read_json, _BUFFER, skip=("path_or_buf",))
PandasJsonWriter = _writer(
    "PandasJsonWriter", "json", _FRAME.to_json, _BUFFER, skip=("path_or_buf",), defaults=_JSON
)
PandasXmlReader = _reader("PandasXmlReader", "xml", pd.read_xml, "path_or_buffer", defaults=_NULLABLE)
PandasXmlWriter = _writer("PandasXmlWriter", "xml", _FRAME.to_xml, "path_or_buffer")
PandasHtmlReader = _reader(
    "PandasHtmlReader", "html", pd.read_html, "io", after=_only_table, defaults=_NULLABLE
)
PandasHtmlWriter = _writer("PandasHtmlWriter", "html", _FRAME.to_html, "buf")
PandasStataReader = _reader("PandasStataReader", "stata", pd.read_stata, _BUFFER)
PandasStataWriter = _writer("PandasStataWriter", "stata", _FRAME.to_stata)
PandasFeatherReader = _reader("PandasFeatherReader", "feather", pd.read_feather, defaults=_NULLABLE)
PandasFeatherWriter = _writer("PandasFeatherWriter", "feather", _FRAME.to_feather, defaults=_FEATHER)
PandasORCReader = _reader("PandasORCReader", "orc", pd.read_orc, defaults=_NULLABLE)
PandasORCWriter = _writer("PandasORCWriter", "orc", _FRAME.to_orc)
PandasExcelReader = _reader("PandasExcelReader", "excel", pd.read_excel, defaults=_NULLABLE)
PandasTableReader = _reader("PandasTableReader", "table", pd.read_table, _BUFFER, defaults=_NULLABLE)
PandasFWFReader = _reader("PandasFWFReader", "fwf", pd.read_fwf, _BUFFER, defaults=_NULLABLE)
PandasSPSSReader = _reader("PandasSPSSReader", "spss", pd.read_spss, defaults=_NULLABLE)


@dataclasses.dataclass
class PandasPickleReader(DataLoader):
    """`path`, or the old name of it, `filepath_or_buffer`."""

    filepath_or_buffer: Any = None
    path: Any = None
    compression: Any = "infer"
    storage_options: dict[str, Any] | None = None

    @classmethod
    def applicable_types(cls) -> list[type]:
        return [DATAFRAME_TYPE]

    @classmethod
    def name(cls) -> str:
        return "pickle"

    def load_data(self, type_: type) -> tuple[pd.DataFrame, dict[str, Any]]:
        path = self.path if self.path is not None else self.filepath_or_buffer
        data = pd.read_pickle(path, compression=self.compression, storage_options=self.storage_options)
        return data, _files.metadata_of(path, data)


def _database_fields(function: Any, first: str) -> list:
    return [(first, str), ("db_connection", Any), *_files.options_of(function, ("con",))]


def _load_sql(self: Any, type_: type) -> tuple[pd.DataFrame, dict[str, Any]]:
    data = pd.read_sql(self.query_or_table, self.db_connection, **_files._given(self, pd.read_sql))
    return data, {
        **utils.get_sql_metadata(self.query_or_table, data),
        **utils.get_dataframe_metadata(data),
    }


def _save_sql(self: Any, data: pd.DataFrame) -> dict[str, Any]:
    options = _files._given(self, _FRAME.to_sql)
    written = data.to_sql(self.table_name, self.db_connection, **options)
    return {
        **utils.get_sql_metadata(self.table_name, written),
        **utils.get_dataframe_metadata(data),
    }


PandasSqlReader = _files._make(
    "PandasSqlReader",
    __name__,
    DataLoader,
    "sql",
    [DATAFRAME_TYPE],
    _database_fields(pd.read_sql, "query_or_table"),
    {"load_data": _load_sql},
)
PandasSqlWriter = _files._make(
    "PandasSqlWriter",
    __name__,
    DataSaver,
    "sql",
    [DATAFRAME_TYPE],
    _database_fields(_FRAME.to_sql, "table_name"),
    {"save_data": _save_sql},
)

_WRITER_OPTIONS = ("date_format", "datetime_format", "mode", "if_sheet_exists")


def _save_excel(self: Any, data: pd.DataFrame) -> dict[str, Any]:
    options = _files._given(self, _FRAME.to_excel)
    file = {name: options.pop(name) for name in ("engine", "engine_kwargs", "storage_options") if name in options}
    file.update((n, getattr(self, n)) for n in _WRITER_OPTIONS if getattr(self, n) is not None)
    with pd.ExcelWriter(self.path, **file) as excel:
        data.to_excel(excel, **options)
    return _files.metadata_of(self.path, data)


PandasExcelWriter = _files._make(
    "PandasExcelWriter",
    __name__,
    DataSaver,
    "excel",
    [DATAFRAME_TYPE],
    [
        ("path", Any),
        *_files.options_of(_FRAME.to_excel, ("excel_writer",)),
        *((name, Any, None) for name in _WRITER_OPTIONS if name not in inspect.signature(_FRAME.to_excel).parameters),
    ],
    {"save_data": _save_excel},
)

_files.register(
    [cls for name, cls in list(globals().items()) if name.startswith("Pandas") and isinstance(cls, type)]
)
