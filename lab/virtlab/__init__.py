# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab. Standard library only; it must not import the collection, pyroute2 or pyVmomi."""
