# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a playbook gives to the filters of install profiles, checked as the options of a module are."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.virtnet.hardening.plugins.module_utils._installer import profile_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.policy_script import MADE_BY_INSTALLER, FirstBoot, render
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile import HostPlan, Planner
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import document
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

Mapping = t.Mapping[str, t.Any]


def valid(spec: Mapping, given: Mapping, where: str) -> dict[str, t.Any]:
    """The values with their types; InputError that names what is wrong."""
    # A plain copy: what the inventory gave stays as it is.
    result = ArgumentSpecValidator(dict(spec)).validate(dict(given))
    if result.error_messages:
        raise InputError(f"{where}: {'; '.join(dict.fromkeys(result.error_messages))}.")
    return dict(result.validated_parameters)


def host_plan(wish: Mapping, profiles: Mapping, root_password_hash: t.Optional[str], serialnum: t.Optional[str]) -> HostPlan:
    """Of one host; what is wrong with it stands in its problems."""
    host = str(wish.get("host") or "")
    try:
        merged = profile_spec.chosen(str(wish.get("profile") or ""), profiles)
        merged = profile_spec.merge(merged, wish.get("overrides") or {})
        merged.pop("extends", None)
        checked = valid(profile_spec.spec(), merged, f"profile {wish.get('profile')}")
        return Planner(host, checked, str(wish.get("address") or "")).make(root_password_hash or None, serialnum or None)
    except InputError as error:
        return HostPlan(host, problems=[error.message])


def policy_script(switches: t.Any, made: t.Optional[Mapping], without: t.Iterable[str]) -> FirstBoot:
    """Of a document that no module has checked yet."""
    checked = valid({"switches": document.spec()}, {"switches": switches}, "switches")
    return render(checked["switches"], {**MADE_BY_INSTALLER, **(made or {})}, frozenset(without))
