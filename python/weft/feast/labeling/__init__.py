"""Views of labels that people give."""

from weft.feast.labeling.conflict_policy import ConflictPolicy
from weft.feast.labeling.label_view import LabelView

__all__ = ["ConflictPolicy", "LabelView"]
