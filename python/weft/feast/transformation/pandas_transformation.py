"""The transformation of mode `pandas`."""

from weft.feast.transformation.base import PandasTransformation

__all__ = ["PandasTransformation"]
