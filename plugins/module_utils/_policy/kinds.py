# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""By which kind the key of an object on vSphere begins: the names of the table."""

from __future__ import annotations

VSWITCH, PORTGROUP = "vswitch", "portgroup"
VDS, VDS_PORTGROUP, VDS_PORT = "vds", "vds_portgroup", "vds_port"
