# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks of guests on their neighbours, as raw frames, and the honest traffic beside them.

For the lab and the tests only: an arena refuses every interface outside a namespace that the lab or a test made and marked.
It must not import the collection, pyroute2 or pyVmomi: it is the judge of what they do.
"""
