# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""In which order a Linux host is changed, and why."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE, UPDATE, Order, Rule

ORDER = Order(
    Rule(CREATE, "link", ("identity", "owner"), "a device must exist before it can join a bridge"),
    Rule(UPDATE, "link", ("owner",), "whoever may open a tap may as soon as it is up"),
    Rule(UPDATE, "link", ("down",), "a port joins and leaves while down: no frame passes before its flags are set"),
    Rule(UPDATE, "link", ("device",), "address and MTU are best changed before the device is used"),
    Rule(UPDATE, "bridge", ("down",), "what is to be off goes off before it changes"),
    Rule(UPDATE, "bridge", ("stp_off",), "a running STP bounds forward_delay, so it stops before the timers change"),
    Rule(CREATE, "bridge", ("options", "device", "stp_off", "down"), "a bridge must exist before ports join it"),
    Rule(UPDATE, "bridge", ("options", "device"), "no_linklocal_learn and ageing hold before ports are locked"),
    Rule(CREATE, "own_address", ("options",), "the device keeps its address whatever port joins, or becomes of its lower device"),
    Rule(DELETE, "own_address", (), "the way back, which the kernel does not have"),
    Rule(DELETE, "fdb", (), "an entry goes before the port that it points to"),
    Rule(DELETE, "vlan", (), "a VLAN goes before the port leaves"),
    Rule(DELETE, "port", (), "a port that moves leaves its bridge before it joins the next"),
    Rule(CREATE, "port", ("membership",), "options exist only once the port has joined"),
    Rule(CREATE, "vlan", ("options",), "an entry of a VLAN needs the VLAN on its port"),
    Rule(UPDATE, "vlan", ("options",), "as for new VLANs"),
    Rule(CREATE, "fdb", ("entry",), "a port without learning is deaf until its entries are there"),
    Rule(UPDATE, "fdb", ("entry",), "as for new entries"),
    Rule(CREATE, "ruleset", ("rules",), "sets must exist before elements"),
    Rule(UPDATE, "ruleset", ("rules",), "rules of another version are replaced in one transaction, elements and all"),
    Rule(UPDATE, "filter", ("elements",), "guards hold before flags open or close the port"),
    Rule(CREATE, "ingress", ("programs",), "as for guards: a frame is looked at before it can be rewritten"),
    Rule(UPDATE, "ingress", ("programs",), "as for new programs"),
    Rule(DELETE, "ingress", (), "with the guards"),
    Rule(DELETE, "filter", (), "a port is back in quarantine before its flags go"),
    Rule(CREATE, "kept", ("elements",), "nobody else may have an address before a port learns where it is"),
    Rule(UPDATE, "kept", ("elements",), "as for new ones"),
    Rule(CREATE, "door", ("elements",), "what a port had is noted before it is shut"),
    Rule(UPDATE, "door", ("elements",), "as for new ones"),
    Rule(UPDATE, "port", ("flags",), "flags hold before the port comes up, or out of quarantine"),
    Rule(DELETE, "learned", (), "what a port learned before it was shut authorises whoever sent it"),
    Rule(CREATE, "filter", ("elements",), "the entry of a port takes it out of quarantine, so all else holds before"),
    Rule(DELETE, "strays", (), "a port that learns could learn them again until its sources are compared"),
    Rule(DELETE, "kept", (), "a port is kept from an address until its sources are compared, or nobody shares the address"),
    Rule(DELETE, "door", (), "it is noted until the port has it again, or its entry tells it"),
    Rule(CREATE, "switch", ("elements",), "a record beside the guards"),
    Rule(UPDATE, "switch", ("elements",), "as for new records"),
    Rule(DELETE, "quarantine", (), "patterns that overlap are refused by nft"),
    Rule(CREATE, "quarantine", (), "a name is shut only once the ports that bear it are known"),
    Rule(DELETE, "switch", (), "a record goes with the last guard"),
    Rule(DELETE, "ruleset", (), "the table goes when nothing is left in it"),
    Rule(UPDATE, "link", ("up",), "a device comes up when it is safe"),
    Rule(UPDATE, "bridge", ("up",), "a bridge comes up when its options hold"),
    Rule(UPDATE, "port", ("port_state",), "the kernel takes a state only of a port that is up"),
    Rule(DELETE, "bridge", (), "a bridge goes after its ports left it"),
    Rule(DELETE, "link", (), "a device goes last"),
)
