"""What rows are about: a driver, a customer."""

from __future__ import annotations

from weft.feast.definition import Definition, require_name, text_tags
from weft.feast.value_type import ValueType


class Entity(Definition):
    """An entity has one join key, called like the entity unless `join_keys` says otherwise."""

    _fields = ("name", "join_key", "value_type", "description", "tags", "owner")

    def __init__(
        self,
        *,
        name: str,
        join_keys: list[str] | None = None,
        value_type: ValueType | None = None,
        description: str = "",
        tags: dict[str, str] | None = None,
        owner: str = "",
    ):
        self.name = require_name("an entity", name)
        if join_keys is not None and (isinstance(join_keys, str) or len(join_keys) > 1):
            raise ValueError(
                f"entity {name}: join_keys is a list of one name, found {join_keys!r}; "
                "a view with several keys has several entities"
            )
        if value_type is not None and not isinstance(value_type, ValueType):
            raise TypeError(f"entity {name}: value_type is a ValueType, found {value_type!r}")
        self.join_key = join_keys[0] if join_keys else name
        # UNKNOWN: the type is that of the key's column, found when the entity is applied.
        self.value_type = value_type or ValueType.UNKNOWN
        self.description = description
        self.tags = text_tags(f"entity {name}", tags)
        self.owner = owner

    def is_valid(self):
        """Raises if the entity cannot be applied."""
        require_name("an entity", self.name)
