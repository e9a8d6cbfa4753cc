# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Which hosts a task is about: by name, cluster, datacenter, or all. Pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

_OPTIONS = ("esxi_hostname", "esxi_hostnames", "cluster_name", "all_hosts")


class HostPlace(NamedTuple):
    """A host and where it is. C(cluster) is None for a host in no cluster."""

    name: str
    datacenter: str
    cluster: str | None


def spec() -> dict[str, Any]:
    """The options that choose hosts, for a module's argument specification."""
    return {
        "esxi_hostname": {"type": "str"},
        "esxi_hostnames": {"type": "list", "elements": "str"},
        "cluster_name": {"type": "str"},
        "datacenter": {"type": "str", "aliases": ["datacenter_name"]},
        "all_hosts": {"type": "bool", "default": False},
    }


class HostSelection:
    """The choice as the user made it; C(choose) makes hosts of it."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        """InputError unless exactly one way of choosing is given; C(datacenter) may narrow any of them."""
        given = [name for name in _OPTIONS if params.get(name) not in (None, False)]
        self.datacenter: str | None = params.get("datacenter")
        _not_empty(params)
        if len(given) > 1:
            raise InputError(f"{given[0]} and {given[1]} exclude each other; choose the hosts in one way.")
        if not given and not self.datacenter:
            raise InputError("No hosts are chosen; give one of esxi_hostname, esxi_hostnames, cluster_name, datacenter, or all_hosts: true.")
        self.cluster: str | None = params.get("cluster_name")
        names = params.get("esxi_hostnames")
        if names is not None and not names:
            raise InputError("esxi_hostnames: the list is empty; name at least one host.")
        self.option = given[0] if given else "datacenter"
        self.names: list[str] = list(dict.fromkeys(names or ([params["esxi_hostname"]] if params.get("esxi_hostname") else [])))

    def choose(self, places: Sequence[HostPlace]) -> list[int]:
        """The positions of the hosts meant. Unknown names are refused with close ones, and ambiguous names too."""
        within = list(range(len(places)))
        if self.datacenter is not None:
            within = [number for number in within if places[number].datacenter == self.datacenter]
            if not within:
                _known("datacenter", self.datacenter, {place.datacenter for place in places}, "datacenter with hosts")
        if self.cluster is not None:
            return self._of_cluster(places, within)
        if self.names:
            return [self._one(name, places, within) for name in self.names]
        if not within:
            raise InputError(f"{self.option}: there is no host in the inventory.")
        return within

    def _of_cluster(self, places: Sequence[HostPlace], within: Sequence[int]) -> list[int]:
        found = [number for number in within if places[number].cluster == self.cluster]
        if not found:
            _known("cluster_name", str(self.cluster), {str(places[number].cluster) for number in within if places[number].cluster}, "cluster with hosts")
        where = sorted({places[number].datacenter for number in found})
        if len(where) > 1:
            raise InputError(f"cluster_name: there is a cluster {self.cluster} in {' and in '.join(where)}; set datacenter too.")
        return found

    def _one(self, name: str, places: Sequence[HostPlace], within: Sequence[int]) -> int:
        found = [number for number in within if places[number].name == name]
        if not found:
            _known(self.option, name, {places[number].name for number in within}, "host")
        if len(found) > 1:
            where = sorted({places[number].datacenter for number in found})
            raise InputError(f"{self.option}: there is a host {name} in {' and in '.join(where)}; set datacenter too.")
        return found[0]


def _not_empty(params: Mapping[str, Any]) -> None:
    """An empty name, as of a variable that is not set, must never come to mean all hosts."""
    for option in (*_OPTIONS, "datacenter"):
        value = params.get(option)
        if value == "" or isinstance(value, list) and "" in value:
            raise InputError(f"{option}: a name in it is empty; give a name, or leave the option out.")


def _known(option: str, name: str, names: Iterable[str], what: str) -> None:
    raise InputError(f"{option}: there is no {what} {name}{close(name, names)}.")


def close(name: str, names: Iterable[str], whole: int = 5) -> str:
    """C(; close to it: vSwitch0), or what there is where nothing is close: for the end of a sentence that refuses a name."""
    have = sorted(set(names))
    lower: dict[str, tuple[str, ...]] = {}
    for each in have:
        lower[each.lower()] = (*lower.get(each.lower(), ()), each)
    near = [each for key in get_close_matches(name.lower(), list(lower), n=3, cutoff=0.6) for each in lower[key]]
    if near:
        return f"; close to it: {', '.join(near[:3])}"
    if not have:
        return "; there is none at all"
    return f"; there {'is' if len(have) == 1 else 'are'} {', '.join(have[:whole])}{', ...' if len(have) > whole else ''}"
