# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Driver bundles as a script for %firstboot, which takes them from the CD or over http and compares their digests. Pure.

A CD is read by the module iso9660 of ESXi and vsish, as installers of config drives do it; no document of the vendor describes that. http needs the
firewall's rules httpClient, which are closed on a new host and are closed again.
"""

from __future__ import annotations

import shlex
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.menu import URL, in_url
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

COMMUNITY = "community"
_COMPONENTS_SINCE = EsxiVersion(7, 0)
_HEAD = """# Drivers, at the first start. The log of the system has what failed: grep virtnet.hardening /var/log/syslog.log
failed=no
say() { logger -t virtnet.hardening "$*"; }
run() { "$@" || { failed=yes; say "failed: $*"; }; }
right() { [ "$(sha256sum "$1" | cut -d ' ' -f 1)" = "$2" ]; }
get() {
  on_cd=$1 file=$2 digest=$3
  shift 3
  for place in /vmfs/volumes/*/DRIVERS/"$on_cd"; do
    [ -f "$place" ] && cp "$place" "$file" && right "$file" "$digest" && return 0
  done
  for url; do
    wget -q -O "$file" "$url" && right "$file" "$digest" && return 0
  done
  failed=yes
  say "failed: $file is neither on a CD nor at ${*:-any URL}, or has another digest than $digest"
  return 1
}
vmkload_mod iso9660 > /dev/null 2>&1
devices=$(esxcfg-mpath -b | grep CD-ROM | cut -d ' ' -f 1)
for device in $devices; do vsish -e set /vmkModules/iso9660/mount "$device" > /dev/null 2>&1; done
"""
_UNMOUNT = 'for device in $devices; do vsish -e set /vmkModules/iso9660/umount "$device" > /dev/null 2>&1; done\n'
_FIREWALL = "run esxcli network firewall ruleset set --ruleset-id=httpClient --enabled={value}\n"
_MAINTENANCE = "run esxcli system maintenanceMode set --enable={value}\n"
_TAIL = '[ "$failed" = yes ] || say "the drivers are installed"\n'
_REBOOT = '[ "$failed" = yes ] || reboot\n'


class DriverBundle(NamedTuple):
    """A bundle, as offline_bundle_info tells of it."""

    path: str
    sha256: str
    command: tuple[str, ...]
    maintenance_mode: bool
    reboot: bool

    @property
    def name(self) -> str:
        """Of its file."""
        return self.path.rpartition("/")[2]


def drivers(answers: Sequence[Mapping[str, Any]], version: EsxiVersion) -> list[DriverBundle]:
    """InputError for a bundle that the host would refuse."""
    return [_driver(answer, version) for answer in answers]


def _driver(answer: Mapping[str, Any], version: EsxiVersion) -> DriverBundle:
    path = str(answer["path"])
    if answer.get("fits") == "no":
        raise InputError(f"drivers: {path} is not for this release: {answer.get('because')}; give the bundle for it.")
    if answer.get("acceptance_level") == COMMUNITY:
        raise InputError(
            f"drivers: {path} is of the acceptance level community, which a new host refuses; leave it out, and install it with esxi_software after the"
            " installation if that level is wanted."
        )
    vibs: Sequence[Mapping[str, Any]] = answer.get("vibs") or ()
    command = ("software", "vib", "install", "--viburl={file}") if answer.get("kind") == "vib" else ("software", "vib", "install", "--depot={file}")
    if answer.get("components") and version >= _COMPONENTS_SINCE:
        command = ("software", "component", "apply", "--depot={file}")
    return DriverBundle(
        path, str(answer["sha256"]), command, any(vib.get("maintenance_mode") for vib in vibs), any(not vib.get("live_install") for vib in vibs)
    )


def render(wanted: Sequence[DriverBundle], base_urls: Sequence[str]) -> str:
    """The script. C(base_urls) are the folders of media, below which C(drivers/) has the bundles."""
    if not wanted:
        return ""
    wrong = next((base for base in base_urls if not URL.fullmatch(base)), None)
    if wrong is not None:
        raise InputError(f"base_url: {wrong.partition('//')[0]} is not of the right form; give an http or https URL in ASCII without blanks and quotes.")
    http = bool(base_urls)
    maintenance, restart = any(each.maintenance_mode for each in wanted), any(each.reboot for each in wanted)
    parts = [_HEAD, _FIREWALL.format(value="true") if http else "", _MAINTENANCE.format(value="true") if maintenance else ""]
    parts += _install(wanted, base_urls)
    parts += [_MAINTENANCE.format(value="false") if maintenance else "", _FIREWALL.format(value="false") if http else "", _UNMOUNT, _TAIL]
    return "".join([*parts, _REBOOT if restart else ""])


def _install(wanted: Sequence[DriverBundle], base_urls: Sequence[str]) -> Iterator[str]:
    for number, each in enumerate(wanted, 1):
        file = f"/tmp/virtnet-driver-{number:02d}{'.vib' if '--viburl={file}' in each.command else '.zip'}"
        urls = [f"{base.rstrip('/')}/drivers/{in_url(each.name)}" for base in base_urls]
        words = " ".join(shlex.quote(word) for word in (f"{number:02d}.ZIP", file, each.sha256, *urls))
        command = " ".join(shlex.quote(word.format(file=file)) for word in ("esxcli", *each.command))
        yield f"get {words} && run {command}\nrm -f {file}\n"
