"""Labels by entity: pushed, read like the features of any view."""

from __future__ import annotations

from datetime import timedelta

from weft.feast.data_source import DataSource
from weft.feast.feature_view import FeatureView
from weft.feast.labeling.conflict_policy import ConflictPolicy


class LabelView(FeatureView):
    """A view of labels. The newest row of a key counts, online and in history."""

    _fields = (*FeatureView._fields, "labeler_field", "conflict_policy", "reference_feature_view")
    _projection_type = "labelView"

    def __init__(
        self,
        *,
        name: str,
        source: DataSource | None = None,
        schema=None,
        entities=None,
        ttl: timedelta | None = timedelta(0),
        online: bool = True,
        description: str = "",
        tags: dict[str, str] | None = None,
        owner: str = "",
        labeler_field: str = "labeler",
        conflict_policy: ConflictPolicy = ConflictPolicy.LAST_WRITE_WINS,
        reference_feature_view: str | None = None,
    ):
        if conflict_policy is not ConflictPolicy.LAST_WRITE_WINS:
            raise NotImplementedError(
                f"label view {name}: {conflict_policy}: only LAST_WRITE_WINS is known, since Feast applies "
                "the others to history and not to the latest values"
            )
        super().__init__(
            name=name,
            source=source,
            schema=schema,
            entities=entities,
            ttl=ttl,
            online=online,
            description=description,
            tags=tags,
            owner=owner,
        )
        self.labeler_field = labeler_field
        self.conflict_policy = conflict_policy
        self.reference_feature_view = reference_feature_view
