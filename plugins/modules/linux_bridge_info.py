#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""See DOCUMENTATION."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible import answer
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.info import InfoRequest, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def ask(params: Mapping[str, Any], backend: NetlinkBackend) -> Dict[str, Any]:
    """Read all once and put it in the words of the other modules."""
    request = InfoRequest(params)
    return request.answer(backend.observe(request.scope))


def main() -> None:
    """Run the module."""
    answer(spec(), ask, NetlinkBackend.open)


if __name__ == "__main__":
    main()
