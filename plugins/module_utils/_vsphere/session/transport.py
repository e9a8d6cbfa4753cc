# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Connections to a server, straight or by the tunnel of a proxy, that tell who could not be reached. It knows nothing of pyVmomi."""

from __future__ import annotations

import ssl
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Callable

from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import NotSent, ProxyFailed
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.login import Login


class Connection(HTTPSConnection):
    """A request that found no connection is told apart from one that got no answer."""

    def connect(self) -> None:
        """NotSent, with the reason as its cause."""
        try:
            super().connect()
        except (OSError, HTTPException) as error:
            raise NotSent() from error


class Tunnel(HTTPSConnection):
    """The same through a proxy. What fails before the tunnel is there is the proxy's failure, and what fails after that the server's."""

    def __init__(self, login: Login, host: str = "", port: int | None = None, **more: Any) -> None:
        """C(host) and C(port) are what pyVmomi says: it does not know of the proxy."""
        super().__init__(str(login.proxy_host), login.proxy_port, **more)
        self.set_tunnel(login.hostname, login.port)
        self._login, self._tls = login, more["context"]

    def connect(self) -> None:
        """NotSent, with the reason as its cause."""
        try:
            HTTPConnection.connect(self)
        except (OSError, HTTPException) as error:
            raise NotSent() from ProxyFailed(self._login.proxy, self._login.server, error)
        try:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._login.hostname.strip("[]"))
        except (OSError, HTTPException) as error:
            self.close()
            raise NotSent() from error


def scheme(login: Login) -> Callable[..., HTTPSConnection]:
    """What makes connections in place of HTTPSConnection: not pyVmomi's own proxy, which can't connect in 8.0.3 (HTTPProxyConnection wants a port
    that nobody gives it)."""
    return partial(Tunnel, login) if login.proxy_host else Connection


def context(login: Login) -> ssl.SSLContext:
    """With the authorities of the host that runs the module, or with any certificate."""
    made = ssl.create_default_context()
    if not login.validate_certs:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def connection(login: Login) -> HTTPSConnection:
    """One that is not pyVmomi's."""
    return scheme(login)(login.hostname, login.port, timeout=login.timeout, context=context(login))
