# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install profiles: right, or refused with the reason, before there is a file."""

from __future__ import annotations

import copy
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.filter.install_conflicts import install_conflicts
from ansible_collections.virtnet.hardening.plugins.filter.install_profile import install_profile
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint import Installation, lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.spec import merge
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion

ROOT = Path(__file__).resolve().parent.parent.parent.parent
BUILTIN: dict[str, Any] = yaml.safe_load((ROOT / "roles/esxi_install_profile/vars/main.yml").read_text())["esxi_install_profile_builtin"]
# openssl passwd -6 -salt vt.example not-a-password
HASH = "$6$vt.example$zLoioh89ARg1mToSVx8PcOhFK2pZRhGyTemUFLma.ukv9B23eKR79ceVFDHR7dDZtpbU/XyzyR6k3/.C5GsOK1"
NETWORK = {"bootproto": "static", "netmask": "255.255.255.0", "gateway": "192.0.2.1", "nameserver": ["192.0.2.53"]}
HOST: dict[str, Any] = {"accepteula": True, "esxi_version": "8.0 U3", "vmfs": "overwrite", "network": NETWORK, "secure_boot": False}
POLICY = [{"name": "vSwitch0", "security": {"promiscuous": "reject"}}]


def plan(profile: str = "minimal_33gb", given: dict[str, Any] | None = None, secret: str = HASH, **more: Any) -> dict[str, Any]:
    """Of the host esx1. C(more) are other variables, null for none."""
    variables = {key: value for key, value in {**HOST, **more}.items() if value is not None}
    wish = {"host": "esx1", "address": "192.0.2.11", "profile": profile, "variables": variables, **(given or {})}
    before = copy.deepcopy(wish)
    made = install_profile(wish, BUILTIN, secret)
    assert wish == before and HASH not in json.dumps(made)
    return made


@pytest.mark.parametrize("name", BUILTIN)
def test_profiles_of_the_role(name: str) -> None:
    """Each is right as it is, for the releases that it is for, and its script has no findings but what the profile means."""
    made = plan(name, vmfs=None if "preserve" in name or name == "upgrade" else "overwrite")
    assert made["problems"] == [] and BUILTIN[name].get("description", True)
    expected = {"any-first-disk"} if name == "arm_preserve_vmfs" else set()
    found = {each.rule for each in lint(parse(made["preview"].encode()), Installation(EsxiVersion(8, 0, 3), False))}
    assert found <= expected, found
    assert ("upgrade" in made["kickstart"]) == (name == "upgrade") and ("rootpw" in made["preview"]) == (name != "upgrade")


def test_the_script_as_shlex_reads_it() -> None:
    """The installer splits with shlex."""
    lines = [shlex.split(line, comments=True) for line in plan("minimal_33gb")["preview"].splitlines()]
    assert [words[0] for words in lines] == ["vmaccepteula", "rootpw", "install", "network", "keyboard", "reboot"]
    assert lines[2] == ["install", "--firstdisk=local", "--overwritevmfs"]
    assert set(lines[3][1:]) == {
        "--bootproto=static",
        "--device=vmnic0",
        "--ip=192.0.2.11",
        "--netmask=255.255.255.0",
        "--gateway=192.0.2.1",
        "--nameserver=192.0.2.53",
        "--hostname=esx1",
    }


