"""Result builders, and the graph adapters of old."""

from __future__ import annotations

import abc
import logging
import pprint
from typing import Any

from . import htypes, node
from .lifecycle import api as lifecycle_api

logger = logging.getLogger(__name__)


class ResultMixin(lifecycle_api.LegacyResultMixin):
    """A result builder."""


class DictResult(ResultMixin):
    """The outputs by name, in the order asked."""

    @staticmethod
    def build_result(**outputs: Any) -> dict[str, Any]:
        return outputs

    def input_types(self) -> list[Any]:
        return [Any]

    def output_type(self) -> Any:
        return dict[str, Any]


class PandasDataFrameResult(ResultMixin):
    """One frame: series side by side, joined on their index; single values in every row; the columns of a frame as
    "node.column". A lone frame is returned as it is."""

    @staticmethod
    def pandas_index_types(
        outputs: dict[str, Any],
    ) -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, list[str]]]:
        """Names of outputs by the kind of their index: all, those of times and categories, those without."""
        import pandas as pd
        from pandas.core.indexes import extension

        of_times = getattr(extension, "NDArrayBackedExtensionIndex", ())
        every: dict[str, list[str]] = {}
        times: dict[str, list[str]] = {}
        none: dict[str, list[str]] = {}
        for name, value in outputs.items():
            if isinstance(value, (pd.DataFrame, pd.Series)):
                kind = f"{type(value.index).__name__}:::{value.index.dtype}"
                if isinstance(value.index, of_times):
                    times.setdefault(kind, []).append(name)
            elif isinstance(value, pd.Index):
                kind = "RangeIndex:::int64"
            else:
                kind = "no-index"
                none.setdefault(kind, []).append(name)
            every.setdefault(kind, []).append(name)
        return every, times, none

    @staticmethod
    def check_pandas_index_types_match(
        all_index_types: dict[str, list[str]],
        time_indexes: dict[str, list[str]],
        no_indexes: dict[str, list[str]],
    ) -> bool:
        """False, and a warning, if the outputs may not line up as they are meant to."""
        match = True
        indexed = len(all_index_types) - len(no_indexes)
        if len(time_indexes) > 1:
            logger.warning("outputs have several kinds of time or category indexes: look whether they line up")
            match = False
        if indexed > 1 and len(all_index_types) > len(time_indexes):
            logger.warning("outputs have several kinds of indexes: look whether they line up")
            match = False
        elif indexed == 1 and no_indexes:
            logger.warning("%d outputs have no index, beside those that have", len(no_indexes["no-index"]))
        elif indexed == 0:
            logger.warning("no output has a pandas index: look whether the frame is what you expect")
            match = False
        logger.debug("index types: %s", dict(all_index_types))
        return match

    @staticmethod
    def build_result(**outputs: Any) -> Any:
        import pandas as pd

        kinds = PandasDataFrameResult.pandas_index_types(outputs)
        PandasDataFrameResult.check_pandas_index_types_match(*kinds)
        values = list(outputs.values())
        if len(values) == 1 and isinstance(values[0], pd.DataFrame):
            return values[0]
        if not any(pd.api.types.is_list_like(value) for value in values):
            return pd.DataFrame([outputs])
        if any(isinstance(value, pd.DataFrame) for value in values):
            return PandasDataFrameResult.build_dataframe_with_dataframes(outputs)
        return pd.DataFrame(outputs)

    @staticmethod
    def build_dataframe_with_dataframes(outputs: dict[str, Any]) -> Any:
        import pandas as pd

        flat: dict[str, Any] = {}
        for name, value in outputs.items():
            if isinstance(value, pd.DataFrame):
                flat.update((f"{name}.{column}", value[column]) for column in value.columns)
            elif name in flat:
                raise ValueError(f"'{name}' is an output, and also a column of a frame among the outputs: rename one")
            else:
                flat[name] = value
        return pd.DataFrame(flat)

    def input_types(self) -> list[Any]:
        return [Any]

    def output_type(self) -> Any:
        import pandas as pd

        return pd.DataFrame


class StrictIndexTypePandasDataFrameResult(PandasDataFrameResult):
    """Raises ValueError where the other one warns."""

    @staticmethod
    def build_result(**outputs: Any) -> Any:
        kinds = PandasDataFrameResult.pandas_index_types(outputs)
        if not PandasDataFrameResult.check_pandas_index_types_match(*kinds):
            raise ValueError(f"Error: pandas index types did not match exactly. Found:\n{pprint.pformat(kinds[0])}")
        return PandasDataFrameResult.build_result(**outputs)


class NumpyMatrixResult(ResultMixin):
    """A matrix with a column for each output; single values in every row."""

    @staticmethod
    def build_result(**outputs: Any) -> Any:
        import numpy as np

        rows: int | None = None
        for name, value in outputs.items():
            if isinstance(value, (int, float)):
                continue
            if rows is not None and len(value) != rows:
                raise ValueError(f"'{name}' has {len(value)} rows, but outputs before it have {rows}")
            rows = len(value)
        rows = 1 if rows is None else rows
        columns = [[v] * rows if isinstance(v, (int, float)) else list(v) for v in outputs.values()]
        return np.asmatrix(columns).T

    def input_types(self) -> list[Any]:
        return [Any]

    def output_type(self) -> Any:
        import numpy as np

        return np.matrix


class HamiltonGraphAdapter(lifecycle_api.GraphAdapter, abc.ABC):
    """Old: an adapter that runs nodes, checks types and builds results."""


class SimplePythonDataFrameGraphAdapter(HamiltonGraphAdapter, PandasDataFrameResult):
    @staticmethod
    def check_input_type(node_type: Any, input_value: Any) -> bool:
        return htypes.check_input_type(node_type, input_value)

    @staticmethod
    def check_node_type_equivalence(node_type: Any, input_type: Any) -> bool:
        return node_type == input_type

    def execute_node(self, node: node.Node, kwargs: dict[str, Any]) -> Any:
        return node.callable(**kwargs)


class SimplePythonGraphAdapter(SimplePythonDataFrameGraphAdapter):
    """Plain Python with a result builder; without one, a dict."""

    def __init__(self, result_builder: ResultMixin | None = None):
        self.result_builder = DictResult() if result_builder is None else result_builder

    def build_result(self, **outputs: Any) -> Any:
        return self.result_builder.build_result(**outputs)

    def output_type(self) -> Any:
        return self.result_builder.output_type()


class DefaultAdapter(SimplePythonGraphAdapter):
    """Plain Python; the result is a dict."""
