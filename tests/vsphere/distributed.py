# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules for distributed switches against the simulator."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common import warnings

from tests.oracle.distributed import everything

from ..netns.conftest import Result
from .conftest import World


class Switches(World):
    """As for hosts; what must stay as it is are all distributed switches, groups and ports."""

    def networks(self) -> Any:
        """As the server writes them."""
        return everything(self.vsphere)

    def run(self, module: str, check: bool = False, /, **params: Any) -> Result:
        """Whatever comes of it."""
        # A module's process has its own list of them.
        warnings._global_warnings.clear()
        return super().run(module, check, **params)

    def cycle(self, module: str, /, changed: bool = True, **params: Any) -> Result:
        """Check, run, run again, check again; returns the real run's result."""
        before = self.networks()
        checked = self.ok(module, True, **params)
        assert self.networks() == before, "the check run changed something"
        real = self.ok(module, False, **params)
        assert checked["changed"] is real["changed"] is changed, (checked, real)
        assert {**checked, "verified": None, "msg": None} == {**real, "verified": None, "msg": None}
        assert real["verified"] is changed
        after = self.networks()
        for mode in (False, True):
            again = self.ok(module, mode, **params)
            assert not again["changed"] and not again["actions"] and again["before"] == again["after"], again
        assert self.networks() == after, "an unchanged run wrote something"
        return real