BROKEN: list[Any] = [
    ({"memory": "1TB"}, "must use at least small (69 GB)"),
    ({"memory": "1024GB"}, "1 TB or more"),
    ({"esxi_version": "7.0 U1b"}, "autoPartitionOSDataSize"),
    ({"esxi_version": "6.7"}, "no ESX-OSData"),
    ({"esxi_version": "5.5"}, "is not known here"),
    ({"esxi_version": None}, "esxi_version: it is missing"),
    ({"disk_size": "20GB"}, "is too small for ESXi"),
    ({"memory": "much"}, "memory"),
    ({"accepteula": None}, "missing-eula"),
    ({"vmfs": None}, "vmfs-undecided"),
    ({"vmfs": "maybe"}, "none of overwrite and preserve"),
    ({"network": {**NETWORK, "gateway": "198.51.100.1"}}, "gateway-network"),
    ({"network": {**NETWORK, "ip": "192.0.2.255"}}, "broadcast address"),
    ({"network": {"bootproto": "dhcp", "ip": "192.0.2.9"}}, "dhcp-with-address"),
    ({"network": {"bootprot": "dhcp"}}, "does not know network.bootprot"),
    ({"network": {**NETWORK, "hostname": "a_b"}}, "is no host name"),
    ({"kernel_options": {"systemMediaSize": "max"}}, "given by system_media_size"),
    ({"kernel_options": {"autoPartitionOSDataSize": 8192}}, "keep one"),
    ({"policy": [{"name": "vSwitch7", "security": {"promiscuous": "reject"}}]}, "not there"),
    ({"policy": [{"name": "vSwitch0", "secrity": {}}]}, "does not know policy.secrity"),
    ({"policy": [{"name": "vSwitch0", "isolated": True}]}, "isolated"),
    ({"firstboot": [{"script": "x"}], "secure_boot": True}, "Secure Boot"),
    ({"firstboot": [{"script": "echo rootpw S3cret\n"}]}, "script-secret"),
    ({"firstboot": [{"script": "a\n%post\n"}]}, "line 2 of the script"),
    ({"pci_ids": "8086"}, "8086"),
    ({"memory": "1024"}, "give it with its unit"),
    ({"memory": "64"}, "give it with its unit"),
    ({"disk_size": "80"}, "give it with its unit"),
    ({"kernel_options": {"systemmediasize": "min"}}, "option-case"),
    ({"kernel_options": {"runwesel": True}}, "option-spelling"),
    ({"kernel_options": {"noACPI": None}}, "noACPI is null, which takes away an option that the profile has, and it has none; give true"),
    ({"kernel_options": {"ks": "http://h/ks"}}, "ks is made of"),
    ({"kernel_options": {"a": "b c"}}, "the value of a"),
    ({"disk": "ssd"}, "bad-value"),
    ({"kernel_options": {"a": "x" * 4096}}, "kernel-length"),
    ({"accepteula": False}, "missing-eula"),
    ({"firstboot": [{"script": "esxcli iscsi adapter auth chap set -A vmhba64 -S S3cretCh4p"}]}, "script-secret"),
    ({"policy": POLICY, "allow_unenforced": ["bpdu"]}, "must be one or more of"),
    ({"disk": "naa.1\n"}, "control character"),
]


@pytest.mark.parametrize(("more", "words"), BROKEN)
def test_what_is_refused(more: dict[str, Any], words: str) -> None:
    """With the rule and the host, and no preview of a script that nobody must use."""
    made = plan(**more)
    assert any(words in text and text.startswith("esx1: ") for text in made["problems"]), made["problems"]
    # Not in the kickstart either: the plan is a fact, which is shown.
    assert made["preview"] == "" and "S3cret" not in json.dumps(made)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"kickstart": {"install": {"disk": "naa.1", "firstdisk": ["local"]}}}, "exclude each other"),
        ({"kickstart": {"install": None}}, "it says none of them"),
        ({"kickstart": {"part": [{"name": "d", "ondisk": "naa.1"}], "install": {"disk": "naa.1"}}}, "part-disk"),
        ({"kickstart": {"instal": {}}}, "does not know kickstart.instal"),
        ({"system_media_size": "tiny"}, "must be one of"),
        ({"colour": 1}, "does not know colour"),
        ({"kickstart": {"keyboard": "Klingon", "paranoid": True}}, "paranoid"),
        ({"kickstart": {"root_password_hash": "x"}}, "does not know kickstart.root_password_hash"),
        ({"esxi_version": "7.0", "system_media_size": None, "kernel_options": {"autoPartitionOSDataSize": "100"}}, "4096 or more"),
        ({"esxi_version": "6.7", "system_media_size": None, "kernel_options": {"autoPartitionOSDataSize": "8192"}}, "since 7.0"),
    ],
)
def test_overrides_that_are_refused(overrides: dict[str, Any], words: str) -> None:
    """As if they stood in the profile."""
    made = plan(given={"overrides": overrides})
    assert any(words in text for text in made["problems"]), made["problems"]


