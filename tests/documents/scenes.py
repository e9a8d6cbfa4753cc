# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worlds in which the documents' playbooks and commands run as they stand: what a reader has who follows the text."""

from __future__ import annotations

import json
import shlex
from typing import NamedTuple, Sequence

from .desk import Desk, Typed
from .reading import ROOT, Block, items

GATEWAY = "192.0.2.1"
# As the lab's topology has them.
MACS = {f"vnet{number}": f"52:54:00:01:00:0{number + 1}" for number in range(3)}
GUESTS = ("guest1", "guest2", "guest3")


class Scene(NamedTuple):
    """How to run there: the environment, what goes before the command, and what goes behind ansible-playbook."""

    environ: dict[str, str] = {}
    before: Sequence[str] = ()
    options: str = ""


def clone(desk: Desk) -> Scene:
    """Nothing but the clone."""
    return Scene()


def built(desk: Desk) -> Scene:
    """After 'make build', which is a stage of its own."""
    made = desk.type("ansible-galaxy collection build --force --output-path .cache/dist")
    assert made.code == 0, made.output
    return Scene()


def kvm(desk: Desk) -> Scene:
    """A KVM host with the bridge that it has before anybody hardens it."""
    desk.fresh_host()
    desk.on_host("kvm1", "ip link add br0 type bridge", "ip link set br0 up", *(f"ip link set {port} master br0" for port in ("uplink", *MACS)))
    return Scene({"ANSIBLE_INVENTORY": desk.inventory(kvm_hosts={"kvm1": "kvm1"})}, desk.outside)


def bare_kvm(desk: Desk) -> Scene:
    """A host without a bridge, with a NIC of the name that the text uses."""
    desk.fresh_host()
    desk.on_host("kvm1", "ip link add eno1 type veth peer name eno1far", "ip link set eno1 up", "ip link set eno1far up")
    return Scene({"ANSIBLE_INVENTORY": desk.inventory(kvm_hosts={"kvm1": "kvm1"})}, desk.outside)


def pinned(desk: Desk, isolated: bool = False) -> None:
    """The guests of kvm1 hardened by iproute2, not by us."""
    lines = [f"bridge fdb replace {mac} dev {port} master static sticky" for port, mac in MACS.items()]
    flags = f"learning off flood off locked on isolated {'on' if isolated else 'off'}"
    desk.on_host("kvm1", *lines, *(f"bridge link set dev {port} {flags}" for port in MACS))


def guests(desk: Desk, isolated: bool = False, hardened: bool = True, number: int = 3, **others: str) -> Scene:
    """Guests with a default route, as guests have; C(number) of them, and C(others) by their names in the lab, are in the inventory."""
    kvm(desk)
    if hardened:
        pinned(desk, isolated)
    for name in GUESTS:
        desk.on_host(name, f"ip route add default via {GATEWAY}")
    if others:
        desk.on_host("controller", "ip route replace default dev eth0")
    groups = {"guests": {name: name for name in GUESTS[:number]}, **({"others": others} if others else {})}
    return Scene({"ANSIBLE_INVENTORY": desk.inventory(**groups)}, desk.outside)


def isolated_guests(desk: Desk) -> Scene:
    """Isolated from one another, beside a gateway."""
    return guests(desk, isolated=True, number=2, gateway="controller")


def guests_and_gateway(desk: Desk) -> Scene:
    """One guest, beside a gateway: the fewer, the sooner a check ends."""
    return guests(desk, number=1, gateway="controller")


def open_guests(desk: Desk) -> Scene:
    """Behind a bridge as the kernel makes it."""
    return guests(desk, hardened=False)


def policy(desk: Desk) -> Scene:
    """In a host to which README's first document was applied."""
    kvm(desk)
    document = next(each for each in items(ROOT / "README.md") if isinstance(each, Block) and each.file == "first.yml").data[0]["tasks"][0]
    given = json.dumps({"ANSIBLE_MODULE_ARGS": document["virtnet.hardening.linux_switch_policy"]})
    module = "ansible_collections.virtnet.hardening.plugins.modules.linux_switch_policy"
    inside = desk.lab.inside("kvm1")
    done = desk.type(f"printf %s {shlex.quote(given)} | PYTHONPATH={desk.folder}/.cache/collections python -m {module}", before=inside)
    assert done.code == 0, done.output
    return Scene(before=inside)


def run_playbook(desk: Desk, scene: Scene, words: str) -> int:
    """A playbook of README; returns its exit code."""
    write_files(desk, "README.md")
    return desk.type(f"ansible-playbook {words}", scene.environ, scene.before).code


def write_files(desk: Desk, document: str) -> list[str]:
    """The files that a document has its reader save."""
    return [desk.write(each.file, each.text) for each in items(ROOT / document) if isinstance(each, Block) and each.file]


def vcenter(desk: Desk) -> Scene:
    """A vCenter of the name that the text uses; who reads it knows the password."""
    given = desk.server("vcenter", "administrator@vsphere.local", "--hosts", "2")
    desk.write("vault.json", {"vcenter_password": given["VMWARE_PASSWORD"]})
    return Scene(
        {"SSL_CERT_FILE": given["SSL_CERT_FILE"], "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"},
        desk.controller,
        "-e @vault.json",
    )


def vcenter_by_credential(desk: Desk) -> Scene:
    """The same, with the environment that AWX's credential makes and an inventory with a host in the group vcenter."""
    given = desk.server("vcenter", "administrator@vsphere.local", "--hosts", "2")
    name = desk.write("vcenter.json", {"vcenter": {"hosts": {"vc1": {"ansible_connection": "local"}}}})
    return Scene({**given, "ANSIBLE_INVENTORY": str(desk.folder / name)}, desk.controller)


def install(desk: Desk) -> Scene:
    """The vendor's medium where the text has it, made up; and the folder of a web server."""
    tree, script = "/srv/vendor/esxi-8.0u3", "$6$vt.example$zLoioh89ARg1mToSVx8PcOhFK2pZRhGyTemUFLma.ukv9B23eKR79ceVFDHR7dDZtpbU/XyzyR6k3/.C5GsOK1"
    iso = "/srv/iso/VMware-VMvisor-Installer-8.0U3-24022510.x86_64.iso"
    lines = ["vmaccepteula", f"rootpw --iscrypted {script}", "install --firstdisk=local --overwritevmfs", "network --bootproto=dhcp", "reboot"]
    desk.write("esx1.cfg", "\n".join([*lines, ""]))
    desk.write(
        "medium.yml",
        [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [{"virtnet.hardening.esxi_install_media": {"src": tree, "dest": iso}}]}],
    )
    made = desk.type(
        f"""
        set -e
        mkdir -p /srv/www /srv/iso /srv/ks
        test -e {tree} || python3 lab/demo/installer_tree.py {tree}
        cp esx1.cfg /srv/ks/esx1.cfg
        test -e {iso} || ansible-playbook medium.yml""",
        before=desk.controller,
    )
    assert made.code == 0, made.output
    write_files(desk, "roles/esxi_install_profile/README.md")
    return Scene({"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}, desk.controller)


def installed(desk: Desk, command: str) -> Typed:
    """The worked example, whoever shows it: its second run would change nothing."""
    scene = install(desk)
    return desk.once((command, install), lambda: desk.type(command, scene.environ, scene.before))


def install_inventory(desk: Desk) -> Scene:
    """The same, for playbooks that name no inventory."""
    scene = install(desk)
    return scene._replace(environ={**scene.environ, "ANSIBLE_INVENTORY": str(desk.folder / "inventory.yml")})
