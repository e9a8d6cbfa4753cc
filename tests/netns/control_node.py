# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks/audit.yml does on the control node, in a process of its own: a process that has loaded Ansible's templates is no module any more.

Reads a line of JSON with C(info) and C(heard), the results of the two modules, and answers with a line: C(findings) and C(page).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, Optional, Type

TEMPLATE = Path(__file__).resolve().parent.parent.parent / "playbooks" / "templates" / "bridge_report.md.j2"


class ControlNode:
    """The other process, as seen from the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "ControlNode":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self._process.communicate()

    def audit(self, info: Dict[str, Any], heard: Dict[str, Any]) -> Dict[str, Any]:
        """Findings and page."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"info": info, "heard": heard}) + "\n")
        self._process.stdin.flush()
        answer: Dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _render(variables: Dict[str, Any]) -> str:
    from ansible.parsing.dataloader import DataLoader
    from ansible.template import Templar

    text = TEMPLATE.read_text(encoding="utf-8")
    try:
        from ansible.template import trust_as_template
    except ImportError:  # ansible-core 2.17 and 2.18
        return str(Templar(DataLoader(), variables=variables).template(text, convert_data=False))
    return str(Templar(DataLoader(), variables=variables).template(trust_as_template(text)))


def _answer(info: Dict[str, Any], heard: Dict[str, Any]) -> Dict[str, Any]:
    from ansible_collections.virtnet.hardening.plugins.filter.bridge_findings import bridge_findings

    findings = bridge_findings(info)
    page = _render({
        "inventory_hostname": "kvm1", "virtnet_info": info, "virtnet_bridges": info["bridges"], "virtnet_findings": findings,
        "virtnet_not_looked_at": info["not_looked_at"] + heard["not_looked_at"],
        "virtnet_promiscuity": {name: heard[name] for name in ("interfaces", "findings", "not_looked_at")},
    })
    return {"findings": findings, "page": page}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(_answer(**json.loads(line))), flush=True)
