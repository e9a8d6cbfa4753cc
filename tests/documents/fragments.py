# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks that are no playbooks: fragments of variables are given to what takes them, listings and output are compared with what there is."""

from __future__ import annotations

import re
from typing import Any, Callable

from ..integration.conftest import results
from . import scenes
from .desk import PASSING_JSON, STANDALONE, Desk, Typed
from .reading import Block
from .scenes import Scene
from .tables import ISOLATION, MEDIA, NETWORK, PROFILE, Key

CHECK = "virtnet.hardening.check_isolation"
INSTALL = "ansible-playbook -i inventory.yml virtnet.hardening.esxi_install_profile"


def _run(desk: Desk, scene: Scene, words: str, ok: bool = True) -> Typed:
    typed = desk.type(words, {**scene.environ, **PASSING_JSON}, scene.before)
    assert (typed.code == 0) is ok, typed.output[-4000:]
    return typed


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def catalogue(desk: Desk, block: Block) -> None:
    """An entry of one's own: the lookup finds it for each device and in the releases that it names."""
    entry = block.data["virtnet_driver_catalogue"][0]
    devices = ["1d6a:07b1", "1d6a:00b2"]
    ask = "{{{{ query('virtnet.hardening.driver_bundle', '{}', esxi_version='{}') }}}}"
    questions = [(device, release) for device in devices for release in ("6.7", "7.0")]
    tasks = [{"name": f"Ask {device} {release}", "ansible.builtin.debug": {"msg": ask.format(device, release)}} for device, release in questions]
    desk.write("drivers.yml", block.text)
    desk.write("ask.yml", [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}])
    answer = _run(desk, Scene(), "ansible-playbook ask.yml -e @drivers.yml").answer
    for device in devices:
        assert entry["file"] in str(results(answer, f"Ask {device} 6.7", "localhost")["msg"])
        assert entry["file"] not in str(results(answer, f"Ask {device} 7.0", "localhost")["msg"])


def isolation_overrides(desk: Desk, block: Block) -> None:
    """On a hardened bridge the sensor can't sniff, which is told as a violation by its exception; and the legacy host sends nothing forged."""
    scenes.guests(desk)
    names = desk.inventory(guests={"sensor": "guest1", "legacy": "guest2", "other": "guest3"})
    desk.write("overrides.yml", block.text)
    scene = Scene({"ANSIBLE_INVENTORY": names}, desk.outside)
    answer = _run(desk, scene, f"ansible-playbook {CHECK} -e @overrides.yml", ok=False).answer
    told = results(answer, "Show who heard what of whom", "sensor")["msg"]
    violations = [line for line in told if line.endswith(".") and "heard none of" in line]
    assert len(violations) == 4 and all(line.startswith("sensor heard none of") for line in violations), told
    forged = {line.split()[0]: line.split()[-1] for line in told if line.split()[0] in ("legacy", "other")}
    assert forged["legacy"] == "-" and forged["other"].startswith("0/"), told


def isolation_table(desk: Desk, block: Block) -> None:
    """What the role says of a default bridge, line by line as far as it is shown."""
    scene = scenes.open_guests(desk)
    answer = _run(desk, scene, f"ansible-playbook {CHECK}", ok=False).answer
    told = [_squeezed(line) for line in results(answer, "Show who heard what of whom", "guest1")["msg"]]
    for line in block.text.splitlines():
        assert line == "..." or _squeezed(line) in told, (line, told)


def standalone_hosts(desk: Desk, block: Block) -> None:
    """Variables of a group of hosts without vCenter, with the policy of the play above them."""
    given = desk.server("esxi", "root")
    switches = [{"name": "vSwitch0", "kind": "vswitch", "security": {"promiscuous": "reject", "mac_changes": "reject", "forged_transmits": "reject"}}]
    desk.write(block.file, block.text)
    desk.write(
        "standalone.json", {"esxi_hosts": {"hosts": {STANDALONE: {}}, "vars": {"ansible_connection": "local", "esxi_network_policy_switches": switches}}}
    )
    # What the variables are about must come from them.
    environ = {name: value for name, value in given.items() if name not in ("VMWARE_HOST", "VMWARE_USER")}
    scene = Scene({**environ, "ANSIBLE_INVENTORY": str(desk.folder / "standalone.json")}, desk.controller)
    first, second = (_run(desk, scene, "ansible-playbook virtnet.hardening.harden_esxi").answer["stats"][STANDALONE]["changed"] for _time in range(2))
    assert (first, second) == (1, 0)