@pytest.mark.parametrize(("secret", "words"), [("", "is missing"), ("not-a-password", "does not begin with $6$"), ("$6$rounds=9$a$" + "x" * 86, "rounds=5000")])
def test_the_hash(secret: str, words: str) -> None:
    """Told without it."""
    made = plan(secret=secret)
    assert len(made["problems"]) == 1 and words in made["problems"][0] and (not secret or secret not in json.dumps(made))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"memory": "600GB"}, "small is meant for hosts with 512 GB"),
        ({"esxi_version": "9.0"}, "names only default and max"),
        ({"disk_size": "34GB"}, "nothing is left for a datastore"),
        ({"policy": POLICY, "secure_boot": None}, "apply the role esxi_network_policy"),
        ({"policy": POLICY, "secure_boot": True}, "not set at the first start"),
        ({"pci_ids": "1234:5678"}, "no bundle of the catalogue names it"),
    ],
)
def test_what_is_warned_about(more: dict[str, Any], words: str) -> None:
    """It may be right."""
    made = plan(**more)
    assert made["problems"] == [] and any(words in text for text in made["warnings"]), made["warnings"]


def test_what_remains_is_shown() -> None:
    """Measured by others: 80 GiB with min have a datastore of 47.75 GiB."""
    made = plan(memory="128GB", disk_size="80GB")
    assert made["summary"] == "esx1: ESXi 8.0 U3, install, 192.0.2.11, systemMediaSize=min, 32.25 GiB for ESXi, 47.75 GiB for a datastore"
    assert made["system_media"] == {"size": "min", "system_bytes": 34628173824, "datastore_bytes": 51271172096}
    assert "nothing for a datastore" in plan("standard", disk_size="96GB")["summary"]


def test_the_policy_at_the_first_start() -> None:
    """Last of the scripts, and not with Secure Boot, on an upgrade, or of switches that esxcli can't change."""
    made = plan(policy=[*POLICY, {"name": "br0", "kind": "bridge"}], firstboot=[{"script": "mine\n"}])
    assert [each["script"] for each in made["kickstart"]["firstboot"]] == ["mine\n", made["policy_script"]]
    assert made["left_out"] == {"br0": "it is a Linux bridge"}
    assert "--allow-promiscuous=false" in made["policy_script"] and made["policy_script"] in made["preview"] + "\n"
    for secure in ({"secure_boot": True}, {}):
        other = plan("upgrade" if not secure else "minimal_33gb", policy=POLICY, vmfs=None if not secure else "overwrite", accepteula=None, **secure)
        assert other["policy_script"] == "" and "firstboot" not in other["kickstart"]
    # The installer makes no group for virtual machines then.
    document = [{"name": "vSwitch0", "port_groups": [{"name": "VM Network", "security": {"promiscuous": "reject"}}]}]
    assert plan(policy=document)["problems"] == []
    assert "VM Network" in plan(policy=document, network={**NETWORK, "addvmportgroup": False})["problems"][0]


def test_drivers() -> None:
    """Named ones and those of the catalogue, each once, in the folder; with the answers of their check they are installed last."""
    made = plan(esxi_version="7.0 U3", pci_ids="02:00.0 0200: 8086:15f3 (rev 03)", drivers=["mine.zip", "/abs.zip"], given={"driver_dir": "/srv/drivers"})
    catalogued = "/srv/drivers/Net-Community-Driver_1.2.7.0-1vmw.700.1.0.15843807_19480755.zip"
    assert made["drivers"] == ["/srv/drivers/mine.zip", "/abs.zip", catalogued] and made["driver_script"] == ""
    bundle = {"path": "/abs.zip", "sha256": "a" * 64, "kind": "offline_bundle", "components": [], "vibs": [{"live_install": True}]}
    wish = {"host": "esx1", "address": "192.0.2.11", "profile": "standard", "variables": {**HOST, "drivers": ["/abs.zip"], "policy": POLICY}}
    made = install_profile(wish, BUILTIN, HASH, bundles={"bundles": [bundle]}, base_urls=["http://192.0.2.1/x/pxe"])
    assert [each["script"] for each in made["kickstart"]["firstboot"]] == [made["policy_script"], made["driver_script"]]
    assert "http://192.0.2.1/x/pxe/drivers/abs.zip" in made["driver_script"] and "a" * 64 in made["driver_script"]
    wish["variables"]["secure_boot"] = True
    secure = install_profile(wish, BUILTIN, HASH, bundles={"bundles": [bundle]})
    assert secure["driver_script"] == "" and any("use esxi_software" in text for text in secure["warnings"])
    refused = install_profile({**wish, "variables": HOST}, BUILTIN, HASH, bundles={"bundles": [{**bundle, "fits": "no", "because": "no"}]})
    assert any("is not for this release" in text for text in refused["problems"])


