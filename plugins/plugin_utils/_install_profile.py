# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a playbook gives to the filters of install profiles, checked as the options of a module are."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._installer import media_spec, profile_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media_types import FORMATS
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.policy_script import MADE_BY_INSTALLER, FirstBoot, render
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile import Given, HostPlan, Planner
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
        merged = profile_spec.merge(chosen, profile_spec.wanted({**variables, "drivers": None}))
        merged = profile_spec.merge(profile_spec.add(merged, variables), overrides)
        merged.pop("extends", None)
        checked = valid(profile_spec.spec(), merged, f"profile {name}")
        folder = str(variables.get("driver_dir") or "")
        checked["drivers"] = [os.path.join(folder, path) for path in checked.get("drivers") or ()]
        return Planner(host, checked, given).make()
    except InputError as error:
        return HostPlan(host, problems=[error.message])


def media_problems(formats: t.Sequence[str], plans: t.Mapping[str, Mapping], outputs: Mapping) -> list[str]:
    """Why media of these hosts can't be made, as esxi_install_media would say it."""
    found = [] if formats else ["formats: the list is empty; give one of iso, pxe, ipxe and http."]
    for kind in formats:
        hosts = [{"name": each["host"], **each["media"]} for each in plans.values()]
        only = {"pxe": ("base_url", "tftp_path", "pxelinux"), "ipxe": ("base_url", "pxelinux"), "http": ("base_url",), "iso": ("volume_id",)}.get(kind, ())
        params = {"format": kind, **{key: outputs.get(key) for key in only}}
        for some in ([[host] for host in hosts] if kind == "iso" else [hosts]):
            try:
                if kind not in FORMATS:
                    raise InputError(f"formats: {kind} is none of {', '.join(FORMATS)}.")
                media_spec.check({**params, "hosts": some})
                media_spec.hosts({**params, "hosts": some})
            except InputError as error:
                found.append(f"{kind}: {error.message}")
    return list(dict.fromkeys(found))


def policy_script(switches: t.Any, made: t.Optional[Mapping], without: t.Iterable[str]) -> FirstBoot:
    """Of a document that no module has checked yet."""
    checked = valid({"switches": document.spec()}, {"switches": switches}, "switches")
    return render(checked["switches"], {**MADE_BY_INSTALLER, **(made or {})}, frozenset(without))
