"""Cache keys: node, version of its code, versions of the data it takes; readable back."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

_NOTHING = "<none>"


def _packed(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode(), level=3)).decode()


def _unpacked(text: str) -> str:
    return zlib.decompress(base64.b64decode(text.encode())).decode()


def create_cache_key(
    node_name: str, code_version: str, dependencies_data_versions: Mapping[str, str]
) -> str:
    """"<node>-<code version>-<packed data versions>"."""
    pairs = sorted(dependencies_data_versions.items())
    dependencies = ",".join(item for pair in pairs for item in pair) if pairs else _NOTHING
    safe_name = "".join(c for c in node_name if c.isalnum() or c == "_")
    return f"{safe_name}-{code_version}-{_packed(dependencies)}"


def decode_key(cache_key: str) -> dict[str, Any]:
    """node_name, code_version and dependencies_data_versions of a key."""
    name, _, rest = cache_key.partition("-")
    code_version, _, packed = rest.partition("-")
    dependencies = _unpacked(packed)
    items = [] if dependencies == _NOTHING else dependencies.split(",")
    return {
        "node_name": name,
        "code_version": code_version,
        "dependencies_data_versions": dict(zip(items[::2], items[1::2], strict=True)),
    }