def test_a_profile_of_ones_own() -> None:
    """It extends another, and a host changes it."""
    profiles = {**BUILTIN, "mine": {"extends": "minimal_33gb", "kickstart": {"keyboard": "Swiss German", "install": {"ignoressd": True}}, "secure_boot": False}}
    wish = {"host": "esx1", "profile": "mine", "variables": {**HOST, "disk": "naa.1"}, "overrides": {"kickstart": {"install": {"ignoressd": None}}}}
    made = install_profile({**wish, "address": "192.0.2.11"}, profiles, HASH)
    assert made["problems"] == [] and made["kickstart"]["install"] == {"disk": "naa.1", "overwritevmfs": True}
    assert made["kickstart"]["keyboard"] == "Swiss German" and made["media"]["system_media_size"] == "min"


@pytest.mark.parametrize(
    ("profiles", "words"),
    [
        ({"a": {"extends": "b"}, "b": {"extends": "a"}}, "a extends b extends a"),
        ({"b": {}}, "'a' is none of b"),
        ({"a": {"extends": "c"}}, "'c' is none of a"),
        ({"a": "text"}, "give its keys"),
        ({"a": {"root_password_hash": HASH}}, "no part of a profile"),
        ({"a": {"kickstart": {"serialnum": "x"}}}, "no part of"),
    ],
)
def test_profiles_that_can_not_be(profiles: dict[str, Any], words: str) -> None:
    """By name."""
    made = install_profile({"host": "esx1", "profile": "a"}, profiles, HASH)
    assert re.search(words, made["problems"][0]) and HASH not in json.dumps(made)


def test_an_upgrade_stays_one() -> None:
    """Whatever a group says of disks: no host is installed anew because of a variable."""
    made = plan("upgrade", disk="naa.1", vmfs="preserve")
    assert made["problems"] == [] and made["kickstart"]["upgrade"] == {"disk": "naa.1"} and "install" not in made["kickstart"]
    refused = plan("upgrade", disk="naa.1", vmfs="overwrite")
    assert "an upgrade keeps the datastore" in refused["problems"][0]
    assert any("missing-eula" in text for text in plan("upgrade", vmfs=None, accepteula=None)["problems"])
    either = {"either": {"kickstart": {"installorupgrade": {"firstdisk": ["local"]}, "reboot": True}}}
    wish = {"host": "esx1", "address": "192.0.2.11", "profile": "either", "variables": {**HOST, "vmfs": "overwrite"}}
    assert install_profile(wish, either, HASH)["kickstart"]["installorupgrade"] == {"firstdisk": ["local"], "overwritevmfs": True}
    del wish["variables"]["vmfs"]
    made = install_profile(wish, either, HASH)
    assert made["problems"] == [] and any("vmfs-without-esxi" in text for text in made["warnings"])
    wish["variables"]["vmfs"] = "preserve"
    assert "no way to preserve" in install_profile(wish, either, HASH)["problems"][0]


