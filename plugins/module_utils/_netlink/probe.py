# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What this kernel can do, found by looking and never by its version: distributions backport.

The kernel accepts unknown bridge attributes with success and ignores them. It does list the ones it
knows, so a bridge or port that exists is the first witness; where there is none, or where an attribute
is listed only once it is set, one is made in a network namespace that lives for the question only.
"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode, encode
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import KINDS, LINUX
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Native, Value

_CLONE_NEWNET = 0x40000000
# Listed by the kernel only while they are set.
_LISTED_WHEN_SET = ("backup_port", "backup_nhid")
_KEYS_WHEN_SET = frozenset(KINDS["port"].fields[name].natives[LINUX].key for name in _LISTED_WHEN_SET)
VLAN_WITNESS = KINDS["bridge"].fields["vlan_protocol"].natives[LINUX]


class Known(NamedTuple):
    """The attribute numbers that a bridge and a port list, and the mask of the bridge's switches."""

    bridge: frozenset[int]
    boolopts: int
    port: frozenset[int]


class Probe:
    """Answers whether a field can be stored, and how that is known."""

    def __init__(self) -> None:
        self._seen: dict[str, frozenset[int]] = {}
        self._boolopts: int | None = None
        self._namespace: Known | None = None
        self._namespace_failure = ""
        self._asked = False

    def saw_bridge(self, attributes: frozenset[int], boolopts: int) -> None:
        """A real bridge lists these."""
        self._seen["bridge"], self._boolopts = attributes, boolopts

    def saw_port(self, attributes: frozenset[int]) -> None:
        """A real port lists these."""
        self._seen["port"] = attributes

    def unsupported(self, kind: str, name: str, value: Value) -> str | None:
        """Why the kernel can't store the value; None if it can, or if only the read-back will tell."""
        if kind == "vlan":
            return self._missing("bridge", VLAN_WITNESS, "VLANs need CONFIG_BRIDGE_VLAN_FILTERING: ")
        native = KINDS[kind].fields[name].natives.get(LINUX)
        if name in decode.UNSET and value == decode.UNSET[name]:
            # "None" is what a kernel that lacks the option has.
            return None
        if native is None or kind not in ("bridge", "port") or not native.key.startswith(("IFLA_BR_", "IFLA_BRPORT_")):
            return None
        return self._missing(kind, native, "")

    def _missing(self, kind: str, native: Native, prefix: str) -> str | None:
        if self._listed(kind, native, self._seen.get(kind), self._boolopts):
            return None
        found = self._ask_namespace()
        if found is None and (kind not in self._seen or native.key in _KEYS_WHEN_SET):
            # Neither seen nor probed: a port option of a bridge without ports, say. The read-back decides.
            return None
        if found is None:
            how = f"an existing {kind} does not list it, and none can be made in a probe namespace ({self._namespace_failure})"
            return self._reason(kind, native, prefix, how)
        if self._listed(kind, native, found.bridge if kind == "bridge" else found.port, found.boolopts):
            return None
        return self._reason(kind, native, prefix, f"a {kind} made in a probe namespace does not list it")

    @staticmethod
    def _listed(kind: str, native: Native, attributes: frozenset[int] | None, boolopts: int | None) -> bool:
        if attributes is None or (native.witness or native.number) not in attributes:
            return False
        return native.bit is None or (boolopts is not None and bool(boolopts >> native.bit & 1))

    @staticmethod
    def _reason(kind: str, native: Native, prefix: str, how: str) -> str:
        bit = f", bit {native.bit}" if native.bit is not None else ""
        what = f"{native.key} (attribute {native.number}{bit})"
        if native.witness:
            return f"{what} needs CONFIG_BRIDGE_VLAN_FILTERING, which the kernel {os.uname().release} lacks, as {how} (attribute {native.witness})"
        return f"{prefix}the kernel {os.uname().release} does not know {what}, as {how}"

    def _ask_namespace(self) -> Known | None:
        if not self._asked:
            self._asked = True
            # A thread of its own: unshare(2) moves only the calling thread to the new namespace.
            thread = threading.Thread(target=self._in_namespace, name="virtnet-probe")
            thread.start()
            thread.join()
        return self._namespace

    def _in_namespace(self) -> None:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(_CLONE_NEWNET) != 0:
                self._namespace_failure = os.strerror(ctypes.get_errno())
                return
            with Client() as client:
                self._namespace = _look(client)
        except (VirtnetError, OSError) as error:
            self._namespace_failure = str(error)


def _look(client: Client) -> Known:
    """Make a bridge with two ports, set what is listed only when set, and read all attributes."""
    made = [client.make_link(ifname="vnhprobe0", kind="veth", peer={"ifname": "vnhprobe1"}), client.batch([encode.new_bridge("vnhprobe", {})])[0]]
    for answer in made:
        if answer.errno:
            raise BackendError(answer.words())
    index = {name: _get(client, name).ifindex for name in ("vnhprobe", "vnhprobe0", "vnhprobe1")}
    trial: dict[str, Value] = {"backup_port": "vnhprobe1", "backup_nhid": 1}
    messages = [encode.set_master(index[port], index["vnhprobe"]) for port in ("vnhprobe0", "vnhprobe1")]
    # One message each: a kernel may know one and refuse the other.
    messages += [encode.set_port(index["vnhprobe0"], encode.port_options({name: trial[name]}, index.__getitem__)) for name in _LISTED_WHEN_SET]
    client.batch(messages)
    bridge, attributes, boolopts = decode.bridge_fields(_get(client, "vnhprobe"))
    return Known(attributes, boolopts, _port_attributes(client))


def _get(client: Client, name: str) -> decode.Link:
    part, answer = client.get(c.RTM_GETLINK, encode.get_link(name))
    if part is None:
        raise OSError(answer.errno, answer.words())
    return decode.link(part.data, part.start, part.end)


def _port_attributes(client: Client) -> frozenset[int]:
    seen: list[Any] = []
    for part in client.dump(c.RTM_GETLINK, encode.get_links(c.AF_BRIDGE, 0)):
        reader = decode.PortReader(None, frozenset())
        if reader.port(part.data, part.start, part.end):
            seen.extend(reader.seen)
    return frozenset(seen)
