# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module virtual_link wants. Pure."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import BaseIntent, Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import LINK, LINK_KINDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key, Observed, Value

_IDENTITY = {"veth": ("peer", "peer_netns"), "tap": (), "macvtap": ("lower", "mode")}
_REQUIRED = {"veth": "peer", "macvtap": "lower"}
_DEVICE = ("mtu", "address", "up")


def spec() -> Dict[str, Any]:
    """The module's argument specification."""
    identity = argspec.options(LINK, ("peer", "peer_netns", "lower", "mode"))
    return {
        "name": {"type": "str", "required": True},
        "kind": {"type": "str", "choices": list(LINK_KINDS)},
        "state": argspec.STATE,
        **identity,
        **argspec.options(LINK, _DEVICE),
        **argspec.GUARD,
    }


class LinkIntent(BaseIntent):
    """One veth, tap or macvtap device, present or absent."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.name = normalize.device_name(params["name"], "name")
        self.absent = params["state"] == "absent"
        self.kind: str = params["kind"] or ""
        self.fields: Dict[str, Value] = normalize.fields_from(params, LINK, _DEVICE)
        self.identity = self._identity(params)
        lower = {str(self.identity["lower"])} if self.identity.get("lower") else set()
        self.scope = Scope(
            bridge="", links=frozenset({self.name} | lower), peer_netns=str(self.identity.get("peer_netns") or "")
        )

    def _identity(self, params: Mapping[str, Any]) -> Dict[str, Value]:
        given = [name for name in ("peer", "peer_netns", "lower", "mode") if params[name] is not None]
        if not self.kind:
            if given or not self.absent:
                raise InputError(f"link {self.name}: kind is missing; say one of {', '.join(LINK_KINDS)}.")
            return {}
        foreign = [name for name in given if name not in _IDENTITY[self.kind]]
        if foreign:
            raise InputError(f"link {self.name}: a {self.kind} has no {foreign[0]}; leave it out.")
        needed = _REQUIRED.get(self.kind)
        if needed and needed not in given and not self.absent:
            raise InputError(f"link {self.name}: a {self.kind} needs {needed}; name it.")
        identity: Dict[str, Value] = {name: params[name] for name in given}
        for name in ("peer", "lower"):
            if name not in given:
                continue
            identity[name] = normalize.device_name(str(params[name]), name)
        return identity

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
        return Resolved(Desired({key: {"kind": self.kind, **self.identity, **self.fields}}))

    def _check_deletable(self, have: Any) -> None:
        if have is not None and have["kind"] not in LINK_KINDS:
            kind = have["kind"] or "physical device"
            raise InputError(f"link {self.name}: it is a {kind}, which this module does not delete; name a {', '.join(LINK_KINDS)}.")

    def _check_same(self, have: Mapping[str, Value]) -> None:
        """What a device is made as can't be changed, and deleting it unasked would cut a guest off."""
        for name, value in {"kind": self.kind, **self.identity}.items():
            if have.get(name) != value:
                is_now = have.get(name) or ("physical device" if name == "kind" else "none")
                raise InputError(
                    f"link {self.name}: it exists with {name} {is_now} and can't become {value}; "
                    "remove it with state: absent first, or choose another name."
                )
