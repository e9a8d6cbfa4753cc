# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What an install profile can say, and how one profile extends another and a host changes it. Pure."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.media_size import SIZES
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import task as kickstart_task
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.model import KEYS, SECRET_KEYS
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import INSTALLS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import document
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.words import WITHOUT

Profile = Dict[str, Any]
# Of the kickstart, what a profile says elsewhere or must not say: secrets never stand in a profile, which results show.
_ELSEWHERE = ("network", *SECRET_KEYS)
# Ways to name a disk of which one takes the place of the other.
_DISKS = (("disk", "firstdisk"), ("ondisk", "onfirstdisk"))
_VMFS: dict[str, Profile] = {"overwrite": {"overwritevmfs": True, "preservevmfs": None}, "preserve": {"preservevmfs": True, "overwritevmfs": None}}


def spec() -> Profile:
    """Of a profile when everything has been merged into it."""
    kickstart = kickstart_task.spec()
    return {
        "description": {"type": "str"},
        "esxi_version": {"type": "str"},
        "secure_boot": {"type": "bool"},
        "system_media_size": {"type": "str", "choices": list(SIZES)},
        "memory": {"type": "bytes"},
        "disk_size": {"type": "bytes"},
        "kernel_options": {"type": "dict"},
        "kernel_options_absent": {"type": "list", "elements": "str"},
        "title": {"type": "str"},
        "timeout": {"type": "int"},
        "mac": {"type": "str"},
        "network": kickstart["network"],
        "kickstart": {"type": "dict", "options": {key: kickstart[key] for key in KEYS if key not in _ELSEWHERE}},
        "drivers": {"type": "list", "elements": "str"},
        "pci_ids": {"type": "raw"},
        "policy": {**document.spec(), "required": False},
        "policy_made": {"type": "dict"},
        "allow_unenforced": {"type": "list", "elements": "str", "choices": list(WITHOUT)},
    }


def chosen(name: str, profiles: Mapping[str, Any]) -> Profile:
    """A profile with all that it extends."""
    chain: list[str] = []
    while name:
        if name in chain:
            raise InputError(f"profile {chain[0]}: {' extends '.join([*chain, name])}, which has no end; correct extends.")
        if name not in profiles:
            raise InputError(f"profile: {name!r} is none of {', '.join(sorted(profiles))}.")
        if not isinstance(profiles[name], Mapping):
            raise InputError(f"profile {name}: it is {type(profiles[name]).__name__}; give its keys and values.")
        chain.append(name)
        name = str(profiles[name].get("extends") or "")
    merged: Profile = {}
    for each in reversed(chain):
        merged = merge(merged, profiles[each])
    merged.pop("extends", None)
    _no_secrets(merged, f"profile {chain[0]}")
    return merged


def merge(base: Mapping[str, Any], more: Mapping[str, Any]) -> Profile:
    """C(more) goes before C(base), key by key in mappings; lists are replaced; null takes a key away."""
    merged = dict(base)
    if any(more.get(name) for name in INSTALLS):
        merged = {key: value for key, value in merged.items() if key not in INSTALLS or more.get(key)}
    for pair in _DISKS:
        for one, other in (pair, pair[::-1]):
            if more.get(one) is not None and other not in more:
                merged.pop(other, None)
    for key, value in more.items():
        if key == "kernel_options" and isinstance(value, Mapping):
            _no_words(value, merged.get(key))
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = merge(merged[key], value)
        else:
            # Not merged into the other one's key later: a copy is taken without its nulls.
            merged[key] = merge({}, value) if isinstance(value, Mapping) else value
    return merged


def _no_words(options: Mapping[str, Any], base: Any) -> None:
    """esxi_install_media takes a name without a value for a word of its own; here null takes away, and of what is not there it would do nothing."""
    for name, value in options.items():
        if value is None and not (isinstance(base, Mapping) and name in base):
            raise InputError(
                f"kernel_options: {name} is null, which takes away an option that the profile has, and it has none; give true for a word of its own."
            )


def wanted(variables: Mapping[str, Any], profile: Mapping[str, Any]) -> Profile:
    """What the variables of a host say, in the form of a profile. What is empty says nothing.

    Disk and datastore are those of the profile's method: a host that is to be upgraded must not be installed anew because somebody names its disk.
    """
    method = next((name for name in INSTALLS if (profile.get("kickstart") or {}).get(name)), "install")
    said = {key: value for key, value in variables.items() if value not in ("", None, [], {})}
    kickstart: Profile = {}
    # A template may make text of it, and the text False accepts nothing.
    if str(said.get("accepteula")).lower() in ("true", "yes", "1"):
        kickstart["accepteula"] = True
    target = {"disk": said["disk"]} if "disk" in said else {}
    if "vmfs" in said:
        target.update(_vmfs(str(said["vmfs"]), method))
    if target:
        kickstart[method] = target
    made = {key: value for key, value in said.items() if key not in ("accepteula", "disk", "vmfs", "firstboot")}
    return {**made, "kickstart": kickstart} if kickstart else made


def _vmfs(wish: str, method: str) -> Profile:
    if wish not in _VMFS:
        raise InputError(f"vmfs: {wish!r} is none of {' and '.join(_VMFS)}.")
    if method == "install":
        return _VMFS[wish]
    if (method, wish) == ("upgrade", "overwrite"):
        raise InputError("vmfs: an upgrade keeps the datastore, and overwrite says the opposite; leave vmfs out, or take a profile that installs.")
    if method == "installorupgrade":
        if wish == "preserve":
            raise InputError("vmfs: installorupgrade has no way to preserve a datastore where it installs; take a profile with install or upgrade.")
        return {"overwritevmfs": True}
    return {}


def add(profile: Mapping[str, Any], variables: Mapping[str, Any]) -> Profile:
    """What a host has in addition to its profile: drivers and scripts of the first start."""
    merged = dict(profile)
    if variables.get("drivers"):
        merged["drivers"] = [*(profile.get("drivers") or ()), *variables["drivers"]]
    if variables.get("firstboot"):
        kickstart = merged.get("kickstart") or {}
        merged["kickstart"] = {**kickstart, "firstboot": [*(kickstart.get("firstboot") or ()), *variables["firstboot"]]}
    return merged


def _no_secrets(profile: Mapping[str, Any], where: str) -> None:
    for place in (profile, profile.get("kickstart") or {}):
        found: Sequence[str] = [key for key in SECRET_KEYS if isinstance(place, Mapping) and key in place]
        if found:
            raise InputError(f"{where}: {found[0]} is no part of a profile, which results show; give it as the variable of the role.")
