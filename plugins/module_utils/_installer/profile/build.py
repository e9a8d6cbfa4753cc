# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From a profile and a host to what is written for it, or to the reasons why it must not be. Pure.

Every rule that can be known before the first file is written is asked here, so that of many hosts either all are right or nothing is done.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.edit import Edit, apply
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.lint import lint as lint_boot_cfg
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.media_size import SINCE, MediaPlan, check_host, gib, plan
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.parse import parse as parse_boot_cfg
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.task import kernel_options
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.catalogue import answers
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import Finding
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint import Installation, lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint_options import good_hash
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.model import Model, render
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import INSTALLS
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.task import hidden
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.boot import check_options
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.driver_script import drivers
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.driver_script import render as render_drivers
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.policy_script import MADE_BY_INSTALLER
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.policy_script import render as render_policy
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import hide
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError, VirtnetError

# Of the form of a hash and of nobody's password: stands for the real one in what results show.
PLACEHOLDER = "$6$placeholder$" + "x" * 86
AFTERWARDS = "apply the role esxi_network_policy after the installation"
_LEAST_OSDATA = 4096
_OSDATA_SINCE = EsxiVersion(7, 0)
# What has nothing to be found but what is put into it.
_BOOT_CFG = b"title=\nkernel=/b.b00\nkernelopt=runweasel\nmodules=/k.b00\n"
_SIZE, _OSDATA = "systemMediaSize", "autoPartitionOSDataSize"


@dataclass(frozen=True)
class Given:
    """What a host brings beside its profile. C(bundles) are answers of offline_bundle_info, None before it was asked."""

    address: str = ""
    root_password_hash: str | None = field(default=None, repr=False)
    serialnum: str | None = field(default=None, repr=False)
    bundles: Sequence[Mapping[str, Any]] | None = None
    driver_dir: str = ""
    catalogue: Sequence[Mapping[str, Any]] = ()
    base_urls: Sequence[str] = ()


