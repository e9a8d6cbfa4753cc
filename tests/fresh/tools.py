# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the targets start and read of packages that a bare Debian need not have, as it was traced (execve and open) while they ran.

Not derived from scripts/setup, which is held against it. Whoever lets a test start another program adds it here and there.
"""

from __future__ import annotations

import subprocess

from .readme import ROOT

# By target and package: commands, and files by their absolute path.
TOOLS: dict[str, dict[str, str]] = {
    "demo": {"iproute2": "ip", "iputils-ping": "ping", "nftables": "nft", "xorriso": "xorriso"},
    "unit": {"binutils": "ar", "zstd": "zstd"},
    "contract": {"arptables": "arptables-legacy", "iproute2": "ip bridge tc", "iptables": "iptables-legacy", "nftables": "nft", "tcpdump": "tcpdump"},
    "frames": {"iproute2": "ip bridge", "iputils-ping": "ping", "nftables": "nft"},
    "lab": {"binutils": "ar", "iproute2": "ip ss"},
    "vsphere": {"iproute2": "ip bridge", "nftables": "nft"},
    "integration": {
        "binutils": "ar",
        "iproute2": "ip bridge",
        "iputils-ping": "ping",
        "nftables": "nft",
        "openssh-client": "ssh sftp ssh-keygen",
        "openssh-server": "sshd",
        "openssl": "openssl",
        "tcpdump": "tcpdump",
        "xorriso": "xorriso",
    },
    "media": {
        "curl": "curl",
        "dnsmasq-base": "dnsmasq",
        "grub-common": "grub-mkimage",
        "grub-efi-amd64-bin": "/usr/lib/grub/x86_64-efi/fat.mod",
        "iproute2": "ip",
        "isolinux": "/usr/lib/ISOLINUX/isolinux.bin /usr/lib/ISOLINUX/isohdpfx.bin",
        "libarchive-tools": "bsdtar",
        "mtools": "mformat mcopy mmd",
        "nginx-light": "nginx",
        "openssl": "openssl",
        "ovmf": "/usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/OVMF/OVMF_VARS_4M.fd",
        "pxelinux": "/usr/lib/PXELINUX/pxelinux.0",
        "qemu-system-x86": "qemu-system-x86_64",
        "syslinux-common": "/usr/lib/syslinux/modules/bios/lua.c32",
        "xorriso": "xorriso",
    },
    "molecule": {"iproute2": "ip bridge", "iputils-ping": "ping", "nftables": "nft", "procps": "pgrep", "xorriso": "xorriso"},
    "sanity": {},
    "lint": {"shellcheck": "shellcheck"},
    "docs": {"iproute2": "ip bridge", "iputils-ping": "ping", "nftables": "nft", "openssl": "openssl", "xorriso": "xorriso"},
    "build": {},
    "fresh": {"iproute2": "ip", "mmdebstrap": "mmdebstrap", "openssh-client": "ssh sftp ssh-keygen ssh-keyscan", "systemd-container": "systemd-nspawn"},
}
_VENV = ".venv/lib/python3*/site-packages/"
_LAB = {_VENV + "ansible", _VENV + "pyroute2", _VENV + "scapy", ".cache/collections/ansible_collections/community/docker"}
_VSPHERE = {".cache/vsphere/vsphere-lab", ".cache/vsphere/govc", _VENV + "pyVmomi"}
_TESTS = {".venv/bin/pytest", _VENV + "hypothesis"}
# What is made below .venv and .cache, by target.
MADE: dict[str, set[str]] = {
    "demo": _LAB | _VSPHERE,
    "unit": _TESTS,
    "contract": _TESTS | {".cache/pyroute2/0.7.2/pyroute2", ".cache/pyroute2/0.8.1/pyroute2"},
    "frames": _TESTS | _LAB,
    "lab": _TESTS | _LAB | _VSPHERE,
    "vsphere": _TESTS | _VSPHERE | {".cache/pyvmomi/8.0.0.1/pyVmomi", ".cache/pyvmomi/8.0.3.0.1/pyVmomi"},
    "integration": _TESTS | _LAB | _VSPHERE | {".cache/ansible-core/2.17.14/ansible"},
    "media": _TESTS,
    "molecule": _LAB | _VSPHERE | {".venv/bin/molecule"},
    "sanity": {".venv/bin/ansible-test"},
    "lint": {f".venv/bin/{name}" for name in ("ruff", "mypy", "vulture", "yamllint", "ansible-lint")},
    "docs": _TESTS | _LAB | _VSPHERE | {".venv/bin/antsibull-docs", ".venv/bin/antsibull-changelog"},
    "build": {".venv/bin/ansible-galaxy", ".venv/bin/ansible-doc"},
    "fresh": _TESTS | {_VENV + "ansible", ".cache/collections/ansible_collections/community/docker"},
}


def listed(*targets: str) -> dict[str, str]:
    """The packages of the targets, each with the command or file by which scripts/setup knows that it is there."""
    done = subprocess.run([str(ROOT / "scripts" / "setup"), "--list", *targets], capture_output=True, text=True, check=True)
    return dict(line.split() for line in done.stdout.splitlines())
