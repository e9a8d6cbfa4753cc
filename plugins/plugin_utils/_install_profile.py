# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a playbook gives to the filters of install profiles, checked as the options of a module are."""

from __future__ import annotations

import re
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import spec as media_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import FORMATS, HTTP, IPXE, ISO, PXE
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile import spec as profile_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.build import Given, HostPlan, Planner
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.policy_script import MADE_BY_INSTALLER, FirstBoot, render
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import document
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

Mapping = t.Mapping[str, t.Any]


def valid(spec: Mapping, given: Mapping, where: str) -> dict[str, t.Any]:
    """The values with their types; InputError that names what is wrong."""
    # A plain copy: what the inventory gave stays as it is.
    result = ArgumentSpecValidator(dict(spec)).validate(dict(given))
    if result.error_messages:
        told = [f"{'it does not know ' if isinstance(each, UnsupportedError) else ''}{each.msg.rstrip('.')}" for each in result.errors]
        raise InputError(f"{where}: {'; '.join(dict.fromkeys(told))}.")
    return dict(result.validated_parameters)


def host_plan(wish: Mapping, profiles: Mapping, given: Given) -> HostPlan:
    """Of one host; what is wrong with it stands in its problems."""
    host, name = str(wish.get("host") or ""), str(wish.get("profile") or "")
    variables, overrides = wish.get("variables") or {}, wish.get("overrides") or {}
    try:
        chosen = profile_spec.chosen(name, profiles)
        merged = profile_spec.merge(chosen, profile_spec.wanted({**variables, "drivers": None}, chosen))
        merged = profile_spec.merge(profile_spec.add(merged, variables), overrides)
        merged.pop("extends", None)
        checked = valid(profile_spec.spec(), merged, f"profile {name}")
        return Planner(host, checked, given).make()
    except InputError as error:
        return HostPlan(host, problems=[error.message])


def missing(hosts: t.Sequence[str], active: t.Sequence[str], plans: t.Sequence[Mapping]) -> list[str]:
    """Hosts that were to be installed and can't be. Media of the network are of all hosts, so none is made without them."""
    planned = [each["host"] for each in plans]
    failed = [host for host in hosts if host not in active]
    absent = [host for host in hosts if host not in planned and host not in failed]
    return [
        *(f"{host}: it failed before, see above; correct that, or leave the host out." for host in failed),
        *(f"{host}: it is not planned in this run; media are made of all hosts at once, so run the play without serial." for host in absent),
    ]


_OPTIONS = {ISO: ("volume_id",), PXE: ("base_url", "tftp_path", "pxelinux"), IPXE: ("base_url", "pxelinux"), HTTP: ("base_url",)}


def media_problems(plans: t.Sequence[Mapping], outputs: Mapping) -> list[str]:
    """Why media of these hosts can't be made, as esxi_install_media would say it."""
    formats = outputs.get("formats") or []
    found = [] if formats else ["formats: the list is empty; give some of iso, pxe, ipxe and http."]
    found += [f"{option}: it is empty; give {what}." for option, what in _PATHS.items() if not outputs.get(option)]
    for kind in formats:
        if kind not in FORMATS:
            found.append(f"formats: {kind} is none of {', '.join(FORMATS)}.")
            continue
        hosts = [each["media"] for each in plans]
        for some in [[host] for host in hosts] if kind == ISO else [hosts]:
            found += _refused({"format": kind, **{key: outputs.get(key) for key in _OPTIONS[kind]}, "hosts": some})
    return list(dict.fromkeys(found))


# Rules of the script whose remedy is a variable of the role, and what it is to be.
_REMEDIES = {
    "missing-eula": "accepteula: true",
    "vmfs-undecided": "vmfs: overwrite or preserve",
    "missing-rootpw": "root_password_hash to a hash",
    "missing-network": "network, or choose a profile that has one",
}
_RULE = re.compile(r"\((" + "|".join(_REMEDIES) + r")\)")


def by_variable(problem: str, prefix: str, variables: t.Collection[str]) -> str:
    """A sentence that names the variable of the role in place of the key: C(prefix) is how their names begin, C(variables) how they go on."""
    *places, rest = problem.split(": ")
    for number, word in enumerate(places):
        variable = "name" if word == "profile" else word
        if variable in variables:
            return ": ".join([*places[:number], prefix + variable, *places[number + 1 :], rest])
    rule = _RULE.search(problem)
    if rule:
        return f"{problem} Set {prefix}{_REMEDIES[rule.group(1)]}."
    # As ArgumentSpecValidator says it.
    return re.sub(r"(?<=argument ')(\w+)(?=')", lambda found: (prefix if found.group(1) in variables else "") + found.group(1), problem)


_PATHS = {"src": "the vendor's ISO or the folder in which it is mounted", "dest": "the folder for what is made"}


def _refused(params: Mapping) -> t.Iterator[str]:
    try:
        media_spec.check(params)
        media_spec.hosts(params)
    except InputError as error:
        yield f"{params['format']}: {error.message}"


def policy_script(switches: t.Any, made: Mapping | None, without: t.Iterable[str]) -> FirstBoot:
    """Of a document that no module has checked yet."""
    checked = valid({"switches": document.spec()}, {"switches": switches}, "switches")
    return render(checked["switches"], {**MADE_BY_INSTALLER, **(made or {})}, frozenset(without))