@dataclass
class HostPlan:
    """What a host gets. It has no secret."""

    host: str
    kickstart: Model = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    media: MediaPlan | None = None
    policy_script: str = ""
    driver_script: str = ""
    drivers: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For a playbook."""
        # Of what has a problem, a secret in a script perhaps, nothing is made, but the plan is shown.
        shown: Callable[[Any], Any] = hidden if self.problems else lambda value: value
        keys = ("mac", "kernel_options", "kernel_options_absent", "system_media_size", "memory", "disk_size", "title", "timeout")
        return {
            "host": self.host,
            "kickstart": shown(self.kickstart),
            "drivers": self.drivers,
            "media": shown({"name": self.host, **{key: self.profile[key] for key in keys if self.profile.get(key) is not None}}),
            "esxi_version": self.profile.get("esxi_version"),
            "secure_boot": self.profile.get("secure_boot"),
            "system_media": self.media.as_dict() if self.media else None,
            "policy_script": self.policy_script,
            "driver_script": self.driver_script,
            "left_out": self.left_out,
            "problems": [f"{self.host}: {hide(text)}" for text in self.problems],
            "warnings": [f"{self.host}: {hide(text)}" for text in self.warnings],
            "summary": self.summary(),
            "preview": self.preview(),
        }

    def summary(self) -> str:
        """One line for people."""
        method = next((name for name in INSTALLS if name in self.kickstart), "install")
        parts = [f"{self.host}: ESXi {self.profile.get('esxi_version', '?')}, {method}"]
        network = self.kickstart.get("network") or {}
        parts.append("keeps its network" if method == "upgrade" else str(network.get("ip") or "DHCP"))
        if self.media is not None:
            parts.append(f"systemMediaSize={self.media.size}" if self.profile.get("system_media_size") else "the installer's own size")
            if self.media.datastore_bytes is not None:
                left = self.media.datastore_bytes
                parts.append(f"{gib(self.media.system_bytes or 0)} for ESXi, {gib(left) if left else 'nothing'} for a datastore")
        return ", ".join(parts)

    def preview(self) -> str:
        """The script with another hash, for a check run, in which no file is written."""
        if self.problems:
            return ""
        with_hash = {} if _upgrades(self.kickstart) else {"root_password_hash": PLACEHOLDER}
        return render({**self.kickstart, **with_hash}).decode("utf-8")


def _clean(value: Any) -> Any:
    """Without what nobody said."""
    if isinstance(value, Mapping):
        return {key: _clean(each) for key, each in value.items() if each is not None}
    return [_clean(each) for each in value] if isinstance(value, list) else value


def _upgrades(model: Mapping[str, Any]) -> bool:
    return bool(model.get("upgrade"))


class Planner:
    """Makes the plan of one host. C(profile) has passed profile_spec.spec()."""

    def __init__(self, host: str, profile: Mapping[str, Any], given: Given) -> None:
        self.profile: Mapping[str, Any] = _clean(profile)
        self.given = given
        self.plan = HostPlan(host, profile=self.profile)

    def make(self) -> HostPlan:
        """All problems, not only the first one."""
        root_password_hash, serialnum = self.given.root_password_hash, self.given.serialnum
        version = self._try(self._version)
        if version is not None:
            self.plan.media = self._try(lambda: self._size(version))
            self._try(lambda: self._osdata(version))
        self._try(self._kernel)
        # The rest is checked too, as for the newest release.
        known = version or EsxiVersion(9, 0)
        self._try(self._script)
        self._try(self._policy)
        self._try(self._devices)
        self._try(lambda: self._drivers(known))
        self._secret(root_password_hash)
        secret = {"root_password_hash": PLACEHOLDER} if root_password_hash and not _upgrades(self.plan.kickstart) else {}
        secret.update({"serialnum": serialnum} if serialnum else {})
        self._try(lambda: self._check({**self.plan.kickstart, **secret}, Installation(version, self.profile.get("secure_boot"))))
        return self.plan

    def _try(self, step: Any) -> Any:
        try:
            return step()
        except VirtnetError as error:
            self.plan.problems.append(error.message)
        return None

    def _version(self) -> EsxiVersion:
        if not self.profile.get("esxi_version"):
            raise InputError("esxi_version: it is missing; give the release that the medium installs, as in 8.0 U3.")
        return EsxiVersion.parse(str(self.profile["esxi_version"]))

    def _size(self, version: EsxiVersion) -> MediaPlan | None:
        size, memory, disk = (self.profile.get(key) for key in ("system_media_size", "memory", "disk_size"))
        check_host(memory, disk)
        if size is None and (version < SINCE or disk is None):
            return None
        made = plan(size or "default", version, memory, disk)
        # Without a size the installer takes default, and nobody asked to be warned about that.
        self.plan.warnings += made.warnings if size else []
        return made

    def _osdata(self, version: EsxiVersion) -> None:
        options = self.profile.get("kernel_options") or {}
        if _SIZE in options:
            raise InputError(f"kernel_options: {_SIZE} is given by system_media_size, which knows its rules; name it there.")
        if _OSDATA not in options:
            return
        value = str(options[_OSDATA])
        if self.profile.get("system_media_size"):
            raise InputError(f"kernel_options: {_OSDATA} and system_media_size both say how large the system is; keep one.")
        if version < _OSDATA_SINCE:
            raise InputError(f"kernel_options: {_OSDATA} is since {_OSDATA_SINCE}, and this is ESXi {version}; leave it out.")
        if re.fullmatch(r"[0-9]{1,9}", value) is None or int(value) < _LEAST_OSDATA:
            raise InputError(f"kernel_options: {_OSDATA}={value} has no effect; give megabytes, {_LEAST_OSDATA} or more.")
        if version >= SINCE:
            self.plan.warnings.append(f"{_OSDATA} is not supported by the vendor; ESXi {version} has systemMediaSize.")

    def _kernel(self) -> None:
        """Options, title and timeout as boot.cfg is to have them, by its own rules."""
        options = kernel_options(self.profile)
        check_options(options, False)
        absent, title, timeout = (self.profile.get(key) for key in ("kernel_options_absent", "title", "timeout"))
        made = apply(_BOOT_CFG, Edit(options, absent or (), title=title, timeout=timeout))
        for each in lint_boot_cfg(parse_boot_cfg(made)):
            told = f"kernel_options: {_told(each)}"
            (self.plan.problems if each.severity == "error" else self.plan.warnings).append(told)

    def _script(self) -> None:
        model: Model = dict(self.profile.get("kickstart") or {})
        self.plan.kickstart = model
        methods = [name for name in INSTALLS if name in model]
        if len(methods) != 1:
            said = " and ".join(methods) or "none of them"
            raise InputError(f"kickstart: it says {said}; give one of {', '.join(INSTALLS)}.")
        if not _upgrades(model):
            model["network"] = self._network()

    def _network(self) -> dict[str, Any]:
        network = dict(self.profile.get("network") or {})
        network.setdefault("bootproto", "static" if network.get("ip") else "dhcp")
        if network["bootproto"] == "static":
            if _is_ipv4(self.given.address):
                network.setdefault("ip", self.given.address)
            network.setdefault("hostname", self.plan.host)
        return network

    def _policy(self) -> None:
        switches = self.profile.get("policy")
        if not switches:
            return
        made = {**MADE_BY_INSTALLER}
        if (self.plan.kickstart.get("network") or {}).get("addvmportgroup") is False:
            made["vSwitch0"] = MADE_BY_INSTALLER["vSwitch0"][:1]
        for name, groups in (self.profile.get("policy_made") or {}).items():
            made[name] = [*made.get(name, ()), *(groups or ())]
        without: frozenset[str] = frozenset(self.profile.get("allow_unenforced") or ())
        first = render_policy(switches, made, without)
        self.plan.left_out = dict(first.left_out)
        self.plan.warnings += [*first.warnings, *(f"switch {name} is left out of the first start: {why}." for name, why in first.left_out.items())]
        if not first.script:
            return
        if _upgrades(self.plan.kickstart) or "installorupgrade" in self.plan.kickstart:
            self.plan.warnings.append(f"a host that is upgraded keeps its networks, so no policy is set at its first start; {AFTERWARDS}.")
        elif self.profile.get("secure_boot"):
            self.plan.warnings.append(f"the network policy is not set at the first start, as %firstboot does not run with UEFI Secure Boot; {AFTERWARDS}.")
        else:
            if self.profile.get("secure_boot") is None:
                self.plan.warnings.append(f"the network policy is set at the first start unless the host has UEFI Secure Boot; {AFTERWARDS}.")
            self.plan.policy_script = first.script
            self._at_first_start(first.script)

    def _devices(self) -> None:
        """The bundles that are named, and those that the catalogue has for the host's devices."""
        files = list(self.profile.get("drivers") or ())
        told: list[dict[str, Any]] = []
        try:
            if self.profile.get("pci_ids"):
                devices = self.profile["pci_ids"]
                told = answers(devices if isinstance(devices, list) else [devices], str(self.profile.get("esxi_version") or ""), self.given.catalogue)
        finally:
            files += [bundle["file"] for each in told for bundle in each["bundles"]]
            self.plan.drivers = list(dict.fromkeys(posixpath.join(self.given.driver_dir, name) for name in files))
        served = {each["pci_id"] for bundle in self.given.bundles or () for each in bundle.get("serves") or ()}
        self.plan.warnings += [each["msg"] for each in told if each["answer"] in ("unknown", "other_release") and each["pci_id"] not in served]

    def _at_first_start(self, script: str) -> None:
        self.plan.kickstart["firstboot"] = [*(self.plan.kickstart.get("firstboot") or ()), {"interpreter": "busybox", "script": script}]

    def _drivers(self, version: EsxiVersion) -> None:
        """After the rest, as it may restart the host."""
        wanted = drivers(self.given.bundles or (), version)
        if not wanted:
            return
        if self.profile.get("secure_boot"):
            self.plan.warnings.append("drivers are put onto the medium and not installed, as %firstboot does not run with UEFI Secure Boot; use esxi_software.")
            return
        self.plan.driver_script = render_drivers(wanted, self.given.base_urls)
        self._at_first_start(self.plan.driver_script)

    def _secret(self, root_password_hash: str | None) -> None:
        if _upgrades(self.plan.kickstart):
            return
        why = good_hash(root_password_hash) if root_password_hash else "it is missing; make one with openssl passwd -6"
        if why is not None:
            self.plan.problems.append(f"root_password_hash: {why}.")

    def _check(self, model: Model, target: Installation) -> None:
        findings = lint(parse(render(model)), target)
        self.plan.problems += [_told(each) for each in findings if _stops(each) and not self._said(each)]
        told = "firstboot-maybe" if self.plan.policy_script else ""
        self.plan.warnings += [_told(each) for each in findings if (each.severity == "warning" or each.rule in _TOLD) and each.rule != told]

    def _said(self, finding: Finding) -> bool:
        """Whether a problem says it already: without a hash there is no rootpw, without a method nothing to install."""
        return finding.rule in ("missing-rootpw", "missing-method") and bool(self.plan.problems)


