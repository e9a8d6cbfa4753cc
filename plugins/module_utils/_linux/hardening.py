# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From ports with policies to the wish for their bridge: flags, pinned entries, guards and records. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._bpf import partial_checksum
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import recipes
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.addresses import Network, joined
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.doors import forget, own_mask
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.record import JOINED, PortRecord, SwitchRecord
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.select import check_joining, covers, is_hub
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import ruleset
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.elements import own_address, positions, shared_macs, split
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ruleset import RULESET, STALE
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.document import Group
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import FILTER_GUARDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, REJECT, Desired, Fields, Hold, Key, Observed, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.quality import UNSUPPORTED
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import Level, Resolution, resolve

# Options of a port that a policy can set, which are so read for every port.
FLAGS = frozenset({"learning", "unicast_flood", "multicast_flood", "locked", "mab", "isolated", "guard", "mcast_router", "group_fwd_mask", "backup_port"})
# The comment of an element holds 128 bytes with the one that ends it (NFTNL_UDATA, nft(8)).
_MOST_POSITIONS = 127
# Kinds of entries that somebody wrote, and which so stay.
_WRITTEN = ("static", "extern_learn")


class Wanted(NamedTuple):
    """One port as it was asked for."""

    name: str
    levels: tuple[Level, ...]
    macs: tuple[str, ...] | None
    addresses: list[Network] | None
    # Of both: what may move between this and other ports.
    shared: frozenset[str] = frozenset()


