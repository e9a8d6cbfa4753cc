# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an author decides about a block or command: where it runs, what it must say, or why it can't run here.

A playbook for kvm_hosts and a plain command need no line. All else does, or the test of the document fails.
"""

from __future__ import annotations

import re
from typing import Callable, Tuple

from . import scenes
from .desk import Desk
from .reading import ROOT, Block, Command, Item
from .scenes import Scene

Key = Tuple[str, str]
README, MEDIA, POLICY = "README.md", "docs/install-media.md", "docs/policy.md"
PROFILE, NETWORK, ISOLATION, KVM = (f"roles/{name}/README.md" for name in ("esxi_install_profile", "esxi_network_policy", "isolation_check", "kvm_bridge_host"))
_MAKEFILE = (ROOT / "Makefile").read_text()

SCENES: dict[Key, Callable[[Desk], Scene]] = {
    (README, "ansible-galaxy collection install .cache/dist/virtnet-hardening-*.tar.gz"): scenes.built,
    (README, "ansible-playbook virtnet.hardening.audit -e virtnet_report_dir=reports"): scenes.kvm,
    (README, "ansible-playbook virtnet.hardening.describe"): scenes.kvm,
    ("docs/migration.md", "ansible-playbook virtnet.hardening.describe"): scenes.kvm,
    (README, "ansible-playbook -i inventory.yml virtnet.hardening.esxi_install_profile"): scenes.install,
    (README, "Harden the hosts of a cluster"): scenes.vcenter,
    ("docs/vsphere.md", "Harden every host of a vCenter"): scenes.vcenter,
    (MEDIA, "An ISO for one host"): scenes.install,
    (MEDIA, "tail -f /var/log/esx1-iso.log"): scenes.install,
    (POLICY, "nft list table bridge virtnet_hardening"): scenes.policy,
    (PROFILE, "ansible-playbook -i inventory.yml virtnet.hardening.esxi_install_profile"): scenes.install,
    (PROFILE, "ansible-playbook -i inventory.yml virtnet.hardening.esxi_install_profile -e esxi_install_profile_memory=1TB"): scenes.install,
    (PROFILE, "Make media that install ESXi"): scenes.install_inventory,
    (NETWORK, "Harden the hosts of a cluster"): scenes.vcenter_by_credential,
    (ISOLATION, "Check the isolation of guests"): scenes.isolated_guests,
    (
        ISOLATION,
        'ansible-playbook virtnet.hardening.check_isolation -e virtnet_hosts=guests:gateway -e \'{"isolation_check_controls": ["gateway"]}\'',
    ): scenes.guests_and_gateway,
    (ISOLATION, "tcpdump -A ether proto 0x88b5"): lambda desk: Scene(before=desk.lab.inside("guest1")),
    (KVM, "Harden the bridges of the KVM hosts"): scenes.bare_kvm,
}

# Commands that fail, as the text says, with these words of the text.
FAILS: dict[Key, str] = {
    (
        PROFILE,
        "ansible-playbook -i inventory.yml virtnet.hardening.esxi_install_profile -e esxi_install_profile_memory=1TB",
    ): "systemMediaSize=min: a host with 1024 GiB of memory, 1 TB or more, must use at least small (69 GB)."
}

# Programs that go on until somebody stops them, and what they say meanwhile.
ENDLESS = {"tail": "", "tcpdump": "listening on"}

# Why something does not run here.
NOT_HERE: dict[Key, str] = {
    (README, "pip install pyvmomi"): "make setup has installed it so, by requirements-dev.txt",
    (MEDIA, "# of a tree: the URL is in the result, under drivers"): "a script for the shell of an ESXi host",
    (PROFILE, "grep virtnet.hardening /var/log/syslog.log"): "for the shell of an ESXi host",
}
_ESXI = frozenset({"esxcli", "vsish", "vmkload_mod"})
# Targets of make that are for readers and no stage.
_MADE_HERE = frozenset({"help", "lab-up", "lab-down", "vsphere-lab"})


def targets() -> frozenset[str]:
    """Those of the Makefile."""
    return frozenset(re.findall(r"^([a-z-]+):", _MAKEFILE, re.MULTILINE))


def not_here(item: Item) -> str | None:
    """The reason, or None for what runs. A stage that does not exist is no reason."""
    if isinstance(item, Command):
        first, *rest = item.words
        if first in _ESXI:
            return "a command of ESXi"
        if first == "make" and not _MADE_HERE.issuperset(rest):
            unknown = [each for each in rest if each not in targets() and each != "STAGE"]
            assert not unknown, f"the Makefile has no target {unknown[0]}"
            return "make test and its stages run the targets of the Makefile"
        if first in ("scripts/stage", "scripts/vsphere-build"):
            assert rest[0] in (ROOT / first).read_text()
            return "make test and its stages run it"
    return NOT_HERE.get((item.path, item.key))


def scene_of(item: Item) -> Callable[[Desk], Scene] | None:
    """The world of an item, or None where nobody has said it."""
    found = SCENES.get((item.path, item.key))
    if found is not None:
        return found
    if isinstance(item, Command):
        return scenes.clone
    if isinstance(item, Block) and item.language == "yaml" and isinstance(item.data, list) and item.data[0].get("hosts") == "kvm_hosts":
        return scenes.kvm
    return None
