"""What is taken of a view: features, an alias, keys by other names."""

from __future__ import annotations

from weft.feast.definition import Definition
from weft.feast.field import Field


class FeatureViewProjection(Definition):
    """Some features of a view. `features` empty: all that the view has when the project is applied."""

    _fields = ("name", "name_alias", "desired_features", "join_key_map")

    def __init__(
        self,
        name: str,
        name_alias: str | None = None,
        desired_features: list[str] | None = None,
        features: list[Field] | None = None,
        join_key_map: dict[str, str] | None = None,
        view_type: str = "featureView",
    ):
        self.name = name
        self.name_alias = name_alias
        self.desired_features = list(desired_features or [])
        self.features = list(features or [])
        self.join_key_map = dict(join_key_map or {})
        self.view_type = view_type

    def name_to_use(self) -> str:
        return self.name_alias or self.name

    def get_feature(self, feature_name: str) -> Field:
        for field in self.features:
            if field.name == feature_name:
                return field
        raise KeyError(f"Feature {feature_name} not found in projection {self.name_to_use()}")

    @staticmethod
    def from_definition(view) -> FeatureViewProjection:
        return FeatureViewProjection(view.name, None, [], view.features, {}, view._projection_type)

    from_feature_view_definition = from_definition
