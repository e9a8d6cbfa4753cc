# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributed switches as somebody else than the collection reads and changes them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from .vsphere import Client, parts

GROUP = "/dc1/network/dvpg01"
SWITCH = "/dc1/network/vds1"
MAC = ("allowPromiscuous", "macChanges", "forgedTransmits")


def reference(vsphere: Client, path: str = GROUP) -> tuple[str, str]:
    """Of a group or a switch."""
    kind = "DistributedVirtualPortgroup" if path != SWITCH else "DistributedVirtualSwitch"
    return kind, vsphere.collect(path, "key") if path != SWITCH else vsphere.collect(GROUP, "config.distributedVirtualSwitch")["value"]


def setting(vsphere: Client, path: str = GROUP) -> dict[str, Any]:
    """The default port setting."""
    found: dict[str, Any] = vsphere.collect(path, "config.defaultPortConfig")
    return found


def version(vsphere: Client, path: str = GROUP) -> str:
    """The configuration's."""
    found: str = vsphere.collect(path, "config.configVersion")
    return found


def reconfigure(vsphere: Client, path: str = GROUP, seen: str | None = None, **spec: Any) -> None:
    """Change a group; its setting is given without its type."""
    if "defaultPortConfig" in spec:
        spec["defaultPortConfig"] = {"@type": "VMwareDVSPortSetting", **spec["defaultPortConfig"]}
    vsphere.task("ReconfigureDVPortgroup_Task", reference(vsphere, path), spec={"configVersion": seen or version(vsphere, path), **spec})


def reconfigure_switch(vsphere: Client, **spec: Any) -> None:
    """Change the defaults of the switch."""
    default = {"@type": "VMwareDVSPortSetting", **spec}
    vsphere.task(
        "ReconfigureDvs_Task",
        reference(vsphere, SWITCH),
        spec={"@type": "VMwareDVSConfigSpec", "configVersion": version(vsphere, SWITCH), "defaultPortConfig": default},
    )


def ports(vsphere: Client, **criteria: Any) -> list[dict[str, Any]]:
    """FetchDVPorts."""
    found = parts(vsphere.soap("FetchDVPorts", reference(vsphere, SWITCH), criteria=criteria))
    listed = found["returnval"] if found else []
    return listed if isinstance(listed, list) else [listed]


def move_adapter(vsphere: Client, host: str, path: str = GROUP, device: str = "vmk0") -> None:
    """Puts an adapter of a host itself on a distributed group."""
    system = vsphere.collect(host, "configManager.networkSystem")
    port = {"switchUuid": vsphere.collect(SWITCH, "uuid"), "portgroupKey": vsphere.collect(path, "key")}
    vsphere.soap("UpdateVirtualNic", (system["type"], system["value"]), device=device, nic={"distributedVirtualPort": port})


def guests(vsphere: Client) -> list[dict[str, Any]]:
    """The ports in use but for those of uplinks."""
    return ports(vsphere, connected=True, uplinkPort=False)


def override(vsphere: Client, port: dict[str, Any], seen: str | None = None, **setting: Any) -> None:
    """ReconfigureDVPort_Task for one port."""
    spec = {
        "operation": "edit",
        "key": port["key"],
        "setting": {"@type": "VMwareDVSPortSetting", **setting},
        "configVersion": seen or port["config"]["configVersion"],
    }
    vsphere.task("ReconfigureDVPort_Task", reference(vsphere, SWITCH), port=spec)


def allow(vsphere: Client, **flags: bool) -> None:
    """Change flags of the group's policy; the API wants all the required ones."""
    policy = {**vsphere.collect(GROUP, "config.policy"), **flags}
    order = (
        "blockOverrideAllowed",
        "shapingOverrideAllowed",
        "vendorConfigOverrideAllowed",
        "livePortMovingAllowed",
        "portConfigResetAtDisconnect",
        "vlanOverrideAllowed",
        "uplinkTeamingOverrideAllowed",
        "securityPolicyOverrideAllowed",
        "ipfixOverrideAllowed",
        "macManagementOverrideAllowed",
    )
    reconfigure(vsphere, policy={"@type": "VMwareDVSPortgroupPolicy", **{name: policy[name] for name in order}})


def values(policy: dict[str, Any]) -> list[Any]:
    """Of a macManagementPolicy."""
    return [policy[name] for name in MAC]


def everything(vsphere: Client) -> str:
    """All switches, groups and ports of a server, as it writes them: whatever changes shows."""
    found = [_read(vsphere, switch) for switch in _switches(vsphere)]
    found += [vsphere.soap("FetchDVPorts", ("DistributedVirtualSwitch", each)) for each in _switches(vsphere)]
    return "\n".join(ElementTree.tostring(each, encoding="unicode") for each in found)


def settings(vsphere: Client) -> dict[str, dict[str, Any]]:
    """The default port settings of all groups by name, read at once; all values are texts."""
    found: dict[str, dict[str, Any]] = {}
    for switch in _switches(vsphere):
        for each in parts(_read(vsphere, switch))["returnval"]["objects"]:
            values = {item["name"]: item["val"] for item in each["propSet"]}
            found[values["name"]] = values["config"]["defaultPortConfig"]
    return found


def _read(vsphere: Client, switch: str) -> ElementTree.Element:
    kinds = ("DistributedVirtualPortgroup", "DistributedVirtualSwitch")
    spec = {
        "propSet": [{"type": kind, "pathSet": ["name", "config"]} for kind in kinds],
        "objectSet": {"obj": (kinds[1], switch), "selectSet": {"@type": "TraversalSpec", "type": kinds[1], "path": "portgroup"}},
    }
    return vsphere.soap("RetrievePropertiesEx", ("PropertyCollector", "propertyCollector"), specSet=spec, options={"maxObjects": 100000})


def _switches(vsphere: Client) -> list[str]:
    folder = {"@type": "TraversalSpec", "name": "folder", "type": "Folder", "path": "childEntity", "selectSet": [{"name": "folder"}, {"name": "datacenter"}]}
    datacenter = {"@type": "TraversalSpec", "name": "datacenter", "type": "Datacenter", "path": "networkFolder", "selectSet": {"name": "folder"}}
    spec = {"propSet": {"type": "DistributedVirtualSwitch", "pathSet": "name"}, "objectSet": {"obj": ("Folder", "group-d1"), "selectSet": [folder, datacenter]}}
    answer = vsphere.soap("RetrievePropertiesEx", ("PropertyCollector", "propertyCollector"), specSet=spec, options={})
    return [str(each.text) for each in answer.iter("{urn:vim25}obj")]
