# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules against the simulated vSphere, in this process, as Ansible runs them."""

from __future__ import annotations

import contextlib
import io
import json
import os
from importlib import import_module
from typing import Any, Callable, Dict, Iterator
from urllib.parse import urlsplit

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from tests.lab.conftest import _built, _start  # noqa: F401
from tests.oracle.distributed import everything
from tests.oracle.vsphere import Client

_MODULES = "ansible_collections.virtnet.hardening.plugins.modules."
Result = Dict[str, Any]


def _set_args(args: Result) -> Any:
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core 2.17 and 2.18
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        return contextlib.nullcontext()
    return patch_module_args(args)


class Modules:
    """Runs modules on one server."""

    def __init__(self, vsphere: Client) -> None:
        self.vsphere = vsphere
        url = urlsplit(vsphere.data["url"])
        self.session = {"hostname": url.hostname, "port": url.port, "username": vsphere.data["user"], "password": vsphere.data["password"]}

    def any(self, module: str, check: bool = False, /, **params: Any) -> Result:
        """What the module prints, whatever became of it."""
        args = {**self.session, **params, "_ansible_check_mode": check, "_ansible_diff": True}
        output = io.StringIO()
        # A module's process has its own list of them.
        warnings._global_warnings.clear()
        with pytest.MonkeyPatch.context() as patch, _set_args(args), contextlib.redirect_stdout(output):
            patch.setenv("SSL_CERT_FILE", self.vsphere.data["ca"])
            with pytest.raises(SystemExit):
                import_module(_MODULES + module).main()
        assert self.vsphere.data["password"] not in output.getvalue()
        result: Result = json.loads(output.getvalue().strip().splitlines()[-1])
        result.pop("invocation", None)
        return result

    def run(self, module: str, check: bool = False, /, **params: Any) -> Result:
        """A successful run."""
        result = self.any(module, check, **params)
        assert not result.get("failed"), result["msg"]
        return result

    def refused(self, module: str, /, **params: Any) -> Result:
        """A run that must fail before it writes, in check mode with the same words."""
        before = everything(self.vsphere)
        checked, real = self.any(module, True, **params), self.any(module, False, **params)
        assert real.get("failed") and checked.get("failed"), real
        assert (real["msg"], real["error_code"]) == (checked["msg"], checked["error_code"])
        assert everything(self.vsphere) == before
        return real

    def cycle(self, module: str, /, changed: bool = True, **params: Any) -> Result:
        """Check, run, run again, check again; returns the real run's result."""
        before = everything(self.vsphere)
        checked = self.run(module, True, **params)
        assert everything(self.vsphere) == before, "the check run changed something"
        real = self.run(module, False, **params)
        assert checked["changed"] is real["changed"] is changed, (checked, real)
        assert {**checked, "verified": None, "msg": None} == {**real, "verified": None, "msg": None}
        assert real["verified"] is changed
        after = everything(self.vsphere)
        for mode in (False, True):
            again = self.run(module, mode, **params)
            assert not again["changed"] and not again["actions"] and again["before"] == again["after"], again
        assert everything(self.vsphere) == after, "an unchanged run wrote something"
        return real


@pytest.fixture(name="lab")
def _lab(start: Callable[..., Client]) -> Iterator[Callable[..., Modules]]:
    """Starts a server with options of 'lab.py vsphere up', for modules to run on."""
    yield lambda *options: Modules(start(*options))
    os.environ.pop("SSL_CERT_FILE", None)


@pytest.fixture(name="vcenter")
def _vcenter(lab: Callable[..., Modules]) -> Modules:
    """A vCenter with two hosts."""
    return lab("--hosts", "2", "--nsx")
