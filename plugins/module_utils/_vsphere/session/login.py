# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""To which server, as whom and by which way. Pure."""

from __future__ import annotations

import re
from typing import Any, Mapping, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import InputError

_NAME = re.compile(r"[^\s/\\@:?#\[\]]+")
_IPV6 = re.compile(r"(\[)?[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*(%[\w.-]+)?(?(1)\])")
# What is in a value beside the name, in the order in which it is told.
_MORE = (("@", "it has a user in it"), ("://", "it is a URL"), ("/", "it has a path in it"), (":", "it has a port in it"))
_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]+)(?::(\d+))?")


class Login(NamedTuple):
    """How to connect; the module options of the same names."""

    hostname: str
    username: str
    password: str
    port: int = 443
    validate_certs: bool = True
    proxy_host: str | None = None
    proxy_port: int | None = None
    timeout: int = 60

    @staticmethod
    def of(params: Mapping[str, Any]) -> Login:
        """From the module's parameters; InputError for what is missing or out of range."""
        for name in ("hostname", "username", "password"):
            if not params.get(name):
                variable = {"hostname": "VMWARE_HOST", "username": "VMWARE_USER", "password": "VMWARE_PASSWORD"}[name]
                raise InputError(f"{name}: it is not given; set the option or the environment variable {variable}.")
        for name, port in (("hostname", "port"), ("proxy_host", "proxy_port")):
            if params.get(name):
                _name_alone(name, port, params[name])
        if params.get("proxy_host") and not params.get("proxy_port"):
            raise InputError("proxy_port: it is not given; proxy_host needs it.")
        for name in ("port", "proxy_port"):
            value = params.get(name)
            if value is not None and not 1 <= value <= 65535:
                raise InputError(f"{name}: {value} is outside 1 to 65535.")
        if params["timeout"] < 1:
            raise InputError(f"timeout: {params['timeout']} s leaves no time to answer; give at least 1.")
        return Login(**{name: params[name] for name in Login._fields})

    @property
    def server(self) -> str:
        """In words."""
        return f"{self.hostname}:{self.port}"

    @property
    def proxy(self) -> str:
        """In words; empty where there is none."""
        return f"{self.proxy_host}:{self.proxy_port}" if self.proxy_host else ""

    @property
    def way(self) -> str:
        """The server, as an error says it that may come from the proxy too."""
        return f"{self.server} through the proxy {self.proxy}" if self.proxy else self.server

    def __repr__(self) -> str:
        """Never the password."""
        return f"Login({self.username}@{self.server})"


def _name_alone(option: str, port_option: str, value: str) -> None:
    """A URL would be looked up as a name, and be one that has no address. Who has a user in it may have a password too, so nothing of it is shown."""
    if _NAME.fullmatch(value) or _IPV6.fullmatch(value):
        return
    what = next((text for sign, text in _MORE if sign in value), "it is no name")
    found = _WITH_PORT.fullmatch(re.split(r"[/\\?#\s]", value.strip().partition("://")[2] or value.strip())[0])
    if found is None or "@" in value:
        raise InputError(f"{option}: {what}; give the name or address alone, as in {option}: host.example.com.")
    also = f", and {port_option}: {found.group(2)}" if found.group(2) else ""
    raise InputError(f"{option}: {what}; give the name or address alone, {option}: {found.group(1)}{also}.")
