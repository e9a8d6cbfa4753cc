# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What is installed on a host, in the words of the plan: from the typed API, and from esxcli what only that tells."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.software_plan import RANKS, Package
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.esxcli import EsxCli, first

# As esxcli writes the levels.
_CLI_LEVELS = dict(zip(("CommunitySupported", "PartnerSupported", "VMwareAccepted", "VMwareCertified"), RANKS))


def package_of(each: Any) -> Package:
    """Of a SoftwarePackage of the API."""
    live = getattr(each.capability, "liveRemoveAllowed", None)
    return Package(each.name, each.version, each.vendor, str(each.acceptanceLevel), each.maintenanceModeRequired is not False, bool(live))


def pending_of(cli: EsxCli, running: Mapping[str, Package]) -> dict[str, Package]:
    """What a restart brings, by name; empty if none is due."""
    found = {}
    for fields in cli.run("software vib list", "reading what a restart brings", rebootingimage=True):
        name, version = first(fields, "Name"), first(fields, "Version")
        level = _CLI_LEVELS.get(first(fields, "AcceptanceLevel"), RANKS[-1])
        same = running.get(name)
        found[name] = same if same is not None and same.version == version else Package(name, version, first(fields, "Vendor"), level)
    # A host that tells the running image again has nothing to come.
    return {} if {name: each.version for name, each in found.items()} == {name: each.version for name, each in running.items()} else found


def components_of(cli: EsxCli) -> dict[str, str]:
    """The versions of the components, by name."""
    return {first(each, "Name"): first(each, "Version") for each in cli.run("software component list", "reading its components") if first(each, "Name")}