def install_summary(desk: Desk, block: Block) -> None:
    """The line that the worked example shows."""
    typed = scenes.installed(desk, INSTALL)
    assert [line for line in block.text.splitlines() if line not in typed.stdout] == []


def install_profiles(desk: Desk, block: Block) -> None:
    """A profile of one's own, for a host of the worked example."""
    scene = scenes.install(desk)
    desk.write("profiles.yml", block.text)
    name, profile = next(iter(block.data["esxi_install_profile_profiles"].items()))
    # What the profile says, the example's variables must not say otherwise.
    variables = f'-e esxi_install_profile_name={name} -e esxi_install_profile_memory={profile["memory"]} -e \'{{"esxi_install_profile_formats": ["iso"]}}\''
    variables += " -e esxi_install_profile_dest=/srv/www/rack7 -e esxi_install_profile_disk_size=200GB"
    typed = _run(desk, scene, f"{INSTALL} --limit esx1 -e @profiles.yml {variables}")
    script = desk.type("cat /srv/www/rack7/ks/esx1.cfg", before=desk.controller).stdout
    for words in ("--firstdisk=DELLBOSS VD", "part datastore2 --ondisk=naa.5000c500a1b2c3d4", "Swiss German"):
        assert words in script, script
    assert "systemMediaSize=small" in typed.stdout


def medium_listing(desk: Desk, block: Block) -> None:
    """Each path of the listing is in a tree that the module makes, but for those of other media and of other processors."""
    assert scenes.installed(desk, INSTALL).code == 0
    found: set[str] = set()
    for kind in ("pxe", "http"):
        listed = desk.type(f"cd /srv/www/esxi/{kind} && find . -printf '%P\\n'", before=desk.controller).stdout.splitlines()
        found |= {re.sub(r"01(-[0-9a-f]{2}){6}", "01-MAC", re.sub(r"^ks/esx\d", "ks/NAME", path)) for path in listed}
    asked = [re.split(r", ", re.split(r"  +", line)[0]) for line in block.text.splitlines()]
    paths = {path.rstrip("/") for line in asked for path in line}
    # With `pxelinux`, with the format `ipxe` and with drivers only; tests/media makes those.
    conditional = {"pxelinux.0", "mboot.c32", "pxelinux.cfg/01-MAC", "boot.ipxe", "drivers"}
    assert conditional < paths and paths - conditional <= found, paths - conditional - found


def dnsmasq_settings(desk: Desk, block: Block) -> None:
    """dnsmasq takes them."""
    desk.write("dnsmasq.conf", block.text)
    desk.type("mkdir -p /srv/tftp", before=desk.controller)
    done = desk.type("dnsmasq --test --conf-file=dnsmasq.conf", before=desk.controller)
    assert done.code == 0 and "syntax check OK" in done.output, done.output


def inventory(desk: Desk, block: Block) -> None:
    """It is what the commands below it read: all that is in it is known to Ansible."""
    desk.write(block.file, block.text)
    typed = desk.type(f"ansible-inventory -i {block.file} --list --limit all")
    assert typed.code == 0 and "WARNING" not in typed.stderr, typed.output
    hosts: list[str] = [host for group in block.data.values() for host in group["hosts"]]
    assert hosts and all(f'"{host}"' in typed.stdout for host in hosts)


OTHERS: dict[Key, Callable[[Desk, Block], Any]] = {
    ("docs/drivers.md", "virtnet_driver_catalogue:"): catalogue,
    (ISOLATION, "isolation_check_overrides:"): isolation_overrides,
    (ISOLATION, "from    to      broadcast  own_unicast  unicast_to_others  unknown_unicast  forged_source"): isolation_table,
    (NETWORK, "# group_vars/esxi_hosts.yml"): standalone_hosts,
    (PROFILE, "# inventory.yml"): inventory,
    (PROFILE, "esx1: ESXi 8.0 U3, install, 192.0.2.11, systemMediaSize=min, 32.25 GiB for ESXi, 47.75 GiB for a datastore"): install_summary,
    (PROFILE, "esxi_install_profile_profiles:"): install_profiles,
    (MEDIA, "mboot.efi, bootx64.efi      the vendor's boot loader for UEFI, one file with two names (bootaa64.efi on Arm)"): medium_listing,
    (MEDIA, "enable-tftp"): dnsmasq_settings,
    (MEDIA, "dhcp-vendorclass=set:http,HTTPClient"): dnsmasq_settings,
}
