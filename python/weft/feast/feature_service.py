"""The features of one model, under one name."""

from __future__ import annotations

from weft.feast.base_feature_view import BaseFeatureView
from weft.feast.definition import Definition, require_name, text_tags
from weft.feast.feature_logging import LoggingConfig
from weft.feast.feature_view_projection import FeatureViewProjection


class FeatureService(Definition):
    """Views, or chosen features of them: `features=[view, other[["a", "b"]], on_demand]`."""

    _fields = ("name", "feature_view_projections", "tags", "description", "owner", "logging_config")

    def __init__(
        self,
        *,
        name: str,
        features: list[BaseFeatureView | FeatureViewProjection],
        tags: dict[str, str] | None = None,
        description: str = "",
        owner: str = "",
        logging_config: LoggingConfig | None = None,
        precompute_online: bool = False,
    ):
        self.name = require_name("a service", name)
        if precompute_online:
            raise NotImplementedError(
                f"service {name}: precompute_online: a request is one read of the store already"
            )
        self.feature_view_projections: list[FeatureViewProjection] = []
        for each in features:
            if isinstance(each, BaseFeatureView):
                self.feature_view_projections.append(each.projection)
            elif isinstance(each, FeatureViewProjection):
                self.feature_view_projections.append(each)
            elif isinstance(each, str):
                self.feature_view_projections.append(_projection_of_text(name, each))
            else:
                raise ValueError(f"service {name}: features are views, found {each!r}")
        self.tags = text_tags(f"service {name}", tags)
        self.description = description
        self.owner = owner
        self.logging_config = logging_config
        self.precompute_online = False


def _projection_of_text(service: str, text: str) -> FeatureViewProjection:
    view, _, version = text.partition("@")
    if version not in ("", "latest"):
        raise NotImplementedError(
            f"service {service}: {text}: views have one version here, the one that was applied"
        )
    return FeatureViewProjection(view)
