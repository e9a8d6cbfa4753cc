# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""In which order a Linux host is changed, and why."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE, UPDATE, Order, OrderRule

ORDER = Order(
    OrderRule(CREATE, "link", ("identity", "owner"), "a device must exist before it can join a bridge"),
    OrderRule(UPDATE, "link", ("owner",), "whoever may open a tap may as soon as it is up"),
    OrderRule(UPDATE, "link", ("down",), "a port joins and leaves while down: no frame passes before its flags are set"),
    OrderRule(UPDATE, "link", ("device",), "address and MTU are best changed before the device is used"),
    OrderRule(UPDATE, "bridge", ("down",), "what is to be off goes off before it changes"),
    OrderRule(UPDATE, "bridge", ("stp_off",), "a running STP bounds forward_delay, so it stops before the timers change"),
    OrderRule(CREATE, "bridge", ("options", "device", "stp_off", "down"), "a bridge must exist before ports join it"),
    OrderRule(UPDATE, "bridge", ("options", "device"), "no_linklocal_learn and ageing hold before ports are locked"),
    OrderRule(CREATE, "own_address", ("options",), "the device keeps its address whatever port joins, or becomes of its lower device"),
    OrderRule(DELETE, "own_address", (), "the way back, which the kernel does not have"),
    OrderRule(DELETE, "fdb", (), "an entry goes before the port that it points to"),
    OrderRule(DELETE, "vlan", (), "a VLAN goes before the port leaves"),
    OrderRule(DELETE, "port", (), "a port that moves leaves its bridge before it joins the next"),
    OrderRule(CREATE, "port", ("membership",), "options exist only once the port has joined"),
    OrderRule(CREATE, "vlan", ("options",), "an entry of a VLAN needs the VLAN on its port"),
    OrderRule(UPDATE, "vlan", ("options",), "as for new VLANs"),
    OrderRule(CREATE, "fdb", ("entry",), "a port without learning is deaf until its entries are there"),
    OrderRule(UPDATE, "fdb", ("entry",), "as for new entries"),
    OrderRule(CREATE, "ruleset", ("rules",), "sets must exist before elements"),
    OrderRule(UPDATE, "ruleset", ("rules",), "rules of another version are replaced in one transaction, elements and all"),
    OrderRule(UPDATE, "filter", ("elements",), "guards hold before flags open or close the port"),
    OrderRule(CREATE, "ingress", ("programs",), "as for guards: a frame is looked at before it can be rewritten"),
    OrderRule(UPDATE, "ingress", ("programs",), "as for new programs"),
    OrderRule(DELETE, "ingress", (), "with the guards"),
    OrderRule(DELETE, "filter", (), "a port is back in quarantine before its flags go"),
    OrderRule(CREATE, "kept", ("elements",), "nobody else may have an address before a port learns where it is"),
    OrderRule(UPDATE, "kept", ("elements",), "as for new ones"),
    OrderRule(CREATE, "door", ("elements",), "what a port had is noted before it is shut"),
    OrderRule(UPDATE, "door", ("elements",), "as for new ones"),
    OrderRule(UPDATE, "port", ("flags",), "flags hold before the port comes up, or out of quarantine"),
    OrderRule(DELETE, "learned", (), "what a port learned before it was shut authorises whoever sent it"),
    OrderRule(CREATE, "filter", ("elements",), "the entry of a port takes it out of quarantine, so all else holds before"),
    OrderRule(DELETE, "strays", (), "a port that learns could learn them again until its sources are compared"),
    OrderRule(DELETE, "kept", (), "a port is kept from an address until its sources are compared, or nobody shares the address"),
    OrderRule(DELETE, "door", (), "it is noted until the port has it again, or its entry tells it"),
    OrderRule(CREATE, "switch", ("elements",), "a record beside the guards"),
    OrderRule(UPDATE, "switch", ("elements",), "as for new records"),
    OrderRule(DELETE, "quarantine", (), "patterns that overlap are refused by nft"),
    OrderRule(CREATE, "quarantine", (), "a name is shut only once the ports that bear it are known"),
    OrderRule(DELETE, "switch", (), "a record goes with the last guard"),
    OrderRule(DELETE, "ruleset", (), "the table goes when nothing is left in it"),
    OrderRule(UPDATE, "link", ("up",), "a device comes up when it is safe"),
    OrderRule(UPDATE, "bridge", ("up",), "a bridge comes up when its options hold"),
    OrderRule(UPDATE, "port", ("port_state",), "the kernel takes a state only of a port that is up"),
    OrderRule(DELETE, "bridge", (), "a bridge goes after its ports left it"),
    OrderRule(DELETE, "link", (), "a device goes last"),
)
