# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules and fragments of documentation say, read without importing them. Needs PyYAML."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_OWN = "virtnet.hardening."


@lru_cache(maxsize=None)
def texts(source: str) -> dict[str, str]:
    """The texts that a program assigns to names in capitals, in a class or outside."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id.isupper():
                found[target.id] = node.value.value
    return found


@lru_cache(maxsize=None)
def options(root: Path, source: str) -> dict[str, dict[str, Any]]:
    """Of the module with that source, with those of this collection's fragments."""
    said = yaml.safe_load(texts(source)["DOCUMENTATION"])
    found: dict[str, dict[str, Any]] = dict(said["options"])
    for fragment in _fragments(said.get("extends_documentation_fragment", [])):
        name, _dot, part = fragment.partition(".")
        file = root / "plugins" / "doc_fragments" / f"{name}.py"
        words = yaml.safe_load(texts(file.read_text(encoding="utf-8"))[(part or "documentation").upper()])
        found.update({option: value for option, value in words.get("options", {}).items() if option not in found})
    return found


def _fragments(names: Any) -> list[str]:
    """Those of this collection, without its name."""
    return [name[len(_OWN) :] for name in ([names] if isinstance(names, str) else names) if name.startswith(_OWN)]
