# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks do on the control node with the results of modules, in a process of its own: a process that has loaded what Ansible's filters
and templates need is no module any more, and its warnings go to a screen.

Reads lines of JSON, each the name of a function of ASKED and its arguments, and answers each with a line.
"""

from __future__ import annotations

import atexit
import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

TEMPLATES = Path(__file__).resolve().parent.parent / "playbooks" / "templates"


def audit(info: dict[str, Any], heard: dict[str, Any]) -> dict[str, Any]:
    """Findings and page, as playbooks/audit.yml makes them of the results of the two modules."""
    return _ask("audit", info, heard)


def vsphere_page(told: dict[str, Any]) -> str:
    """The page of a vCenter, as playbooks/audit.yml makes it of the result of the module."""
    return str(_ask("vsphere_page", told)["page"])


def policy_document(*args: Any, **params: Any) -> dict[str, Any]:
    """The filter."""
    return _ask("policy_document", *args, **params)


@functools.lru_cache(maxsize=None)
def _process() -> subprocess.Popen[str]:
    """One for all tests, as loading Ansible takes its time."""
    process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)
    return process


def _ask(name: str, *args: Any, **params: Any) -> dict[str, Any]:
    process = _process()
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps([name, args, params]) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def _render(template: str, variables: dict[str, Any]) -> str:
    from ansible.parsing.dataloader import DataLoader
    from ansible.template import Templar

    text = (TEMPLATES / template).read_text(encoding="utf-8")
    try:
        from ansible.template import trust_as_template
    except ImportError:  # ansible-core 2.17 and 2.18
        return str(Templar(DataLoader(), variables=variables).template(text, convert_data=False))
    return str(Templar(DataLoader(), variables=variables).template(trust_as_template(text)))


def _audit(info: dict[str, Any], heard: dict[str, Any]) -> dict[str, Any]:
    from ansible_collections.virtnet.hardening.plugins.filter.bridge_findings import bridge_findings

    findings = bridge_findings(info)
    page = _render(
        "bridge_report.md.j2",
        {
            "inventory_hostname": "kvm1",
            "virtnet_info": info,
            "virtnet_bridges": info["bridges"],
            "virtnet_findings": findings,
            "virtnet_not_looked_at": info["not_looked_at"] + heard["not_looked_at"],
            "virtnet_promiscuity": {name: heard[name] for name in ("interfaces", "findings", "not_looked_at")},
        },
    )
    return {"findings": findings, "page": page}


def _vsphere_page(told: dict[str, Any]) -> dict[str, Any]:
    return {"page": _render("vsphere_report.md.j2", {"inventory_hostname": "vc1", "virtnet_vsphere": told})}


def _policy_document(*args: Any, **params: Any) -> dict[str, Any]:
    from ansible_collections.virtnet.hardening.plugins.filter.policy_document import policy_document

    document: dict[str, Any] = policy_document(*args, **params)
    return document


ASKED: dict[str, Callable[..., dict[str, Any]]] = {"audit": _audit, "vsphere_page": _vsphere_page, "policy_document": _policy_document}


if __name__ == "__main__":
    from ansible.plugins.loader import init_plugin_loader

    # Templates name filters of the collection.
    init_plugin_loader()
    for line in sys.stdin:
        asked, positional, named = json.loads(line)
        print(json.dumps(ASKED[asked](*positional, **named)), flush=True)
