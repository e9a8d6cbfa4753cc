# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nobody planned for: a table of our name with things of others in it, and a system that has no room for more files. A sentence, never a traceback."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import traceback
from typing import Any

import pytest

from .conftest import Result, ip, run_module, snapshot

pytestmark = pytest.mark.own_code
GUEST = {"name": "v0", "profile": "guest", "macs": ["52:54:00:00:00:01"], "addresses": []}
RUNS: dict[str, Any] = {
    "linux_bridge_info": {},
    "promiscuity_info": {},
    "linux_bridge": {"name": "br0", "ageing_time": 77},
    "linux_port_security": {"bridge": "br0", "ports": [GUEST]},
    "linux_switch_policy": {"switches": [{"name": "br0", "ports": [GUEST]}]},
    "linux_bridge_fdb": {"bridge": "br0", "entries": [{"address": "52:54:00:00:00:09", "port": "v0"}]},
    "virtual_link": {"name": "tap7", "kind": "tap"},
}


@pytest.fixture(autouse=True)
def _host(namespace: None) -> None:
    ip("link add br0 type bridge", "link set br0 up", "link add v0 type veth peer name p0", "link set v0 master br0 up")


def elements(name: str, kind: str, *items: str) -> list[str]:
    """Commands that make a set."""
    return [f"add set bridge virtnet_hardening {name} {{ {kind} }}", f"add element bridge virtnet_hardening {name} {{ {', '.join(items)} }}"]


PORT = elements("ports", "type iface_index;", "v0")
TABLES = {
    "names of ports": elements("ports", "type ifname;", '"v0"'),
    "MAC addresses as IP addresses": PORT + elements("ip4_addresses", "type iface_index . ether_addr;", "v0 . 52:54:00:00:00:09"),
    "IP addresses as MAC addresses": PORT + elements("macs", "type iface_index . ipv4_addr;", "v0 . 192.0.2.1"),
    "addresses as targets": PORT + elements("targets", "type iface_index . ipv6_addr;", "v0 . fe80::1"),
    "marks": elements("macs", "type mark;", "1", "2"),
    "a record of nonsense": elements("ports", "type iface_index;", 'v0 comment "was=x sum="'),
    "a record of a switch": elements("switches", "type iface_index;", 'v0 comment "set=nonsense sum="'),
    "addresses in quarantine": elements("quarantine", "type ipv4_addr;", "192.0.2.1"),
    "numbers in quarantine": elements("quarantine", "type inet_service; flags interval;", "1-5"),
    "a link-layer address": elements("link_layer", "type ether_addr;", "52:54:00:00:00:01"),
    "pairs of switches": elements("switches", "typeof meta iif . meta oif;", "v0 . v0"),
    "a map": ["add map bridge virtnet_hardening ports { type iface_index : verdict; }", "add element bridge virtnet_hardening ports { v0 : accept }"],
    "rules with other things": [
        "add counter bridge virtnet_hardening c",
        "add chain bridge virtnet_hardening port",
        "add rule bridge virtnet_hardening port counter name c accept",
    ],
}


@pytest.mark.parametrize("case", TABLES)
@pytest.mark.parametrize("module", ["linux_bridge_info", "linux_port_security", "linux_switch_policy"])
def test_a_table_of_somebody_else_s(case: str, module: str) -> None:
    """It is replaced where that is what a run does with a table that was changed, or refused with what to do; and never half."""
    subprocess.run(["nft", "-f", "-"], input="\n".join(["add table bridge virtnet_hardening", *TABLES[case]]) + "\n", text=True, check=True)
    before = snapshot()
    result = run_module(module, **RUNS[module])
    if result.get("failed"):
        assert result["msg"].endswith("delete it if somebody changed it by hand.") and snapshot() == before, result
    elif module == "linux_bridge_info":
        assert result["table"]["state"] in ("altered", "unreadable") and (result["table"]["differences"] or result["not_looked_at"])
    else:
        assert not run_module(module, **RUNS[module])["changed"]


def limited(files: int, module: str) -> Result:
    """A run that may have that many files open beside its input and its answer."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.dup2(writer, 3)
            os.closerange(4, 1024)
            resource.setrlimit(resource.RLIMIT_NOFILE, (4 + files, 4 + files))
            text = json.dumps(run_module(module, **RUNS[module]))
        except BaseException:
            text = json.dumps({"traceback": traceback.format_exc()[-600:]})
        os.write(3, text.encode())
        os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        found: Result = json.load(pipe)
    os.waitpid(pid, 0)
    return found


@pytest.mark.parametrize("module", RUNS)
def test_few_file_descriptors(module: str) -> None:
    """At whichever file there is no room any more: said, or listed among what was not looked at; and what was begun is undone."""
    # Python's own files are read.
    run_module(module, True, **RUNS[module])
    before = snapshot()
    for files in range(24):
        result = limited(files, module)
        assert "traceback" not in result, (files, result)
        if result.get("failed"):
            assert "too many open files" in result["msg"].lower() and snapshot() == before, (files, result)
        elif result["changed"]:
            return
    assert module.endswith("_info"), "it never had enough"
