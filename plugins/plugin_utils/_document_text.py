# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Documents that come as text, as the text areas of AWX's surveys give them: YAML, or JSON."""

from __future__ import annotations

import json
import re
import typing as t

import yaml

# What a text may hold: one mapping, or a list of mappings.
MAPPING, LIST = "mapping", "list of mappings"
# What YAML 1.1 makes of 52:54:00:12:34:56 is a number of base 60, and a date of 2026-01-01: here both are text, as in YAML 1.2.
_PLAIN_INT = re.compile(r"^[-+]?(?:0|[1-9][0-9]*|0x[0-9a-fA-F]+|0o?[0-7]+)$")
_PLAIN_FLOAT = re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$")


class TextError(ValueError):
    """A sentence on a text that is no document."""


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice, of which YAML takes the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[t.Hashable, t.Any]:
        """With the keys of C(<<) beside the others, which go before them."""
        seen: set[str] = set()
        for key, _value in node.value:
            name = str(key.value)
            if name in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(None, None, f"{name} is there twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def _resolvers() -> dict[str, list[tuple[str, t.Any]]]:
    left_out = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "timestamp")}
    return {first: [each for each in those if each[0] not in left_out] for first, those in yaml.SafeLoader.yaml_implicit_resolvers.items()}


_Loader.yaml_implicit_resolvers = _resolvers()
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _PLAIN_INT, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _PLAIN_FLOAT, list("-+0123456789."))


def parse(text: str, name: str, kind: str, within: str = "") -> t.Any:
    """The mapping or the list of mappings that C(text) holds; C(name) is the variable's, for what is said of a text that holds neither.

    A list may stand below the key C(within), as in a file of variables. Raises TextError.
    """
    data = _data(str(text), name)
    if kind == LIST and within and isinstance(data, dict) and set(data) == {within}:
        data = data[within]
    if kind == LIST and isinstance(data, list):
        wrong = next((number for number, each in enumerate(data, 1) if not isinstance(each, dict)), 0)
        if wrong:
            raise TextError(f"{name}: item {wrong} of the text is {_word(data[wrong - 1])}, not a mapping; write each item as key: value behind a dash.")
        return data
    if kind == MAPPING and isinstance(data, dict):
        return data
    where = f", or as a mapping with the one key {within}" if kind == LIST and within else ""
    raise TextError(f"{name}: the text is {_word(data)}, not a {kind}; write it as YAML or JSON{where}.")


def _data(text: str, name: str) -> t.Any:
    try:
        # JSON's tabs are none of YAML's.
        if text.lstrip()[:1] in ("{", "["):
            return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError:
        pass  # A flow collection of YAML begins alike.
    except TextError as error:
        raise TextError(f"{name}: {error}; keep one.") from error
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise TextError(f"{name}: {where}{error.problem or error.context}; the text is neither YAML nor JSON, mend that line.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise TextError(f"{name}: {str(error).splitlines()[0]}; the text is neither YAML nor JSON.") from error


def _once(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    names = [key for key, _value in pairs]
    twice = next((key for key in names if names.count(key) > 1), None)
    if twice is not None:
        raise TextError(f"{twice} is there twice in one mapping of the text")
    return dict(pairs)


def _word(data: t.Any) -> str:
    words = {"dict": "a mapping", "list": "a list", "str": "plain text", "NoneType": "empty", "bool": "a boolean"}
    return words.get(type(data).__name__, "a number")
