"""The name under which definitions are kept together."""

from __future__ import annotations

from weft.feast.definition import Definition, require_name, text_tags


class Project(Definition):
    """A project of the registry."""

    _fields = ("name", "description", "tags", "owner")

    def __init__(
        self, *, name: str, description: str = "", tags: dict[str, str] | None = None, owner: str = ""
    ):
        self.name = require_name("a project", name)
        self.description = description
        self.tags = text_tags(f"project {name}", tags)
        self.owner = owner
