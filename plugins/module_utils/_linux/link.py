# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module virtual_link wants. Pure."""

from __future__ import annotations

import grp
import pwd
from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import BaseIntent, Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import LINK, LINK_KINDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Fields, Key, Observed, Value

_IDENTITY = {"veth": ("peer", "peer_netns"), "tap": ("multi_queue",), "macvtap": ("lower", "mode"), "vlan": ("lower", "vlan_id", "vlan_protocol")}
_NAMING = ("peer", "peer_netns", "lower", "mode", "multi_queue", "vlan_id", "vlan_protocol")
_REQUIRED = {"veth": ("peer",), "macvtap": ("lower",), "vlan": ("lower", "vlan_id")}
_DEVICE = ("mtu", "address", "up")


def spec() -> dict[str, Any]:
    """The module's argument specification."""
    identity = argspec.options(LINK, _NAMING)
    return {
        "name": {"type": "str", "required": True},
        "kind": {"type": "str", "choices": list(LINK_KINDS)},
        "state": argspec.STATE,
        **identity,
        "owner": {"type": "str"},
        "group": {"type": "str"},
        **argspec.options(LINK, _DEVICE),
        **argspec.GUARD,
    }


class LinkIntent(BaseIntent):
    """One veth, tap, macvtap or VLAN device, present or absent."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.name = normalize.device_name(params["name"], "name")
        self.absent = params["state"] == "absent"
        self.kind: str = params["kind"] or ""
        self.fields: dict[str, Value] = normalize.fields_from(params, LINK, _DEVICE)
        self.fields.update(self._owners(params))
        self.identity = self._identity(params)
        lower = {str(self.identity["lower"])} if self.identity.get("lower") else set()
        self.scope = Scope(bridge="", links=frozenset({self.name} | lower), peer_netns=str(self.identity.get("peer_netns") or ""))

    def _identity(self, params: Mapping[str, Any]) -> dict[str, Value]:
        given = [name for name in _NAMING if params[name] is not None]
        if not self.kind:
            if given or not self.absent:
                raise InputError(f"link {self.name}: kind is missing; say one of {', '.join(LINK_KINDS)}.")
            return {}
        foreign = [name for name in given if name not in _IDENTITY[self.kind]]
        if foreign:
            raise InputError(f"link {self.name}: a {self.kind} has no {foreign[0]}; leave it out.")
        lacking = [name for name in _REQUIRED.get(self.kind, ()) if name not in given]
        if lacking and not self.absent:
            raise InputError(f"link {self.name}: a {self.kind} needs {lacking[0]}; name it.")
        identity: dict[str, Value] = {name: params[name] for name in given}
        for name in ("peer", "lower"):
            if name not in given:
                continue
            identity[name] = normalize.device_name(str(params[name]), name)
        if "vlan_id" in given:
            normalize.field_value(LINK.fields["vlan_id"], params["vlan_id"])
        return identity

    def _owners(self, params: Mapping[str, Any]) -> dict[str, Value]:
        given = {option: str(params[option]) for option in ("owner", "group") if params[option] is not None}
        if given and self.kind != "tap":
            raise InputError(f"link {self.name}: only a tap has {' and '.join(given)}; leave it out.")
        return {option: _number(option, text, self.name) for option, text in given.items()}

    def _open_to_all(self, have: Mapping[str, Value] | None) -> tuple[str, ...]:
        """Whoever may open /dev/net/tun, which is everybody on most systems, may open a tap of nobody (tun_not_capable, drivers/net/tun.c)."""
        known = {**(have or {}), **self.fields}
        if self.kind != "tap" or self.absent or any(known.get(option, -1) != -1 for option in ("owner", "group")):
            return ()
        return (f"link {self.name}: any local user who may open /dev/net/tun may open this tap; name the hypervisor's user or group in owner or group.",)

    def resolve(self, observed: Observed) -> Resolved:
        """Check against what the name stands for now."""
        key: Key = ("link", self.name)
        have = observed.state.get(key)
        if have is not None and (not self.absent or self.kind):
            self._check_same(have)
        if self.absent:
            self._check_deletable(have)
            return Resolved(Desired({}, (key,)))
        lower = self.identity.get("lower")
        if have is None and lower and lower not in observed.facts["links"]:
            raise InputError(f"link {self.name}: the lower device {lower} does not exist; create it first.")
        if self.kind == "vlan" and self.fields.get("up") and not (have or {}).get("up") and not observed.facts["links"][str(lower)].up:
            raise InputError(f"link {self.name}: a VLAN can't be up on {lower}, which is down; bring that up first.")
        present: dict[Key, Fields] = {key: {"kind": self.kind, **self.identity, **self.fields}}
        address = self.fields.get("address")
        if have is not None and address is not None and observed.facts["pinned"].get(self.name) is False and have["address"] == address:
            # A VLAN has its lower device's, and another one with that (vlan_dev_inherit_address, net/8021q/vlan_dev.c).
            present[("own_address", self.name)] = {"address": address}
        return Resolved(Desired(present), warnings=self._open_to_all(have))

    def _check_deletable(self, have: Any) -> None:
        if have is not None and have["kind"] not in LINK_KINDS:
            kind = have["kind"] or "physical device"
            raise InputError(f"link {self.name}: it is a {kind}, which this module does not delete; name a {', '.join(LINK_KINDS)}.")

    def _check_same(self, have: Mapping[str, Value]) -> None:
        """What a device is made as can't be changed, and deleting it unasked would cut a guest off."""
        for name, value in {"kind": self.kind, **self.identity}.items():
            if (have.get(name) or False) != (value or False):
                is_now = have.get(name) or ("physical device" if name == "kind" else "none")
                raise InputError(
                    f"link {self.name}: it exists with {name} {is_now} and can't become {value}; remove it with state: absent first, or choose another name."
                )


def _number(option: str, text: str, link: str) -> int:
    """The number of a user or group of this host; one that is a number already may be known to nobody here."""
    try:
        number = int(text) if text.isdigit() else pwd.getpwnam(text).pw_uid if option == "owner" else grp.getgrnam(text).gr_gid
    except KeyError as error:
        what = "user" if option == "owner" else "group"
        raise InputError(f"link {link}: {option}: there is no {what} {text!r} on this host; make it first, or name another.") from error
    if not 0 <= number < 0xFFFFFFFF:
        raise InputError(f"link {link}: {option}: {text} is no number of one.")
    return number