@dataclass
class Wishes:
    """Collected over all ports and bridges of a task."""

    present: dict[Key, dict[str, Value]] = field(default_factory=dict)
    absent: list[Key] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    ports: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Who is to have an address, by bridge and address: two ports can't unless they share it. And the ports whose addresses the task names.
    owner: dict[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    # Ports from which there may be nothing to take.
    seen: list[Key] = field(default_factory=list)

    def desired(self) -> Desired:
        """What the engine takes. What is wanted is never deleted, even if another port let it go, and nothing is deleted twice."""
        return Desired(self.present, tuple(key for key in dict.fromkeys(self.absent) if key not in self.present), tuple(self.holds), tuple(self.seen))


class BridgeHardener:
    """Adds the wishes for ports of one bridge."""

    def __init__(self, bridge: str, observed: Observed, wishes: Wishes, defaults: Level | None = None, forget: bool = False) -> None:
        self.bridge = bridge
        self.observed = observed
        self.state = observed.state
        self.fields: Fields = observed.state[("bridge", bridge)]
        self.can: recipes.Can = observed.facts["can"]
        self.compiler = recipes.Compiler(self.can)
        self.wishes = wishes
        self.record = SwitchRecord.read(self.state.get(("switch", bridge), {}).get("record"))
        if forget:
            self.record.configured = {}
        if defaults is not None:
            self.record.update(defaults)
        own = self.record.level(f"switch {bridge}")
        self.top = own if defaults is None else replace(defaults, security=own.security)
        self.uses_table = self.can("filter") is None
        # By port, and by address.
        self.written: dict[str, list[Key]] = {}
        self.everywhere: dict[str, list[Key]] = {}
        for key, entry in self.state.items():
            if key[0] == "fdb" and key[1] == bridge and entry.get("kind") in _WRITTEN:
                self.written.setdefault(str(entry["port"]), []).append(key)
                self.everywhere.setdefault(str(key[2]), []).append(key)
        self.shut = [str(key[1]) for key in self.state if key[0] == "quarantine"]
        self.vlans: dict[str, list[int]] = {}
        if self.fields.get("vlan_filtering"):
            for key in self.state:
                if key[0] == "vlan" and key[1] == bridge:
                    self.vlans.setdefault(str(key[2]), []).append(int(key[3]))

    def stand(self, groups: Iterable[Group], forget: bool) -> None:
        """What the document asks of the bridge itself: guests that are to come, or are shut, must not teach it addresses by a link-local frame either."""
        said = [group for group in groups if group.quarantine is not None or group.level.security.get("forged_transmits")]
        asks = any(group.quarantine or self._rejects(group.level) for group in said)
        if forget or said:
            self.record.standing = asks
        if self.record.standing:
            self._own_options(recipes.RECIPES["forged_transmits", REJECT].bridge)

    def _rejects(self, level: Level) -> bool:
        own = level.security.get("forged_transmits")
        return (self.top.security.get("forged_transmits") if own == INHERIT else own) == REJECT

    def harden_all(self, ports: Sequence[Wanted]) -> None:
        """Who is to have which address is known before anybody's entries are judged."""
        if ports:
            self._check_hub(wanted.name for wanted in ports)
        for wanted in ports:
            self._claim(wanted)
        self._check_others()
        for wanted in ports:
            self._harden(wanted)

    def _check_hub(self, joining: Iterable[str]) -> None:
        have = {str(key[1]) for key, fields in self.state.items() if key[0] == "port" and fields.get("bridge") == self.bridge}
        if is_hub(self.fields.get("ageing_time"), len(have.union(joining))):
            raise InputError(
                f"bridge {self.bridge}: it is a hub (ageing_time 0), which floods every frame to all ports that no policy names; "
                "set ageing_time with linux_bridge first, 300 for one."
            )

    def _claim(self, wanted: Wanted) -> None:
        if wanted.macs is not None:
            self.wishes.named.add(wanted.name)
        for address in wanted.macs or ():
            shares = address in wanted.shared
            other, may_share = self.wishes.owner.setdefault((self.bridge, address), (wanted.name, shares))
            if other != wanted.name and not (shares and may_share):
                raise InputError(
                    f"port {wanted.name}: {address} is named for {other} too; an address is behind one port, unless it stands at each with shared: true."
                )

    def _check_others(self) -> None:
        """What ports have that this task does not name: to share an address all must agree."""
        for key, fields in self.state.items():
            if key[0] != "filter" or key[1] in self.wishes.named or self.state.get(("port", key[1]), {}).get("bridge") != self.bridge:
                continue
            shared = shared_macs(fields)
            for address in split(fields.get("macs")):
                name, shares = self.wishes.owner.get((self.bridge, address), ("", False))
                if name and shares is not (address in shared):
                    raise InputError(
                        f"port {name}: {address} is {'' if shares else 'not '}shared here and is {'' if address in shared else 'not '}shared at {key[1]}; "
                        "name both ports in the same task, with shared: true at each or the address at one."
                    )

    def _harden(self, wanted: Wanted) -> None:
        """One port. Raises InputError for what can't be right, UnsupportedError for what can't be done here."""
        have = self.state.get(("filter", wanted.name), {})
        old = PortRecord.read(have.get("record"))
        resolution = resolve((*wanted.levels, old.level(f"port {wanted.name} as it is"), self.top))
        port = self._port(wanted, have)
        compiled = self.compiler.of(port, resolution)
        self._check(wanted, compiled)
        self._settle_mab(wanted.name, compiled)
        flags = dict(compiled.flags)
        if self.uses_table:
            self._settle_taken(flags, compiled, have, old)
            if self._is_shut(wanted.name, old):
                flags.setdefault("group_fwd_mask", own_mask(self.observed, wanted.name))
        if compiled.pins and self.state.get(("port", wanted.name), {}).get("backup_port"):
            # While the guest's port has no carrier, its frames would go to that one.
            flags["backup_port"] = ""
        present = self.wishes.present
        present[("port", wanted.name)] = {"bridge": self.bridge, **flags}
        self._own_options(compiled.bridge)
        self._pin(port, compiled.pins, have)
        self._filter(port, compiled, resolution, have, old)
        self._program(wanted.name, compiled)
        self._join(wanted.name)
        self.wishes.ports[wanted.name] = {
            "bridge": self.bridge,
            "configured": resolution.configured,
            "effective": resolution.effective,
            "source": resolution.source,
            "guards": resolution.guards,
            "enforcement": compiled.enforcement,
        }

    def _settle_taken(self, flags: dict[str, Value], compiled: recipes.Compiled, have: Fields, old: PortRecord) -> None:
        """What is taken from a port for a guard comes back when the last one goes, also one of which this task says nothing."""
        taken = recipes.taken_by({guard: compiled.guards.get(guard, str(have.get(guard, ACCEPT))) for guard in FILTER_GUARDS})
        for name in ("mcast_router", "group_fwd_mask"):
            if name in taken and (name in flags or name in old.before):
                flags[name] = taken[name]
            elif name in old.before and name not in flags:
                flags[name] = old.before.pop(name)

    def _is_shut(self, name: str, old: PortRecord) -> bool:
        """Whether the mask of the port is from the time when it was shut."""
        closed = self.state.get(("port", name), {}).get("group_fwd_mask") == recipes.CLOSED
        return closed and not old.text() and any(covers(pattern, name) for pattern in self.shut)

    def _port(self, wanted: Wanted, have: Fields) -> recipes.Port:
        """What the task does not say of the guest's addresses is as it was said before."""
        macs = wanted.macs if wanted.macs is not None else tuple(split(have.get("macs"))) or None
        addresses = str(have["addresses"]) if have and wanted.addresses is None else None
        if wanted.addresses is not None:
            derived = set(map(own_address, macs or ()))
            addresses = joined([each for each in wanted.addresses if str(each.network_address) not in derived or each.prefixlen != 128])
        elif not addresses and not any(have.get(guard) == REJECT for guard in ("arp", "neighbor", "ip_source")):
            addresses = None
        shared = _still_shared(wanted, macs or (), split(addresses), split(have.get("shared")))
        return recipes.Port(wanted.name, macs, addresses, bool(self.fields.get("stp")), shared)

    def _check(self, wanted: Wanted, compiled: recipes.Compiled) -> None:
        if wanted.name.isdigit():
            raise InputError(f"port {wanted.name}: nft takes a name of digits for an interface number; rename the interface.")
        querier = self.fields.get("mcast_querier") and self.fields.get("mcast_snooping")
        if compiled.flags.get("multicast_flood") is False and not querier:
            raise InputError(
                f"port {wanted.name}: multicast_flood: false needs a querier, or the guest loses IPv6 neighbour discovery when its "
                f"memberships time out; set mcast_snooping and mcast_querier of {self.bridge} with linux_bridge first."
            )

    def _settle_mab(self, name: str, compiled: recipes.Compiled) -> None:
        """The kernel refuses MAB without learning and without a lock, and lets it authorise whoever sends."""
        if (compiled.flags.get("locked") or compiled.flags.get("learning") and compiled.pins) and self.state.get(("port", name), {}).get("mab"):
            compiled.flags["mab"] = False

    def _own_options(self, options: Fields) -> None:
        """A second lock: a hardened port learns nothing anyway. Older kernels lack it, and without a table nobody would know whose it is."""
        wanted = {name: value for name, value in options.items() if self.can("bridge", name, value) is None and self.uses_table}
        changed = [name for name, value in wanted.items() if self.fields.get(name) != value]
        if changed:
            self.record.own(changed)
        self.wishes.present.setdefault(("bridge", self.bridge), {}).update(wanted)

    def _pin(self, port: recipes.Port, pins: bool, have: Fields) -> None:
        name = port.name
        wanted: set[Key] = set()
        if pins:
            self.wishes.absent.append(("strays" if port.moves() else "learned", name))
            for address in port.own():
                for vlan in self.vlans.get(name, []) if self.fields.get("vlan_filtering") else [0]:
                    wanted.add(("fdb", self.bridge, address, vlan))
            # By an entry that is left of another guest, or that anybody wrote, the port would hear that one's frames.
            self.wishes.absent += [key for key in self.written.get(name, ()) if key not in wanted]
        for key in sorted(wanted):
            self._check_entry(name, key)
            self.wishes.present[key] = {"port": name, "kind": "static", "sticky": True}
        for address in set(port.macs or ()) - set(port.own()):
            # Wherever it is, it must be able to move.
            for key in self.everywhere.get(address, ()):
                self._check_entry(name, key)
                self.wishes.absent += [key] if self.state[key].get("port") == name else []
        self.wishes.absent += [key for key in self.pinned(name, split(have.get("macs"))) if key not in wanted]

    def pinned(self, name: str, macs: Sequence[str]) -> list[Key]:
        """The entries that a policy wrote for these addresses on the port."""
        found = []
        for address in macs:
            for vlan in [0, *self.vlans.get(name, [])]:
                key: Key = ("fdb", self.bridge, address, vlan)
                entry = self.state.get(key, {})
                if entry.get("port") == name and entry.get("kind") == "static" and entry.get("sticky"):
                    found.append(key)
        return found

    def _check_entry(self, name: str, key: Key) -> None:
        entry, address = self.state.get(key), str(key[2])
        if entry is None or entry["kind"] == "dynamic":
            return
        if entry["kind"] == "local":
            raise InputError(
                f"port {name}: {address} is a local (permanent) entry of {self.bridge} on {entry['port']}, so frames for it go to the host and not "
                "to the guest; it is the address of a device here, or remove the entry with linux_bridge_fdb (state: absent) first."
            )
        # A port whose addresses are named in the same task, without this one, lets it go.
        if entry["port"] != name and entry["port"] not in self.wishes.named:
            raise InputError(
                f"port {name}: {address} is pinned to {entry['port']} already; name that port in the same task without the address, "
                "or remove the entry with linux_bridge_fdb (state: absent) first."
            )

    def _filter(self, port: recipes.Port, compiled: recipes.Compiled, resolution: Resolution, have: Fields, old: PortRecord) -> None:
        if not self.uses_table:
            return
        now = self.state.get(("port", port.name), {})
        if not old.text() and compiled.pins and len(self.pinned(port.name, port.own())) >= len(port.own()):
            # Hardened as it is asked for, and nobody noted how it was before: somebody flushed the table.
            now = {**now, **{name: JOINED[name] for name, value in compiled.flags.items() if now.get(name) == value}}
        if self._is_shut(port.name, old):
            now = {**now, "group_fwd_mask": own_mask(self.observed, port.name)}
        forget(self.wishes, self.observed, port.name)
        record = old.renewed(resolution, now, compiled.flags)
        fields: dict[str, Value] = {guard: compiled.guards.get(guard, have.get(guard, ACCEPT)) for guard in FILTER_GUARDS}
        fields["macs"] = ",".join(sorted(port.macs or ()))
        fields["addresses"] = port.addresses or ""
        fields["shared"] = ",".join([*sorted(set(port.macs or ()) & port.shared), *(each for each in split(port.addresses) if each in port.shared)])
        if len(positions(fields)) > _MOST_POSITIONS:
            raise InputError(f"port {port.name}: it has too many addresses for some of them to be shared; name prefixes instead of single ones.")
        fields["record"], fields["intact"] = record.text(), True
        self.wishes.present[("filter", port.name)] = fields

    def _program(self, name: str, compiled: recipes.Compiled) -> None:
        if compiled.program:
            self.wishes.present[("ingress", name)] = {"program": partial_checksum.NAME}
        elif compiled.program is False:
            self.wishes.absent.append(("ingress", name))

    def _join(self, name: str) -> None:
        """A port that is not in the bridge yet joins while it is down."""
        if self.state.get(("port", name), {}).get("bridge") == self.bridge:
            return
        facts = self.observed.facts["links"].get(name)
        if facts is None:
            raise InputError(f"port {name}: there is no such interface; create it first, or name it by a pattern to take it when it comes.")
        if facts.kind == "bridge":
            raise InputError(f"port {name}: it is a bridge, and a bridge can't be a port of a bridge; name a port.")
        if facts.master:
            raise InputError(f"port {name}: it belongs to {facts.master}; move it to {self.bridge} with linux_bridge_port first.")
        check_joining(name, self.observed)
        self.wishes.holds.append(Hold(("link", name), "up", False, (("port", name),)))

    def finish(self) -> None:
        """The record of the switch, once its ports are known."""
        if self.uses_table and self.record.text():
            self.wishes.present[("switch", self.bridge)] = {"record": self.record.text()}
        elif ("switch", self.bridge) in self.state:
            self.wishes.absent.append(("switch", self.bridge))
        if not self.wishes.present.get(("bridge", self.bridge), {}):
            self.wishes.present.pop(("bridge", self.bridge), None)


def _still_shared(wanted: Wanted, macs: Sequence[str], addresses: Sequence[str], before: Sequence[str]) -> frozenset[str]:
    """What the task does not say again of the one or the other list stays."""
    named = set(macs) & (wanted.shared if wanted.macs is not None else set(before))
    return frozenset(named | set(addresses) & (wanted.shared if wanted.addresses is not None else set(before)))


def tidy(wishes: Wishes, observed: Observed) -> None:
    """The rules themselves where something hangs on them, and nothing of devices that are gone, or of which nothing is asked."""
    shut = _patterns(wishes, observed)
    for key in [key for key in wishes.present if key[0] == "filter"]:
        # An entry sets a name in quarantine free, whatever is in it.
        freed = any(covers(pattern, str(key[1])) for pattern in shut)
        if _says_nothing(wishes.present[key]) and key not in observed.state and not freed:
            del wishes.present[key]
        elif '"' in str(key[1]):
            raise InputError(f"port {key[1]}: nft can't print a name with a double quote, so what holds for it could not be read back; rename the interface.")
    if any(key[0] in ("filter", "switch", "quarantine") for key in wishes.present):
        wishes.present[RULESET] = {"version": ruleset.digest()}
    for key in observed.state:
        if key[0] in ("filter", "kept", "switch", "door") and str(key[1]).startswith(STALE):
            wishes.absent.append(key)


def _says_nothing(entry: Fields) -> bool:
    return not any(entry[name] for name in ("macs", "addresses", "record")) and all(entry[guard] == ACCEPT for guard in FILTER_GUARDS)


def _patterns(wishes: Wishes, observed: Observed) -> list[str]:
    """The names and patterns that are in quarantine after the run."""
    gone = {key for key in wishes.absent if key not in wishes.present}
    return [str(key[1]) for key in {*observed.state, *wishes.present} - gone if key[0] == "quarantine"]


def require_table(observed: Observed, what: str) -> None:
    """Raise UnsupportedError where the table can't be made."""
    reason = observed.facts["can"]("filter")
    if reason is not None:
        raise UnsupportedError(f"{what}: {reason}.")


def without_programs(wishes: Wishes, observed: Observed) -> tuple[str, ...]:
    """The warning for ports whose profile asks for what can't be had here, and for those from which a program was to go that nobody could look for."""
    found: dict[str, list[str]] = {}
    unread = observed.facts["programs_unread"]
    for key in wishes.absent if unread else ():
        if key[0] in ("filter", "ingress") and not str(key[1]).startswith(STALE):
            words = f"whether a program of the guard partial_checksum is still there is not known: {unread}"
            found.setdefault(words, []).extend([str(key[1])] if str(key[1]) not in found.get(words, ()) else [])
    for name, told in sorted(wishes.ports.items()):
        for guard, quality in told["enforcement"].items():
            if quality.startswith(UNSUPPORTED):
                found.setdefault(f"the guard {guard} of their profile can't be had here: {quality[len(UNSUPPORTED) + 2 :]}", []).append(name)
    return tuple(f"port{'s' if len(names) > 1 else ''} {few(names)}: {words}." for words, names in found.items())


def policy_of(wishes: Wishes) -> Mapping[str, Any]:
    """What the result tells of every port."""
    return {name: wishes.ports[name] for name in sorted(wishes.ports)}
