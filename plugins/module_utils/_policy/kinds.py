# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""By which kind the key of an object on vSphere begins: the names of the table."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._policy import fields

VSWITCH, PORTGROUP = fields.VSWITCH.name, fields.PORTGROUP.name
VDS, VDS_PORTGROUP, VDS_PORT = fields.VDS.name, fields.VDS_PORTGROUP.name, fields.VDS_PORT.name