# Of what is only told where a file is checked, what people should hear before hosts stop in an empty room.
_TOLD = ("vmfs-without-esxi", "clearpart-vmfs")


def _stops(finding: Finding) -> bool:
    """A datastore on the disk, about which nobody decided, is only told where a file is checked. Here it would stop hosts in an empty room."""
    return finding.severity == "error" or finding.rule == "vmfs-undecided"


def _told(finding: Finding) -> str:
    return f"{finding.message} ({finding.rule}). {finding.remedy}"


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def conflicts(plans: Sequence[Mapping[str, Any]]) -> list[str]:
    """What two hosts of one run can't both have, and what all must have alike."""
    found: list[str] = []
    versions = {str(each["esxi_version"]): each["host"] for each in plans}
    if len(versions) > 1:
        told = ", ".join(f"{version} ({host})" for version, host in versions.items())
        found.append(f"esxi_version: one medium installs one release, and the hosts want {told}; run the role once for each release, with its src and dest.")
    for what, where in (("mac", "media"), ("ip", "network"), ("hostname", "network")):
        seen: dict[str, str] = {}
        for each in plans:
            host, part = each["host"], each["media"] if where == "media" else each["kickstart"].get("network") or {}
            value = _comparable(what, str(part.get(what) or ""))
            if value and seen.setdefault(value, host) != host:
                found.append(f"{host}: {what} {part[what]} is that of {seen[value]} too; give each host its own.")
    return found


def _comparable(what: str, value: str) -> str:
    text = value.strip().lower()
    return "".join(sign for sign in text if sign not in ":-.") if what == "mac" else text
