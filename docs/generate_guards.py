# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What documentation says of guards, from their rows: for docs/generate_words.py, when the collection is importable.

In docs/words, suboptions that are "{guards}" are those of the rows; a suboption C("{others}") stands for each guard that is not named beside it. In
sentences {accepted by PROFILE}, {rejected by PROFILE} and {looking inside} are lists of guards; {unenforced} as C(choices) is what ESXi can do without.
"""

from __future__ import annotations

import re
from typing import Any

OTHERS = "{others}"
_PLACE = re.compile(r"\{(accepted by|rejected by|looking inside) ?(\w*)\}")


def complete(words: Any) -> Any:
    """The words of a file with what the rows say."""
    if isinstance(words, dict) and OTHERS in words:
        return {name: words.get(name, words[OTHERS]) for name in _rows()}
    if isinstance(words, dict):
        return {name: complete(each) for name, each in words.items()}
    if isinstance(words, list):
        return [complete(each) for each in words]
    if words == "{guards}":
        return _rows()
    if words == "{unenforced}":
        from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.words import WITHOUT

        return list(WITHOUT)
    return _PLACE.sub(_names, words) if isinstance(words, str) else words


def _rows() -> dict[str, Any]:
    from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import ROWS
    from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, REJECT

    return {
        row.name: {"description": row.documentation[0] if len(row.documentation) == 1 else list(row.documentation), "type": "str", "choices": [ACCEPT, REJECT]}
        for row in ROWS
    }


def _names(place: re.Match[str]) -> str:
    from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import INSPECTING, ROWS

    kind, profile = place.groups()
    names: list[str] = list(INSPECTING) if kind == "looking inside" else [row.name for row in ROWS if row.profiles[profile] == kind.split()[0][:-2]]
    marked = [f"C({name})" for name in names]
    return f"{', '.join(marked[:-1])} and {marked[-1]}" if len(marked) > 1 else "".join(marked)
