# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every test gets a network namespace of its own, made in this process, before it touches anything."""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import re
import shutil
import subprocess
import time
from importlib import import_module
from typing import Any, Callable, Dict, Iterator

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from .needs import in_user_namespace

_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_MS_BIND = 0x1000
_MS_REC_PRIVATE = 0x4000 | (1 << 18)
_LIBC = ctypes.CDLL(None, use_errno=True)
_FORWARDS = 15.0
_MODULES = "ansible_collections.virtnet.hardening.plugins.modules."

Result = Dict[str, Any]


def _unshare(flags: int) -> None:
    if _LIBC.unshare(flags) != 0:
        pytest.exit(f"these tests need root, or scripts/in-netns: unshare: {os.strerror(ctypes.get_errno())}", returncode=3)


def _mount(source: str, target: str, kind: str, flags: int = 0) -> None:
    if _LIBC.mount(source.encode(), target.encode(), kind.encode(), flags, None) != 0:
        pytest.exit(f"mount {kind} on {target}: {os.strerror(ctypes.get_errno())}", returncode=3)


def pytest_configure(config: pytest.Config) -> None:
    """See scripts/stage: these run with one version of pyroute2 only."""
    config.addinivalue_line("markers", "own_code: judges what stands above the socket and the links that pyroute2 gives us")


@pytest.fixture(scope="session", autouse=True)
def _mounts() -> None:
    """The journal below /run is this session's own, and so is what is kept over a restart of the host."""
    _unshare(_CLONE_NEWNS)
    _mount("none", "/", "none", _MS_REC_PRIVATE)
    _mount("tmpfs", "/run", "tmpfs")
    _mount("tmpfs", "/var/lib", "tmpfs")


@contextlib.contextmanager
def without_file(path: str) -> Iterator[None]:
    """As on a host that lacks it, or as good as: it is there and empty."""
    _mount("/dev/null", path, "none", _MS_BIND)
    try:
        yield
    finally:
        assert _LIBC.umount2(path.encode(), 0) == 0


def fresh_namespace() -> None:
    """Leave the network namespace, which ends it, for a new one."""
    _unshare(_CLONE_NEWNET)
    # Multicast groups that IPv6 joins by itself would change what tests compare.
    for scope in ("all", "default"):
        path = f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6"
        if os.path.exists(path):
            with open(path, "w", encoding="ascii") as setting:
                setting.write("1")
    bridge_netfilter(False)
    ip("link set lo up")


def bridge_netfilter(on: bool, *tables: str) -> None:
    """The host-wide switches of br_netfilter, where it is loaded; a new namespace has all of them on."""
    for name in tables or ("iptables", "ip6tables", "arptables"):
        path = f"/proc/sys/net/bridge/bridge-nf-call-{name}"
        if os.path.exists(path):
            with open(path, "w", encoding="ascii") as setting:
                setting.write(str(int(on)))


@pytest.fixture(autouse=True)
def namespace(_mounts: None) -> Iterator[None]:
    """A fresh network namespace; it goes when the next one takes its place."""
    fresh_namespace()
    yield
    _unshare(_CLONE_NEWNET)


def ip(*commands: str) -> None:
    """Run lines of ip -batch."""
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True)


