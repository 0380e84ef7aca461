"""The transformation of mode `python`."""

from weft.feast.transformation.base import PythonTransformation

__all__ = ["PythonTransformation"]