def test_merging() -> None:
    """Key by key; one way to name a disk takes the place of the other, one method that of another; lists are replaced; null takes away."""
    base = {"kickstart": {"install": {"firstdisk": ["local"], "overwritevmfs": True}, "reboot": True}, "drivers": ["a"], "x": {"y": 1}}
    assert merge(base, {"kickstart": {"install": {"disk": "naa.1"}}})["kickstart"]["install"] == {"disk": "naa.1", "overwritevmfs": True}
    assert merge(base, {"kickstart": {"upgrade": {"disk": "naa.1"}}})["kickstart"] == {"upgrade": {"disk": "naa.1"}, "reboot": True}
    assert merge(base, {"drivers": ["b"], "x": None}) == {"kickstart": base["kickstart"], "drivers": ["b"]}
    assert merge({}, {"a": {"b": None, "c": 1}}) == {"a": {"c": 1}} and base["x"] == {"y": 1}


def of_host(host: str, address: str, mac: str, **more: Any) -> dict[str, Any]:
    """A plan of another host."""
    return install_profile({"host": host, "address": address, "profile": "standard", "variables": {**HOST, "mac": mac, **more}}, BUILTIN, HASH)


OUTPUTS = {"formats": ["iso", "http"], "src": "/srv/esxi", "dest": "/srv/www", "base_url": "http://192.0.2.1/esxi"}
ONE = ("esx1", "192.0.2.11", "52:54:00:00:00:01")


@pytest.mark.parametrize(
    ("other", "outputs", "words"),
    [
        (of_host("esx2", "192.0.2.12", "52:54:00:00:00:02"), {}, ""),
        (of_host("esx2", "192.0.2.11", "52:54:00:00:00:02"), {}, "esx2: ip 192.0.2.11 is that of esx1 too"),
        (of_host("esx2", "192.0.2.12", "5254.0000.0001"), {}, "esx2: mac 5254.0000.0001 is that of esx1"),
        (of_host("esx2", "192.0.2.12", "52:54:00:00:00:02", network={**NETWORK, "hostname": "ESX1"}), {}, "hostname ESX1 is that of esx1"),
        (of_host("esx2", "192.0.2.12", "52:54:00:00:00:02", esxi_version="9.0"), {}, "the hosts want 8.0 U3 (esx1), 9.0 (esx2)"),
        (of_host("esx2", "192.0.2.12", ""), {}, "http: hosts: esx2 has no mac"),
        (of_host("esx2", "192.0.2.12", ""), {"formats": ["iso"]}, ""),
        (of_host("esx2", "192.0.2.12", "x"), {}, "is no MAC address"),
        (of_host("../x", "", "52:54:00:00:00:02", network={"bootproto": "dhcp"}), {}, "can't be the name of a file"),
        (of_host("esx2", "192.0.2.12", "52:54:00:00:00:02"), {"base_url": ""}, "http: base_url: it is needed"),
        (of_host("esx2", "192.0.2.12", "52:54:00:00:00:02"), {"formats": ["usb"]}, "usb is none of iso"),
        (of_host("esx2", "192.0.2.12", "52:54:00:00:00:02"), {"formats": []}, "the list is empty"),
        (of_host("esx2", "192.0.2.12", "52:54:00:00:00:02"), {"src": ""}, "src: it is empty"),
        (of_host("esx2", "192.0.2.12", "52:54:00:00:00:02", accepteula=False), {}, "esx2: there is no vmaccepteula"),
    ],
)
def test_hosts_together(other: dict[str, Any], outputs: dict[str, Any], words: str) -> None:
    """What two hosts can't both have, and what a medium can't be."""
    found = install_conflicts([of_host(*ONE), other], ["esx1", other["host"]], ["esx1", other["host"]], {**OUTPUTS, **outputs})
    assert any(words in text for text in found) if words else found == []


def test_hosts_that_are_missing() -> None:
    """One that failed, and one of another batch: no tree is made without them."""
    found = install_conflicts([of_host(*ONE)], ["esx1", "esx2", "esx3"], ["esx1", "esx3"], OUTPUTS)
    assert len(found) == 2 and "esx2: it failed before" in found[0] and "esx3: it is not planned" in found[1]


def test_what_is_no_input() -> None:
    """A sentence."""
    for call in (
        lambda: install_profile("x", {}),
        lambda: install_profile({}, []),
        lambda: install_conflicts({}, [], [], []),
        lambda: install_conflicts(["x"], [], [], {}),
    ):
        with pytest.raises(AnsibleFilterError, match="takes"):
            call()