def bridge(*commands: str) -> None:
    """Run lines of bridge -batch."""
    subprocess.run(["bridge", "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True)


def learned(address: str, port: str) -> None:
    """An entry as the bridge learns it. The kernel takes one only of a port that forwards (fdb_add_entry, net/bridge/br_fdb.c), which a port
    does a moment after it got its carrier."""
    deadline = time.monotonic() + _FORWARDS
    while json.loads(_output("bridge", "-j", "link", "show", "dev", port))[0]["state"] != "forwarding":
        assert time.monotonic() < deadline, f"{port} does not forward"
        time.sleep(0.01)
    bridge(f"fdb add {address} dev {port} master dynamic")


def _set_args(args: Result) -> Any:
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core 2.17 and 2.18
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        return contextlib.nullcontext()
    return patch_module_args(args)


def run_module(module: str, check: bool = False, /, **params: Any) -> Result:
    """Run a module's main() as Ansible would, and return what it prints."""
    args = {**params, "_ansible_check_mode": check, "_ansible_diff": True, "_ansible_module_name": module}
    # Each run of Ansible's is a process of its own.
    warnings._global_warnings.clear()
    output = io.StringIO()
    with _set_args(args), contextlib.redirect_stdout(output):
        with pytest.raises(SystemExit):
            import_module(_MODULES + module).main()
    result: Result = json.loads(output.getvalue().strip().splitlines()[-1])
    result.pop("invocation", None)
    return result


def warnings_of(result: Result) -> list[str]:
    """The sentences of a run's warnings, in whatever form this version of Ansible gives them."""
    found = result.get("warnings", [])
    told = [each if isinstance(each, str) else each.get("msg") or each["event"]["msg"] for each in found]
    # Of a user namespace the kernel takes no program, of which each run with a profile tells.
    return [each for each in told if not (in_user_namespace() and "the guard partial_checksum of their profile" in each)]


@pytest.fixture(name="own_sysfs")
def _own_sysfs() -> Iterator[None]:
    """sysfs of this namespace, as a host has it."""
    subprocess.run(["mount", "-t", "sysfs", "none", "/sys"], check=True)
    yield
    subprocess.run(["umount", "/sys"], check=True)


@pytest.fixture(name="run")
def _run() -> Callable[..., Result]:
    """A successful run."""

    def run(module: str, check: bool = False, /, **params: Any) -> Result:
        result = run_module(module, check, **params)
        assert not result.get("failed"), result["msg"]
        return result

    return run


@pytest.fixture(name="refused")
def _refused() -> Callable[..., Result]:
    """A run that must fail, in check mode with the same words; the kernel's state must stay what it was."""

    def refused(module: str, /, **params: Any) -> Result:
        before = snapshot()
        checked = run_module(module, True, **params)
        real = run_module(module, False, **params)
        assert real.get("failed") and checked.get("failed"), real
        assert real["msg"] == checked["msg"]
        assert snapshot() == before
        return real

    return refused


@pytest.fixture(name="cycle")
def _cycle(run: Callable[..., Result]) -> Callable[..., Result]:
    """Check, run, run again, check again; returns the real run's result."""

    def cycle(module: str, /, changed: bool = True, **params: Any) -> Result:
        before = snapshot()
        checked = run(module, True, **params)
        assert snapshot() == before, "the check run changed something"
        real = run(module, False, **params)
        assert checked["changed"] is real["changed"] is changed, (checked, real)
        assert {**checked, "verified": None, "msg": None} == {**real, "verified": None, "msg": None}
        assert real["verified"] is changed
        for mode in (False, True):
            again = run(module, mode, **params)
            assert not again["changed"] and not again["actions"] and again["before"] == again["after"], again
        return real

    return cycle


# Carrier and protocol state, which moves by itself.
_MOVING = frozenset(
    "gc_timer hello_timer tcn_timer topology_change_timer topology_change topology_change_detected root_port root_path_cost root_id"
    " bridge_id state cost hold_timer message_age_timer forward_delay_timer designated_port designated_cost config_pending"
    " topology_change_ack id no".split()
)


def _settings(values: Result) -> Result:
    return {name: value for name, value in values.items() if name not in _MOVING}


def snapshot() -> Any:
    """All settings that iproute2 sees: devices, bridges, ports, written FDB entries, VLANs, and the nftables table."""
    devices = {}
    for link in json.loads(_output("ip", "-d", "-j", "link", "show")):
        info = link.get("linkinfo", {})
        nests = [_settings(info.get(nest, {})) for nest in ("info_data", "info_slave_data")]
        devices[link["ifname"]] = (link["mtu"], link["address"], "UP" in link["flags"], "PROMISC" in link["flags"], link.get("master"), nests)
    fdb = json.loads(_output("bridge", "-d", "-j", "fdb", "show") or "[]")
    written = sorted(json.dumps(entry, sort_keys=True) for entry in fdb if "master" in entry and entry.get("state") != "")
    return devices, written, _output("bridge", "vlan", "show"), _table()


def _table() -> str:
    """The collection's table, less the handles, the counters, and the elements that the kernel keeps itself. PATH may lack the sbin folders."""
    nft = shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if nft is None:
        return ""
    done = subprocess.run([nft, "--stateless", "list", "table", "bridge", "virtnet_hardening"], capture_output=True, text=True, check=False)
    # nft 1.1.7 counts the elements of a set that has a size.
    text = re.sub(r"\t# count \d+$", "", done.stdout, flags=re.MULTILINE)
    return re.sub(r"(\tset \w+ \{(?:\n\t\t(?!elements)[^\n]*)*\n\t\tflags dynamic,timeout\n\t\ttimeout \w+)\n\t\telements = \{[^}]*\}", r"\1", text)


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
